from __future__ import annotations

from decimal import Decimal

import pytest

from models.errors import InvariantError
from models.period import Month
from reconcile.figure import MEASURES, Figures, is_figure_id, scope, to_date


def test_a_figure_is_named_by_scope_period_and_measure() -> None:
    figures = Figures("USD")

    figure = figures.add(scope("legal", "labor"), "2026-10", "ac", Decimal("1.5"))

    assert figure.id == "legal/labor/2026-10/ac"
    assert (figure.unit, figure.basis) == ("USD", "effective")
    assert figures["legal/labor/2026-10/ac"] is figure
    assert is_figure_id(figure.id)


def test_the_same_figure_twice_is_one_and_another_value_is_refused() -> None:
    figures = Figures("USD")
    first = figures.add("p", "2026-10", "ac", Decimal(1))

    assert figures.add("p", "2026-10", "ac", Decimal("1.0")) is first
    message = "figure p/2026-10/ac: 1 USD and 2 USD; one id has one value, so give one of the two"
    with pytest.raises(InvariantError, match=message):
        figures.add("p", "2026-10", "ac", Decimal(2))


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_a_basis_and_one_definition(measure: str) -> None:
    same = [
        key for key, each in MEASURES.items() if each.definition == MEASURES[measure].definition
    ]

    assert same == [measure]
    assert MEASURES[measure].basis in {"effective", "billed", "plan", "forecast"}


@pytest.mark.failure("M05")
@pytest.mark.parametrize(
    "name", ["a/b", "<b>", '"x"', "Zürich", "a b", "\u202eevil", "javascript:1"]
)
def test_any_name_becomes_a_plain_ascii_path(name: str) -> None:
    path = scope(name)

    assert path.isascii()
    assert not set(path) & set("/<>\"' &:")
    assert is_figure_id(f"{path}/{to_date(Month(2026, 10))}/delta")


@pytest.mark.parametrize("text", ["", "p", "p/ac", "p/2026-10", "p/soon/ac", "p/2026-10/a c"])
def test_other_text_is_no_figure_id(text: str) -> None:
    assert not is_figure_id(text)
