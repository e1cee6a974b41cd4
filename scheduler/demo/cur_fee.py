"""Lines of CUR 2.0 that nobody uses: commitments, support, tax, credits and refunds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from models.money import ZERO
from models.period import Month
from scheduler.demo.calendar import Calendar
from scheduler.demo.cur_line import PLAN, RESERVATION, Line, what, when
from scheduler.demo.meter import METERS
from scheduler.demo.usage import HOURS, Usage

COMMITTED: Final = Decimal("4.45")  # USD an hour; the covered machines use 4.3848 of it
SUPPORT: Final = Decimal("4800.00")
TAXES: Final = {"AmazonEC2": Decimal("412.50"), "AmazonSageMaker": Decimal("655.20")}
CREDIT: Final = Decimal("-2500.00")
REFUND: Final = Decimal("-1180.25")


def plan_lines(used: Iterable[Usage], days: Sequence[date]) -> Iterator[Line]:
    """Yield, for each day, what cancels the covered usage, and the fee that pays for it."""
    covered = [usage for usage in used if usage.covered == "plan"]
    for number, day in enumerate(days if covered else ()):
        listed = sum((usage.quantities[number] * usage.meter.rate for usage in covered), ZERO)
        paid = sum((usage.quantities[number] * usage.price for usage in covered), ZERO)
        meter = covered[0].meter
        yield {
            **what(meter),
            **when(day),
            "line_item_line_item_type": "SavingsPlanNegation",
            "line_item_line_item_description": "SavingsPlanNegation used by AmazonSageMaker",
            "line_item_unblended_cost": float(-listed),
            "savings_plan_savings_plan_a_r_n": PLAN,
        }
        yield {
            **when(day),
            "line_item_line_item_type": "SavingsPlanRecurringFee",
            "line_item_line_item_description": "1 year No Upfront SageMaker Savings Plan",
            "line_item_product_code": "MachineLearningSavingsPlans",
            "line_item_usage_type": "SageMakerSP:1yrNoUpfront",
            "line_item_operation": "",
            "line_item_resource_id": PLAN,
            "line_item_usage_amount": float(HOURS),
            "line_item_unblended_cost": float(COMMITTED * HOURS),
            "savings_plan_savings_plan_a_r_n": PLAN,
            "savings_plan_offering_type": "SageMakerSavingsPlans",
            "savings_plan_total_commitment_to_date": float(COMMITTED * HOURS),
            "savings_plan_used_commitment": float(paid),
        }


def reservation_lines(used: Iterable[Usage], month: Month) -> Iterator[Line]:
    """Yield the fee of the reserved instances, which run all day."""
    reserved = [usage for usage in used if usage.covered == "reservation"]
    fee = sum((sum(usage.quantities) * usage.price for usage in reserved), ZERO)
    if reserved:
        yield {
            **what(reserved[0].meter),
            **when(month.first, month.days),
            "line_item_line_item_type": "RIFee",
            "line_item_line_item_description": "Sign up charge for r7i.8xlarge, no upfront",
            "line_item_usage_type": "HeavyUsage:r7i.8xlarge",
            "line_item_unblended_cost": float(fee),
            "line_item_usage_amount": float(sum(sum(usage.quantities) for usage in reserved)),
            "reservation_reservation_a_r_n": RESERVATION,
            "reservation_unused_amortized_upfront_fee_for_billing_period": 0.0,
            "reservation_unused_recurring_fee": 0.0,
        }


def payer_lines(month: Month, calendar: Calendar) -> Iterator[Line]:
    """Yield what the payer pays for all: support and tax, and what it gets back."""
    meter = METERS["support"]
    whole = when(month.first, month.days)
    yield {
        **what(meter),
        **whole,
        "line_item_line_item_type": "Fee",
        "line_item_line_item_description": "AWS Support (Business)",
        "line_item_unblended_cost": float(SUPPORT),
        "line_item_usage_amount": float(SUPPORT),
    }
    for code, amount in TAXES.items():
        yield {
            **whole,
            "line_item_line_item_type": "Tax",
            "line_item_line_item_description": f"Tax for product code {code}",
            "line_item_product_code": code,
            "line_item_usage_type": "",
            "line_item_operation": "",
            "line_item_usage_amount": 1.0,
            "line_item_unblended_cost": float(amount),
        }
    if month == calendar.last + -3:
        yield _back("Credit", month.first, CREDIT, "customization", "support-triage-8b")
    if month == calendar.last + -1:
        # for a node that failed in the month before
        earlier = (month + -1).last
        yield _back("Refund", earlier, REFUND, "h100-cluster", "legal-summarizer-70b")


def _back(kind: str, day: date, amount: Decimal, name: str, project: str) -> Line:
    meter = METERS[name]
    return {
        **what(meter),
        **when(day),
        "bill_bill_type": "Refund" if kind == "Refund" else "Anniversary",
        "line_item_line_item_type": kind,
        "line_item_line_item_description": f"{kind} for {meter.usage_type}",
        "line_item_usage_amount": 0.0,
        "line_item_unblended_cost": float(amount),
        "resource_tags": {"user_project": project},
    }
