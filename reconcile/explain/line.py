"""Formulas of lines: plan, actual, forecast and completion of projects, categories and sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from models.money import ZERO
from models.period import Month
from reconcile.explain.formula import (
    Builder,
    Formula,
    Input,
    by_parts,
    figures,
    leaf,
    method,
    minus,
    missing,
    percent_of,
    plus,
    stated,
)
from reconcile.explain.ground import UNTIL, Asked
from reconcile.explain.judged import of_item
from reconcile.explain.leaf import ON_TIME, Condition, Leaf, Planned, Spent, project_is
from reconcile.explain.parts import difference, unfunded
from reconcile.figure import COMPLETION
from reconcile.tally import Tally

Amounts = Callable[[Tally], Mapping[Month, Decimal]]
Leafing = Callable[[Asked], Leaf]


def spent(asked: Asked) -> Spent:
    """Return the spend of a scope `project/category/item` in a month, as far as it says."""
    project, *rest = asked.names
    month = Condition("month", "=", (str(asked.month),))
    named = zip(("category", "item"), rest, strict=False)
    more = (Condition(column, "=", (word,)) for column, word in named)
    return Spent(where=(project_is(project), *more, month))


def planned(asked: Asked) -> Planned:
    """Return the plan items of a scope `project/category/item`: of a month, to date, or of all."""
    project, category, item = (*asked.names, "", "")[:3]
    whole = asked.ground.planned(project, category, item)
    if asked.period == COMPLETION:
        return whole
    months = {Month.parse(row.month) for row in whole.rows} | {asked.month}
    mine = {month for month in months if month <= asked.month}
    mine = mine if asked.period.startswith(UNTIL) else {asked.month}
    return asked.ground.planned(project, category, item, mine)


def _summed(amounts: Amounts, leafing: Leafing) -> Builder:
    """Return the sum of months, of lines, or of leaves: whichever a figure is made of."""

    def built(asked: Asked) -> Formula:
        if asked.figure.value is None:
            return missing(asked)
        if asked.line is None:
            return _of_item(asked, leafing(asked))
        if asked.period.startswith(UNTIL):
            return _of_months(asked, amounts(asked.line.tally))
        if asked.parts:
            return _of_parts(asked, amounts)
        return leaf(asked.figure.definition, leafing(asked))

    return built


def _of_item(asked: Asked, found: Leaf) -> Formula:
    """Return the plan of an item by its rows, and its cost where that is all of its category.

    What drivers compare may be another, and is theirs to tell.
    """
    if isinstance(found, Planned):
        is_own = found.rows and found.value == asked.figure.value
        return leaf(asked.figure.definition, found) if is_own else of_item(asked)
    above = asked.id(asked.measure, scope=asked.scope.rpartition("/")[0])
    if asked.value(above) != asked.figure.value:
        return of_item(asked)
    said = "all of its category"
    return Formula(how="sum", said=said, inputs=tuple(figures(asked, [(1, above)])))


def _of_months(asked: Asked, amounts: Mapping[Month, Decimal]) -> Formula:
    inputs = tuple(
        Input(id=asked.id(asked.measure, period=str(month)), value=amounts[month])
        for month in sorted(amounts)
        if month <= asked.month
    )
    return Formula(how="sum", said="sum of its months", inputs=inputs)


def _of_parts(asked: Asked, amounts: Amounts) -> Formula:
    at = None if asked.period == COMPLETION else asked.month
    values = ((part, _at(amounts(part.tally), at)) for part in asked.parts)
    inputs = tuple(
        Input(id=asked.id(asked.measure, scope=part.scope), value=value)
        for part, value in values
        if value is not None
    )
    what = "projects" if asked.line is asked.ground.report.total else "its parts"
    return Formula(how="sum", said=f"sum of {what}", inputs=inputs)


def _at(amounts: Mapping[Month, Decimal], month: Month | None) -> Decimal | None:
    if month is not None:
        return amounts.get(month)
    return sum(amounts.values(), Decimal(0)) if amounts else None


def _estimate(asked: Asked) -> Formula:
    """Return the estimate: what is spent until the month of the report, and what is to come."""
    ids = ((1, asked.id("ac", period=asked.ground.now)), (1, asked.id("etc")))
    said = "actual to date plus estimate to complete"
    return Formula(how="sum", said=said, inputs=tuple(figures(asked, ids)))


def _expected(asked: Asked) -> Formula:
    """Return the forecast of a month, or of the months up to one: of a category, a method's."""
    if asked.figure.value is None:
        return missing(asked)
    if asked.line and asked.period.startswith(UNTIL):
        return _of_months(asked, asked.line.tally.forecast)
    if asked.line and asked.parts:
        return _of_parts(asked, lambda tally: tally.forecast)
    plan = asked.id("pl")
    inputs = tuple(each for each in figures(asked, [(1, plan)]) if each.value is not None)
    said = "the month's part of what the category's method expects"
    return Formula(how="method", said=said, inputs=inputs)


