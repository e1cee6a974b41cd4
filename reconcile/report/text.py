"""The report as plain aligned text, for a terminal or a pipe; colour only where asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from models.period import Month
from reconcile.line import Line, Period
from reconcile.portfolio import Portfolio
from reconcile.report import accruals, allocation, invoices, restatements
from reconcile.report.aligned import Cell, Row, aligned, painted, short, tail
from reconcile.report.escape import visible
from reconcile.report.headline import display_unit, findings, headline, said
from reconcile.report.number import (
    MINUS,
    NONE,
    Unit,
    day,
    grouped,
    percent,
    plain,
    short_month,
    signed_percent,
)
from reconcile.report.section import Section, Table
from reconcile.report.sections import SECTIONS, shown

TONES: Final = {"over": "red", "under": "green", "soft": "grey", "red": "red"}


def render(p: Portfolio, *, colour: bool = False) -> str:
    """Return the report as text: lines end in a newline, no box characters.

    Args:
        p: The portfolio.
        colour: Whether to add ANSI colour; words and signs carry everything without it.
    """
    more = shown(p)
    sections = [
        _head(p, colour=colour),
        aligned(_projects(p), colour=colour),
        [f"- {visible(said(sentence))}" for sentence in findings(p)],
        aligned(_categories(p), colour=colour),
        aligned(_alerts(p), colour=colour),
        aligned(_sources(p), colour=colour),
        aligned(_coverage(p), colour=colour),
        aligned(_open(p), colour=colour),
        aligned(_conflicts(p), colour=colour),
        *(part for each in more for part in _section(each, colour=colour)),
        aligned(_accruals(p), colour=colour),
        aligned(_restatements(p), colour=colour),
        aligned(_invoices(invoices.HEADS, invoices.rows(p.invoices)), colour=colour),
        aligned(_invoices(invoices.PART_HEADS, invoices.part_rows(p.invoices)), colour=colour),
        [f"! {visible(note)}" for note in (*p.notes, *map(str, p.problems))],
        _more(more, p.month),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def subtitle(p: Portfolio) -> str:
    """Return what, unit, horizon, sign and state: what one must know to read the numbers."""
    money = display_unit(p)
    span = f"to date from {p.first}, horizon to {p.last}"
    demo = "DEMO DATA · " if p.demo else ""
    return (
        f"{demo}{p.state} · {visible(p.name)} · total cost of ownership in {money.label} · "
        f"{p.month}, {span} · ΔPL = AC {MINUS} PL, + is over plan"
    )


def _head(p: Portfolio, *, colour: bool) -> list[str]:
    return [painted(visible(said(headline(p))), "bold" if colour else ""), subtitle(p)]


def _projects(p: Portfolio) -> list[Row]:
    month = short_month(p.month)
    names = ["Project", f"AC {month}", "PL", "ΔPL", "%", "AC to date", "ΔPL", "EAC", "BAC", "ΔBAC"]
    head = [(name, "") for name in (*names, "Left %", "Status")]
    rows = [_project(line, display_unit(p)) for line in (*p.projects, p.total)]
    return [head, *rows, _unallocated(p)]


def _project(line: Line, money: Unit) -> Row:
    end, outlook = line.completion, line.outlook
    left = outlook.reserve.left_pct if outlook else None
    return [
        (short(line.title), ""),
        *_month(line.month, money),
        (money.amount(line.to_date.ac), ""),
        (money.delta(line.to_date.delta), _tint(line.to_date)),
        (money.amount(end.eac), ""),
        (money.plan(end.bac), ""),
        (money.delta(end.delta), tint(end.delta.value, coloured=end.coloured)),
        (percent(left) if left else NONE, ""),
        (f"{line.state.shape} {line.state.word}", line.state.colour),
    ]


def _unallocated(p: Portfolio) -> Row:
    money, line = display_unit(p), p.unallocated
    blank = ("", "")
    return [
        (line.title, ""),
        (money.amount(line.month.ac, fine=True), ""),
        *[blank] * 3,
        (money.amount(line.to_date.ac), ""),
    ]


def _categories(p: Portfolio) -> list[Row]:
    names = ["Category", f"AC {short_month(p.month)}", "PL", "ΔPL", "%"]
    head = [(name, "") for name in (*names, "AC to date", "ΔPL", "EAC", "BAC", "ΔBAC")]
    return [head, *(_category(line, display_unit(p)) for line in p.categories)]


def _category(line: Line, money: Unit) -> Row:
    end = line.completion
    return [
        (short(line.title), ""),
        *_month(line.month, money),
        (money.amount(line.to_date.ac), ""),
        (money.delta(line.to_date.delta), _tint(line.to_date)),
        (money.amount(end.eac), ""),
        (money.plan(end.bac), ""),
        (money.delta(end.delta), tint(end.delta.value, coloured=end.coloured)),
    ]


def _month(period: Period, money: Unit) -> Iterator[Cell]:
    colour = _tint(period)
    yield money.amount(period.ac, fine=True), ""
    yield money.plan(period.pl, fine=True), ""
    yield money.delta(period.delta, fine=True), colour
    yield signed_percent(period.pct), colour


def _alerts(p: Portfolio) -> list[Row]:
    if not p.alerts:
        return []
    head = [(name, "") for name in ("Alert", "Rule", "Project", "Since", "Now", "State", "Owner")]
    money = display_unit(p)
    rows = [
        [
            *((visible(text), "") for text in (row.name, row.rule, row.project, day(row.since))),
            (money.delta(alert.now, fine=True), ""),
            *((visible(text), "") for text in (row.state, row.owner or NONE)),
        ]
        for alert in p.alerts
        for row in [alert.row]
    ]
    return [head, *rows]


def _sources(p: Portfolio) -> list[Row]:
    names = ["Source", "Newest", "Expected", "State", "Month", "Rows"]
    heads = [*names, "Billed", "Effective", "Difference", "Unallocated"]
    rows = [
        [
            (visible(line.state.source), ""),
            (day(line.state.newest), ""),
            (day(line.state.expected), ""),
            (line.state.state, "" if line.state.delivered or line.state.waiting else "red"),
            (line.state.stage or NONE, ""),
            (grouped(line.rows.value) if line.rows.value is not None else NONE, ""),
            (f"{plain(line.amount)} {line.currency}", ""),
            (plain(line.effective), ""),
            (plain(line.difference), ""),
            (plain(line.unallocated), ""),
        ]
        for line in p.sources
    ]
    return [[(name, "") for name in heads], *rows] if rows else []


def _coverage(p: Portfolio) -> list[Row]:
    found = list(allocation.rows(p.allocation))
    return _plain(allocation.heads(p.allocation), found)


def _open(p: Portfolio) -> list[Row]:
    return _plain(allocation.OPEN_HEADS, list(allocation.open_rows(p.allocation)))


def _conflicts(p: Portfolio) -> list[Row]:
    return _plain(allocation.CONFLICT_HEADS, list(allocation.conflict_rows(p.allocation)))


def _plain(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Row]:
    """Return a table without colour; none without rows. Of long texts the end is shown."""
    found = [[(tail(visible(text)), "") for text in row] for row in rows]
    return [[(name, "") for name in heads], *found] if found else []


def _section(section: Section, *, colour: bool) -> Iterator[list[str]]:
    """Yield what a terminal shows of a section: its tables, if no command does; its lines."""
    if not SECTIONS[section.key].command:
        yield from (_shown(section, table, colour=colour) for table in section.tables if table.rows)
    yield [f"- {visible(line)}" for line in section.lines]


def _shown(section: Section, table: Table, *, colour: bool) -> list[str]:
    """Return a table whose first head is named by its section."""
    named = table.caption or section.title
    heads = [(f"{named}: {table.heads[0]}", ""), *((head, "") for head in table.heads[1:])]
    rows = [
        [(tail(visible(cell.text)), TONES.get(cell.tone, "")) for cell in row] for row in table.rows
    ]
    return aligned([heads, *rows], colour=colour)


def _more(sections: Iterable[Section], month: Month) -> list[str]:
    """Return where the tables stand that a terminal leaves out."""
    found = [
        f"{each.title.lower()}: {SECTIONS[each.key].command} --month {month}"
        for each in sections
        if SECTIONS[each.key].command and any(table.rows for table in each.tables)
    ]
    return [f"More: {'; '.join(found)}"] if found else []


def _accruals(p: Portfolio) -> list[Row]:
    found = [[(visible(text), "") for text in row] for row in accruals.rows(p.accruals)]
    return [[(name, "") for name in accruals.HEADS], *found] if found else []


def _restatements(p: Portfolio) -> list[Row]:
    found = [[(visible(text), "") for text in row] for row in restatements.rows(p.restatements)]
    return [[(name, "") for name in restatements.HEADS], *found] if found else []


def _invoices(heads: Sequence[str], rows: Iterable[invoices.Row]) -> list[Row]:
    found = [[(visible(text), "red" if row.fails else "") for text in row.cells] for row in rows]
    return [[(name, "") for name in heads], *found] if found else []


def tint(value: Decimal | None, *, coloured: bool) -> str:
    """Return red for over, green for under, and nothing where it does not matter."""
    if not coloured or not value:
        return ""
    return "red" if value > 0 else "green"


def _tint(period: Period) -> str:
    return tint(period.delta.value, coloured=period.coloured)
