"""Invoices as CSV: a labeling company that writes German, and contractors who write English."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Final

from models.money import parts, rounded
from models.period import Month
from scheduler.demo.calendar import CLOSED, Calendar
from scheduler.demo.einvoices import PROJECT as ELECTRONIC
from scheduler.demo.euro import CONTRACT, rate
from scheduler.demo.labor import OWN
from scheduler.demo.story import Item, Story

LATE: Final = "voice-intent-3b"  # its invoice of the month before last came three weeks late
COPIED: Final = "search-rerank-1b"  # its last invoice came twice
CREDITED: Final = "kyc-extract-8b"
CREDIT: Final = Decimal("850.00")  # EUR, printed without a sign, as credit notes are
TAX: Final = Fraction(19, 100)

LABELING_HEAD: Final = (
    *("Rechnung", "Datum", "Position", "Art", "Leistung", "Menge", "Einheit", "Preis"),
    *("Netto", "MwSt", "Währung", "Von", "Bis", "Bestellung", "Projekt"),
)
LABOR_HEAD: Final = (
    *("Invoice", "Issued", "Line", "Role", "Hours", "Unit", "Rate", "Amount", "Currency"),
    *("From", "To", "PO", "Project"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeling:
    """One invoice of the labeling company; EUR, net."""

    number: str
    issued: date
    service: Month
    project: str
    text: str
    quantity: Decimal
    unit: str
    price: Decimal
    kind: str = "Rechnung"

    @property
    def net(self) -> Decimal:
        """What is charged before tax; a credit note prints it without a sign."""
        return rounded(self.quantity * self.price)

    def row(self) -> tuple[str, ...]:
        """Return the line as the company prints it."""
        month = self.service
        return (
            *(self.number, german_day(self.issued), "1", self.kind, self.text),
            *(german(self.quantity, 0), self.unit, german(self.price, 4)),
            *(german(self.net), german(rounded(Fraction(self.net) * TAX)), "EUR"),
            *(german_day(month.first), german_day(month.last)),
            *(f"PO-LABEL-{self.project[:3].upper()}", self.project),
        )


def labeling(stories: Sequence[Story], calendar: Calendar) -> dict[str, str]:
    """Return the company's files by name: one a month, and a copy of one invoice."""
    ended = calendar.billed[:CLOSED]
    bills = [bill for month in ended for bill in _labeled(stories, month, calendar)]
    bills.append(_credit(calendar.last))
    files = {
        f"{month}.csv": _csv(
            LABELING_HEAD, (b.row() for b in bills if Month.of(b.issued) == month), ";"
        )
        for month in ended
    }
    copied = (b.row() for b in bills if b.project == COPIED and b.service == calendar.last)
    files[f"{calendar.last}_kopie.csv"] = _csv(LABELING_HEAD, copied, ";")
    return files


def _labeled(stories: Sequence[Story], month: Month, calendar: Calendar) -> Iterator[Labeling]:
    for number, story in enumerate(stories, 1):
        if story.id == ELECTRONIC:  # another company labels for it
            continue
        item = next(item for item in story.items if item.term == "labeling")
        late = story.id == LATE and month == calendar.last + -1
        price = rounded(Fraction(Decimal(item.price)) / Fraction(CONTRACT), 4)
        euros = item.actual(calendar.number(month)) / Fraction(rate(month, calendar))
        yield Labeling(
            number=f"AL-{month}-{number:02d}",
            issued=(month + 1).first.replace(day=24) if late else month.last,
            service=month,
            project=story.id,
            text=f"Annotation, {item.unit}",
            quantity=rounded(euros / Fraction(price), 0),
            unit=item.unit,
            price=price,
        )


def _credit(last: Month) -> Labeling:
    return Labeling(
        number=f"AL-{last}-G1",
        issued=last.first.replace(day=20),
        service=last + -2,
        project=CREDITED,
        text="Nacharbeit, zweite Durchsicht entfallen",
        quantity=Decimal(1),
        unit="flat",
        price=CREDIT,
        kind="Gutschrift",
    )


def contractors(stories: Sequence[Story], calendar: Calendar) -> dict[str, str]:
    """Return the contractors' files by name: one a month, one line a person."""
    return {
        f"{month}.csv": _csv(LABOR_HEAD, _hours(stories, month, calendar), ",")
        for month in calendar.billed[:CLOSED]
    }


def _hours(stories: Sequence[Story], month: Month, calendar: Calendar) -> Iterator[tuple[str, ...]]:
    for number, story in enumerate(stories, 1):
        if story.id in OWN:  # its engineers are ours
            continue
        item = next(item for item in story.items if item.category == "labor")
        for line, hours in enumerate(_people(item, story, month, calendar), 1):
            yield (
                *(f"NW-{month}-{number:02d}", month.last.isoformat(), str(line)),
                *(f"ML engineer {line}", f"{hours}", "h", item.price),
                *(f"{rounded(hours * Decimal(item.price)):,}", "USD"),
                *(month.first.isoformat(), month.last.isoformat()),
                *(f"PO-ENG-{story.id[:3].upper()}", story.id),
            )


def _people(item: Item, story: Story, month: Month, calendar: Calendar) -> list[Decimal]:
    """Return the hours of each person; together they cost what the month costs."""
    cost = item.actual(calendar.number(month))
    random = Random(f"{story.id}/{month}")  # noqa: S311 - the same bills for the same day
    weights = [random.randint(85, 115) for _ in range(item.quantity["people"])]
    return parts(rounded(cost / Fraction(Decimal(item.price))), weights)


def german(amount: Decimal, places: int = 2) -> str:
    """Return 1.234,56 for 1234.56."""
    return f"{rounded(amount, places):,}".translate(str.maketrans(",.", ".,"))


def german_day(day: date) -> str:
    """Return 31.10.2026 for the last of October."""
    return f"{day:%d.%m.%Y}"


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
