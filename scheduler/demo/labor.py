"""Timesheets of our own engineers, as a Clockify export: names, notes and pay included."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Final

from models.money import parts, rounded
from models.period import Month
from scheduler.demo.calendar import CLOSED, Calendar
from scheduler.demo.story import Item, Story

# project: role of its engineers; the others' engineers are contractors, who send invoices
OWN: Final = {"code-assist-33b": "ML engineer", "support-triage-8b": "Applied scientist"}
DIVISOR: Final = 160  # hours of a role-month
HEAD: Final = (
    *("Project", "Client", "Description", "Task", "User", "Group", "Email", "Tags", "Billable"),
    *("Start Date", "Start Time", "End Date", "End Time", "Duration (h)", "Duration (decimal)"),
    *("Billable Rate (USD)", "Billable Amount (USD)"),
)
FIRST_NAMES: Final = ("Ada", "Bo", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana")
START: Final = time(9)
KEY: Final = "7f3c9a51d2e84b06a1c5e97d40b8f263"  # of made-up people


def timesheets(stories: Sequence[Story], calendar: Calendar) -> dict[str, str]:
    """Return the exports by name: one a month that has ended."""
    return {f"{month}.csv": _export(stories, month, calendar) for month in calendar.billed[:CLOSED]}


def confidential(stories: Sequence[Story], calendar: Calendar) -> dict[str, str]:
    """Return the files that only their owner may read, by name: roles, rates and the key."""
    own = [story for story in stories if story.id in OWN]
    people = [f"  {_email(name)}: {OWN[story.id]}" for story in own for name in _names(story, own)]
    rates = [
        f"  {OWN[story.id]}: [{{valid_from: {calendar.start}, monthly: {_monthly(story):f}}}]"
        for story in own
    ]
    return {
        "people.yaml": "\n".join(["people:", *people, ""]),
        "role-rates.yaml": "\n".join(["currency: USD", "roles:", *rates, ""]),
        "people.key": f"{KEY}\n",
    }


def _monthly(story: Story) -> Decimal:
    return DIVISOR * Decimal(_labor(story).price)


def _labor(story: Story) -> Item:
    return next(item for item in story.items if item.category == "labor")


def _names(story: Story, own: Sequence[Story]) -> list[str]:
    """Return the people of a project; nobody works for two."""
    before = sum(_labor(other).quantity["people"] for other in own[: own.index(story)])
    return list(FIRST_NAMES[before : before + _labor(story).quantity["people"]])


def _email(name: str) -> str:
    return f"{name.lower()}@example.com"


def _export(stories: Sequence[Story], month: Month, calendar: Calendar) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    own = [story for story in stories if story.id in OWN]
    for story in own:
        writer.writerows(_entries(story, _names(story, own), month, calendar))
    return text.getvalue()


def _entries(
    story: Story, names: Sequence[str], month: Month, calendar: Calendar
) -> Iterator[tuple[str, ...]]:
    """Yield one entry a person and working day; together they cost what the month costs."""
    item, days = _labor(story), _working(month)
    hours = item.actual(calendar.number(month)) / Fraction(Decimal(item.price))
    random = Random(f"{story.id}/{month}")  # noqa: S311 - the same bills for the same day
    weights = [random.randint(85, 115) for _ in range(len(names) * len(days))]
    seconds = iter(parts(rounded(hours * 3600, 0), weights, 0))
    for name in names:
        for day in days:
            yield _entry(story, name, day, int(next(seconds)))


def _working(month: Month) -> list[date]:
    days = (month.first + timedelta(days=number) for number in range(month.days))
    return [day for day in days if day.isoweekday() <= 5]  # noqa: PLR2004 - Friday


def _entry(story: Story, name: str, day: date, seconds: int) -> tuple[str, ...]:
    start = datetime.combine(day, START)
    end = start + timedelta(seconds=seconds)
    shown = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return (
        *(story.id, "Internal", "pairing with legal; see the review of Thursday", "", name),
        *(OWN[story.id], _email(name), "", "No"),
        *(f"{start:%d/%m/%Y}", f"{start:%H:%M:%S}", f"{end:%d/%m/%Y}", f"{end:%H:%M:%S}"),
        *(shown, f"{rounded(Fraction(seconds, 3600))}", "0", "0"),
    )
