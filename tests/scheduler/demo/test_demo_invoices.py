from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.einvoice.document import read as read_invoice
from models.money import rounded
from models.period import Month
from scheduler.demo import STORIES, einvoices
from scheduler.demo.calendar import Calendar
from scheduler.demo.einvoices import PROJECT, accepted
from scheduler.demo.euro import rate
from scheduler.demo.invoices import contractors, german, german_day, labeling
from scheduler.demo.labor import OWN, timesheets
from scheduler.demo.machines import accounting


def read(text: str, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def euros(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", "."))


@pytest.fixture(scope="module")
def labels(calendar: Calendar) -> dict[str, list[dict[str, str]]]:
    return {name: read(text, ";") for name, text in labeling(STORIES, calendar).items()}


def test_a_file_a_month_and_the_copy_of_one_invoice(
    labels: dict[str, list[dict[str, str]]], calendar: Calendar
) -> None:
    ended = [f"{month}.csv" for month in calendar.billed[:-1]]

    # in the order in which a folder is read: the first file counts
    assert sorted(labels) == [*ended, "2026-10_kopie.csv"]
    (copy,) = labels["2026-10_kopie.csv"]
    assert copy in labels["2026-10.csv"]


def test_voices_invoice_is_three_weeks_late_and_in_no_other_file(
    labels: dict[str, list[dict[str, str]]],
) -> None:
    lines = [row for rows in labels.values() for row in rows]
    mine = [
        row for row in lines if (row["Projekt"], row["Von"]) == ("voice-intent-3b", "01.09.2026")
    ]

    (late,) = mine
    assert late["Datum"] == "24.10.2026"
    assert late in labels["2026-10.csv"]
    assert date(2026, 10, 24) - date(2026, 9, 30) >= timedelta(weeks=3)


def test_the_credit_note_prints_no_sign(labels: dict[str, list[dict[str, str]]]) -> None:
    lines = [row for rows in labels.values() for row in rows if row["Art"] == "Gutschrift"]

    (credit,) = lines
    assert (credit["Netto"], credit["Von"], credit["Datum"]) == (
        "850,00",
        "01.08.2026",
        "20.10.2026",
    )


def test_labels_cost_what_the_story_says_at_the_months_rate(
    labels: dict[str, list[dict[str, str]]], calendar: Calendar
) -> None:
    for story in (story for story in STORIES if story.id != PROJECT):
        item = next(item for item in story.items if item.term == "labeling")
        for month in calendar.billed[:-1]:
            start = german_day(month.first)
            (net, tax) = next(
                (euros(row["Netto"]), euros(row["MwSt"]))
                for rows in labels.values()
                for row in rows
                if (row["Projekt"], row["Von"], row["Art"]) == (story.id, start, "Rechnung")
            )
            told = float(item.actual(calendar.number(month)))
            assert float(net * rate(month, calendar)) == pytest.approx(told, abs=2)
            assert tax == rounded(net * Decimal("0.19"))


def test_electronic_invoices_cost_what_the_story_says_and_what_was_accepted(
    calendar: Calendar,
) -> None:
    item = next(i for s in STORIES if s.id == PROJECT for i in s.items if i.term == "labeling")
    passed = accepted(STORIES, calendar)
    for name, text in einvoices.invoices(STORIES, calendar).items():
        month = Month.parse(name.removeprefix("SW-").removesuffix(".xml"))
        bill = read_invoice(text.encode(), name)
        rows = read(passed[f"{month}.csv"], ",")
        (line,) = bill.lines
        assert bill.faults == ()
        assert float(line.amount * rate(month, calendar)) == pytest.approx(
            float(item.actual(calendar.number(month))), abs=2
        )
        assert line.quantity == sum(Decimal(row["accepted"]) for row in rows)
        assert line.tax == rounded(line.amount * Decimal("0.19"))


def test_three_quarters_of_the_servers_hours_are_used(calendar: Calendar) -> None:
    for name, text in accounting(calendar).items():
        jobs = read(text, "|")
        hours = sum(Decimal(job["ElapsedRaw"]) for job in jobs) / 3600
        days = calendar.days(Month.parse(name.removesuffix(".txt")))
        assert hours == 18 * len(days)
        assert {job["State"] for job in jobs} == {"COMPLETED", "FAILED"}


def test_hours_times_rate_is_the_amount_and_the_month(calendar: Calendar) -> None:
    for name, text in contractors(STORIES, calendar).items():
        rows = read(text, ",")
        number = calendar.number(Month.parse(name.removesuffix(".csv")))
        assert {row["Project"] for row in rows} == {story.id for story in STORIES} - {*OWN}
        for story in STORIES:
            if story.id in OWN:
                continue
            item = next(item for item in story.items if item.category == "labor")
            amounts = [
                Decimal(row["Amount"].replace(",", ""))
                for row in rows
                if row["Project"] == story.id
            ]
            assert len(amounts) == item.quantity["people"]
            assert float(sum(amounts)) == pytest.approx(float(item.actual(number)), abs=2)
        for row in rows:
            amount = Decimal(row["Hours"]) * Decimal(row["Rate"])
            assert rounded(amount) == Decimal(row["Amount"].replace(",", ""))


def test_own_engineers_at_the_rate_of_their_role_cost_what_the_month_costs(
    calendar: Calendar,
) -> None:
    for name, text in timesheets(STORIES, calendar).items():
        rows = read(text, ",")
        number = calendar.number(Month.parse(name.removesuffix(".csv")))
        for story in (story for story in STORIES if story.id in OWN):
            item = next(item for item in story.items if item.category == "labor")
            mine = [row for row in rows if row["Project"] == story.id]
            hours = sum(Decimal(row["Duration (decimal)"]) for row in mine)
            assert len({row["Email"] for row in mine}) == item.quantity["people"] >= 3
            assert float(hours * Decimal(item.price)) == pytest.approx(
                float(item.actual(number)), abs=20
            )


def test_what_only_its_owner_may_read_is_written_so(written: Path) -> None:
    home = written / "confidential"
    assert {path.name for path in home.iterdir()} == {
        "people.yaml",
        "role-rates.yaml",
        "people.key",
    }
    assert {path.stat().st_mode & 0o777 for path in home.iterdir()} == {0o600}
    assert "confidential/" in (written / ".gitignore").read_text().splitlines()


def test_everything_is_issued_before_today(labels: dict[str, list[dict[str, str]]]) -> None:
    issued = {row["Datum"] for rows in labels.values() for row in rows}

    assert max(issued, key=lambda day: day.split(".")[::-1]) == "31.10.2026"


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [("1234.56", 2, "1.234,56"), ("0.3241", 4, "0,3241"), ("-1234567", 0, "-1.234.567")],
)
def test_german_numbers(amount: str, places: int, text: str) -> None:
    assert german(Decimal(amount), places) == text
