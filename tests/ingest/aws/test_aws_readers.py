"""Three readers of any document agree: ours, the second one, and Python's own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.aws.line import TYPES
from ingest.source import Delivery, Document
from ingest.sources.aws_data_export import DataExport

pytestmark = pytest.mark.once

DOCUMENT: Final = Document("ft-00001.snappy.parquet", "0" * 64, 1)

COSTS: Final = st.one_of(
    st.floats(-1e9, 1e9),
    st.floats(-1e-6, 1e-6),
    st.integers(-(10**9), 10**9).map(lambda n: n / 10**6),
    st.sampled_from([0.0, -0.0, 0.1, 5e-13, -5e-13, 4.999999999999e-13, 9007.199254740993]),
)
ARNS: Final = st.sampled_from([None, "", "arn:plan/1", "arn:plan/2"])
NET: Final = "line_item_net_unblended_cost"
LINES: Final = st.fixed_dictionaries(
    {
        "line_item_line_item_type": st.sampled_from([*TYPES, "EdpDiscount", "New", None]),
        "line_item_unblended_cost": COSTS,
        "line_item_currency_code": st.sampled_from(["USD", "EUR"]),
        "line_item_operation": st.sampled_from([None, "RunInstances", "EKSPod-EC2", "ECSTask-EC2"]),
        "line_item_usage_type": st.sampled_from([None, "BoxUsage:p5", "USE1-CapacityBlockFee:p5"]),
        "line_item_line_item_description": st.sampled_from(
            [None, "x", "Refund for one-time fee for Savings Plan ID: 1"]
        ),
        "line_item_usage_start_date": st.sampled_from(["2026-09-30T23:00:00", "2026-10-31"]),
        NET: st.none() | COSTS,
        "savings_plan_savings_plan_a_r_n": ARNS,
        "reservation_reservation_a_r_n": ARNS,
        **dict.fromkeys(
            (
                "savings_plan_savings_plan_effective_cost",
                "savings_plan_net_savings_plan_effective_cost",
                "savings_plan_total_commitment_to_date",
                "savings_plan_used_commitment",
                "reservation_effective_cost",
                "reservation_net_effective_cost",
                "reservation_unused_amortized_upfront_fee_for_billing_period",
                "reservation_unused_recurring_fee",
                "reservation_net_unused_recurring_fee",
            ),
            st.none() | COSTS,
        ),
    }
)

Totals = Callable[[pl.LazyFrame], list[tuple[object, ...]]]


def money(value: float) -> Decimal:
    """Return a double as money: its shortest text, at 18 places and then at 12."""
    exact = Decimal(repr(value))
    for places in (18, 12):
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return exact


def invoiced(lines: list[dict[str, Any]]) -> Decimal:
    """Return what the invoice says, in the representation of discounts that counts."""
    billed = [line for line in lines if "2" not in str(line["line_item_operation"])]
    if all(line[NET] is None for line in lines):
        return sum((money(line["line_item_unblended_cost"]) for line in billed), Decimal(0))
    return sum(
        (
            money(line["line_item_unblended_cost"] if line[NET] is None else line[NET])
            for line in billed
            if line[NET] is not None or line["line_item_line_item_type"] != "EdpDiscount"
        ),
        Decimal(0),
    )


@pytest.mark.failure("C02")
@pytest.mark.failure("C07")
@given(lines=st.lists(LINES, min_size=1, max_size=12), gross=st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_three_readers_of_any_lines_agree_to_the_last_digit(
    lines: list[dict[str, Any]],
    gross: bool,
    make: Any,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    totals: Totals,
) -> None:
    lines = [{**line, NET: None} for line in lines] if gross else lines
    path = make.written(make.cur(lines))
    source = build()

    charges = source.convert(path, DOCUMENT, delivery("cur2")).charges
    control = source.control(path, DOCUMENT, delivery("cur2"))

    found = totals(charges)
    assert found == [
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in control.totals
    ]
    assert sum(row[3] for row in found) == invoiced(lines)  # type: ignore[misc]
    own = charges.filter(pl.col("x_derived").is_null()).collect()["x_row"].to_list()
    assert own == list(range(1, len(lines) + 1))


@pytest.mark.failure("C02")
@given(costs=st.lists(st.tuples(COSTS, COSTS), min_size=1, max_size=20))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_three_readers_of_focus_lines_agree_to_the_last_digit(
    costs: list[tuple[float, float]],
    make: Any,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    totals: Totals,
) -> None:
    content = make.focus([{"BilledCost": a, "EffectiveCost": b} for a, b in costs])
    path = make.written(content)
    source = build()

    found = totals(source.convert(path, DOCUMENT, delivery("focus")).charges)
    control = source.control(path, DOCUMENT, delivery("focus"))

    billed, effective = (sum(map(money, column), Decimal(0)) for column in zip(*costs, strict=True))
    assert found == [("USD", "Usage", len(costs), billed, effective)]
    (total,) = control.totals
    assert (Decimal(total.billed_cost), Decimal(total.effective_cost)) == (billed, effective)


@pytest.mark.failure("C02")
def test_decimal_costs_keep_eighteen_places(
    make: Any,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    totals: Totals,
) -> None:
    cost = Decimal("0.000000000000000001")
    types = dict.fromkeys(("BilledCost", "EffectiveCost"), pa.decimal128(38, 18))
    path = make.written(make.focus([{"BilledCost": cost, "EffectiveCost": cost}] * 3, types))

    found = totals(build().convert(path, DOCUMENT, delivery("focus")).charges)
    control = build().control(path, DOCUMENT, delivery("focus"))

    assert found == [("USD", "Usage", 3, 3 * cost, 3 * cost)]
    assert control.totals[0].billed_cost == f"{3 * cost:f}"


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_days_are_of_utc_whatever_the_unit_and_wherever_we_are(
    unit: str,
    zone: str | None,
    make: Any,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
) -> None:
    types = {"ChargePeriodStart": pa.timestamp(unit, zone)}
    start = "2026-10-31T23:59:59" + ("+00:00" if zone else "")
    path = make.written(make.focus([{"ChargePeriodStart": start}], types))

    charges = build().convert(path, DOCUMENT, delivery("focus")).charges.collect()
    control = build().control(path, DOCUMENT, delivery("focus"))

    assert str(charges["charge_period_start"].item()) == "2026-10-31 23:59:59+00:00"
    assert (control.first, control.last) == ("2026-10-31", "2026-10-31")
