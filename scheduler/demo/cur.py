"""Bills in CUR 2.0, as AWS Data Exports writes them: one line a resource and day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from models.period import Month
from scheduler.demo.calendar import Calendar
from scheduler.demo.cur_fee import payer_lines, plan_lines, reservation_lines
from scheduler.demo.cur_line import Line, usage_line
from scheduler.demo.usage import Usage

PAYER: Final = ("471100001111", "acme-ml-payer")
TEXT: Final = pl.String()
NUMBER: Final = pl.Float64()
MOMENT: Final = pl.Datetime("ms")
MAP: Final = pl.Map(pl.String(), pl.String())

# What the export's query selects; CUR 2.0 has more, and each of these under this name.
SCHEMA: Final = pl.Schema(
    {
        "bill_bill_type": TEXT,
        "bill_billing_entity": TEXT,
        "bill_billing_period_end_date": MOMENT,
        "bill_billing_period_start_date": MOMENT,
        "bill_invoice_id": TEXT,
        "bill_payer_account_id": TEXT,
        "bill_payer_account_name": TEXT,
        "identity_line_item_id": TEXT,
        "identity_time_interval": TEXT,
        "line_item_currency_code": TEXT,
        "line_item_legal_entity": TEXT,
        "line_item_line_item_description": TEXT,
        "line_item_line_item_type": TEXT,
        "line_item_operation": TEXT,
        "line_item_product_code": TEXT,
        "line_item_resource_id": TEXT,
        "line_item_unblended_cost": NUMBER,
        "line_item_unblended_rate": TEXT,
        "line_item_usage_account_id": TEXT,
        "line_item_usage_account_name": TEXT,
        "line_item_usage_amount": NUMBER,
        "line_item_usage_end_date": MOMENT,
        "line_item_usage_start_date": MOMENT,
        "line_item_usage_type": TEXT,
        "pricing_public_on_demand_cost": NUMBER,
        "pricing_public_on_demand_rate": TEXT,
        "pricing_rate_code": TEXT,
        "pricing_term": TEXT,
        "pricing_unit": TEXT,
        "product": MAP,
        "product_location": TEXT,
        "product_product_family": TEXT,
        "product_region_code": TEXT,
        "product_servicecode": TEXT,
        "product_sku": TEXT,
        "reservation_effective_cost": NUMBER,
        "reservation_recurring_fee_for_usage": NUMBER,
        "reservation_reservation_a_r_n": TEXT,
        "reservation_unused_amortized_upfront_fee_for_billing_period": NUMBER,
        "reservation_unused_recurring_fee": NUMBER,
        "resource_tags": MAP,
        "savings_plan_offering_type": TEXT,
        "savings_plan_savings_plan_a_r_n": TEXT,
        "savings_plan_savings_plan_effective_cost": NUMBER,
        "savings_plan_total_commitment_to_date": NUMBER,
        "savings_plan_used_commitment": NUMBER,
    }
)


DAILY: Final = (
    "identity_time_interval",
    "line_item_unblended_cost",
    "line_item_usage_amount",
    "line_item_usage_end_date",
    "line_item_usage_start_date",
    "pricing_public_on_demand_cost",
    "reservation_effective_cost",
    "reservation_recurring_fee_for_usage",
    "savings_plan_savings_plan_effective_cost",
)


def bill(found: Iterable[Usage], month: Month, calendar: Calendar) -> pl.DataFrame:
    """Return all lines of one month of the payer."""
    used = [usage for usage in found if usage.month == month]
    fees = [*plan_lines(used, calendar.days(month))]
    if month <= calendar.last:
        fees += [*reservation_lines(used, month), *payer_lines(month, calendar)]
    common = _common(month, issued=month <= calendar.last)
    lines = pl.concat(
        [_daily(used, common), pl.DataFrame([common | fee for fee in fees], schema=SCHEMA)]
    )
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(6)
    return lines.with_columns(identity_line_item_id=f"{month.year}{month.month:02d}q" + number)


def _daily(used: Iterable[Usage], common: Line) -> pl.DataFrame:
    rows = []
    for usage in used:
        none: list[None] = [None] * len(usage.days)
        rows.append(common | dict.fromkeys(DAILY, none) | usage_line(usage))
    lists = {name: pl.List(SCHEMA[name]) for name in DAILY}
    return pl.DataFrame(rows, schema={**SCHEMA, **lists}).explode(DAILY)


def _common(month: Month, *, issued: bool) -> Line:
    """Return what every line of a bill says; the number comes when the month is invoiced."""
    return {
        "bill_bill_type": "Anniversary",
        "bill_billing_entity": "AWS",
        "bill_billing_period_start_date": month.start.replace(tzinfo=None),
        "bill_billing_period_end_date": month.end.replace(tzinfo=None),
        "bill_invoice_id": f"19{month.year}{month.month:02d}55" if issued else None,
        "bill_payer_account_id": PAYER[0],
        "bill_payer_account_name": PAYER[1],
        "line_item_currency_code": "USD",
        "line_item_legal_entity": "Amazon Web Services, Inc.",
        "line_item_usage_account_id": PAYER[0],
        "line_item_usage_account_name": PAYER[1],
    }
