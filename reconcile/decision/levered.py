"""Levers of each item as a report shows them: planned, realised, and of which factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from models.money import ZERO
from reconcile.decision.drawdown import percent
from reconcile.decision.lever import PRICE, Factors, Lever, Part, Realised, realised
from reconcile.decision.observed import Observed, counted, observed
from reconcile.decision.setting import Setting
from reconcile.figure import Figure
from reconcile.given import Planned, PlannedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorLine:
    """One factor of an item: cuts in percent, + is less than the baseline."""

    factor: str
    levers: tuple[str, ...]
    planned: Figure
    cut: Figure
    saving: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverLine:
    """The levers of one item to date; reporting currency, + is a saving.

    Attributes:
        factors: In the order of the plan; they sum to `saving`. None where `reason` says why.
        naive: Baseline less actual, with what more or less was made in it.
        output: What more output than planned costs at baseline rates.
    """

    project: str
    item: str
    levers: tuple[str, ...]
    planned: Figure
    saving: Figure
    counterfactual: Figure
    actual: Figure
    naive: Figure
    output: Figure
    factors: tuple[FactorLine, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotLine:
    """What spot machines of a project saved to date: listed less paid less worked twice.

    Where a bill lists them at what was paid nobody knows what they would have cost on demand:
    `listed` and `saving` have no value then.
    """

    project: str
    listed: Figure
    paid: Figure
    rerun: Figure
    saving: Figure


def lever_lines(setting: Setting) -> tuple[LeverLine, ...]:
    """Return a line for each item with levers that the plan puts in numbers."""
    return tuple(_lines(setting))


def spot_lines(setting: Setting) -> tuple[SpotLine, ...]:
    """Return a line for each project that bought at a price that moves."""
    known = {line.key for line in setting.lines}
    found = setting.spending.spot()
    return tuple(_spot(setting, each, *found[each]) for each in sorted(found) if each in known)


def _spot(setting: Setting, project: str, listed: Decimal, paid: Decimal) -> SpotLine:
    rows = counted(setting.asked.runs, project, str(setting.month))
    again = sum(rows.filter(pl.col("state") == "preempted")["cost"], ZERO)
    where = [project, "spot"]
    known = listed > paid  # else the bill lists what was paid, and not what others pay
    return SpotLine(
        project=project,
        listed=setting.figure(where, "spot_list", listed if known else None),
        paid=setting.figure(where, "spot_paid", paid),
        rerun=setting.figure(where, "spot_rerun", again),
        saving=setting.figure(where, "spot_saved", listed - paid - again if known else None),
    )


def _lines(setting: Setting) -> Iterator[LeverLine]:
    for project, plan in sorted(setting.plans.items()):
        levers = setting.asked.levers.get(project, ())
        for item in plan.items:
            mine = [each for each in levers if each.item == item.id]
            if mine:
                yield _line(setting, plan, item, mine)


def _line(setting: Setting, plan: Planned, item: PlannedItem, levers: Sequence[Lever]) -> LeverLine:
    planned, why = _planned(setting, plan, item, levers)
    seen = Observed(factors={}, reason=why)
    if planned:
        seen = observed(setting.asked, setting.spending, plan, item)
    found = None
    if seen.factors:
        method = setting.asked.file.levers.attribution
        found = realised(_to_date(planned, levers, seen.done), seen.factors, levers, method)

    def figure(measure: str, name: str) -> Figure:
        value = getattr(found, name) if found else None
        return setting.figure([plan.project, item.id], measure, value)

    return LeverLine(
        project=plan.project,
        item=item.id,
        levers=tuple(lever.id for lever in levers),
        planned=figure("lever_planned", "planned"),
        saving=figure("lever_saved", "saving"),
        counterfactual=figure("lever_counterfactual", "counterfactual"),
        actual=figure("lever_actual", "actual"),
        naive=figure("lever_naive", "naive"),
        output=figure("lever_output", "output"),
        factors=tuple(_factors(setting, plan.project, item.id, found)) if found else (),
        reason=seen.reason,
    )


def _planned(
    setting: Setting, plan: Planned, item: PlannedItem, levers: Sequence[Lever]
) -> tuple[Factors, str]:
    """Return the planned factors and the price, or why there is no baseline."""
    if not item.quantity or item.unit_price is None:
        return {}, "the plan states an amount and no factors, so there is no baseline"
    price = Fraction(setting.price(plan, item.unit_price))
    factors = {**{name: Fraction(value) for name, value in item.quantity.items()}, PRICE: price}
    for lever in levers:
        if lever.factor not in factors:
            return {}, f"'{lever.factor}' is not a factor of the item"
        if lever.planned_reduction == 1:
            return {}, f"lever {lever.id} takes all of it away, so there is no baseline"
    return factors, ""


def _to_date(planned: Factors, levers: Sequence[Lever], done: Fraction) -> Factors:
    """Return planned factors of which the first that is a count holds what is planned by now."""
    rates = {lever.factor for lever in levers} | {PRICE}
    count = next((name for name in planned if name not in rates), None)
    count = count or next(name for name in planned if name != PRICE)
    return {name: value * done if name == count else value for name, value in planned.items()}


def _factors(setting: Setting, project: str, item: str, found: Realised) -> Iterator[FactorLine]:
    for part in found.parts:
        yield _factor(setting, [project, item, part.factor], part)


def _factor(setting: Setting, where: Sequence[str], part: Part) -> FactorLine:
    return FactorLine(
        factor=part.factor,
        levers=part.levers,
        planned=setting.figure(where, "lever_cut_planned", percent(part.planned)),
        cut=setting.figure(where, "lever_cut", percent(part.reduction)),
        saving=setting.figure(where, "lever_part", part.saving),
    )
