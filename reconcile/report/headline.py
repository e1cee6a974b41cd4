"""Sentences made by rule from figures: the headline and three findings, never free text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.money import ZERO
from reconcile.figure import Figure
from reconcile.line import Line
from reconcile.portfolio import Portfolio
from reconcile.report.number import Unit, month_name, percent, signed_percent, unit
from reconcile.state import State, coloured

VERBS: Final = {"FINAL": "closed", "PRELIM": "ended", "FLASH": "stands"}
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence: words, a name from data, or a number with its figure."""

    text: str
    figure: Figure | None = None
    is_name: bool = False


Sentence = tuple[Part, ...]


def said(sentence: Sentence) -> str:
    """Return a sentence as plain text."""
    return "".join(part.text for part in sentence)


def display_unit(p: Portfolio) -> Unit:
    """Return the unit of a report: one for everything on it."""
    ends = (
        p.total.completion.eac.value,
        p.total.completion.bac.value,
        p.unallocated.to_date.ac.value,
    )
    return unit(p.currency, max(abs(value or ZERO) for value in ends))


def headline(p: Portfolio) -> Sentence:
    """Return what happened in the month, whose doing it was, and who will not hold."""
    return (*_month(p), *_cause(p), *_beyond(p))


def findings(p: Portfolio) -> tuple[Sentence, Sentence, Sentence]:
    """Return the month, the end, and how far the data can be trusted."""
    return _finding_month(p), _finding_completion(p), _finding_data(p)


def _month(p: Portfolio) -> Sentence:
    name, period, money = month_name(p.month), p.total.month, display_unit(p)
    if period.delta.value is None:
        return _unjudged(p, money)
    if not period.ac.value and period.pl.value is None:
        return (Part(f"{name} has no plan and no cost"),)
    if p.total.completion.bac.value is None:
        cost = Part(money.amount(period.ac, fine=True), period.ac)
        return (Part(f"{name} cost "), cost, Part(f" {money.label}, and there is no plan"))
    if not p.total.complete and period.delta.value < 0:
        return _so_far(p, money, "with data missing")
    verb, size = VERBS[p.state], Part(money.size(period.delta, fine=True), period.delta)
    if not _is_worth_saying(p):
        signed = Part(money.delta(period.delta, fine=True), period.delta)
        return Part(f"{name} {verb} close to plan ("), signed, Part(f" {money.label})")
    side = "over" if period.delta.value > 0 else "under"
    share = Part(signed_percent(period.pct), period.pct)
    return Part(f"{name} {verb} "), size, Part(f" {money.label} {side} plan ("), share, Part(" %)")


def _unjudged(p: Portfolio, money: Unit) -> Sentence:
    """Return why there is no difference: the month still runs, or nothing is there."""
    if p.total.month.ac.value is not None:
        return _so_far(p, money, "and still runs")
    return (Part(f"{month_name(p.month)} cannot be judged: no data has been delivered"),)


def _so_far(p: Portfolio, money: Unit, why: str) -> Sentence:
    """Return where an incomplete month stands; being under plan is not yet a fact."""
    period = p.total.month
    return (
        Part(f"{month_name(p.month)} stands at "),
        Part(money.amount(period.ac, fine=True), period.ac),
        Part(" of "),
        Part(money.plan(period.pl, fine=True), period.pl),
        Part(f" {money.label} planned, {why}"),
    )


def _is_worth_saying(p: Portfolio) -> bool:
    return coloured(p.total.month.delta.value, p.total.month.pl.value, p.materiality)


def _cause(p: Portfolio) -> Sentence:
    """Return the project that makes up at least half of a material difference."""
    delta, is_under = p.total.month.delta.value, (p.total.month.delta.value or ZERO) < 0
    if not delta or not _is_worth_saying(p) or p.total.completion.bac.value is None:
        return ()
    if is_under and not p.total.complete:
        return ()
    first = max(p.projects, key=lambda line: _toward(line, delta))
    if 2 * _toward(first, delta) < abs(delta):
        return ()
    return Part("; "), Part(first.title, is_name=True), Part(" is most of it")


def _toward(line: Line, delta: Decimal) -> Decimal:
    value = line.month.delta.value or ZERO
    return value if delta > 0 else -value


def _beyond(p: Portfolio) -> Sentence:
    over = [line for line in p.projects if line.state is State.OVER_LIMIT]
    if not over:
        return ()
    verb = "is" if len(over) == 1 else "are"
    return Part("; "), *_names(over), Part(f" {verb} forecast beyond limit")


