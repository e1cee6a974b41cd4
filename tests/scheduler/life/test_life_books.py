"""Closed months are read from their books; what comes later is an adjustment that is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ingest.closing import closed, closes, reopen
from models import books as book
from models import warehouse
from models.currency import RateEntry, Rates
from models.errors import StoreError
from models.period import Month
from reconcile.actuals import actuals
from reconcile.recognition import posted_to
from scheduler import version
from scheduler.attributing import Attribution
from scheduler.cli import main
from scheduler.close import recognising
from scheduler.close.adjusting import adjustments
from scheduler.workspace import stores

pytestmark = pytest.mark.once

OCTOBER = Month(2026, 10)
HEAD = "rules:\n"
BY_TAG = '  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}\n'
TRAIN = '  - {id: train, when: {source: "*"}, to: {category: training_compute}}\n'
TWO = "projects:\n  - {id: p}\n  - {id: q}\n"
LINES = [("10", "I", "2026-10-05", "p"), ("4", "I", "2026-10-06", "loose")]
LATE = [*LINES, ("3", "I", "2026-10-07", "p")]
NEXT = [("20", "I", "2026-11-05", "p")]


def tell(life: Any) -> None:
    life.edit(HEAD + BY_TAG + TRAIN, TWO)
    life.night("2026-11-02", LINES)
    life.night("2026-11-20", NEXT, "2026-11")
    life.shut("2026-11-20", reports={"html": b"<p>signed</p>"})


@pytest.fixture
def two(after: Any) -> Any:
    """Return a life of two months, the first closed with its books and a report."""
    return after(tell)


def kept(life: Any) -> bytes:
    """Return the bytes of the books of October, as they are bound by its close."""
    held = closed(life.stores.ledger)[OCTOBER].body["books"]
    return bytes(life.stores.archive.path(held["sha256"]).read_bytes())


def figures(life: Any) -> dict[str, Decimal]:
    """Return every amount that October's report says was spent in it."""
    return {
        key: figure.value
        for key, figure in life.report("2026-11-20").figures.items()
        if key.split("/")[-2] == "2026-10" and figure.basis in {"effective", "billed"}
        if figure.value and figure.unit == "USD"
    }


def told(life: Any, day: str = "2026-12-20") -> list[tuple[str, str, str, str, Decimal, str]]:
    """Return the adjustments of some books."""
    return [
        (str(a.month), str(a.posted), a.source, a.project, a.effective, a.cause.reason)
        for a in adjustments(life.project, life.stores, life.books(day))
    ]


def test_books_hold_every_row_of_the_month_and_the_ledger_its_sums(two: Any) -> None:
    body = closed(two.stores.ledger)[OCTOBER].body
    rows = book.read(kept(two))

    found = rows.select("project", "category", "day", "billed_cost", "adjusts").rows()

    assert found == [
        ("p", "training_compute", date(2026, 10, 5), Decimal(10), None),
        ("unallocated", "training_compute", date(2026, 10, 6), Decimal(4), None),
    ]
    assert body["books"]["rows"] == 2
    assert body["books"]["sums"]["USD"]["tco_cost"] == "14"
    assert (body["program"], body["rates"]["stated"], body["as_of"][:10]) == (
        *(version.PROGRAM, []),
        "2026-11-20",
    )
    assert two.stores.archive.path(body["reports"]["html"]).read_bytes() == b"<p>signed</p>"
    assert told(two) == []


