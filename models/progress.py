"""Progress: which output of an item is counted, and which share of it each month brought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from models.field import Rate, Strict
from models.fingerprint import fingerprint
from models.period import Month

Output = Literal["labels", "runs", "models", "milestones", "effort"]

# the factor of an item that says how many of an output are planned
FACTORS: Final[Mapping[str, str]] = {"runs": "runs", "models": "models"}


class Progress(Strict):
    """What an item brings forth: output, never hours or money that went into it."""

    by: Output
    """labels accepted, runs succeeded, models accepted, milestones of progress.yaml, or effort:
    what is there to last, whose progress is time."""
    planned: Rate | None = None
    """How many labels, runs or models; the factor `runs` or `models`, or for labels the quantity,
    unless given."""


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """Which share of an item was done from a day on."""

    day: date
    share: Fraction
    by: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """What people state of items, by project and item, days in order."""

    items: Mapping[tuple[str, str], tuple[Reached, ...]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything that is stated."""
        plain = {
            "/".join(key): [[str(each.day), str(each.share), each.by] for each in reached]
            for key, reached in self.items.items()
        }
        return fingerprint(plain)


def planned_output(progress: Progress, quantity: Mapping[str, Decimal]) -> Fraction | None:
    """Return how many of its output an item is to bring; None where nothing says it.

    Args:
        progress: What is counted.
        quantity: The named factors of the item.
    """
    if progress.planned is not None:
        return Fraction(progress.planned)
    if progress.by == "labels" and quantity:
        units = Fraction(1)
        for factor in quantity.values():
            units *= Fraction(factor)
        return units or None
    name = FACTORS.get(progress.by)
    found = quantity.get(name) if name else None
    return Fraction(found) if found else None


def gained_by_share(reached: Iterable[Reached], until: date) -> dict[Month, Fraction]:
    """Return what each month brought of a whole; what is reached after a day does not count.

    Args:
        reached: Shares of the whole from days on, in any order.
        until: The last day that counts.
    """
    months: dict[Month, Fraction] = {}
    before = Fraction(0)
    for each in sorted(one for one in reached if one.day <= until):
        month = Month.of(each.day)
        months[month] = months.get(month, Fraction(0)) + each.share - before
        before = each.share
    return months


def gained_by_count(
    days: Mapping[date, Decimal], planned: Fraction, until: date
) -> dict[Month, Fraction]:
    """Return which share of a planned number each month brought; later days do not count.

    Args:
        days: How many on each day; negative for what went back.
        planned: How many are planned, above zero.
        until: The last day that counts.
    """
    months: dict[Month, Fraction] = {}
    for day, count in sorted(days.items()):
        if day <= until:
            month = Month.of(day)
            months[month] = months.get(month, Fraction(0)) + Fraction(count) / planned
    return months
