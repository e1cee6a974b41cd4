"""The section of decisions: contingency, levers, hosting or API, what idles, where money goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from reconcile.decision.decisions import Decisions
from reconcile.decision.drawn import ContingencyLine
from reconcile.decision.hosted import CaseLine, HostingLine
from reconcile.decision.levered import LeverLine, SpotLine
from reconcile.decision.mix import CAVEAT
from reconcile.figure import Figure
from reconcile.portfolio import Portfolio
from reconcile.report.decisionschema import SCHEMA, document
from reconcile.report.number import NONE, percent, plain
from reconcile.report.section import Cell, Section, Table, dated, words

__all__ = ["SCHEMA", "lines", "section", "tables"]

NOTE: Final = (
    "Drawn is what somebody approved, and moves from the contingency into an item; an overrun "
    "draws nothing by itself. Savings compare what was really made, at baseline rates, with what "
    "it cost: they are consistent with the levers, and no proof of their cause. No ratio decides "
    "alone."
)
PRICE_PLACES: Final = 4
LEVER_HEADS: Final = (
    *("Project", "Item", "Factor", "Cut planned %", "Cut %", "Planned", "Realised"),
    *("Counterfactual", "Actual", "Baseline less actual", "More output"),
)
HOSTING_HEADS: Final = (
    *("Endpoint", "Question", "Fixed", "Tokens", "Own", "API low", "API high"),
    *("Even at low", "Even at high"),
)


def section(p: Portfolio) -> Section:
    """Return what there is to say about decisions, in the currency of the report.

    Contingency that nobody has drawn from stands in the lines of the projects.
    """
    drawn = tuple(line for line in p.decisions.contingencies if line.draws)
    shown = replace(p.decisions, contingencies=drawn)
    return Section(
        key="decisions",
        title="Decisions",
        note=NOTE,
        tables=tables(shown, p.currency),
        lines=lines(shown),
        document=document(p.decisions),
    )


def tables(found: Decisions, currency: str) -> tuple[Table, ...]:
    """Return the tables that have rows."""
    made = (*_reserves(found, currency), *_idle(found, currency), *_mixes(found, currency))
    return tuple(table for table in made if table.rows)


def lines(found: Decisions) -> tuple[str, ...]:
    """Return the sentences below the tables."""
    return tuple(_lines(found))


def _reserves(found: Decisions, currency: str) -> Iterator[Table]:
    yield Table(
        caption=f"Contingency by approval, {currency}",
        heads=("Project", "Opening", "Drawn", "Balance", "Used %", "Progress %", "Burn", "VAC"),
        words=1,
        rows=tuple(map(_contingency, found.contingencies)),
    )
    yield Table(
        caption=f"Draws by approval, {currency}",
        heads=("Project", "Month", "For", "Drawn", "Balance"),
        words=3,
        rows=tuple(row for line in found.contingencies for row in _draws(line)),
    )
    yield Table(
        caption=f"Levers to date, {currency}; + is a saving",
        heads=LEVER_HEADS,
        words=3,
        rows=tuple(row for line in found.levers for row in _lever(line)),
    )
    yield Table(
        caption="Levers that cannot be told",
        heads=("Project", "Item", "Levers", "Why"),
        words=4,
        rows=tuple(_untold(line) for line in found.levers if not line.factors),
    )
    yield Table(
        caption=f"Spot machines to date, {currency}",
        heads=("Project", "On demand", "Paid", "Run again", "Saved"),
        words=1,
        rows=tuple(map(_spot, found.spots)),
    )
    yield Table(
        caption=f"Hosting or API, {currency}; tokens a month, prices of a thousand",
        heads=HOSTING_HEADS,
        words=2,
        rows=tuple(_case(line, case) for line in found.hostings for case in _cases(line)),
    )


def _idle(found: Decisions, currency: str) -> Iterator[Table]:
    yield Table(
        caption=f"Endpoints that nobody calls, {currency}",
        heads=("Endpoint", "Project", "Since", "Days", "So far", "A month"),
        words=3,
        rows=tuple(
            (words(each.name), words(each.project), dated(each.since),
             _number(each.days, 0), _number(each.cost), _number(each.monthly))
            for each in found.zombies
        ),
    )  # fmt: skip
    yield Table(
        caption=f"Own and shared machines: hours of the month that nobody used, {currency}",
        heads=("Machine", "Hours", "A month"),
        words=1,
        rows=tuple(
            (words(each.name), _number(each.hours, 0), _number(each.cost))
            for each in found.machines
        ),
    )


def _mixes(found: Decisions, currency: str) -> Iterator[Table]:
    yield Table(
        caption="Share of data to date, %; information, not a target",
        heads=("Project", "Data", "With labor on data", "Planned"),
        words=1,
        rows=tuple(
            (words(each.project), *map(_percent, (each.share, each.prepared, each.planned)))
            for each in found.mixes
        ),
    )
    yield Table(
        caption=f"Training runs to date, {currency}",
        heads=("Project", "Planned", "Runs", "Failed %", "A success"),
        words=1,
        rows=tuple(
            (words(each.project), _number(each.planned, 1), _number(each.runs, 0),
             _percent(each.failed), _number(each.per_success))
            for each in found.iterations
        ),
    )  # fmt: skip


def _contingency(line: ContingencyLine) -> tuple[Cell, ...]:
    tone: Any = "over" if line.fast else ""
    return (
        words(line.project),
        *map(_number, (line.opening, line.drawn, line.balance)),
        *map(_percent, (line.used, line.progress)),
        Cell(text=plain(line.burn) if line.burn.value is not None else NONE,
             figure=line.burn, tone=tone),
        _number(line.room),
    )  # fmt: skip


def _lever(line: LeverLine) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each factor, and the sum; nothing where nothing is known."""
    for part in line.factors:
        name = f"{part.factor} ({', '.join(part.levers)})" if part.levers else part.factor
        cuts = (_percent(part.planned), _percent(part.cut))
        named = (words(line.project), words(line.item), words(name))
        yield (*named, *cuts, words(""), _number(part.saving), *[words("")] * 4)
    if line.factors:
        sums = (
            line.planned,
            line.saving,
            line.counterfactual,
            line.actual,
            line.naive,
            line.output,
        )
        named = (words(line.project), words(line.item), words("all"))
        yield (*named, words(""), words(""), *map(_number, sums))


