"""Bills in FOCUS 1.2, as AWS Data Exports writes them, for the second payer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from models.charge import FOCUS, JSON, TIME
from models.money import MONEY
from models.period import Month
from scheduler.demo.calendar import Calendar
from scheduler.demo.meter import REGION
from scheduler.demo.usage import Usage

PAYER: Final = ("815500001111", "acme-research-payer")
ACCOUNT: Final = ("815500002222", "acme-research-training")
PROVIDER: Final = "AWS"
TAX: Final = Decimal("318.40")

# The export keeps money as double, instants in milliseconds, and objects as maps.
_TYPES: Final[dict[object, pl.DataType]] = {
    MONEY: pl.Float64(),
    TIME: pl.Datetime("ms"),
    JSON: pl.Map(pl.String(), pl.String()),
}
_OWN: Final = {
    "x_Discounts": pl.Map(pl.String(), pl.Float64()),
    "x_Operation": pl.String(),
    "x_ServiceCode": pl.String(),
}
SCHEMA: Final = pl.Schema({c.focus_name: _TYPES.get(c.dtype, pl.String()) for c in FOCUS} | _OWN)

Row = dict[str, Any]


_COSTS: Final = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
COSTS: Final = (*_COSTS, "PricingCurrencyEffectiveCost")
DAILY: Final = (
    *COSTS,
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ConsumedQuantity",
    "PricingQuantity",
)


def bill(found: Iterable[Usage], month: Month, calendar: Calendar) -> pl.DataFrame:
    """Return all rows of one month of the payer."""
    issued = month <= calendar.last
    common = _common(month, issued=issued)
    rows = [common | _row(usage) for usage in found if usage.month == month]
    lists = {name: pl.List(SCHEMA[name]) for name in DAILY}
    daily = pl.DataFrame(rows, schema={**SCHEMA, **lists}).explode(DAILY)
    taxes = [common | _tax(month)] if issued else []
    return pl.concat([daily, pl.DataFrame(taxes, schema=SCHEMA)])


def _common(month: Month, *, issued: bool) -> Row:
    return {
        "BillingAccountId": PAYER[0],
        "BillingAccountName": PAYER[1],
        "BillingAccountType": "Payer",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": month.end.replace(tzinfo=None),
        "BillingPeriodStart": month.start.replace(tzinfo=None),
        "InvoiceId": f"28{month.year}{month.month:02d}31" if issued else None,
        "InvoiceIssuerName": PROVIDER,
        "PricingCurrency": "USD",
        "ProviderName": PROVIDER,
        "PublisherName": PROVIDER,
        "SubAccountId": ACCOUNT[0],
        "SubAccountName": ACCOUNT[1],
        "SubAccountType": "Account",
    }


def _row(usage: Usage) -> Row:
    """Return the rows of a resource's month; what differs by day is a list, one a day."""
    meter = usage.meter
    name, category, subcategory = meter.service
    starts = [datetime.combine(day, time()) for day in usage.days]
    quantities = [float(quantity) for quantity in usage.quantities]
    costs = [float(quantity * meter.rate) for quantity in usage.quantities]
    return {
        **dict.fromkeys(COSTS, costs),
        "ChargeCategory": "Usage",
        "ChargeDescription": meter.description,
        "ChargeFrequency": "Usage-Based",
        "ConsumedUnit": meter.focus_unit,
        "ContractedUnitPrice": float(meter.rate),
        "ListUnitPrice": float(meter.rate),
        "PricingCategory": "Dynamic" if "SpotUsage" in meter.usage_type else "Standard",
        "PricingCurrencyContractedUnitPrice": float(meter.rate),
        "PricingCurrencyListUnitPrice": float(meter.rate),
        "PricingUnit": meter.focus_unit,
        "RegionId": REGION[0],
        "RegionName": REGION[1],
        "ResourceId": usage.resource.replace("471100002222", ACCOUNT[0]) or None,
        "ResourceType": meter.family if usage.resource else None,
        "ServiceCategory": category,
        "ServiceName": name,
        "ServiceSubcategory": subcategory,
        "SkuId": meter.sku,
        "SkuMeter": meter.usage_type,
        "SkuPriceId": f"{meter.sku}.JRTCKXETXF.6YS6EN2CT7",
        "Tags": dict(usage.tags),
        "x_Operation": meter.operation,
        "x_ServiceCode": meter.code,
        "ChargePeriodStart": starts,
        "ChargePeriodEnd": [start + timedelta(days=1) for start in starts],
        "ConsumedQuantity": quantities,
        "PricingQuantity": quantities,
    }


def _tax(month: Month) -> Row:
    return {
        **dict.fromkeys(COSTS, float(TAX)),
        "ChargeCategory": "Tax",
        "ChargeDescription": "Tax for product code AmazonEC2",
        "ChargeFrequency": "One-Time",
        "ChargePeriodStart": month.start.replace(tzinfo=None),
        "ChargePeriodEnd": month.end.replace(tzinfo=None),
        "ServiceCategory": "Compute",
        "ServiceName": "Amazon Elastic Compute Cloud",
        "ServiceSubcategory": "Virtual Machines",
        "x_ServiceCode": "AmazonEC2",
    }
