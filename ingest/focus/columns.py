"""The columns of FOCUS Cost and Usage, 1.0 to 1.4, and how they tell a version."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ingest.table import MAP, MOMENT, NUMBER, TEXT, Field, Kind
from models.charge import COLUMNS, FOCUS, JSON, TIME
from models.money import MONEY

_KINDS: Final[dict[object, Kind]] = {MONEY: NUMBER, TIME: MOMENT, JSON: MAP}

# Without one of these a figure, its month or its account would be wrong.
REQUIRED: Final = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "ListCost"),
    *("ServiceCategory", "ServiceName"),
)
# Without one of these a document is not FOCUS, but every figure stands; it is told.
_MANDATORY: Final = (
    *("BillingAccountName", "ChargeDescription", "InvoiceIssuerName"),
    *("PricingQuantity", "PricingUnit"),
)
_SELLERS: Final = ("ProviderName", "PublisherName")  # deprecated in 1.3, gone in 1.4
_ENTITIES: Final = ("ServiceProviderName", "HostProviderName")

# charge column: its name in documents of others and in our own
CUSTOM: Final = {
    "x_operation": "x_Operation",
    "x_service_code": "x_ServiceCode",
    "x_usage_type": "x_UsageType",
}
# What only 1.3 and 1.4 have a column for, we keep in one of ours.
KEPT: Final = {
    "x_host_provider_name": "HostProviderName",
    "x_invoice_detail_id": "InvoiceDetailId",
}
# Our own export has more, and is known by OWN_MARK; what others call so may be anything.
OWN_MARK: Final = "x_Document"
_OURS: Final = {c.name: c for c in COLUMNS if c.name.startswith("x_") and c.name not in CUSTOM}
OWN_NAMES: Final = {
    name: c.focus_name for name, c in _OURS.items() if c.null and name != "x_derived"
}
OWN: Final = tuple(
    Field(focus_name, _KINDS.get(_OURS[name].dtype, TEXT)) for name, focus_name in OWN_NAMES.items()
)
_LATER: Final = (*_ENTITIES, "InvoiceDetailId", "AllocatedMethodId", "AllocatedResourceId")
PUBLISHER: Final = "x_PublisherName"  # how our own 1.4 says who published what is billed

FIELDS: Final = (
    *(
        Field(c.focus_name, _KINDS.get(c.dtype, TEXT), required=c.focus_name in REQUIRED)
        for c in FOCUS
    ),
    *(Field(name, TEXT) for name in CUSTOM.values()),
)
ALL_FIELDS: Final = (
    *FIELDS,
    *(Field(name, TEXT) for name in (*_LATER, OWN_MARK, PUBLISHER)),
    Field("AllocatedTags", MAP),
)

# Known and not used; what is ours is made anew by each reading.
UNUSED: Final = (
    *("AllocatedMethodDetails", "AllocatedResourceName", "ContractApplied"),
    *("CommitmentProgramEligibilityDetails", "x_Delivery"),
    *("x_Source", "x_Row", "x_Derived", "x_TcoCost"),
)

# What each version brought; the newest one of which a document has a column is its own.
# An account's type is no mark: some exporters have it in 1.0 already.
_BROUGHT: Final = {
    "1.4": {"InvoiceDetailId"},
    "1.3": {*_LATER, "AllocatedTags"},
    "1.2": {
        "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyEffectiveCost",
        "PricingCurrencyListUnitPrice",
    },
    "1.2-preview": {"InvoiceId", "PricingCurrency"},
    "1.1": {
        *("CapacityReservationId", "CapacityReservationStatus", "CommitmentDiscountQuantity"),
        *("CommitmentDiscountUnit", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails"),
    },
}


def version(present: Collection[str]) -> str:
    """Return which FOCUS a document is, told by its columns; no column states it."""
    if "ServiceProviderName" in present and "ProviderName" not in present:
        return "1.4"
    return next((version for version, own in _BROUGHT.items() if own & {*present}), "1.0")


def mandatory(version: str) -> tuple[str, ...]:
    """Return the columns that a version makes mandatory, and that no figure needs."""
    sellers = () if version == "1.4" else _SELLERS
    entities = _ENTITIES if version in {"1.3", "1.4"} else ()
    return (*_MANDATORY, *sellers, *entities)
