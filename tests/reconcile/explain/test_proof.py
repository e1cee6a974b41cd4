"""Rows of a figure against what a second reader says: of a row, of a part, or of all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from reconcile.explain.counted import COUNTED
from reconcile.explain.explanation import DocumentLine
from reconcile.explain.proof import APART, LEVELS, Comparison, Proof, exit_code, proved

pytestmark = pytest.mark.failure("N05")
DOCUMENT = DocumentLine(
    sha256="a" * 64, name="a.csv", size=1, delivery="d", scope="s/2026-10", loaded_at="",
    rows=2, amount=Decimal(3),
)  # fmt: skip
NOTHING = Decimal(0)


def lines(*rows: tuple[int, str, str, str]) -> pl.DataFrame:
    """Return lines of row, part, cost and which cost that is."""
    made = [
        {"x_row": row, "part": part, "cost": Decimal(cost), "basis": basis, "sign": 1,
         "currency": "EUR"}
        for row, part, cost, basis in rows
    ]  # fmt: skip
    return pl.DataFrame(made, schema=COUNTED)


def apart(*rows: tuple[int | None, str, str, str, str]) -> Comparison:
    made = [(row, part, "EUR", *map(Decimal, costs)) for row, part, *costs in rows]
    return Comparison(level="row", apart=pl.DataFrame(made, schema=APART, orient="row"))


def told(found: Proof) -> tuple[str, int, Any]:
    return found.outcome, found.rows, found.sums


def test_a_row_that_differs_counts_where_the_figure_is_made_of_it() -> None:
    mine = lines((1, "", "2", "tco_cost"), (2, "", "5", "tco_cost"))

    found = proved(DOCUMENT, mine, apart((2, "", "0", "0", "1"), (3, "", "9", "9", "9")))

    assert told(found) == ("different", 2, (("EUR", Decimal(7), Decimal(8)),))
    assert exit_code([found], lost=False) == 1


@pytest.mark.parametrize(
    ("basis", "outcome"),
    [("billed_cost", "equal"), ("effective_cost", "equal"), ("tco_cost", "different")],
)
def test_only_the_cost_that_the_figure_counts_is_compared(basis: str, outcome: str) -> None:
    found = proved(DOCUMENT, lines((1, "", "2", basis)), apart((1, "", "0", "0", "1")))

    assert found.outcome == outcome


def test_parts_of_no_one_row_are_compared_each_by_itself() -> None:
    mine = lines((0, "p/lead", "2", "tco_cost"))
    other, own = ((0, part, "0", "0", "1") for part in ("q/lead", "p/lead"))

    assert proved(DOCUMENT, mine, apart(other)).outcome == "equal"
    assert proved(DOCUMENT, mine, apart(own)).outcome == "different"


def test_a_row_of_a_reader_that_tells_no_parts_is_compared_whatever_its_part() -> None:
    mine = lines((0, "000123/SKU-1", "2", "tco_cost"))

    assert proved(DOCUMENT, mine, apart((0, "", "0", "0", "1"))).outcome == "different"


def test_a_document_as_a_whole_differs_for_every_figure_of_it() -> None:
    found = proved(DOCUMENT, lines((4, "", "2", "tco_cost")), apart((None, "", "1", "1", "1")))

    assert told(found) == ("different", 1, (("EUR", Decimal(2), Decimal(3)),))


def test_what_could_be_compared_at_each_level_is_said() -> None:
    assert LEVELS["part"] == "each project and role by itself, from all of its rows"
