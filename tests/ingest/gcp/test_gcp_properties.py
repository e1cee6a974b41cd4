from __future__ import annotations

from collections import Counter
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.gcp.charges import CORRECTIONS, COST_TYPES
from ingest.gcp.control import control
from ingest.gcp.convert import convert
from ingest.gcp.credit import FOLDED, STANDING
from models.money import WIDE

pytestmark = pytest.mark.once

FEW = settings(  # of many rows each
    max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
AMOUNTS = st.one_of(
    st.integers(-(10**12), 10**12).map(lambda micros: micros / 10**6),
    st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False),
    st.just(0.0),
)
CREDITS = st.fixed_dictionaries(
    {
        "type": st.sampled_from([*FOLDED, *STANDING, "UNHEARD_OF", None]),
        "name": st.sampled_from(["a", "b", None]),
        "amount": AMOUNTS.map(lambda amount: -abs(amount)),
    }
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "cost": AMOUNTS,
            "cost_type": st.sampled_from(COST_TYPES),
            "currency": st.sampled_from(["USD", "EUR"]),
            "invoice": st.sampled_from([{"month": "202608"}, {"month": "202609"}]),
            "adjustment_info": st.sampled_from(
                [None, {"id": "1"}, {"type": "GOODWILL"}, {"type": CORRECTIONS[0]}]
            ),
            "sku": st.sampled_from([{}, {"description": "Commitment v1: Cpu"}]),
            "credits": st.lists(CREDITS, max_size=4),
        }
    ),
    min_size=8,
    max_size=40,
)


def exact(number: float) -> Decimal:
    return Decimal(repr(number)).quantize(Decimal("1e-12"), rounding="ROUND_HALF_UP")


def charged(path: Path, month: Any) -> pl.DataFrame:
    return convert(path, month, tax_recoverable=False).charges.collect(engine="streaming")


def as_set(charges: pl.DataFrame) -> Counter[str]:
    """Return charges without their place in a document."""
    return Counter(str(sorted(row.items())) for row in charges.drop("x_row").rows(named=True))


@FEW
@given(rows=ROWS, data=st.data())
def test_any_split_and_any_order_of_the_rows_gives_the_same_charges(
    rows: list[dict[str, Any]], data: st.DataObject, bench: Any
) -> None:
    shuffled = data.draw(st.permutations(rows))
    at = data.draw(st.integers(0, len(rows)))

    whole = charged(bench.put("a.parquet", rows), bench.month)
    parts = [
        charged(bench.put("b.parquet", part), bench.month)
        for part in (shuffled[:at], shuffled[at:])
    ]

    assert as_set(whole) == as_set(parts[0]) + as_set(parts[1])


@FEW
@given(rows=ROWS, form=st.sampled_from(["parquet", "json", "csv"]))
def test_charges_are_costs_and_credits_and_both_readers_say_so(
    rows: list[dict[str, Any]], form: str, bench: Any
) -> None:
    path = bench.put(f"part.{form}", rows)

    charges, stated = charged(path, bench.month), control(path, bench.month)

    mine = [row for row in rows if row["invoice"]["month"] == "202608"]
    with localcontext(prec=WIDE):
        for currency in ("USD", "EUR"):
            total = sum(
                (
                    exact(row["cost"]) + sum(exact(each["amount"]) for each in row["credits"])
                    for row in mine
                    if row["currency"] == currency
                ),
                Decimal(0),
            )
            ours = charges.filter(pl.col("billing_currency") == currency)["billed_cost"].sum()
            theirs = sum(
                (Decimal(t.billed_cost) for t in stated.totals if t.currency == currency),
                Decimal(0),
            )
            assert Decimal(ours) == total == theirs
    by_kind = Counter(charges.select("billing_currency", "charge_category").rows())
    assert by_kind == {(t.currency, t.charge_category): t.rows for t in stated.totals}
    own = charges.filter(pl.col("x_derived").is_null())
    assert own.height == stated.rows == len(mine)
