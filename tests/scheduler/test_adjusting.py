"""Why a source is late for a closed month: by what arrived since, and between which closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingest.kind import CLOSED, LOADED
from models.ledger import Entry, Ledger
from models.period import Month
from reconcile.adjustment import Cause, Late
from scheduler.close.adjusting import causes
from scheduler.past.restoring import CONFIGURATION

OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PURCHASES = "purchases.yaml"
SPAN = {"2026-10": ("2026-10-02", "2026-10-30"), "2026-11": ("2026-11-01", "2026-11-29")}


class Told:
    """A ledger that is told what nights and people did, one word each."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def run(self, day: str) -> None:
        self.ledger.append(Entry("run.started", f"run-{day}", {"as_of": f"{day}T00:00:00+00:00"}))

    def load(self, scope: str, name: str, *span: str, arrival: str = "") -> None:
        first, last = span or SPAN[scope.rpartition("/")[2]]
        body = {
            "delivery": name,
            "arrival": arrival or name,
            "documents": [{"control": {"first": first, "last": last}}],
        }
        self.ledger.append(Entry(LOADED, scope, body))

    def close(self, month: Month) -> None:
        newest = self.ledger.latest(LOADED)
        pins = {
            scope: record.body["delivery"]
            for scope, record in newest.items()
            if scope.endswith(str(month))
        }
        self.ledger.settle(Entry(CLOSED, str(month), {"version": 1, "deliveries": pins}), 0)

    def cause(self, source: str = "a", posted: Month = NOVEMBER, **more: Any) -> Cause:
        return causes(self.ledger, PURCHASES)(
            Late(source=source, month=OCTOBER, posted=posted, **more)
        )


@pytest.fixture
def told() -> Iterator[Told]:
    """Return a ledger of two sources, October of both loaded and closed."""
    with Ledger("sqlite://", lambda: NOON) as ledger:
        found = Told(ledger)
        found.load("a/2026-10", "a1")
        found.load("b/2026-10", "b1")
        found.close(OCTOBER)
        found.run("2026-12-02")
        yield found


def caused(reason: str, delivery: str) -> Cause:
    return Cause(reason=reason, delivery=delivery, at=date(2026, 12, 2), run="run-2026-12-02")


def test_another_delivery_of_the_month_restates_it_and_the_same_bytes_are_the_program(
    told: Told,
) -> None:
    told.load("a/2026-10", "a2")
    told.load("b/2026-10", "b2", arrival="b1")

    assert told.cause() == caused("restated delivery", "a2")
    assert told.cause("b") == caused("program", "b2")


def test_a_delivery_that_was_taken_back_restates_nothing(told: Told) -> None:
    told.load("a/2026-10", "a2")
    told.load("a/2026-10", "a1")

    assert told.cause() == Cause(reason="program")


def test_the_first_delivery_of_a_month_after_its_close_is_a_late_invoice(told: Told) -> None:
    told.load("c/2026-10", "c1")

    assert told.cause("c") == caused("late invoice", "c1")


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (("2026-11-01", "2026-11-29"), "program"),
        (("2026-10-31", "2026-11-29"), "late lines"),
        (("2026-09-30", "2026-10-01"), "late lines"),
        (("2026-09-01", "2026-09-30"), "program"),
        (("", ""), "program"),
    ],
)
def test_only_a_delivery_with_days_of_the_month_brings_late_lines(
    told: Told, span: tuple[str, str], reason: str
) -> None:
    told.load("a/2026-11", "a2", *span)

    assert told.cause() == (
        caused(reason, "a2") if reason == "late lines" else Cause(reason=reason)
    )


def test_a_delivery_that_takes_days_of_the_month_away_brings_them_too(told: Told) -> None:
    told.load("a/2026-11", "a2", "2026-10-31", "2026-11-29")
    told.load("a/2026-11", "a3")

    assert told.cause() == caused("late lines", "a3")


def test_what_is_shared_is_divided_anew_when_another_source_restates_the_month(told: Told) -> None:
    told.load("b/2026-10", "b2")
    told.load("c/2026-10", "c1")
    told.load("a/2026-11", "a2")

    assert told.cause(shared=True) == caused("shared anew", "c1")
    assert told.cause() == Cause(reason="program")


def test_what_is_shared_and_nobody_restated_is_the_program(told: Told) -> None:
    told.load("b/2026-11", "b2")

    assert told.cause(shared=True) == Cause(reason="program")


def test_each_month_that_bears_something_is_told_what_came_before_its_own_close(
    told: Told,
) -> None:
    told.load("a/2026-10", "a2")
    told.load("a/2026-11", "a3")
    told.close(NOVEMBER)
    told.load("a/2026-11", "a4", "2026-10-31", "2026-11-29")

    assert told.cause() == caused("restated delivery", "a2")
    assert told.cause(posted=DECEMBER) == caused("late lines", "a4")


def test_an_accrual_tells_an_edit_of_purchases_since_the_close(told: Told) -> None:
    assert told.cause("accruals") == Cause(reason="")

    told.ledger.append(Entry(CONFIGURATION, "rates.yaml", {"hash": "r"}))
    assert told.cause("accruals") == Cause(reason="")
    told.ledger.append(Entry(CONFIGURATION, PURCHASES, {"hash": "p"}))

    assert told.cause("accruals") == caused("purchases edited", "")


def test_what_came_before_any_run_bears_the_day_of_its_entry() -> None:
    with Ledger("sqlite://", lambda: NOON) as ledger:
        other = Told(ledger)
        other.load("a/2026-10", "a1")
        other.close(OCTOBER)
        other.load("a/2026-10", "a2")

        assert other.cause() == Cause(
            reason="restated delivery", delivery="a2", at=date(2026, 12, 1)
        )
