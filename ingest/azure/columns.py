"""The columns of actual and amortised cost details, in the headings of every kind of account.

Enterprise agreements, customer and partner agreements and the older pay-as-you-go files name
the same things differently. Each column here has one name of ours and the headings seen, best
first; the first that a file has is read. Capitals do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from ingest.table import NUMBER, ROW, TEXT, ContractError, Field, Kind, Table, read
from ingest.text import beyond_calendar, braced, filled, not_flat

DAYS: Final = ("%m/%d/%Y", "%Y-%m-%d")
_DOUBTED: Final = " doubted"

_TEXTS: Final = {
    "account_id": ("BillingAccountId", "EnrollmentNumber", "BillingProfileId"),
    "account_name": ("BillingAccountName", "BillingProfileName"),
    "additional_info": ("AdditionalInfo",),
    "availability_zone": ("AvailabilityZone",),
    "benefit_id": ("BenefitId",),
    "benefit_name": ("BenefitName",),
    "charge_type": ("ChargeType",),
    "consumed_service": ("ConsumedService",),
    "cost_center": ("CostCenter",),
    "currency": ("BillingCurrency", "BillingCurrencyCode", "Currency"),
    "frequency": ("Frequency",),
    "invoice_id": ("InvoiceId",),
    "invoice_section": ("InvoiceSectionName", "InvoiceSection"),
    "location": ("ResourceLocation", "Location"),
    "meter_category": ("MeterCategory",),
    "meter_id": ("MeterId",),
    "meter_name": ("MeterName",),
    "meter_subcategory": ("MeterSubCategory",),
    "part_number": ("PartNumber",),
    "pricing_currency": ("PricingCurrency", "PricingCurrencyCode"),
    "pricing_model": ("PricingModel",),
    "product": ("ProductName", "Product"),
    "publisher_name": ("PublisherName",),
    "publisher_type": ("PublisherType",),
    "reservation_id": ("ReservationId",),
    "reservation_name": ("ReservationName",),
    "resource_group": ("ResourceGroup", "ResourceGroupName"),
    "resource_id": ("ResourceId", "InstanceId", "InstanceName"),
    "resource_name": ("ResourceName",),
    "subscription_id": ("SubscriptionId", "SubscriptionGuid"),
    "subscription_name": ("SubscriptionName",),
    "tags": ("Tags",),
    "unit": ("UnitOfMeasure",),
}
_NUMBERS: Final = {
    "cost": ("CostInBillingCurrency", "Cost", "PreTaxCost"),
    "exchange_rate": ("ExchangeRatePricingToBilling", "ExchangeRate"),
    "list_cost": ("PayGCostInBillingCurrency",),
    "list_price": ("PayGPrice",),
    "price": ("UnitPrice",),
    "pricing_cost": ("CostInPricingCurrency",),
    "quantity": ("Quantity", "UsageQuantity"),
}
_DATES: Final = {
    "date": ("Date", "UsageDate", "UsageDateTime"),
    "period_start": ("BillingPeriodStartDate",),
    "period_end": ("BillingPeriodEndDate",),
}
_HEADINGS: Final = {**_TEXTS, **_NUMBERS, **_DATES}

# Without one of these a figure, its day or its account would be wrong.
REQUIRED: Final = ("cost", "currency", "date", "meter_category", "quantity", "subscription_id")
KINDS: Final = ("charge_type", "pricing_model")  # the oldest files know usage only
KNOWN: Final = (
    *("AccountId", "AccountName", "AccountOwnerId", "BillingProfileId", "BillingProfileName"),
    *("CostAllocationRuleName", "CostInUsd", "EffectivePrice", "ExchangeRateDate"),
    *("InvoiceSectionId", "IsAzureCreditEligible", "IsInvoiced", "MeterRegion", "OfferId"),
    *("PartnerCreditApplied", "PartnerEarnedCreditApplied", "PartnerEarnedCreditRate"),
    *("PartnerName", "PartnerTenantId", "PayGCostInUsd", "PlanName", "PreviousInvoiceId"),
    *("ProductId", "ProductOrderId", "ProductOrderName", "Provider", "PublisherId"),
    *("CustomerName", "CustomerTenantId", "ResellerMpnId", "ResellerName", "ResourceRate"),
    *("ResourceType", "RoundingAdjustment", "ServiceFamily", "ServiceInfo1", "ServiceInfo2"),
    *("ServiceName", "ServicePeriodEndDate", "ServicePeriodStartDate", "ServiceTier", "Term"),
)


def _day_of(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.String):
        return _day_in(column, DAYS)
    sound = pl.when(~beyond_calendar(column, dtype)).then(column)
    return sound.cast(pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _day_in(column: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    """Return the day that a text begins with; a time after it is midnight in every file."""
    text = column.str.extract(r"^\s*(\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2})(?:[T ].*)?\s*$")
    days = (text.str.to_datetime(f, time_unit="us", time_zone="UTC", strict=False) for f in forms)
    read = pl.coalesce(*days)
    return pl.when(~beyond_calendar(read)).then(read)


def _is_day(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.String | pl.Date | pl.Datetime)


DAY: Final = Kind(
    "a date", "a date", _is_day, pl.Datetime("us", "UTC"), _day_of, lambda c, _: _day_in(c, DAYS)
)
_KINDS: Final = {
    **dict.fromkeys(_TEXTS, TEXT),
    **dict.fromkeys(_NUMBERS, NUMBER),
    **dict.fromkeys(_DATES, DAY),
}
FIELDS: Final = tuple(
    Field(heading, _KINDS[name]) for name, headings in _HEADINGS.items() for heading in headings
)


def opened(path: Path) -> tuple[Table, dict[str, str]]:
    """Return a document, and the heading of each of our columns that it has.

    Raises:
        ContractError: when a column is missing that a figure needs.
    """
    table = read(path, _distinct(FIELDS), KNOWN)
    found = {
        name: next((heading for heading in headings if heading in table.present), "")
        for name, headings in _HEADINGS.items()
    }
    oldest = found["cost"] == _HEADINGS["cost"][-1]
    for name in REQUIRED if oldest else (*REQUIRED, *KINDS):
        if not found[name]:
            wanted = " or ".join(_HEADINGS[name])
            raise ContractError(f"has no column {wanted}; export the cost details unchanged")
    return table, {name: heading for name, heading in found.items() if heading}


def doubts(table: Table, used: Mapping[str, str]) -> tuple[pl.Expr, ...]:
    """Return, for days and tags, the first row that holds something else, and what it holds."""
    bad = {
        heading: filled(pl.col(heading)).is_not_null() & DAY.parse(pl.col(heading), ()).is_null()
        for name, heading in used.items()
        if name in _DATES and table.types[heading] == pl.String
    }
    if "tags" in used:
        bad[used["tags"]] = not_flat(filled(pl.col(used["tags"])))
    return tuple(
        pl.struct(ROW, pl.col(heading)).filter(doubt).first().alias(f"{heading}{_DOUBTED}")
        for heading, doubt in bad.items()
    )


def refuse_doubted(found: pl.DataFrame) -> None:
    """Refuse a document by what `doubts` found.

    Raises:
        ContractError: naming row, column and value.
    """
    for column in found.select(pl.col(f"^.*{_DOUBTED}$")):
        if (first := column.item()) is not None:
            row, value = first.values()
            heading = column.name.removesuffix(_DOUBTED)
            what = "a JSON object of plain values" if "ag" in heading else "a date"
            raise ContractError(f"row {row}: column {heading} holds {value!r:.60}, not {what}")


def _distinct(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple({field.name: field for field in fields}.values())


def rows(table: Table, used: dict[str, str]) -> pl.LazyFrame:
    """Return the lines under our names; what the file does not have is null."""
    return table.frame.select(
        pl.col(ROW),
        *(
            pl.col(used[name]).alias(name)
            if name in used
            else pl.lit(None, dtype=kind.dtype).alias(name)
            for name, kind in _KINDS.items()
        ),
    ).with_columns(tags=_object(pl.col("tags")))


def _object(text: pl.Expr) -> pl.Expr:
    """Return the text of an object with its braces; `null` is none."""
    whole = braced(text).str.strip_chars()
    return pl.when(whole.str.starts_with("{")).then(whole)