def _untold(line: LeverLine) -> tuple[Cell, ...]:
    texts = (line.project, line.item, ", ".join(line.levers), line.reason)
    return tuple(map(words, texts))


def _draws(line: ContingencyLine) -> Iterator[tuple[Cell, ...]]:
    for each in line.draws:
        texts = (line.project, str(each.month), "; ".join(each.reasons))
        yield (*map(words, texts), _number(each.drawn), _number(each.balance))


def _spot(line: SpotLine) -> tuple[Cell, ...]:
    return (words(line.project), *map(_number, (line.listed, line.paid, line.rerun, line.saving)))


def _cases(line: HostingLine) -> tuple[CaseLine, ...]:
    return (line.keep,) if line.begin is None else (line.keep, line.begin)


def _case(line: HostingLine, case: CaseLine) -> tuple[Cell, ...]:
    prices = (case.per_1k, line.low, line.high)
    return (
        words(line.id),
        words(case.name),
        _number(case.fixed),
        _number(line.tokens, 0),
        *(_number(price, PRICE_PLACES) for price in prices),
        _number(case.even_low, 0),
        _number(case.even_high, 0),
    )


def _lines(found: Decisions) -> Iterator[str]:
    """Yield sentences; numbers stand in the tables alone, where each is a figure."""
    for line in found.contingencies:
        if line.fast:
            yield f"{line.project}: contingency goes faster than the work, {_basis(line)}."
    for lever in found.levers:
        if lever.factors:
            names = ", ".join(lever.levers)
            yield f"{lever.project} {lever.item}: what was saved is consistent with {names}."
    for spot in found.spots:
        if spot.saving.value is None:
            yield f"{spot.project}: the bill lists spot hours at what was paid; no saving is known."
    for hosting in found.hostings:
        yield from _answers(hosting)
    for each in found.unmeasured:
        yield f"{each.name} ({each.project}): costs, and nobody counts its calls: unknown."
    if found.mixes:
        yield CAVEAT


def _basis(line: ContingencyLine) -> str:
    return "progress by outputs" if line.measured else "progress as actual by estimate"


def _answers(line: HostingLine) -> Iterable[str]:
    for case in _cases(line):
        yield f"{line.id}, {case.name}: {case.answer}."
        if case.even_low.value is None:
            yield f"{line.id}, {case.name}: there is no break-even at the low price."
        elif _beyond(line, case.even_low):
            yield f"{line.id}, {case.name}: at the low price that takes more replicas."
    if line.full:
        yield f"{line.id}: the month's tokens are more than its machines can serve."


def _beyond(line: HostingLine, even: Figure) -> bool:
    capacity = line.capacity.value
    return capacity is not None and even.value is not None and even.value > capacity


def _number(figure: Figure, places: int = 2) -> Cell:
    shown = NONE if figure.value is None else plain(figure, places)
    return Cell(text=shown, figure=figure)


def _percent(figure: Figure) -> Cell:
    return Cell(text=NONE if figure.value is None else percent(figure, 1), figure=figure)