@pytest.mark.failure("E03")
@pytest.mark.parametrize("days", [3, 7, 40, 400])
def test_a_line_that_comes_days_after_the_close_is_posted_to_the_open_month(
    two: Any, days: int
) -> None:
    before, amounts = kept(two), figures(two)
    snapshot = two.report("2026-11-20").snapshot
    day = (datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=days)).date().isoformat()

    two.night(day, LATE)
    books = two.books(day)

    assert kept(two) == before
    assert posted_to(books.spend, OCTOBER).equals(book.read(before))
    assert figures(two) == amounts
    assert told(two, day) == [("2026-10", "2026-11", "cloud", "p", Decimal(3), "restated delivery")]
    assert books.spend["tco_cost"].sum() == Decimal(37)
    report = two.report(day, "2026-11")
    assert report.snapshot != snapshot
    (line,) = report.adjusted.lines
    assert (line.adjustment.cause.at, line.billed.value) == (date.fromisoformat(day), 3)


@pytest.mark.failure("E05")
def test_usage_that_the_next_bill_brings_is_late_for_the_month_it_was_used_in(two: Any) -> None:
    two.night("2026-12-02", [*NEXT, ("6", "I", "2026-10-31", "p")], "2026-11")

    spend = two.books("2026-12-20").spend

    assert told(two) == [("2026-10", "2026-11", "cloud", "p", Decimal(6), "late lines")]
    billed = (
        spend.filter(pl.col("period") == "2026-11")
        .group_by("adjusts")
        .agg(pl.col("billed_cost").sum())
    )
    assert dict(billed.iter_rows()) == {None: Decimal(26), "2026-10": Decimal(0)}
    (source,) = two.report("2026-12-20", "2026-11").sources
    assert (source.amount.value, source.difference.value) == (26, 0)


def test_a_bill_that_first_comes_after_the_close_is_a_late_invoice(life: Any) -> None:
    life.night("2026-11-02", NEXT, "2026-11")
    life.shut("2026-11-20")

    life.night("2026-12-02", LINES)

    assert {each[-1] for each in told(life)} == {"late invoice"}
    assert life.actuals("2026-11") == [
        ("p", "unallocated", Decimal(30)),
        ("unallocated", "unallocated", Decimal(4)),
    ]


@pytest.mark.failure("E09")
def test_a_restatement_is_told_once_and_what_takes_it_back_cancels_it(two: Any) -> None:
    two.night("2026-12-02", LATE)
    two.shut("2026-12-05", "2026-11")
    two.night("2026-12-06", [*LATE, ("-3", "I", "2026-10-07", "p")])

    assert told(two) == [
        ("2026-10", "2026-11", "cloud", "p", Decimal(3), "restated delivery"),
        ("2026-10", "2026-12", "cloud", "p", Decimal(-3), "restated delivery"),
    ]
    (first, _) = adjustments(two.project, two.stores, two.books("2026-12-20"))
    assert first.cause.at == date(2026, 12, 2)  # as it was known when November was closed
    assert two.books("2026-12-20").spend["tco_cost"].sum() == Decimal(34)


@pytest.mark.failure("E07")
def test_every_version_of_the_books_of_a_month_stays_readable(two: Any) -> None:
    two.night("2026-12-02", LATE)
    at = datetime(2026, 12, 3, tzinfo=UTC)
    reopen(two.stores.ledger, OCTOBER, by="bob", reason="a line was missing", as_of=at)
    assert told(two) == []
    assert two.actuals("2026-10")[0] == ("p", "training_compute", Decimal(13))
    two.shut("2026-12-04")

    found = [
        book.read(two.stores.archive.path(each.record.body["books"]["sha256"]).read_bytes())
        for each in closes(two.stores.ledger)
    ]

    assert [each["tco_cost"].sum() for each in found] == [Decimal(14), Decimal(17)]
    assert told(two) == []
    two.publish("2026-12-20")
    sql = "select month, version, closed_by, reopened_by, reopened_for from closes order by version"
    assert warehouse.query(two.project.warehouse, two.project.state / "lake", sql) == [
        ("2026-10", 1, "ada", "bob", "a line was missing"),
        ("2026-10", 2, "ada", None, None),
    ]


