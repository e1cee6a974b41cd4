"""Decisions as aligned text and as JSON, for the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from models.period import Month
from reconcile.decision.decisions import Decisions
from reconcile.report.columns import aligned
from reconcile.report.decisions import lines, tables
from reconcile.report.decisionschema import document as content
from reconcile.report.escape import visible
from reconcile.report.section import Table

SCHEMA_VERSION: Final = "1"


def table(found: Decisions, month: Month, currency: str) -> str:
    """Return every table that has rows, then the sentences."""
    made, said = tables(found, currency), lines(found)
    if not made and not said:
        return f"nothing to decide in {month}\n"
    parts = [f"decisions of {month}", *("\n".join(_table(each)) for each in made)]
    parts += ["\n".join(f"- {visible(line)}" for line in said)] if said else []
    return "\n\n".join(parts) + "\n"


def _table(found: Table) -> Iterator[str]:
    yield found.caption
    rows = [found.heads, *(tuple(visible(cell.text) for cell in row) for row in found.rows)]
    yield from aligned(rows, range(found.words, len(found.heads)))


def document(found: Decisions, month: Month, currency: str) -> str:
    """Return decisions as JSON, every amount exactly, as text."""
    head = {"schema_version": SCHEMA_VERSION, "month": str(month), "currency": currency}
    whole = {**head, **content(found)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
