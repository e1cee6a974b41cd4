"""What the projects use, day by day; the same whatever format the bill has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Final

from models.money import rounded
from models.period import Month
from scheduler.demo.calendar import CLOSED, Calendar
from scheduler.demo.meter import METERS, Meter
from scheduler.demo.story import PER_MILLE, Covered, Item, Part, Story

PLACES: Final = 4  # of metered quantities
HOURS: Final = 24
ANOMALY: Final = ("sweeps", 17, 6)  # item, day of the last ended month, times a usual day
STEADY: Final = (850, 1150)  # what a usual day weighs


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One resource in one month.

    Attributes:
        project: Whose it really is; without a tag `project` no bill says so.
        quantities: One a day.
        covered: Which commitment pays; the meter's `covered` is then the price.
    """

    project: str
    meter: Meter
    resource: str
    tags: dict[str, str]
    month: Month
    days: tuple[date, ...]
    quantities: tuple[Decimal, ...]
    covered: Covered = ""

    @property
    def price(self) -> Decimal:
        """What one unit costs the project."""
        return (self.meter.covered if self.covered else None) or self.meter.rate


def usages(stories: Sequence[Story], source: str, calendar: Calendar) -> Iterator[Usage]:
    """Yield what the projects of one source use in every month that is billed."""
    for story in stories:
        for month in calendar.billed:
            if story.source == source and calendar.days(month):
                for item in story.items:
                    yield from _Buying(story, item, month, calendar).usages()


def run_id(story: Story, month: Month, number: int) -> str:
    """Return what a run is called."""
    return f"{story.id}-{month}-{number}"


@dataclass(frozen=True, slots=True)
class _Buying:
    """One item of one project in one month."""

    story: Story
    item: Item
    month: Month
    calendar: Calendar

    @property
    def days(self) -> tuple[date, ...]:
        return self.calendar.days(self.month)

    @property
    def number(self) -> int:
        return self.calendar.number(self.month)

    def usages(self) -> Iterator[Usage]:
        """Yield the machines that a commitment keeps running, then what the rest buys."""
        covered = [usage for part in self.item.parts for usage in self._covered(part)]
        paid = sum(
            (Fraction(usage.price) * Fraction(sum(usage.quantities)) for usage in covered),
            Fraction(0),
        )
        cost = self.item.actual(self.number) * len(self.days) / self.month.days - paid
        yield from covered
        for part, share in self.item.mix(self.number):
            if share:
                yield from self._metered(part, cost * share / PER_MILLE)

    def _covered(self, part: Part) -> Iterator[Usage]:
        before = sum(other.machines for other in self.item.parts if not other.covered)
        for n in range(before, before + part.machines) if part.covered else ():
            yield self._usage(part, n + 1, (Decimal(HOURS),) * len(self.days))

    def _metered(self, part: Part, cost: Fraction) -> Iterator[Usage]:
        """Yield the machines of a part; a forgotten tag hides some of the cost."""
        hidden = self.item.untagged if self.number >= CLOSED - 1 else 0
        units = cost / Fraction(METERS[part.meter].rate) / part.machines / PER_MILLE
        for n in range(1, part.machines + 1):
            yield self._usage(part, n, self._spread(units * (PER_MILLE - hidden), part, n))
            if hidden:
                other = n + part.machines
                spread = self._spread(units * hidden, part, other)
                yield self._usage(part, other, spread, tagged=False)

    def _spread(self, units: Fraction, part: Part, n: int) -> tuple[Decimal, ...]:
        name = f"{self.story.id}/{self.item.id}/{part.meter}/{self.month}/{n}"
        random = Random(name)  # noqa: S311 - the same bills for the same day, nothing secret
        weights = [random.randint(*STEADY) * self._times(day) for day in self.days]
        return tuple(rounded(units * weight / sum(weights), PLACES) for weight in weights)

    def _times(self, day: date) -> int:
        item, number, times = ANOMALY
        unusual = self.item.id == item and self.month == self.calendar.last
        return times if unusual and day.day == number else 1

    def _usage(
        self, part: Part, n: int, quantities: tuple[Decimal, ...], *, tagged: bool = True
    ) -> Usage:
        meter, tags, tracked = METERS[part.meter], self.story.tags, self.item.tracked
        project = f"{self.story.id}-{self.item.workload}".rstrip("-")
        return Usage(
            project=self.story.id,
            meter=meter,
            resource=meter.resource.format(project=project, month=self.month, n=n),
            tags={
                "team": f"cc-{self.story.cost_center}",
                **({"workload": self.item.workload} if self.item.workload else {}),
                **({"project": tags[n % len(tags)]} if tagged else {}),
                **({"run_id": run_id(self.story, self.month, n)} if tagged and tracked else {}),
            },
            month=self.month,
            days=self.days,
            quantities=quantities,
            covered=part.covered,
        )
