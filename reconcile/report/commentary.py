"""The section of commentary: why lines are off plan, what follows, and what nobody has said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from models.comment import EFFECTS
from reconcile.close.commentary import GIVEN, CommentLine
from reconcile.figure import Figure
from reconcile.portfolio import Portfolio
from reconcile.report.columns import aligned
from reconcile.report.number import signed_percent
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    closed_object,
    dated,
    list_of,
    value,
    words,
)

HEADS: Final = (
    *("No.", "Line", "Status", "What happened", "Effect", "Action", "Action owner", "Due"),
    *("Author", "Date", "ΔPL", "Effect on EAC"),
)
WORDS: Final = 10
STATUSES: Final = ("given", "missing", "overdue")
OPTIONAL: Final = {"type": ["string", "null"]}
SCHEMA: Final = list_of(
    closed_object(
        number={"type": "integer"},
        scope=TEXT,
        why={"enum": ["", "material", "unplanned", "contingency"]},
        status={"enum": list(STATUSES)},
        delta=AMOUNT,
        text=TEXT,
        effect={"enum": [*EFFECTS, None]},
        effect_on_eac=AMOUNT,
        action=TEXT,
        action_owner=TEXT,
        due=OPTIONAL,
        author=TEXT,
        on=OPTIONAL,
    )
)


def section(p: Portfolio) -> Section:
    """Return a row for each line that is commented on, or has to be."""
    return Section(
        key="commentary",
        title="Commentary",
        note=(
            f"Why lines of {p.month} are off plan, in {p.currency}. A comment is due for what is "
            "material in either direction, for cost without a plan, and for what the estimate "
            "takes from contingency: `trueup comment add`."
        ),
        tables=(Table(heads=HEADS, words=WORDS, rows=tuple(map(_row, p.commentary))),),
        lines=_missing(p.commentary),
        document=[_document(line) for line in p.commentary],
    )


def _missing(lines: Sequence[CommentLine]) -> tuple[str, ...]:
    """Return a sentence about what nobody has said."""
    found = [line for line in lines if line.status != GIVEN]
    late = sum(line.status == "overdue" for line in found)
    return (f"Comments missing: {len(found)}, overdue: {late}.",) if found else ()


def _row(line: CommentLine) -> tuple[Cell, ...]:
    said = line.comment
    return (
        words(str(line.number)),
        words(line.title),
        words(line.status, "" if line.status == GIVEN else "red"),
        words(said.text if said else line.why),
        words(said.effect if said else None),
        words(said.action if said else None),
        words(said.owner if said else None),
        dated(said.due if said else None),
        words(said.by if said else None),
        dated(said.on if said else None),
        _signed(line.delta),
        _signed(line.eac),
    )


def commentary_table(lines: Sequence[CommentLine], currency: str, form: str) -> str:
    """Return lines that need a comment, for `trueup comment missing`."""
    if form == "json":
        found = [_document(line) for line in lines]
        return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if not lines:
        return "no comment is missing\n"
    rows = [(line.scope, line.why, line.status, _signed(line.delta).text) for line in lines]
    heads = ("Line", "Why", "Status", f"ΔPL {currency}")
    return "".join(f"{line}\n" for line in aligned([heads, *rows], {len(heads) - 1}))


def _signed(figure: Figure | None) -> Cell:
    return Cell(text=signed_percent(figure, 2), figure=figure) if figure else words(None)


def _document(line: CommentLine) -> dict[str, Any]:
    """Return one line as plain values."""
    said = line.comment
    return {
        "number": line.number,
        "scope": line.scope,
        "why": line.why,
        "status": line.status,
        "delta": value(line.delta) if line.delta else None,
        "text": said.text if said else "",
        "effect": said.effect if said else None,
        "effect_on_eac": value(line.eac) if line.eac else None,
        "action": said.action if said else "",
        "action_owner": said.owner if said else "",
        "due": said.due.isoformat() if said and said.due else None,
        "author": said.by if said else "",
        "on": said.on.isoformat() if said else None,
    }
