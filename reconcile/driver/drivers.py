"""Drivers of every project: a line a month, category and item, that sums to the report's delta."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

import polars as pl

from models.errors import InvariantError
from models.money import SCALE, WIDE, ZERO
from models.period import Month
from models.subunit import places
from reconcile.actuals import Cells, Converter
from reconcile.check import agree
from reconcile.driver.activity import Activity, Loss, kind
from reconcile.driver.charged import lots
from reconcile.driver.counted import Counted, Till
from reconcile.driver.home import Lines, housed
from reconcile.driver.line import DriverLine, Teller
from reconcile.driver.loss import losses
from reconcile.driver.mix import mixes
from reconcile.driver.planned import Closed, Key, PlanCell, as_closed, plan_lines
from reconcile.driver.timing import Scope, to_date
from reconcile.given import Planned, is_project


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """Why projects cost more or less; in each project and category lines sum to its delta.

    Attributes:
        months: A line for each month up to the report's.
        to_date: The sums of them.
    """

    months: tuple[DriverLine, ...] = ()
    to_date: tuple[DriverLine, ...] = ()

    def of(self, month: Month) -> tuple[DriverLine, ...]:
        """Return the lines of one month."""
        return tuple(line for line in self.months if line.month == month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What drivers are made from, beside spend and plans.

    Attributes:
        actual: Cost by project, category and month, as the report has it.
        plan: Planned cost by the same.
        outlook: EAC less BAC by project and category.
        activity: What was done.
        closed: By project and closed month, the version of the plan it was closed with, where
            another counts now.
        rates: Dated exchange rates.
        currency: The reporting currency.
        month: The month of the report.
    """

    actual: Cells
    plan: Cells
    rates: Converter
    currency: str
    month: Month
    outlook: Mapping[Scope, Decimal] = field(default_factory=dict)
    activity: Activity = field(default_factory=Activity)
    closed: Closed = field(default_factory=dict)


def drivers(spend: pl.DataFrame, plans: Iterable[Planned], known: Known) -> Drivers:
    """Return why projects cost more or less than planned.

    Args:
        spend: In the schema `models.spend.RECOGNISED`; effective cost by day.
        plans: At most one a project.
        known: What else is known.

    Raises:
        InvariantError: when the parts of a line, or the lines of a category, do not sum.
    """
    with localcontext(prec=WIDE):
        planned = plan_lines(plans, known.rates, known.currency, known.month)
        planned = as_closed(planned, known.closed, known.rates, known.currency)
        lines = housed(planned, lots(spend, known.month))
        items = [*_items(lines, known)]
        months = sorted(
            [*items, *mixes(items, places(known.currency))],
            key=lambda line: (line.project, line.category, line.month, line.kind, line.item),
        )
        sums_agree(months, known)
        return Drivers(months=tuple(months), to_date=to_date(months, known.outlook))


def sums_agree(lines: Iterable[DriverLine], known: Known) -> None:
    """Check that lines sum to the delta of their category and month.

    Raises:
        InvariantError: names project, category, month and both sums.
    """
    sums: defaultdict[tuple[str, str, Month], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        sums[line.project, line.category, line.month] += line.split.total
    for cell in sorted({*known.actual, *known.plan, *sums}):
        if is_project(cell[0]) and cell[2] <= known.month:
            delta = known.actual.get(cell, ZERO) - known.plan.get(cell, ZERO)
            agree(f"drivers of {' '.join(map(str, cell))}", sums[cell], delta)


def _items(lines: Lines, known: Known) -> Iterator[DriverLine]:
    groups: defaultdict[tuple[str, str, Month], list[Key]] = defaultdict(list)
    for key in lines.keys:
        groups[key[0], key[1], key[3]].append(key)
    for cell, keys in groups.items():
        found = _counted(lines, keys, known)
        project, category, month = cell
        lost = losses(found, known.activity.loss(project, month, category))
        several = _several(category, [lines.planned.get(key) for key in keys])
        teller = Teller(known.activity.without(project, month, several), known.currency)
        for key in keys:
            loss = lost.get(key, Loss())
            yield teller.line(key, lines.planned.get(key), found[key], loss)


def _several(category: str, planned: Iterable[PlanCell | None]) -> frozenset[str]:
    """Return the counts that are of several items of a category: whose they are nobody knows."""
    seen = Counter(
        count
        for cell in planned
        if cell and cell.quantity
        for count in {kind(category, name) for name, _ in cell.factors}
    )
    return frozenset(count for count, items in seen.items() if items > 1)


def _counted(lines: Lines, keys: Iterable[Key], known: Known) -> dict[Key, Counted]:
    """Return the charges of a category and month by line; they sum to the report's actual.

    A sum of converted amounts can differ from the converted sum in the last stored digit: the
    largest line takes that.
    """
    found: dict[Key, Counted] = {}
    till = Till(known.rates, known.currency)
    for key in keys:
        found[key] = till.counted(lines.charged.get(key, ()), lines.planned.get(key))
    project, category, _, month = next(iter(found))
    whole = known.actual.get((project, category, month), ZERO)
    apart = whole - sum((each.actual for each in found.values()), ZERO)
    if apart:
        many = sum(len(lines.charged.get(key, ())) for key in found)
        if abs(apart) > Decimal(many + 1).scaleb(-SCALE):
            what = f"charges of {project} {category} {month}"
            raise InvariantError(f"{what} are {apart} apart from the report's actual {whole}")
        largest = max(found, key=lambda key: (abs(found[key].cost), key))
        found[largest] = replace(found[largest], cost=found[largest].cost + apart)
    return found
