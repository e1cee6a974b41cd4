from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvariantError
from reconcile.decision.lever import PRICE, realised
from reconcile.decision.substitution import MOST, Method, saved

D = Decimal
F = Fraction
BEFORE = {"runs": F(4), "hours": F(200), "price": F(4)}
AFTER = {"runs": F(3), "hours": F(80), "price": F("2.50")}


@dataclass(frozen=True)
class Lever:
    id: str
    factor: str
    planned_reduction: Decimal
    item: str = "train"


def test_the_oracle_of_attribution(oracle: Callable[[str], Any]) -> None:
    known = oracle("lever_attribution")

    average, in_order = saved(BEFORE, AFTER, "shapley"), saved(BEFORE, AFTER)

    assert average == {name: F(text) for name, text in known["shapley"].items()}
    assert in_order == {
        name: F(text) for name, text in known["sequential_runs_hours_price"].items()
    }
    assert sum(average.values()) == sum(in_order.values()) == F(known["total"])


def test_the_order_of_substitution_is_that_of_the_factors() -> None:
    swapped = saved(dict(reversed(BEFORE.items())), AFTER)

    assert swapped == {"price": F(1200), "hours": F(1200), "runs": F(200)}


def test_two_sets_of_factors_are_no_substitution() -> None:
    with pytest.raises(InvariantError) as caught:
        saved({"a": F(1)}, {"b": F(1)})

    assert str(caught.value) == "factors ['a'] are not ['b']; give both alike"


def test_many_factors_are_told_apart_in_order() -> None:
    before = {str(n): F(n + 2) for n in range(MOST + 1)}
    after = {name: value - 1 for name, value in before.items()}

    assert saved(before, after, "shapley") == saved(before, after)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=4),
    st.sampled_from(["sequential", "shapley"]),
)
def test_parts_sum_to_the_whole(factors: list[tuple[int, int]], method: Method) -> None:
    before = {str(n): F(was, 7) for n, (was, _) in enumerate(factors)}
    after = {str(n): F(now, 3) for n, (_, now) in enumerate(factors)}

    found = saved(before, after, method)

    assert sum(found.values()) == prod(before.values()) - prod(after.values())
    assert all(found[name] == 0 for name in before if before[name] == after[name])


def test_the_oracle_of_what_was_realised(oracle: Callable[[str], Any]) -> None:
    known = oracle("lever_realised")
    planned = {"runs": F(4), "hours": F(40), PRICE: F("2.50")}
    actual = {"runs": F(5), "hours": F(45), PRICE: F("2.40")}

    found = realised(planned, actual, [Lever("lora", "hours", D("0.80"))])

    hours, price = found.parts
    assert found.planned == F(known["planned_saving"])
    assert found.counterfactual == F(known["counterfactual_at_actual_runs"])
    assert found.actual == F(known["actual"])
    assert found.saving == F(known["realised_total"])
    assert found.naive == F(known["naive_baseline_minus_actual"])
    assert found.output == F(known["extra_runs_cost_at_plan"])
    assert (hours.factor, hours.levers) == ("hours", ("lora",))
    assert hours.saving == F(known["of_which_lora_hours"])
    assert hours.planned == F(known["planned_reduction_pct"]) / 100
    assert hours.reduction == F(known["realised_reduction_pct"]) / 100
    assert (price.factor, price.levers, price.planned) == (PRICE, (), None)
    assert price.saving == F(known["of_which_price"])
    assert price.reduction == F(1, 25)


def test_levers_on_the_price_come_in_their_order_and_leave_no_second_price() -> None:
    planned = {"runs": F(1), "hours": F(10), PRICE: F(2)}
    actual = {"runs": F(1), "hours": F(20), PRICE: F(1)}
    levers = [Lever("spot", PRICE, D("0.5")), Lever("lora", "hours", D("0.5"))]

    found = realised(planned, actual, levers)

    assert [part.factor for part in found.parts] == [PRICE, "hours"]
    assert [part.saving for part in found.parts] == [F(60), F(0)]
    assert found.planned == F(60)


def test_two_levers_on_one_factor_multiply_and_share_a_part() -> None:
    planned, actual = {"hours": F(10), PRICE: F(1)}, {"hours": F(30), PRICE: F(1)}
    levers = [Lever("a", "hours", D("0.5")), Lever("b", "hours", D("0.5"))]

    found = realised(planned, actual, levers)

    assert found.parts[0].levers == ("a", "b")
    assert found.parts[0].planned == F(3, 4)
    assert (found.counterfactual, found.saving) == (F(40), F(10))
    assert found.parts[0].reduction == F(1, 4)


def test_a_factor_that_was_to_be_nothing_has_no_reduction() -> None:
    found = realised({"h": F(0), PRICE: F(1)}, {"h": F(2), PRICE: F(1)}, [Lever("a", "h", D(0))])

    assert found.parts[0].reduction == 0
    assert found.saving == F(-2)
