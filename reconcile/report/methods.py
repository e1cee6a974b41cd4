"""Forecasts by all methods, side by side, for `trueup forecast`: a table, or JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from models.money import rounded
from models.period import Month
from reconcile.figure import exact_text
from reconcile.forecasting.compared import why_not
from reconcile.forecasting.method import TITLES
from reconcile.forecasting.whatif import Side
from reconcile.report.columns import aligned
from reconcile.report.number import NOT_AVAILABLE, grouped

SCHEMA_VERSION: Final = "1"
ASSUMES: Final = "Every range assumes a future like the past, and excludes what is not billed yet."


@dataclass(frozen=True, slots=True)
class Row:
    """The forecast of one project, and what a change would make of it."""

    now: Side
    then: Side | None = None

    @property
    def project(self) -> str:
        """Whose it is."""
        return self.now.outlook.basis.project


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What all rows share.

    Attributes:
        what_if: The change as it was asked for; empty without one.
        methods: The methods that are shown.
    """

    month: Month
    currency: str
    what_if: str = ""
    methods: Collection[str] = tuple(TITLES)


def table(rows: Sequence[Row], heading: Heading) -> str:
    """Return a part for each project: estimate, range, and one line a method."""
    parts = ["\n".join(_part(row, heading)) for row in rows]
    return "\n\n".join([*parts, ASSUMES if rows else "No project has a plan or cost."]) + "\n"


def document(rows: Sequence[Row], heading: Heading) -> str:
    """Return the same as one JSON document; amounts are text."""
    found = {
        "schema_version": SCHEMA_VERSION,
        "month": str(heading.month),
        "currency": heading.currency,
        "what_if": heading.what_if or None,
        "projects": [
            {
                "project": row.project,
                **_side(row.now, heading),
                "what_if": _side(row.then, heading) if row.then else None,
            }
            for row in rows
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _part(row: Row, heading: Heading) -> Iterator[str]:
    yield f"{row.project}, {heading.currency}, as of {heading.month}"
    yield _said("Estimate", row.now)
    if row.then:
        more = rounded(row.then.eac) - rounded(row.now.eac)  # of what is shown, to the cent
        yield f"{_said(heading.what_if, row.then)}; {grouped(more, '+', 2)}"
    head = ["Method", "EAC", *([heading.what_if] if row.then else []), ""]
    lines = [_line(row, name) for name in TITLES if name in heading.methods]
    yield from aligned([head, *lines], range(1, len(head) - 1))


def _said(title: str, side: Side) -> str:
    span = side.span
    until = f"; contingency runs out about {side.run_out}" if side.run_out else ""
    return (
        f"{title}: {grouped(side.eac, '-', 2)} ({side.outlook.method}); "
        f"range {grouped(span.low, '-', 2)} ({span.low_method}) to "
        f"{grouped(span.high, '-', 2)} ({span.high_method}){until}"
    )


def _line(row: Row, name: str) -> list[str]:
    values = [side.methods[name] for side in (row.now, row.then) if side]
    return [TITLES[name], *map(_amount, values), why_not(row.now.outlook, name)]


def _amount(value: Decimal | None) -> str:
    return NOT_AVAILABLE if value is None else grouped(value, "-", 2)


def _side(side: Side, heading: Heading) -> dict[str, Any]:
    span = side.span
    return {
        "method": side.outlook.method,
        "little": side.outlook.basis.little,
        "eac": _text(side.eac),
        "low": _text(span.low),
        "low_method": span.low_method,
        "high": _text(span.high),
        "high_method": span.high_method,
        "run_out": side.run_out.isoformat() if side.run_out else None,
        "methods": [
            {
                "name": name,
                "title": TITLES[name],
                "eac": _text(value),
                "why_not": why_not(side.outlook, name),
            }
            for name, value in side.methods.items()
            if name in heading.methods
        ],
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else exact_text(rounded(value))
