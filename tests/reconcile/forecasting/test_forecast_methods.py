from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.money import rounded
from reconcile.forecasting import method
from reconcile.forecasting.basis import Basis
from reconcile.forecasting.compared import by_output, compared, why_not
from reconcile.forecasting.estimate import outlook
from reconcile.forecasting.method import Earned

Oracle = Callable[[str], dict[str, Any]]
NAMES = {
    "remaining_plan": "AC+remaining_plan",
    "run_rate": "calendar_run_rate",
    "plan_shape": "plan_shape",
    "remaining_work": "AC+BAC-EV",
    "cpi": "BAC/CPI",
    "cpi_spi": "AC+(BAC-EV)/(CPI*SPI)",
    "category_cpi": "category_cpi",
}


def earned(bac: int, pv: int, ev: int, ac: int, **rest: int) -> Earned:
    return Earned(bac=Fraction(bac), pv=Fraction(pv), ev=Fraction(ev), ac=Fraction(ac), **rest)


def test_every_method_gives_what_the_worked_example_gives(
    third_month: Basis, oracle: Oracle
) -> None:
    given, found = oracle("eac_month3"), compared(outlook(third_month))

    assert {NAMES[name]: str(found[name]) for name in NAMES} == given["EAC"]
    assert found["category_plan_shape"] == Decimal("17120.00")
    assert found["bottom_up"] == Decimal(given["EAC"]["AC+BAC-EV"])


def test_earned_value_and_its_indices_are_those_of_the_worked_example(
    third_month: Basis, oracle: Oracle
) -> None:
    given, made = oracle("eac_month3"), by_output(third_month)

    found = {name.upper(): rounded(getattr(made, name)) for name in ("bac", "pv", "ev", "ac")}
    found |= {
        "CV": rounded(method.cost_variance(made)),
        "SV": rounded(method.schedule_variance(made)),
    }
    for name, index in (
        ("CPI", method.cost_performance),
        ("SPI", method.schedule_performance),
        ("TCPI", method.to_complete),
    ):
        found[name] = rounded(index(made) or Fraction(0), 4)

    assert {name: str(value) for name, value in found.items()} == {
        name: given[name] for name in found
    }


def test_the_headline_of_the_worked_example_is_the_category_cpi(
    third_month: Basis, oracle: Oracle
) -> None:
    found = outlook(third_month)

    assert (
        str(sum(each.eac for each in found.estimates))
        == oracle("eac_month3")["EAC"]["category_cpi"]
    )
    assert found.method == "category CPI"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("run_rate", earned(10, 5, 5, 5)),
        ("plan_shape", earned(10, 0, 5, 5)),
        ("cpi", earned(10, 5, 0, 5)),
        ("cpi_spi", earned(10, 5, 0, 5)),
        ("cpi_spi", earned(10, 0, 5, 5)),
        ("cpi_spi", earned(10, 5, 5, 0)),
    ],
)
def test_a_method_that_divides_by_nothing_says_nothing(name: str, given: Earned) -> None:
    assert method.WHOLE[name](given) is None


def test_the_method_of_the_estimate_is_the_estimate_to_the_cent(
    basis: Any, item: Any, six_months: Any
) -> None:
    items = [item(category=name) for name in ("data", "infra", "labor")]
    spent = {"data": "100.004", "infra": "100.004", "labor": "100.004"}
    actual = {name: {"": {six_months[0]: Decimal(each)}} for name, each in spent.items()}
    made = outlook(replace(basis(*items, n=3), actual=actual))

    assert made.method == method.TITLES["category_plan_shape"]
    # 3 x (100.004 + 100.00); rounded once, where no estimate is, it were 600.02
    assert compared(made)["category_plan_shape"] == Decimal("600.01")
    assert rounded(sum((each.eac for each in made.estimates), Decimal(0))) == Decimal("600.01")


def test_indices_of_nothing_are_none() -> None:
    nothing = earned(10, 0, 5, 0)

    assert method.cost_performance(nothing) is None
    assert method.schedule_performance(nothing) is None
    assert method.to_complete(earned(10, 5, 5, 10)) is None


@pytest.mark.parametrize(
    ("ev", "ac", "ratio"),
    [
        (30, 100, "3/10"),
        (29, 100, "3/10"),
        (31, 100, "31/100"),
        (300, 100, "3"),
        (301, 100, "3"),
        (299, 100, "299/100"),
        (0, 100, "1"),
        (100, 0, "1"),
        (100, -5, "1"),
        (-1, 5, "1"),
    ],
)
def test_a_cpi_is_kept_within_bounds_and_is_one_where_nothing_is_known(
    ev: int, ac: int, ratio: str
) -> None:
    assert method.clipped(earned(1000, 0, ev, ac)) == Fraction(ratio)


def test_the_run_rate_is_the_mean_month_times_the_months_of_the_plan() -> None:
    assert method.run_rate(earned(0, 0, 0, 30, elapsed=2, horizon=7)) == 105


def test_no_method_is_below_what_is_spent_and_ordered(basis: Any, item: Any) -> None:
    made = basis(item(), spent={"": [10, 10, 10, 5]}, committed={"infra": Decimal(900)})

    found = compared(outlook(made))

    assert found["plan_shape"] == Decimal(935)
    assert found["run_rate"] == Decimal(935)


def test_without_output_no_method_that_earns_is_shown(basis: Any, item: Any) -> None:
    found = outlook(basis(item(), spent={"": [100] * 3}))

    shown = compared(found)

    assert {name for name, value in shown.items() if value is None} == method.EARNING
    assert {why_not(found, name) for name in method.EARNING} == {"no output is counted"}
    assert why_not(found, "plan_shape") == ""


def test_too_little_data_leaves_the_methods_that_extrapolate_nothing(basis: Any, item: Any) -> None:
    found = outlook(basis(item(), spent={"": [300, 300]}, n=2))

    shown = compared(found)

    assert {name: value for name, value in shown.items() if value is not None} == {
        "remaining_plan": Decimal(1000),
        "bottom_up": Decimal(1000),
    }
    assert why_not(found, "run_rate") == "fewer than three months are reported"


def test_a_method_says_when_it_has_nothing_to_divide_by(basis: Any, item: Any) -> None:
    found = outlook(basis(item([0, 0, 0, 100, 100, 100]), spent={"": [1, 1, 1]}))

    assert compared(found)["plan_shape"] is None
    assert why_not(found, "plan_shape") == (
        "nothing is planned, earned or spent that it divides by"
    )


def test_more_work_left_raises_every_method_that_looks_at_what_is_left(
    third_month: Basis,
) -> None:
    scaled = replace(
        third_month, items=tuple(replace(i, scale=Fraction(11, 10)) for i in third_month.items)
    )
    before, after = compared(outlook(third_month)), compared(outlook(scaled))

    assert after["remaining_plan"] == Decimal("19467.85")  # 10,687.50 + 1.1 x 7,982.14 - 0.004
    assert after["remaining_work"] == Decimal("24437.50")  # 10,687.50 + 1.1 x 12,500
    assert after["run_rate"] == before["run_rate"]
