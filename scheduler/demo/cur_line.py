"""Lines of CUR 2.0: when, what, and who pays for a day of usage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from scheduler.demo.meter import REGION, Meter
from scheduler.demo.usage import Usage

PLAN: Final = "arn:aws:savingsplans::471100001111:savingsplan/6d2f0c1e-demo"
RESERVATION: Final = "arn:aws:ec2:us-east-1:471100002222:reserved-instances/90ab-demo"

Line = dict[str, Any]


def when(first: date, days: int = 1) -> Line:
    """Return the period of a line; its end is exclusive."""
    start = datetime.combine(first, time())
    end = start + timedelta(days=days)
    return {
        "line_item_usage_start_date": start,
        "line_item_usage_end_date": end,
        "identity_time_interval": f"{start.isoformat()}Z/{end.isoformat()}Z",
    }


def what(meter: Meter) -> Line:
    """Return product, price and account of a line."""
    return {
        "line_item_product_code": meter.code,
        "line_item_usage_type": meter.usage_type,
        "line_item_operation": meter.operation,
        "line_item_line_item_description": meter.description,
        "line_item_unblended_rate": str(meter.rate),
        "line_item_usage_account_id": meter.account[0],
        "line_item_usage_account_name": meter.account[1],
        "pricing_public_on_demand_rate": str(meter.rate),
        "pricing_rate_code": f"{meter.sku}.JRTCKXETXF.6YS6EN2CT7",
        "pricing_term": "Spot" if "SpotUsage" in meter.usage_type else "OnDemand",
        "pricing_unit": meter.unit,
        "product": {"product_name": meter.service[0]},
        "product_location": REGION[1],
        "product_product_family": meter.family,
        "product_region_code": REGION[0],
        "product_servicecode": meter.code,
        "product_sku": meter.sku,
    }


def usage_line(usage: Usage) -> Line:
    """Return the lines of a resource's month; what differs by day is a list, one a day."""
    meter = usage.meter
    listed = [quantity * meter.rate for quantity in usage.quantities]
    paid = [quantity * usage.price for quantity in usage.quantities]
    periods = [when(day) for day in usage.days]
    return {
        **what(meter),
        **{name: [period[name] for period in periods] for name in periods[0]},
        "line_item_resource_id": usage.resource or None,
        # CUR 2.0 writes user tags with this prefix
        "resource_tags": {f"user_{key}": value for key, value in usage.tags.items()},
        "line_item_usage_amount": _doubles(usage.quantities),
        "pricing_public_on_demand_cost": _doubles(listed),
        **_paid(usage, _doubles(listed), _doubles(paid)),
    }


def _doubles(amounts: Sequence[Decimal]) -> list[float]:
    return [float(amount) for amount in amounts]


def _paid(usage: Usage, listed: list[float], paid: list[float]) -> Line:
    if usage.covered == "plan":
        return {
            "line_item_line_item_type": "SavingsPlanCoveredUsage",
            "line_item_unblended_cost": listed,
            "savings_plan_savings_plan_a_r_n": PLAN,
            "savings_plan_offering_type": "SageMakerSavingsPlans",
            "savings_plan_savings_plan_effective_cost": paid,
        }
    if usage.covered == "reservation":
        return {
            "line_item_line_item_type": "DiscountedUsage",
            "line_item_unblended_cost": [0.0] * len(paid),
            "line_item_unblended_rate": "0",
            "pricing_term": "Reserved",
            "reservation_reservation_a_r_n": RESERVATION,
            "reservation_effective_cost": paid,
            "reservation_recurring_fee_for_usage": paid,
        }
    return {"line_item_line_item_type": "Usage", "line_item_unblended_cost": listed}
