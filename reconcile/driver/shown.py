"""Drivers as a report shows them: a table of figures for each category of each project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded
from models.period import Month
from reconcile.anchors import PARTS
from reconcile.check import agree
from reconcile.driver.drivers import Drivers
from reconcile.driver.line import DriverLine
from reconcile.driver.measure import PART
from reconcile.figure import Figure, Figures, scope, to_date
from reconcile.line import Line, Period

PLACES: Final = 6  # decimals of quantities and prices
NOBODYS: Final = "~"  # stands for no item in the id of a figure; a mix is ~ and what it is of


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRow:
    """One item, as figures; `parts` are those that are not zero, `factors` are of the volume."""

    line: DriverLine
    planned: Figure
    used: Figure
    planned_price: Figure
    price: Figure
    plan: Figure
    actual: Figure
    delta: Figure
    parts: Mapping[str, Figure]
    factors: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverTable:
    """Why one category of a project costs more or less in a month, or to date.

    Attributes:
        period: As it stands in the ids of its figures.
        title: Of the category.
        whole: Its line in the report: plan, actual and delta are its own.
        rows: One an item, and one where items of one unit are a mix.
        parts: Sums of what rows have, in the order of `reconcile.anchors.PARTS`.
    """

    project: str
    category: str
    title: str
    period: str
    whole: Period
    rows: tuple[DriverRow, ...]
    parts: Mapping[str, Figure]

    @property
    def main(self) -> str | None:
        """The largest part that goes the way of the delta; None where there is none."""
        delta = self.whole.delta.value or ZERO
        same = {n: f.value for n, f in self.parts.items() if f.value and f.value * delta > 0}
        return max(same, key=lambda name: abs(same[name]), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReport:
    """Drivers of a report.

    Attributes:
        lines: Of all months, not as figures.
        month: Tables of the report's month.
        to_date: Tables of the sums up to its end.
    """

    lines: Drivers
    month: tuple[DriverTable, ...]
    to_date: tuple[DriverTable, ...]


def driver_report(
    found: Drivers, projects: Iterable[Line], figures: Figures, month: Month
) -> DriverReport:
    """Return tables for each category whose difference is known.

    Raises:
        InvariantError: when the parts of a table do not sum to its delta.
    """
    listed = list(projects)
    showing = Showing(figures)
    return DriverReport(
        lines=found,
        month=tuple(showing.tables(found.of(month), listed, str(month))),
        to_date=tuple(showing.tables(found.to_date, listed, to_date(month))),
    )


@dataclass(frozen=True, slots=True)
class Showing:
    """What registers figures of drivers."""

    figures: Figures

    def tables(
        self, lines: Iterable[DriverLine], projects: Iterable[Line], period: str
    ) -> list[DriverTable]:
        """Return the tables of a period, in the order of the report."""
        mine: defaultdict[tuple[str, str], list[DriverLine]] = defaultdict(list)
        for line in lines:
            mine[line.project, line.category].append(line)
        return [
            self._table(project, category, mine[project.key, category.key], period)
            for project in projects
            for category in project.categories
            if mine.get((project.key, category.key))
            and _compared(category, period).delta.value is not None
        ]

    def _table(
        self, project: Line, category: Line, lines: Sequence[DriverLine], period: str
    ) -> DriverTable:
        whole = _compared(category, period)
        sums = {n: sum((line.split.parts[n] for line in lines), ZERO) for n in PARTS}
        delta = whole.delta.value or ZERO
        agree(f"drivers of {project.key} {category.key} {period}", sum(sums.values(), ZERO), delta)
        told = {
            name: part
            for name, part in sums.items()
            if any(each.split.parts[name] for each in lines)
        }
        return DriverTable(
            project=project.key,
            category=category.key,
            title=category.title,
            period=period,
            whole=whole,
            rows=tuple(self._row(line, period) for line in lines),
            parts=self._parts(category.scope, period, told),
        )

    def _row(self, line: DriverLine, period: str) -> DriverRow:
        where, split = _scope(line), line.split
        unit = line.unit or ""
        each = f"{self.figures.currency}/{unit}" if unit else ""

        def add(measure: str, value: Decimal | None, of: str = "") -> Figure:
            return self.figures.add(where, period, measure, value, of)

        return DriverRow(
            line=line,
            planned=add("q_pl", _number(line.planned), unit),
            used=add("q_ac", _number(line.used), unit),
            planned_price=add("r_pl", _number(line.planned_price), each),
            price=add("r_ac", _number(line.price), each),
            plan=add("pl", split.plan if line.is_planned else None),
            actual=add("ac", split.actual),
            delta=add("delta", split.total),
            parts=self._parts(where, period, {n: p for n, p in split.parts.items() if p}),
            factors={
                name: self.figures.add(f"{where}/{scope(name)}", period, "by_factor", part)
                for name, part in split.factors.items()
            },
        )

    def _parts(self, where: str, period: str, parts: Mapping[str, Decimal]) -> dict[str, Figure]:
        return {
            name: self.figures.add(where, period, f"{PART}{name}", part)
            for name, part in parts.items()
        }


def _compared(category: Line, period: str) -> Period:
    """Return what a line of the report says of a period."""
    return category.to_date if period.startswith("to-") else category.month


def _scope(line: DriverLine) -> str:
    item = f"{NOBODYS}{line.item}" if line.kind == "mix" else line.item or NOBODYS
    return scope(line.project, line.category, item)


def _number(number: Fraction | None) -> Decimal | None:
    return None if number is None else rounded(number, PLACES)