def _to_come(asked: Asked) -> Formula:
    """Return what is expected of later months, and of those so far beside what is spent."""
    if asked.line is None:
        return missing(asked)
    actual, forecast = asked.line.tally.actual, asked.line.tally.forecast
    inputs = list[Input]()
    for month in sorted({*actual, *forecast}):
        spent_, more = actual.get(month, ZERO), forecast.get(month, ZERO)
        if month > asked.ground.report.month or spent_ != more:
            inputs.append(Input(id=asked.id("fc", period=str(month)), value=more))
        if month <= asked.ground.report.month and spent_ != more:
            ac = asked.id("ac", period=str(month))
            inputs.append(Input(sign=-1, id=ac, value=spent_))
    said = "forecast of the months after that of the report, and what those so far lack"
    return Formula(how="sum", said=said, inputs=tuple(inputs))


def _outside(sign: str) -> Builder:
    def built(asked: Asked) -> Formula:
        known = {(each.project, each.side): each for each in asked.ground.report.outside}
        found = known[asked.names[0], "after" if sign == ">" else "before"]
        day = Condition("day", ">" if sign == ">" else "<", (str(found.bound),))
        return leaf(
            f"spend {found.side} {found.bound}",
            Spent(where=(project_is(asked.names[0]), day, ON_TIME)),
        )

    return built


def _stranded(asked: Asked) -> Formula:
    """Return the plan after a project's end, and after the month of the report."""
    whole = asked.ground.planned(asked.names[0])
    months, value = sorted({row.month for row in whole.rows}), asked.figure.value
    for first in months:
        rest = asked.ground.planned(
            asked.names[0], months=[Month.parse(each) for each in months if each >= first]
        )
        if rest.value == value:
            return leaf(f"plan of {first} and later", rest)
    return missing(asked)


_ACTUAL: Final = _summed(lambda tally: tally.actual, spent)
LINES: Final[dict[str, Builder]] = {
    "ac": _ACTUAL,
    "pl": _summed(lambda tally: tally.plan, planned),
    "fc": _expected,
    "delta": difference,
    "dfc": minus("fc", "pl"),
    "pct": percent_of("delta", "pl"),
    "eac": _estimate,
    "eac_low": by_parts(method("lower end of the range, by the method named beside it", "eac")),
    "eac_high": by_parts(method("upper end of the range, by the method named beside it", "eac")),
    "etc": by_parts(_to_come),
    "bac": _summed(lambda tally: tally.plan, planned),
    "dbac": minus("eac", "bac"),
    "dbac_pct": percent_of("dbac", "bac"),
    "vac": minus("bac", "eac"),
    "limit": plus("bac", "reserve"),
    "beyond": minus("eac", "limit"),
    "reserve": by_parts(stated("plan", "contingency that the plan of the project approves")),
    "drawn": by_parts(method("overrun, at most the contingency", "dbac", "reserve")),
    "reserve_left": minus("reserve", "drawn"),
    "reserve_left_pct": percent_of("reserve_left", "reserve"),
    "unfunded": by_parts(unfunded),
    "after": _outside(">"),
    "before": _outside("<"),
    "stranded": _stranded,
}
