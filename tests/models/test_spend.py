from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations

import polars as pl
import pytest

from models.attribution import ATTRIBUTED
from models.errors import InvariantError
from models.reduction import FACTS, KEYS, SUMMED
from models.spend import SPEND, conserved, merged, spend, spend_and_sums

CHANGE = date(2026, 10, 16)


def keys(count: int) -> pl.DataFrame:
    texts = [pl.lit("x").alias(name) for name in KEYS.names()[1:]]
    return pl.DataFrame({"key_id": range(count)}, schema={"key_id": pl.UInt32}).select(
        "key_id", *texts
    )


def facts(*rows: tuple[int, date, int]) -> pl.DataFrame:
    """Return facts of key, day and an amount, which every measure has."""
    whole = [(key, day, *[Decimal(amount)] * len(SUMMED), 1) for key, day, amount in rows]
    return pl.DataFrame(whole, schema=FACTS, orient="row")


def owners(*rows: tuple[int, int, str]) -> pl.DataFrame:
    """Return what keys are spent on, by key, epoch and project."""
    whole = [(key, epoch, project, "infra", None, "r", "r", None) for key, epoch, project in rows]
    return pl.DataFrame(whole, schema=ATTRIBUTED, orient="row")


def of(found: pl.DataFrame) -> list[tuple[object, ...]]:
    return found.select("project", "day", "billed_cost").rows()


def spending(of_keys: pl.DataFrame, known: pl.DataFrame, *edges: date) -> pl.DataFrame:
    count = known["key_id"].n_unique()
    return spend(of_keys, known, keys(count), source="s", period="2026-10", edges=edges)


def test_a_fact_belongs_to_what_its_key_is_spent_on_in_the_epoch_of_its_day() -> None:
    before, after = date(2026, 10, 15), date(2026, 10, 17)
    known = owners((0, 0, "a"), (0, 1, "b"), (1, 0, "b"), (1, 1, "a"))
    lines = facts((0, before, 1), (0, CHANGE, 2), (1, before, 4), (1, after, 8))

    assert of(spending(lines, known, CHANGE)) == [
        ("a", before, 1),
        ("a", after, 8),
        ("b", before, 4),
        ("b", CHANGE, 2),
    ]


@pytest.mark.failure("C05")
@pytest.mark.parametrize(
    "row",
    [(0, date(2026, 10, 15), 1), (2, CHANGE, 1), (1 << 31, CHANGE, 1)],
    ids=["in another epoch", "by a key that is not there", "by a key far beyond"],
)
def test_a_fact_that_nothing_is_known_of_stops_everything(row: tuple[int, date, int]) -> None:
    known = owners((0, 1, "a"), (1, 1, "a"))

    with pytest.raises(InvariantError, match=r"^facts name keys that are not there; nothing is"):
        spending(facts(row, (1, CHANGE, 1)), known, CHANGE)


def test_days_of_any_century_stay_apart() -> None:
    days = [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(9999, 12, 31)]

    found = spending(facts(*((0, day, 1) for day in reversed(days))), owners((0, 0, "a")))

    assert found["day"].to_list() == days


def test_the_sums_that_spend_must_equal_are_those_of_the_facts() -> None:
    lines = facts((0, CHANGE, 3), (1, CHANGE, -5), (0, CHANGE, 7))
    known = owners((0, 0, "a"), (1, 0, "b"))

    found, sums = spend_and_sums(lines, known, keys(2), source="s", period="2026-10")

    assert sums.row(0) == (*[Decimal(5)] * len(SUMMED), 3)
    conserved(sums, found)
    conserved(lines, found)
    with pytest.raises(InvariantError, match=r"^billed_cost: spend is 10, the charges are 5, 5"):
        conserved(sums, found.filter(pl.col("project") == "a"))


@pytest.mark.failure("C06")
@pytest.mark.parametrize("held", [0, 3, 100])
def test_documents_become_one_in_any_order_with_one_row_a_grain(
    monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr("models.spend.HELD_ROWS", held)
    known = owners((0, 0, "a"), (1, 0, "b"))
    parts = [
        spending(facts((0, CHANGE, n), (1, date(2026, 10, n), 10 * n)), known) for n in (1, 2, 3)
    ]

    whole = merged(parts)

    assert all(whole.equals(merged(mixed)) for mixed in permutations(parts))
    assert whole.schema == SPEND
    assert of(whole) == [("a", CHANGE, 6), *(("b", date(2026, 10, n), 10 * n) for n in (1, 2, 3))]
    assert whole["lines"].sum() == 6
    assert merged([]).schema == SPEND
