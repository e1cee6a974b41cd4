"""Which month bears what: closed months as they were, and the rest where it is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvariantError
from models.period import Month
from models.reduction import SUMMED
from models.spend import SPEND
from reconcile import recognition
from reconcile.recognition import first_open, posted_to, recognised

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (Month(2026, month) for month in (9, 10, 11, 12))
Row = dict[str, Any]


def line(period: str, day: str, billed: str, effective: str | None = None, **more: Any) -> Row:
    costs = dict.fromkeys(SUMMED, Decimal(billed if effective is None else effective))
    return {
        **dict.fromkeys(SPEND),
        **costs,
        "billed_cost": Decimal(billed),
        "source": "cloud",
        "period": period,
        "project": "p",
        "category": "data",
        "share": Decimal(1),
        "currency": "USD",
        "day": date.fromisoformat(day),
        "lines": 1,
        **more,
    }


def spend(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SPEND)


def shown(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    columns = ("period", "day", "billed_cost", "tco_cost", "adjusts")
    return [
        (period, str(day), billed, cost, adjusts)
        for period, day, billed, cost, adjusts in frame.sort(columns).select(columns).iter_rows()
    ]


def frozen(now: pl.DataFrame, *months: Month) -> dict[Month, pl.DataFrame]:
    """Return the books of months that are closed one after the other, with nothing in between."""
    found: dict[Month, pl.DataFrame] = {}
    for month in months:
        found[month] = posted_to(recognised(now, found), month)
    return found


OCT = line("2026-10", "2026-10-05", "10")
NOV = line("2026-11", "2026-11-05", "7")


def test_without_a_closed_month_spend_stays_as_it_is() -> None:
    now = spend(OCT, line("2026-10", "2026-11-01", "3"))

    assert recognised(now, {}).drop("adjusts").equals(now)
    assert recognised(now, {})["adjusts"].to_list() == [None, None]


@pytest.mark.failure("E04")
def test_a_closed_month_is_read_from_its_books_and_nothing_is_late() -> None:
    now = spend(OCT, NOV)
    books = frozen(now, OCTOBER)

    found = recognised(now, books)

    assert shown(found) == [
        ("2026-10", "2026-10-05", 10, 10, None),
        ("2026-11", "2026-11-05", 7, 7, None),
    ]
    assert posted_to(found, OCTOBER).equals(books[OCTOBER])


@pytest.mark.failure("E03")
def test_what_comes_late_is_posted_on_the_first_day_of_the_first_open_month() -> None:
    books = frozen(spend(OCT, NOV), OCTOBER, NOVEMBER)
    late = line("2026-10", "2026-10-31", "0.5", "0.4", lines=3)

    found = recognised(spend(OCT, NOV, late), books)

    assert shown(found.filter(pl.col("adjusts").is_not_null())) == [
        ("2026-12", "2026-12-01", Decimal("0.5"), Decimal("0.4"), "2026-10")
    ]
    assert found.filter(pl.col("adjusts").is_not_null())["lines"].to_list() == [3]
    assert shown(found)[:2] == [
        ("2026-10", "2026-10-05", 10, 10, None),
        ("2026-11", "2026-11-05", 7, 7, None),
    ]


@pytest.mark.failure("E03")
def test_what_is_late_is_late_once_and_stays_in_the_books_of_the_month_that_bears_it() -> None:
    late = spend(OCT, NOV, line("2026-10", "2026-10-31", "1"))
    books = frozen(spend(OCT, NOV), OCTOBER)
    books[NOVEMBER] = posted_to(recognised(late, books), NOVEMBER)

    assert shown(books[NOVEMBER]) == [
        ("2026-11", "2026-11-01", 1, 1, "2026-10"),
        ("2026-11", "2026-11-05", 7, 7, None),
    ]
    assert recognised(late, books).filter(pl.col("period") == "2026-12").is_empty()
    gone = recognised(spend(OCT, NOV), books)  # and is taken back
    assert shown(gone)[-1] == ("2026-12", "2026-12-01", -1, -1, "2026-10")


@pytest.mark.failure("E05")
@pytest.mark.failure("E06")
def test_each_basis_of_a_row_that_touches_two_months_is_in_one_of_them() -> None:
    rolled = line("2026-11", "2026-10-31", "3", "4")  # used in October, billed with November
    ahead = line("2026-10", "2026-11-01", "5", "6")  # and the other way round
    now = spend(OCT, NOV, rolled, ahead)

    books = frozen(now, OCTOBER)
    found = recognised(now, books)

    assert shown(books[OCTOBER]) == [
        ("2026-10", "2026-10-01", 5, 0, None),
        ("2026-10", "2026-10-05", 10, 10, None),
        ("2026-10", "2026-10-31", 0, 4, None),
    ]
    assert shown(found.filter(pl.col("period") == "2026-11")) == [
        ("2026-11", "2026-11-01", 0, 6, None),
        ("2026-11", "2026-11-01", 3, 0, None),
        ("2026-11", "2026-11-05", 7, 7, None),
    ]
    assert found["lines"].sum() == 4  # a line is counted with its effective cost


@pytest.mark.failure("E05")
def test_usage_that_a_later_bill_brings_is_billed_there_and_effective_as_an_adjustment() -> None:
    books = frozen(spend(OCT), OCTOBER)

    found = recognised(spend(OCT, line("2026-11", "2026-10-31", "3", "4")), books)

    assert shown(found) == [
        ("2026-10", "2026-10-05", 10, 10, None),
        ("2026-11", "2026-11-01", 0, 4, "2026-10"),
        ("2026-11", "2026-11-01", 3, 0, None),
    ]


@pytest.mark.failure("E09")
@pytest.mark.parametrize(
    ("again", "late"),
    [
        pytest.param([line("2026-10", "2026-10-05", "12")], [2], id="replacement"),
        pytest.param([OCT, line("2026-10", "2026-10-05", "2")], [2], id="correction row"),
        pytest.param([line("2026-10", "2026-10-25", "10")], [], id="the same on another day"),
        pytest.param([OCT], [], id="the same again"),
        pytest.param([], [-10], id="nothing any more"),
        pytest.param(
            [line("2026-10", "2026-10-05", "10", project="q")], [-10, 10], id="another project"
        ),
    ],
)
def test_equal_rows_cancel_and_the_rest_is_what_changed(
    again: Sequence[Row], late: list[int]
) -> None:
    books = frozen(spend(OCT, NOV), OCTOBER)

    found = recognised(spend(*again, NOV), books).filter(pl.col("adjusts").is_not_null())

    assert sorted(found["tco_cost"].to_list()) == late
    assert found["day"].unique().to_list() == [date(2026, 11, 1)] * bool(late)
    assert all(lines >= 0 for lines in found["lines"])


def test_an_accrual_of_a_closed_month_is_taken_back_where_its_invoice_is_borne() -> None:
    accrued = line("2026-10", "2026-10-31", "0", "100", source="accruals")
    books = frozen(spend(accrued), OCTOBER)

    found = recognised(spend(line("2026-10", "2026-10-31", "120", source="vendor")), books)

    columns = ("source", "billed_cost", "tco_cost", "period", "adjusts")
    assert found.filter(pl.col("adjusts").is_not_null()).select(columns).sort("source").rows() == [
        ("accruals", Decimal(0), Decimal(-100), "2026-11", "2026-10"),
        ("vendor", Decimal(120), Decimal(120), "2026-11", "2026-10"),
    ]


def test_months_that_are_closed_are_skipped_and_open_ones_bear_their_own() -> None:
    closed = {OCTOBER, DECEMBER}

    found = [first_open(month, closed) for month in (SEPTEMBER, OCTOBER, DECEMBER)]

    assert found == [SEPTEMBER, NOVEMBER, DECEMBER + 1]


@pytest.mark.parametrize("measure", SUMMED)
def test_what_does_not_add_up_is_not_published(measure: str) -> None:
    now = spend(OCT, line("2026-10", "2026-10-05", "1", currency="EUR"))
    more = recognised(now, {}).with_columns(
        pl.when(currency="USD")
        .then(pl.col(measure) + Decimal("0.1"))
        .otherwise(measure)
        .alias(measure)
    )

    with pytest.raises(InvariantError) as error:
        recognition.conserved(now, more)

    assert str(error.value) == (
        f"USD {measure}: months bear 10.1, deliveries say 10, 0.1 apart; "
        "nothing is published, the last good figures stay"
    )


def test_what_would_be_lost_on_the_way_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    books = frozen(spend(OCT), OCTOBER)
    monkeypatch.setattr(recognition, "_late", lambda *_: books[OCTOBER].clear())

    with pytest.raises(InvariantError, match=r"^USD billed_cost: months bear 17, deliveries say 7"):
        recognised(spend(NOV), books)


def test_a_part_of_a_row_with_nothing_in_it_is_in_no_month() -> None:
    free = line("2026-10", "2026-11-05", "0", "6")  # billed with another month, for nothing

    assert frozen(spend(free), OCTOBER)[OCTOBER].is_empty()


def test_a_currency_that_only_one_side_has_is_found() -> None:
    with pytest.raises(InvariantError, match=r"^USD billed_cost: months bear 0, deliveries say 10"):
        recognition.conserved(spend(OCT), recognised(spend(), {}))
    recognition.conserved(spend(), recognised(spend(), {}))


MONTHS = tuple(SEPTEMBER + each for each in range(5))
AMOUNTS = st.sampled_from(["1", "-2.5", "0.000000000000000001", "1000000000.01"])
LINES = st.builds(
    lambda at, off, day, billed, cost, project, currency: line(
        str(MONTHS[at]),
        f"{MONTHS[at] + off}-{day:02d}",
        billed,
        cost,
        project=project,
        currency=currency,
    ),
    st.integers(0, 3),
    st.sampled_from([-1, 0, 0, 0, 1]),
    st.sampled_from([1, 15, 28]),
    AMOUNTS,
    AMOUNTS,
    st.sampled_from("pq"),
    st.sampled_from(["USD", "EUR"]),
)
STORIES = st.lists(
    st.one_of(
        st.tuples(st.just("late"), st.lists(LINES, min_size=1, max_size=3)),
        st.tuples(st.just("again"), st.tuples(st.integers(0, 3), st.lists(LINES, max_size=3))),
        st.tuples(st.just("close"), st.none()),
        st.tuples(st.just("reopen"), st.none()),
    ),
    min_size=3,
    max_size=9,
)


def delivered(rows: list[Row], act: str, what: Any) -> list[Row]:
    """Return what is said after one act: lines added, or a billing month delivered anew."""
    if act == "late":
        return [*rows, *what]
    if act == "again":
        period = str(MONTHS[what[0]])
        return [
            *(r for r in rows if r["period"] != period),
            *({**r, "period": period} for r in what[1]),
        ]
    return rows


@pytest.mark.failure("E03")
@settings(max_examples=25, deadline=None)
@given(STORIES)
def test_in_any_order_of_events_closed_months_stay_and_every_cent_is_borne_once(
    story: list[tuple[str, Any]],
) -> None:
    rows: list[Row] = []
    closed: dict[Month, pl.DataFrame] = {}
    for act, what in story:
        rows = delivered(rows, act, what)
        now = spend(*rows)
        if act == "close":
            month = max(closed, default=SEPTEMBER + -1) + 1
            closed[month] = posted_to(recognised(now, closed), month)
        elif act == "reopen" and closed:
            del closed[max(closed)]

        found = recognised(now, closed)  # which proves that every cent is borne once

        for month, books in closed.items():
            assert posted_to(found, month).equals(books)
        first = max(closed, default=SEPTEMBER + -1) + 1
        fresh = found.filter(~pl.col("period").is_in([str(month) for month in closed]))
        late = fresh.filter(pl.col("adjusts").is_not_null())
        assert {*late["period"]} <= {str(first)}
        assert {*late["day"]} <= {first.first}
        assert {*late["adjusts"]} <= {str(month) for month in closed}
        if act == "close":
            assert late.is_empty()
