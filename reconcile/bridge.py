"""Rebaselines: budgets by version, and what of a forecast is against which of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from models.money import ZERO, stored
from models.period import Month
from models.plan.bridge import KINDS, Step, bridge
from reconcile.actuals import Converter
from reconcile.figure import COMPLETION, Figure, Figures, scope, to_date
from reconcile.given import Planned
from reconcile.line import Line

PARTS: Final = {kind: f"bridge_{kind}" for kind in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A line of a plan in the reporting currency."""

    id: str
    category: str
    amount: Decimal
    units: Fraction | None
    unit: str | None
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Version:
    """A plan in the reporting currency; `currency` is that of its file."""

    number: int
    currency: str
    items: tuple[Priced, ...]

    @property
    def budget(self) -> Decimal:
        """Sum of the items, without contingency."""
        return sum((item.amount for item in self.items), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLine:
    """What one item did to the budget from one version to the next.

    Attributes:
        steps: By kind, + raises the budget.
        total: Their sum.
    """

    old: int
    new: int
    item: str
    category: str
    steps: Mapping[str, Figure]
    total: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebaseline:
    """A project whose plan is not its first.

    Attributes:
        first: Version of the original baseline.
        version: Version that counts.
        original: Budget at completion of the original baseline, without contingency.
        budget: That of the version that counts.
        change: From version to version; the lines sum to it.
        drawn: What draws moved into items from contingency; `original`, `change` and this are
            `budget`.
        estimate: Estimate at completion; of the project's line.
        over: Estimate minus the original budget; + is over it.
        over_current: Estimate minus the budget that counts.
        plan: Original plan to date.
        delta: Actual to date minus that.
        lines: Item by item, version by version.
    """

    project: str
    first: int
    version: int
    original: Figure
    budget: Figure
    change: Figure
    drawn: Figure
    estimate: Figure
    over: Figure
    over_current: Figure
    plan: Figure
    delta: Figure
    lines: tuple[BridgeLine, ...]


def rebaselines(
    histories: Mapping[str, Sequence[Planned]],
    lines: Iterable[Line],
    rates: Converter,
    figures: Figures,
    month: Month,
) -> tuple[Rebaseline, ...]:
    """Return each project whose plan is not its first, in the order of the lines.

    Args:
        histories: By project, the versions that counted one after the other.
        lines: The projects of the report.
        rates: Converts a plan at the rate of its first month, as the report does.
        figures: Where figures are registered.
        month: The month of the report.
    """
    return tuple(
        _rebaseline(line, histories[line.key], rates, figures, month)
        for line in lines
        if len(histories.get(line.key, ())) > 1
    )


def _rebaseline(
    line: Line, history: Sequence[Planned], rates: Converter, figures: Figures, month: Month
) -> Rebaseline:
    where, until = line.scope, to_date(month)
    versions = [_version(plan, rates, figures.currency) for plan in history]
    before, last, budget = versions[0].budget, versions[-1].budget, line.completion.bac
    planned = _until(history[0], rates, figures.currency, month)
    actual, estimate = line.to_date.ac, line.completion.eac

    def at(measure: str, value: Decimal | None) -> Figure:
        return figures.add(where, COMPLETION, measure, value)

    return Rebaseline(
        project=line.key,
        first=history[0].version,
        version=history[-1].version,
        original=at("bac0", before),
        budget=budget,
        change=at("rebaselined", last - before),
        drawn=at("bac_drawn", None if budget.value is None else budget.value - last),
        estimate=estimate,
        over=at("dbac0", None if estimate.value is None else estimate.value - before),
        over_current=line.completion.delta,
        plan=figures.add(where, until, "pl0", planned),
        delta=figures.add(
            where, until, "dpl0", None if actual.value is None else actual.value - planned
        ),
        lines=tuple(
            each for old, new in pairwise(versions) for each in _lines(line.key, old, new, figures)
        ),
    )


def _lines(project: str, old: Version, new: Version, figures: Figures) -> Iterable[BridgeLine]:
    steps: dict[tuple[str, str], list[Step]] = {}
    for step in bridge(old, new):
        steps.setdefault((step.item, step.category), []).append(step)
    for (item, category), mine in steps.items():
        where = scope(project, f"v{old.number}-v{new.number}", item, category)
        yield BridgeLine(
            old=old.number,
            new=new.number,
            item=item,
            category=category,
            steps={
                step.kind: figures.add(where, COMPLETION, PARTS[step.kind], step.amount)
                for step in mine
            },
            total=figures.add(
                where, COMPLETION, "bridged", sum((step.amount for step in mine), ZERO)
            ),
        )


def _version(plan: Planned, rates: Converter, currency: str) -> Version:
    def money(amount: Decimal) -> Decimal:
        return stored(rates.convert(amount, plan.currency, currency, plan.start))

    return Version(
        plan.version,
        plan.currency,
        tuple(
            Priced(
                id=item.id,
                category=item.category,
                amount=sum(map(money, item.phased), ZERO),
                units=item.units,
                unit=item.unit,
                unit_price=None if item.unit_price is None else money(item.unit_price),
            )
            for item in plan.items
        ),
    )


def _until(plan: Planned, rates: Converter, currency: str, month: Month) -> Decimal:
    """Return the original plan to date, in the reporting currency."""
    amounts = [
        amount
        for item in plan.items
        for each, amount in zip(plan.months, item.phased, strict=True)
        if each <= month
    ]
    convert = rates.convert
    return sum(
        (stored(convert(amount, plan.currency, currency, plan.start)) for amount in amounts), ZERO
    )
