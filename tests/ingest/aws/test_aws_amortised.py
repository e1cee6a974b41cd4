"""What a whole month costs by accrual, against what it is invoiced: the provider's identity."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.aws import control, cur

CENTS: Final = st.integers(0, 10**7).map(lambda n: Decimal(n) / 100)
PARTS: Final = st.lists(st.integers(1, 50), min_size=1, max_size=4)
MONTH: Final = {
    "line_item_usage_start_date": "2026-10-01",
    "line_item_usage_end_date": "2026-11-01",
}


def split(total: Decimal, weights: list[int]) -> list[Decimal]:
    """Split an amount into as many parts, exact to the cent."""
    cents, whole, given_out, result = int(total * 100), sum(weights), 0, []
    for index in range(len(weights)):
        upto = cents * sum(weights[: index + 1]) // whole
        result.append(Decimal(upto - given_out) / 100)
        given_out = upto
    return result


def plan(arn: str, recurring: Decimal, upfront: Decimal, weights: list[int]) -> list[Any]:
    """Return the lines of a savings plan of which the last part of the month is unused."""
    *used, idle = split(recurring + upfront, [*weights, 1])
    covered = [{"listed": part * 2, "effective": part} for part in used]
    total = sum((each["listed"] for each in covered), Decimal(0))
    name = {"savings_plan_savings_plan_a_r_n": arn}
    return [
        *(
            {
                **name,
                "line_item_line_item_type": "SavingsPlanCoveredUsage",
                "line_item_unblended_cost": float(each["listed"]),
                "savings_plan_savings_plan_effective_cost": float(each["effective"]),
            }
            for each in covered
        ),
        {
            **name,
            "line_item_line_item_type": "SavingsPlanNegation",
            "line_item_unblended_cost": float(-total),
        },
        {
            **name,
            **MONTH,
            "line_item_line_item_type": "SavingsPlanRecurringFee",
            "line_item_unblended_cost": float(recurring),
            "savings_plan_total_commitment_to_date": float(recurring + upfront),
            "savings_plan_used_commitment": float(recurring + upfront - idle),
        },
    ]


def reservation(arn: str, recurring: Decimal, upfront: Decimal, weights: list[int]) -> list[Any]:
    """Return the lines of a reservation of which the last part of the month is unused."""
    *paid, idle_paid = split(recurring, [*weights, 1])
    *worn, idle_worn = split(upfront, [*weights, 1])
    name = {"reservation_reservation_a_r_n": arn}
    return [
        *(
            {
                **name,
                "line_item_line_item_type": "DiscountedUsage",
                "line_item_unblended_cost": 0.0,
                "reservation_effective_cost": float(one + other),
            }
            for one, other in zip(paid, worn, strict=True)
        ),
        {
            **name,
            **MONTH,
            "line_item_line_item_type": "RIFee",
            "line_item_unblended_cost": float(recurring),
            "reservation_unused_amortized_upfront_fee_for_billing_period": float(idle_worn),
            "reservation_unused_recurring_fee": float(idle_paid),
        },
    ]


def bought(kind: str, column: str, arn: str, cost: Decimal) -> dict[str, Any]:
    return {
        **MONTH,
        "line_item_line_item_type": kind,
        "line_item_unblended_cost": float(cost),
        column: arn,
    }


@pytest.mark.failure("C04")
@given(
    plans=st.lists(st.tuples(CENTS, CENTS, PARTS), max_size=3),
    reservations=st.lists(st.tuples(CENTS, CENTS, PARTS), max_size=3),
    fees=st.lists(st.tuples(st.booleans(), CENTS), max_size=3),
    others=st.lists(st.tuples(st.sampled_from(["Usage", "Tax", "Credit", "Fee"]), CENTS)),
)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_accrued_is_invoiced_less_what_was_paid_up_front_and_plus_what_of_it_wore_off(
    plans: list[tuple[Decimal, Decimal, list[int]]],
    reservations: list[tuple[Decimal, Decimal, list[int]]],
    fees: list[tuple[bool, Decimal]],
    others: list[tuple[str, Decimal]],
    make: Any,
) -> None:
    lines: list[dict[str, Any]] = [{}]
    for n, (recurring, upfront, weights) in enumerate(plans):
        lines += plan(f"plan/{n}", recurring, upfront, weights)
    for n, (recurring, upfront, weights) in enumerate(reservations):
        lines += reservation(f"ri/{n}", recurring, upfront, weights)
    for of_plan, cost in fees:
        kind, column = (
            ("SavingsPlanUpfrontFee", "savings_plan_savings_plan_a_r_n")
            if of_plan
            else ("Fee", "reservation_reservation_a_r_n")
        )
        lines.append(bought(kind, column, "new", cost))
    for kind, cost in others:
        lines.append({"line_item_line_item_type": kind, "line_item_unblended_cost": float(cost)})
    path = make.written(make.cur(lines))

    charges = cur.convert(path, tax_recoverable=False).charges.collect()
    stated = control.cur(path)

    paid_up_front = sum((cost for _, cost in fees), Decimal(0))
    worn_off = sum((upfront for _, upfront, _ in (*plans, *reservations)), Decimal(0))
    unblended = sum(
        (Decimal(repr(line.get("line_item_unblended_cost", 98.32))) for line in lines), Decimal(0)
    )
    assert charges["billed_cost"].sum() == unblended
    assert charges["effective_cost"].sum() == unblended - paid_up_front + worn_off
    assert sum(Decimal(t.effective_cost) for t in stated.totals) == charges["effective_cost"].sum()


def test_a_reservation_that_is_not_amortised_costs_what_its_month_is_billed(make: Any) -> None:
    lines = [
        {**bought("RIFee", "reservation_reservation_a_r_n", "host", Decimal(7200))},
        {**bought("Fee", "reservation_reservation_a_r_n", "host", Decimal(60000))},
        {
            "line_item_line_item_type": "DiscountedUsage",
            "line_item_unblended_cost": 0.0,
            "reservation_reservation_a_r_n": "host",
        },
    ]

    conversion = cur.convert(make.written(make.cur(lines)), tax_recoverable=False)

    assert conversion.charges.collect()["effective_cost"].to_list() == [7200, 0, 0]
    assert conversion.notes == (
        (
            "unamortised",
            (
                "1 reservation fees do not say what was used, as those of dedicated hosts: each "
                "is the cost of the month it is billed in, and what was paid up front for them "
                "of none"
            ),
        ),
    )


@pytest.mark.parametrize("apart", [False, True])
def test_discounts_that_are_stated_but_in_no_cost_are_told(apart: bool, make: Any) -> None:
    lines: list[dict[str, Any]] = [{"discount_total_discount": -5.0}]
    if apart:
        lines.append({"line_item_line_item_type": "EdpDiscount", "line_item_unblended_cost": -5.0})

    notes = cur.convert(make.written(make.cur(lines)), tax_recoverable=False).notes

    hidden = (
        "discounts_hidden",
        (
            "the export states discounts but neither net costs nor lines of discounts, so costs "
            "are before them; select line_item_net_unblended_cost in the export's query"
        ),
    )
    assert notes == (() if apart else (hidden,))


def test_net_costs_hold_the_discounts_that_are_stated_beside_them(make: Any) -> None:
    line = {"discount_total_discount": -5.0, "line_item_net_unblended_cost": 93.32}

    conversion = cur.convert(make.written(make.cur([line])), tax_recoverable=False)

    charges = conversion.charges.collect()
    assert conversion.notes == ()
    assert charges.select(pl.col("billed_cost", "list_cost")).row(0) == (
        Decimal("93.32"),
        Decimal("98.32"),
    )
