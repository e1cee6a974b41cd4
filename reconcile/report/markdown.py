"""The report as Markdown for a pull request: what is material first, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reconcile.line import Line, Period
from reconcile.portfolio import Portfolio
from reconcile.report import accruals, allocation, invoices, restatements
from reconcile.report.escape import markdown
from reconcile.report.headline import Sentence, display_unit, findings, headline
from reconcile.report.number import NONE, Unit, day, percent, plain, short_month, signed_percent
from reconcile.report.section import Section
from reconcile.report.sections import shown
from reconcile.report.text import subtitle
from reconcile.state import State

LIMIT: Final = 60_000  # a comment may hold 65,536 characters
CUT: Final = "\n\n…cut at 60,000 characters; run `trueup report --month {month}` for the whole.\n"
BAR: Final = 10


def mark(p: Portfolio) -> str:
    """Return the comment by which the report of a month is found again and updated."""
    return f"<!-- trueup:report:{p.month} -->"


def render(p: Portfolio) -> str:
    """Return the report as Markdown of less than 60,000 characters."""
    blocks = [
        mark(p),
        f"### {_sentence(headline(p))}",
        f"*{markdown(subtitle(p))}*",
        "\n".join(f"- {_sentence(sentence)}" for sentence in findings(p)),
        *_projects(p),
        *_folded("Categories", _category_table(p)),
        *(block for each in shown(p) for block in _folded(each.title, _section(each))),
        *_folded("Sources", _source_table(p)),
        *_folded("Allocation", _allocation_tables(p)),
        *_folded("Accruals", _accrual_table(p)),
        *_folded("Restatements", _restatement_table(p)),
        *_folded("Invoices", _invoice_tables(p)),
        *_folded("Read with care", [f"- {markdown(text)}" for text in _care(p)]),
        f"Data as of {p.as_of:%Y-%m-%d %H:%M} UTC, snapshot `{p.snapshot}`.",
    ]
    return _cut("\n\n".join(blocks) + "\n", p)


def _cut(text: str, p: Portfolio) -> str:
    if len(text) < LIMIT:
        return text
    tail = CUT.format(month=p.month)
    kept = text[: LIMIT - len(tail) - len("</details>") - 2].rsplit("\n", 1)[0]
    still_open = kept.count("<details>") - kept.count("</details>")
    return kept + "\n\n</details>" * still_open + tail


def _sentence(sentence: Sentence) -> str:
    return "".join(
        f"**{markdown(part.text)}**" if part.is_name else markdown(part.text) for part in sentence
    )


def _projects(p: Portfolio) -> Iterator[str]:
    """Yield the rows that need somebody, then the others folded."""
    marked = [line for line in p.projects if _is_material(line)]
    others = [line for line in p.projects if not _is_material(line)]
    yield "\n".join(_project_table([*marked, p.total], p))
    yield from (
        _folded(f"{len(others)} projects without a material difference", _project_table(others, p))
        if others
        else ()
    )


def _is_material(line: Line) -> bool:
    return line.month.material or line.to_date.material or line.state is not State.ON_PLAN


def _project_table(lines: Iterable[Line], p: Portfolio) -> list[str]:
    money = display_unit(p)
    names = [
        "Project",
        "Owner",
        f"AC {short_month(p.month)}",
        "PL",
        "ΔPL",
        "%",
        "EAC",
        "BAC",
        "ΔBAC",
    ]
    return _table([*names, "Left %", "", "Status"], 2, (_project(line, money) for line in lines))


def _project(line: Line, money: Unit) -> list[str]:
    end, outlook = line.completion, line.outlook
    left = percent(outlook.reserve.left_pct) if outlook else NONE
    return [
        markdown(line.title),
        markdown(line.owner) or NONE,
        *_month(line.month, money),
        money.amount(end.eac),
        money.plan(end.bac),
        money.delta(end.delta) + _sign(end.delta.value, coloured=end.coloured),
        left,
        bar(line),
        f"{line.state.shape} {line.state.word}",
    ]


def bar(line: Line) -> str:
    """Return ten blocks: cost to date as a share of the estimate at completion."""
    spent, estimate = line.to_date.ac.value, line.completion.eac.value
    if not spent or not estimate or estimate <= 0:
        return "░" * BAR
    full = min(BAR, max(0, int(BAR * spent / estimate)))
    return "▓" * full + "░" * (BAR - full)


def _category_table(p: Portfolio) -> list[str]:
    money = display_unit(p)
    names = ["Category", f"AC {short_month(p.month)}", "PL", "ΔPL", "%", "EAC", "BAC", "ΔBAC"]
    rows = [
        [
            markdown(line.title),
            *_month(line.month, money),
            money.amount(line.completion.eac),
            money.plan(line.completion.bac),
            money.delta(line.completion.delta),
        ]
        for line in (*p.categories, p.unallocated)
    ]
    return _table(names, 1, rows)


def _source_table(p: Portfolio) -> list[str]:
    names = ["Source", "Newest", "State", "Month", "Billed", "Effective"]
    names += ["Difference", "Unallocated"]
    rows = [
        [
            markdown(line.state.source),
            day(line.state.newest),
            line.state.state,
            line.state.stage or NONE,
            f"{plain(line.amount)} {line.currency}",
            plain(line.effective),
            plain(line.difference),
            plain(line.unallocated),
        ]
        for line in p.sources
    ]
    return _table(names, 4, rows) if rows else []


def _allocation_tables(p: Portfolio) -> list[str]:
    each = p.allocation
    return _tables(
        (allocation.heads(each), allocation.WORDS, allocation.rows(each)),
        (allocation.OPEN_HEADS, allocation.OPEN_WORDS, allocation.open_rows(each)),
        (allocation.CONFLICT_HEADS, allocation.CONFLICT_WORDS, allocation.conflict_rows(each)),
    )


def _section(section: Section) -> list[str]:
    """Return the tables of a section under their captions, then its lines."""
    lines: list[str] = []
    for table in (table for table in section.tables if table.rows):
        heading = [f"**{markdown(table.caption)}**", ""] if table.caption else []
        rows = [[markdown(cell.text) for cell in row] for row in table.rows]
        lines += [*([""] if lines else []), *heading, *_table(table.heads, table.words, rows)]
    said = [f"- {markdown(line)}" for line in section.lines]
    return [*lines, *([""] if lines and said else []), *said]


def _tables(*tables: tuple[Sequence[str], int, Iterable[Sequence[str]]]) -> list[str]:
    """Return the tables that have rows, with an empty line between them."""
    lines: list[str] = []
    for heads, words, rows in tables:
        cells = [[markdown(text) for text in row] for row in rows]
        lines += [*([""] if lines else []), *_table(heads, words, cells)] if cells else []
    return lines


def _accrual_table(p: Portfolio) -> list[str]:
    found = [[markdown(text) for text in row] for row in accruals.rows(p.accruals)]
    return _table(accruals.HEADS, accruals.WORDS, found) if found else []


def _restatement_table(p: Portfolio) -> list[str]:
    found = [[markdown(text) for text in row] for row in restatements.rows(p.restatements)]
    return _table(restatements.HEADS, restatements.WORDS, found) if found else []


def _invoice_tables(p: Portfolio) -> list[str]:
    parts = invoices.part_rows(p.invoices)
    return _tables(
        (invoices.HEADS, invoices.WORDS, (row.cells for row in invoices.rows(p.invoices))),
        (invoices.PART_HEADS, invoices.PART_WORDS, (row.cells for row in parts)),
    )


def _care(p: Portfolio) -> Iterator[str]:
    yield from p.notes
    yield from map(str, p.problems)


def _month(period: Period, money: Unit) -> Iterator[str]:
    yield money.amount(period.ac, fine=True)
    yield money.plan(period.pl, fine=True)
    yield money.delta(period.delta, fine=True) + _sign(period.delta.value, coloured=period.coloured)
    yield signed_percent(period.pct)


def _sign(value: object, *, coloured: bool) -> str:
    if not coloured or not value:
        return ""
    return " ▲" if str(value)[0] != "-" else " ▼"


def _table(names: Sequence[str], words: int, rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a pipe table; the first `words` columns are left aligned, the others right."""
    rule = [":--" if index < words else "--:" for index in range(len(names))]
    return [_row(names), _row(rule), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<details><summary>{title}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