EDITS = {
    "rules": lambda two: two.edit(HEAD + BY_TAG.replace("by-tag", "tagged")),
    "alias": lambda two: two.edit(
        projects="projects:\n  - {id: p}\n  - {id: q, aliases: [loose]}\n"
    ),
    "delivery": lambda two: two.night("2026-12-02", LATE),
    "delivery gone to another project": lambda two: two.night(
        "2026-12-02", [("14", "I", "2026-10-05", "q")]
    ),
}


@pytest.mark.failure("E04")
@pytest.mark.parametrize("edit", EDITS)
def test_no_edit_and_no_delivery_moves_a_figure_of_a_closed_month(two: Any, edit: str) -> None:
    frame, report = book.read(kept(two)), figures(two)
    actual = two.actuals("2026-10")

    EDITS[edit](two)
    two.counted()

    assert posted_to(two.books("2026-12-20").spend, OCTOBER).equals(frame)
    assert figures(two) == report
    assert two.actuals("2026-10") == actual
    with stores(two.project):
        pass


@pytest.mark.failure("G02")
def test_a_closed_month_keeps_its_rates_and_what_is_late_is_converted_at_them(life: Any) -> None:
    def rate(text: str) -> None:
        entry = {"currency": "USD", "to": "EUR", "from": "2026-01", "rate": text, "source": "bank"}
        life.project = replace(life.project, rates=Rates.of((RateEntry.model_validate(entry),)))

    settings = life.project.settings.model_copy(update={"reporting_currency": "EUR"})
    life.project = replace(life.project, settings=settings)
    rate("0.9")
    life.night("2026-11-02", LINES)
    life.night("2026-11-20", NEXT, "2026-11")
    life.shut("2026-11-20")

    rate("0.5")
    life.night("2026-12-02", LATE)
    books = life.books("2026-12-20")
    found = actuals(books.spend, books.rates, "EUR")

    assert found.group_by("month").agg(pl.col("amount").sum()).sort("month").rows() == [
        ("2026-10", Decimal("12.6")),  # 14 at 0.9
        ("2026-11", Decimal("12.7")),  # 20 at 0.5, and 3 at 0.9
    ]
    (late,) = adjustments(life.project, life.stores, books)
    assert (late.effective, late.currency) == (Decimal("2.7"), "USD")
    report = life.report("2026-12-20", "2026-11")  # whose sums are proved
    assert report.adjusted.effective.value == Decimal("2.7")


def test_runs_stay_the_training_cost_of_the_report_when_a_line_is_late(two: Any) -> None:
    two.night("2026-12-02", LATE)

    runs = two.books("2026-12-20").ran.frame

    assert runs.select("month", "project", "run_id", "cost").rows() == [
        ("2026-10", "p", None, Decimal(10)),
        ("2026-10", "unallocated", None, Decimal(4)),
        ("2026-11", "p", None, Decimal(23)),
    ]


