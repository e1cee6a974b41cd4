"""Lint: where a plan and the document it came from do not agree, and what looks odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.category import CONTINGENCY
from models.money import ZERO, rounded
from models.plan.file import Statement
from models.plan.item import PlanItem
from models.plan.plan import Plan
from models.problem import Severity

# Published benchmarks, unverified: they are shown beside a figure and change nothing.
DATA_SHARE: Final = (Decimal(40), Decimal(60))
CONTINGENCY_SHARE: Final = (Decimal(10), Decimal(20))
USUAL_HORIZONS: Final = (3, 6, 12)
CHEAPER: Final = 20  # times below the price of a GPU hour, from which a unit is doubtful


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of lint; `warning` is a disagreement, `info` something to look at."""

    severity: Severity
    text: str


def findings(plan: Plan) -> tuple[Finding, ...]:
    """Return every row of lint; nothing is corrected, no plug line is added."""
    return (
        *(Finding("warning", text) for text in lint(plan)),
        *(Finding("info", text) for text in notes(plan)),
    )


def lint(plan: Plan) -> tuple[str, ...]:
    """Return what does not agree with what the source document states."""
    return (*_contingency(plan), *_statement(plan))


def notes(plan: Plan) -> tuple[str, ...]:
    """Return what is worth a look, although nothing contradicts it."""
    return (
        *_uncovered(plan),
        *_units(plan),
        *_shares(plan),
        *_origin(plan),
    )


def _contingency(plan: Plan) -> Iterator[str]:
    stated, computed = plan.contingency_stated, plan.contingency_computed
    if stated is None or not plan.reserve.rate:  # an amount alone contradicts nothing
        return
    if abs(stated - computed) <= plan.reserve.tolerance:
        return
    effective = rounded(Fraction(stated) / Fraction(plan.base), 6) if plan.base else "n/a"
    yield (
        f"contingency stated {stated} != {plan.reserve.rate} x base {plan.base} = {computed} "
        f"(diff {stated - computed}; effective rate {effective})"
    )


def _statement(plan: Plan) -> Iterator[str]:
    statement = plan.statement
    if statement is None:
        return
    rows, total = sum(statement.rows.values(), ZERO), statement.total
    if total is not None and statement.rows and rows != total:
        yield f"source rows sum {rows} != source total {total} (diff {rows - total})"
    if total is not None and plan.total != total:
        yield f"plan total {plan.total} != source total {total} (diff {plan.total - total})"
    yield from _rows(plan, statement)


def _rows(plan: Plan, statement: Statement) -> Iterator[str]:
    for row, amount in statement.rows.items():
        planned = sum((item.amount for item in plan.items if row in _names(item)), ZERO)
        planned = plan.contingency if row == CONTINGENCY else planned
        if planned != amount:
            yield f"plan {row} {planned} != source row {amount} (diff {planned - amount})"


def _uncovered(plan: Plan) -> Iterator[str]:
    """Yield items that are in the plan and in no row of the document."""
    if plan.statement is None or not plan.statement.rows:
        return
    for item in plan.items:
        if item.amount and not _names(item) & plan.statement.rows.keys():
            name = item.term or item.category
            yield f"item {item.id} {item.amount} has no source row; the document omits {name}"


def _units(plan: Plan) -> Iterator[str]:
    """Yield inference prices that are far below what a GPU hour costs in the same plan."""
    hours = [item for item in plan.items if item.unit == "gpu-hour" and item.unit_price]
    if not hours:
        return
    cheapest = min(hours, key=_price)
    for item in plan.items:
        if item.category != "inference" or not item.unit_price or "hour" not in str(item.unit):
            continue
        times = Fraction(_price(cheapest)) / Fraction(item.unit_price)
        if times >= CHEAPER:
            yield (
                f"item {item.id}: {item.unit_price} per {item.unit} is {rounded(times, 0)}x below "
                f"{_price(cheapest)} per gpu-hour of item {cheapest.id}; check the unit"
            )


def _shares(plan: Plan) -> Iterator[str]:
    data = sum((item.amount for item in plan.items if item.category == "data"), ZERO)
    for name, amount, (low, high), scope in (
        ("data", data, DATA_SHARE, "published benchmarks, of a wider scope, say"),
        (CONTINGENCY, plan.contingency, CONTINGENCY_SHARE, "usual is"),
    ):
        share = rounded(Fraction(amount) * 100 / Fraction(plan.base)) if plan.base else ZERO
        if plan.base and not low <= share <= high:
            yield f"{name} is {share}% of base; {scope} {low}-{high}%"


def _origin(plan: Plan) -> Iterator[str]:
    for item in plan.items:
        if item.assumed:
            yield f"item {item.id}: its drivers are assumed, the source states the amount only"
    for name in plan.removed:
        yield f"item {name} is removed: savings against the plan it extends are not like for like"
    if plan.horizon not in USUAL_HORIZONS:
        yield f"horizon is {plan.horizon} months; 3, 6 or 12 are usual"
    if plan.approval.by and plan.approval.by == plan.approval.author:
        yield f"approved by its own author, {plan.approval.by}"


def _names(item: PlanItem) -> set[str]:
    return {item.category, *([item.term] if item.term else [])}


def _price(item: PlanItem) -> Decimal:
    return item.unit_price or ZERO
