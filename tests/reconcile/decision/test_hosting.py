from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.money import rounded
from reconcile.decision.hosting import (
    Fixed,
    Machines,
    answer,
    break_even,
    own_cost,
    tokens_a_month,
)

D = Decimal
F = Fraction
DEPENDS = "depends on the price: hosting costs less than an API above its own cost, and more below"


@pytest.fixture(name="known", scope="module")
def known_fixture(oracle: Callable[[str], Any]) -> Any:
    return oracle("break_even")


def whole(tokens: Fraction | None) -> str:
    assert tokens is not None
    return str(rounded(tokens, 0))


def test_the_oracle_of_the_break_even(known: Any) -> None:
    fixed = Fixed(machines=F(known["gpu_hour"]) * int(known["hours"]))
    assert fixed.total == F(known["monthly_hosting"])

    for price, tokens in known["break_even_tokens_per_month"].items():
        assert whole(break_even(fixed, F(price), F(0)).tokens) == tokens
    own = own_cost(fixed, F(0), F(known["actual_tokens"]))
    assert own == F(known["actual_cost_per_1k"])


def test_the_oracle_of_our_own_marginal_cost(known: Any) -> None:
    margin = known["with_marginal_cost_0_002"]

    found = break_even(Fixed(machines=F(1825)), F(margin["price"]), F("0.002"))

    assert whole(found.tokens) == margin["tokens"]
    assert own_cost(Fixed(machines=F(10)), F("0.002"), F(1000)) == F("10.002")


def test_the_oracle_with_ops_and_the_cost_of_making_the_model(known: Any) -> None:
    more = known["with_ops_600_and_tco_amortised_12m"]
    fixed = Fixed(machines=F(1825), ops=F(600), amortised=F(24650, 12))

    assert str(rounded(fixed.total)) == more["fixed"]
    assert whole(break_even(fixed, F("0.06"), F(0)).tokens) == more["break_even_at_0_06"]
    assert whole(break_even(fixed, F("0.015"), F(0)).tokens) == more["break_even_at_0_015"]


def test_the_oracle_of_capacity(known: Any) -> None:
    held = known["capacity_tokens_month"]

    found = tokens_a_month(D(held["tps"]), D(held["util"]), D(730))

    assert found == int(held["tokens"])


@pytest.mark.parametrize("price", ["0.002", "0.001"])
def test_there_is_no_break_even_where_the_api_is_not_above_our_own_marginal_cost(
    price: str,
) -> None:
    found = break_even(Fixed(machines=F(1825)), F(price), F("0.002"), Machines(capacity=F(5)))

    assert (found.tokens, found.replicas, found.fixed) == (None, 1, F(1825))
    assert break_even(Fixed(machines=F(1)), F(1), F(1)).replicas is None


def test_what_the_machines_can_just_serve_needs_no_more() -> None:
    fixed = Fixed(machines=F(100))

    at = break_even(fixed, F(1), F(0), Machines(capacity=F(50_000), replicas=2))
    beyond = break_even(fixed, F(1), F(0), Machines(capacity=F(49_999), replicas=2))

    assert (at.tokens, at.replicas, at.fixed) == (F(100_000), 2, F(100))
    assert beyond.replicas is None or beyond.replicas > 2


def test_beyond_capacity_machines_are_added_until_they_pay_for_all_of_it() -> None:
    """Each serves 100,000 tokens, worth 100 at 1 for 1,000, and costs 60; 100 are fixed."""
    fixed = Fixed(machines=F(60), ops=F(40), amortised=F(60))

    found = break_even(fixed, F(1), F(0), Machines(capacity=F(100_000)))

    assert found.replicas == 3  # 3 x 60 + 100 = 280, which is 280,000 tokens of 300,000
    assert found.fixed == F(280)
    assert found.tokens == F(280_000)


def test_machines_that_never_pay_for_themselves_have_no_break_even() -> None:
    found = break_even(Fixed(machines=F(60)), F("0.6"), F(0), Machines(capacity=F(99_999)))

    assert (found.tokens, found.replicas) == (None, None)


def test_without_a_token_there_is_no_cost_of_a_thousand() -> None:
    assert own_cost(Fixed(machines=F(60)), F(0), F(0)) is None


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (None, "no tokens are known, so only the break-even can be told"),
        (F(1, 100), "hosting costs less than the API at every price given"),
        (F(2), DEPENDS),
        (F(3), DEPENDS),
        (F(4), "the API costs less than hosting at every price given"),
    ],
)  # fmt: skip
def test_the_answer_is_a_range_and_one_word_only_where_all_of_it_agrees(
    cost: Fraction | None, said: str
) -> None:
    assert answer(cost, F(2), F(3)) == said