@pytest.mark.failure("E04")
def test_another_program_posts_what_it_sees_otherwise_and_leaves_the_month(
    two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(two)
    real = Attribution.spend
    monkeypatch.setattr(version, "PROGRAM", "another")
    monkeypatch.setattr(
        Attribution,
        "spend",
        lambda self, scope: real(self, scope).with_columns(category=pl.lit("infra")),
    )

    found = told(two)

    assert found == [
        ("2026-10", "2026-11", "cloud", "p", Decimal(10), "program"),
        ("2026-10", "2026-11", "cloud", "p", Decimal(-10), "program"),
        ("2026-10", "2026-11", "cloud", "unallocated", Decimal(4), "program"),
        ("2026-10", "2026-11", "cloud", "unallocated", Decimal(-4), "program"),
    ]
    assert posted_to(two.books("2026-12-20").spend, OCTOBER).equals(book.read(before))


@pytest.mark.failure("E08")
@pytest.mark.failure("E11")
@pytest.mark.parametrize("what", ["books", "html report"])
def test_a_document_that_was_tampered_with_is_found_at_the_next_start(two: Any, what: str) -> None:
    body = closed(two.stores.ledger)[OCTOBER].body
    sha256 = body["books"]["sha256"] if what == "books" else body["reports"]["html"]
    path = two.stores.archive.path(sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(StoreError) as error, stores(two.project):
        pass

    assert str(error.value) == (
        f"2026-10: the {what} of version 1 of a closed month is lost or was altered "
        f"({sha256[:12]}); restore the archive from a backup"
    )


@pytest.mark.failure("E08")
def test_a_document_of_a_bill_that_was_tampered_with_is_found_at_the_next_start(two: Any) -> None:
    with stores(two.project):
        pass  # it is proved, and noted
    (record,) = two.stores.ledger.entries("delivery.loaded", "cloud/2026-10")
    (document,) = record.body["sources"]
    path = two.stores.archive.path(document["sha256"])
    path.write_bytes(path.read_bytes().replace(b"10", b"11", 1))

    with pytest.raises(StoreError) as error, stores(two.project):
        pass

    assert str(error.value) == (
        "cloud/2026-10: a document of a closed month is lost or was altered "
        f"({document['sha256'][:12]}); restore the archive from a backup"
    )


def test_a_month_without_closes_reads_no_books_and_attributes_nothing_twice(life: Any) -> None:
    life.night("2026-11-02", LINES)

    books = life.books("2026-12-20")

    assert recognising.frozen(life.stores) == {}
    assert books.spend.drop("adjusts").equals(books.spent.spend)
    assert adjustments(life.project, life.stores, books) == []


def test_adjustments_are_shown_by_a_command_and_by_the_report(
    two: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    two.night("2026-12-02", [*LATE, ("-1", "I", "2026-10-08", "q")])
    two.publish("2026-12-20")
    arguments = ("-C", str(two.project.folder), "adjustments", "--today", "2026-12-20")

    assert main([*arguments]) == 0
    table = capsys.readouterr().out
    assert main([*arguments, "--month", "2026-09"]) == 0
    none = capsys.readouterr().out
    assert main([*arguments, "--month", "2026-11", "-f", "json"]) == 0
    said = json.loads(capsys.readouterr().out)

    late = "2026-10 2026-11 cloud {} training_compute restated delivery 2026-12-02 {} {}"
    minus = "\N{MINUS SIGN}1.00"
    assert [" ".join(line.split()) for line in table.splitlines()] == [
        "prior-period adjustments, USD; + is more cost",
        "of posted in source project category reason loaded by run billed effective",
        late.format("p", "+3.00", "+3.00"),
        late.format("q", minus, minus),
    ]
    assert none == "no prior-period adjustment in or for 2026-09\n"
    assert said["currency"] == "USD"
    assert [each["effective"] for each in said["adjustments"]] == ["3.00", "-1.00"]


@pytest.mark.failure("G02")
def test_a_month_that_bore_what_was_late_in_a_new_currency_is_not_moved_by_its_rate(
    life: Any,
) -> None:
    def rate(text: str) -> None:
        entry = {"currency": "USD", "to": "EUR", "from": "2026-10", "rate": text, "source": "bank"}
        life.project = replace(life.project, rates=Rates.of((RateEntry.model_validate(entry),)))

    def november() -> Decimal:
        books = life.books("2027-01-20")
        found = actuals(books.spend, books.rates, "EUR")
        return Decimal(found.filter(pl.col("month") == "2026-11")["amount"].sum())

    settings = life.project.settings.model_copy(update={"reporting_currency": "EUR"})
    life.project = replace(life.project, settings=settings)
    life.night("2026-11-02", [])
    life.shut("2026-11-20")  # no rate is stated, and none needed
    rate("0.9")
    life.night("2026-12-02", LINES)
    life.shut("2026-12-20", "2026-11")

    before = november()
    rate("0.5")

    assert (before, november()) == (Decimal("12.6"), Decimal("12.6"))