def _names(lines: Sequence[Line]) -> Sentence:
    """Return up to three names; the rest is counted in words."""
    shown: list[Part] = []
    for index, line in enumerate(lines[:NAMED]):
        joint = "" if index == 0 else (" and " if index == len(lines) - 1 else ", ")
        shown += [Part(joint), Part(line.title, is_name=True)]
    return (*shown, *([Part(" and others")] if len(lines) > NAMED else []))


def _finding_month(p: Portfolio) -> Sentence:
    money, period = display_unit(p), p.total.month
    start = (
        Part(f"{month_name(p.month)}: actual "),
        Part(money.amount(period.ac, fine=True), period.ac),
        Part(" against plan "),
        Part(money.amount(period.pl, fine=True), period.pl),
        Part(" "),
        *_gap(money, period.delta, period.pct),
    )
    return (
        *start,
        *_largest(money, "project", p.projects),
        *_largest(money, "category", p.categories),
    )


def _largest(money: Unit, what: str, lines: Sequence[Line]) -> Sentence:
    """Return the line with the largest material difference of the month, either way."""
    marked = [line for line in lines if line.month.material]
    if lines and all(line.month.delta.value is None for line in lines):
        return ()
    if not marked:
        return (Part(f"; no {what} is materially off"),)
    first = max(marked, key=lambda line: (abs(line.month.delta.value or ZERO), line.key))
    number = Part(money.delta(first.month.delta, fine=True), first.month.delta)
    return Part(f"; largest {what} "), Part(first.title, is_name=True), Part(" "), number


def _finding_completion(p: Portfolio) -> Sentence:
    money, end, outlook = display_unit(p), p.total.completion, p.total.outlook
    if outlook is None or end.bac.value is None:
        return (Part("At completion: no plan, so no budget to compare with"),)
    reserve, spread = outlook.reserve, outlook.spread
    return (
        Part("At completion: estimate "),
        Part(money.amount(end.eac), end.eac),
        Part(" (range "),
        Part(money.amount(spread.low), spread.low),
        Part(" to "),
        Part(money.amount(spread.high), spread.high),
        Part(") against budget "),
        Part(money.amount(end.bac), end.bac),
        Part(" "),
        *_gap(money, end.delta, end.pct, fine=False),
        Part("; contingency left "),
        Part(money.amount(reserve.left), reserve.left),
        Part(" of "),
        Part(money.amount(reserve.approved), reserve.approved),
        *_unfunded(p, money),
    )


def _gap(money: Unit, delta: Figure, pct: Figure, *, fine: bool = True) -> Sentence:
    start = (Part("("), Part(money.delta(delta, fine=fine), delta))
    if pct.value is None:
        return (*start, Part(")"))
    return (*start, Part(", "), Part(signed_percent(pct), pct), Part(" %)"))


def _unfunded(p: Portfolio, money: Unit) -> Sentence:
    lines = [each for each in p.projects if each.outlook and each.outlook.reserve.unfunded.value]
    if not lines or p.total.outlook is None:
        return ()
    figure = p.total.outlook.reserve.unfunded
    amount = Part(money.amount(figure, fine=True), figure)
    return Part(", but "), amount, Part(" of overrun has none, in "), *_names(lines)


def _finding_data(p: Portfolio) -> Sentence:
    money, loose = display_unit(p), p.unallocated.month.ac
    return (
        Part("Data: "),
        Part(percent(p.allocation.percent, 1), p.allocation.percent),
        Part(" % of the month's cost has a project, "),
        Part(money.amount(loose, fine=True), loose),
        Part(f" {money.label} has none; "),
        *_delivery(p),
    )


def _delivery(p: Portfolio) -> Sentence:
    absent = sorted({line.state.source for line in p.sources if not line.state.whole})
    if absent:
        names = [
            Part(name if i == 0 else f", {name}", is_name=True) for i, name in enumerate(absent)
        ]
        return (Part("missing: "), *names)
    if not p.sources:
        return (Part("no source is configured"),)
    is_whole = all(line.state.delivered for line in p.sources)
    said = "every source has delivered" if is_whole else "nothing that was promised is missing"
    return (
        Part(f"{said}, "),
        Part(percent(p.final_pct, 1), p.final_pct),
        Part(" % of cost final"),
    )
