"""Variance by anchors gives the worked-out figures, and its parts always sum to the whole."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import stored
from reconcile.anchors import PARTS, Decomposition, Factor, Part, decomposed, together, unexplained

ORACLES: Final = Path(__file__).resolve().parent.parent / "oracles"


def oracle(group: str) -> Any:
    return json.loads((ORACLES / f"{group}.json").read_text("utf-8"))


def part(planned: str, price: str | None, used: str | None) -> Part:
    return Part(
        planned=Decimal(planned),
        price=None if price is None else Decimal(price),
        used=None if used is None else Decimal(used),
    )


def says(found: Decomposition, stated: dict[str, Any]) -> None:
    assert found.parts == {name: Decimal(str(stated.get(name, 0))) for name in PARTS}
    assert (found.plan, found.actual) == (Decimal(stated["plan"]), Decimal(stated["actual"]))


def test_more_hours_and_a_higher_price() -> None:
    found = decomposed([part("800", "2.50", "900")], Decimal("2520.00"))

    says(found, oracle("variance")["gpu_single"])


def test_the_mix_of_spot_and_on_demand() -> None:
    stated = oracle("variance")["spot_vs_ondemand"]
    rows = stated["rows"]
    found = decomposed(
        [part(row["pq"], row["pp"], row["aq"]) for row in rows],
        sum((Decimal(row["actual"]) for row in rows), Decimal(0)),
    )

    says(found, stated)


def test_one_more_run_is_told_apart_from_shorter_runs() -> None:
    stated = oracle("variance")["iterations"]
    found = decomposed(
        [part("800", "2.50", "900")],
        Decimal("2520.00"),
        factors=[
            Factor("runs", Decimal(4), Decimal(5)),
            Factor("hours_per_run", Decimal(200), Decimal(180)),
        ],
    )

    expected = {name: Decimal(stated[name]) for name in ("runs", "hours_per_run")}
    assert found.factors == expected
    assert (found.price, found.total) == (Decimal(stated["price"]), Decimal(stated["total"]))


def test_rounding_never_loses_a_cent() -> None:
    stated = oracle("variance")["rounding_stress"]
    parts = [part("100", "0.333", "97.777"), part("50", "1.005", "61.1")]

    says(decomposed(parts, Decimal("35.71") + Decimal("58.02")), stated)


def test_the_grain_changes_the_split_so_months_are_split_and_summed() -> None:
    stated = oracle("variance")["granularity"]
    months = together(
        [
            decomposed([part("100", "2", "50")], Decimal(100)),
            decomposed([part("100", "3", "150")], Decimal(450)),
        ]
    )
    whole = decomposed([part("200", "2.5", "200")], Decimal(550))

    for found, name in ((months, "monthly_sum"), (whole, "ytd_aggregate")):
        said = {key: Decimal(value) for key, value in stated[name].items()}
        assert {"volume": found.volume, "price": found.price} == said
    assert months.total == whole.total


def test_what_nobody_planned_and_what_was_not_incurred() -> None:
    stated = oracle("variance")
    unplanned = decomposed([part("0", None, "3")], Decimal(300))
    dropped = decomposed([part("60", "2.50", "0")], Decimal(0))

    assert unplanned.unplanned == Decimal(stated["unplanned_item"]["amount"])
    assert dropped.volume == Decimal(stated["not_incurred"]["amount"])
    assert [dropped.mix, dropped.price] == [0, 0]


@pytest.mark.parametrize("used", [None, "0"])
def test_cost_that_no_quantity_explains_is_spend(used: str | None) -> None:
    found = decomposed([part("60", "2.50", used)], Decimal(40))

    assert [found.spend, found.volume, found.price] == [-110, 0, 0]


def test_labor_is_volume_when_the_rates_are_standard() -> None:
    stated = oracle("labor")
    found = decomposed([part("1.5", "9000", stated["role_months"])], Decimal(stated["cost"]))

    says(found, stated["variance"])


def test_the_mix_of_roles() -> None:
    stated = oracle("labor")["role_mix"]
    rows = stated["rows"]
    found = decomposed(
        [part(row["plan_rm"], row["plan_rate"], row["actual_rm"]) for row in rows],
        sum((Decimal(row["actual_rm"]) * Decimal(row["actual_rate"]) for row in rows), Decimal(0)),
    )

    says(found, stated)


def test_the_rate_of_exchange_is_a_part_of_its_own() -> None:
    stated = oracle("fx_variance")
    plan, actual = stated["plan"], stated["actual"]
    euro = Decimal(actual["q"]) * Decimal(actual["price_eur"])
    found = decomposed(
        [part(plan["q"], plan["price_eur"], actual["q"])],
        euro * Decimal(actual["fx"]),
        paid=euro * Decimal(plan["fx"]),
        rate=Decimal(plan["fx"]),
    )

    expected = [Decimal(stated[name]) for name in ("volume", "price", "fx", "total")]
    assert [found.volume, found.price, found.fx, found.total] == expected
    assert (found.plan, found.actual) == (Decimal(plan["usd"]), Decimal(actual["usd"]))


def test_a_rate_of_exchange_is_told_apart_where_no_quantity_is_known() -> None:
    found = unexplained(Decimal(100), Decimal(150), Decimal(120))
    uncounted = decomposed(
        [part("1", "100", None)], Decimal(150), paid=Decimal(120), plan=Decimal(100)
    )

    assert [found.spend, found.fx, found.total] == [20, 30, 50]
    assert uncounted == found


def test_units_that_are_planned_for_another_month_are_volume_at_their_price() -> None:
    found = decomposed([part("0", "2", "50")], Decimal(110), plan=Decimal(0))

    assert [found.volume, found.price, found.unplanned] == [100, 10, 0]


def test_nothing_planned_at_two_prices_is_unplanned() -> None:
    found = decomposed([part("0", "2", "50"), part("0", "4", "5")], Decimal(110))

    assert found.unplanned == 110


def test_a_new_sub_type_is_at_the_blend_without_a_price_and_mix_with_one() -> None:
    blend = decomposed([part("100", "2", "50"), part("0", None, "50")], Decimal(300))
    known = decomposed([part("100", "2", "50"), part("0", "4", "50")], Decimal(300))

    assert [blend.volume, blend.mix, blend.price] == [0, 0, 100]
    assert [known.volume, known.mix, known.price] == [0, 100, 0]


def test_a_factor_planned_as_zero_and_a_quantity_without_price_are_refused() -> None:
    factors = [Factor("runs", Decimal(0), Decimal(1)), Factor("hours", Decimal(1), Decimal(1))]
    with pytest.raises(ValueError, match="'runs' is planned as zero; leave it out"):
        decomposed([part("1", "1", "1")], Decimal(1), factors=factors)
    with pytest.raises(ValueError, match="has no price; give the one of the plan"):
        decomposed([part("1", None, "1")], Decimal(1))


QUANTITIES = st.decimals(0, 10**6, places=3)
PRICES = st.decimals(0, 10**4, places=6)
AMOUNTS = st.decimals(-(10**7), 10**7, places=4)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(QUANTITIES, PRICES, QUANTITIES), min_size=1, max_size=4),
    actual=AMOUNTS,
    paid=st.none() | AMOUNTS,
    rate=st.decimals("0.01", 200, places=4),
    plan=st.none() | AMOUNTS,
    ratio=st.lists(st.tuples(st.decimals("0.1", 50, places=2), QUANTITIES), max_size=3),
    places=st.integers(0, 4),
)
def test_parts_sum_to_the_whole_for_any_input(
    rows: list[tuple[Decimal, Decimal, Decimal]],
    actual: Decimal,
    paid: Decimal | None,
    rate: Decimal,
    plan: Decimal | None,
    ratio: list[tuple[Decimal, Decimal]],
    places: int,
) -> None:
    found = decomposed(
        [Part(planned=q, price=p, used=a) for q, p, a in rows],
        actual,
        paid=paid,
        plan=plan,
        rate=rate,
        factors=[Factor(str(n), was, now) for n, (was, now) in enumerate(ratio)],
        places=places,
    )

    assert found.plan + sum(found.parts.values()) == found.actual
    assert not found.factors or sum(found.factors.values()) == found.volume
    assert stored(found.price) == found.price
    assert found.mix % Decimal(1).scaleb(-places) == 0
    summed = together([found, found])
    assert summed.plan + sum(summed.parts.values()) == summed.actual == 2 * actual
