"""How lines of invoices stand to orders, as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from models.money import plain, rounded
from reconcile.figure import exact_text
from reconcile.purchase.match import Match
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE

HEADS: Final = (
    *("issued", "invoice", "issuer", "order", "before", "quantity", "accepted", "ordered"),
    *("amount", "", "match"),
)
_NUMBERS: Final = range(4, 9)
_PLACES: Final = 6


def table(found: Sequence[Match]) -> str:
    """Return the lines for a terminal; below it why a line has no order."""
    if not found:
        return "no line of an invoice has, or should have, an order\n"
    lines = aligned([HEADS, *map(_row, found)], _NUMBERS)
    notes = [f"! invoice {_title(each)}: {each.note}" for each in found if each.note]
    return "".join(f"{line}\n" for line in (*lines, *notes))


def document(found: Sequence[Match]) -> str:
    """Return the lines as JSON, every number as text."""
    content = {"matches": [_content(each) for each in found]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _row(match: Match) -> tuple[str, ...]:
    line, bought = match.billed, match.bought
    return (
        line.issued.isoformat(),
        visible(_title(match)),
        visible(line.issuer),
        visible(" line ".join(bought.key)) if bought else NONE,
        _shown(match.before.quantity),
        _shown(match.quantity),
        NONE if match.accepted is None else _shown(match.accepted),
        _shown(Fraction(bought.line.quantity)) if bought else NONE,
        exact_text(line.amount) or "",
        visible(line.currency),
        ", ".join(match.results),
    )


def _content(match: Match) -> dict[str, Any]:
    line, bought = match.billed, match.bought
    return {
        "source": line.source,
        "invoice": line.invoice,
        "line": line.line,
        "issuer": line.issuer,
        "issued": line.issued.isoformat(),
        "order": bought.order.number if bought else None,
        "order_line": bought.line.id if bought else None,
        "invoiced_before": _shown(match.before.quantity),
        "quantity": _shown(match.quantity),
        "accepted": None if match.accepted is None else _shown(match.accepted),
        "ordered": _shown(Fraction(bought.line.quantity)) if bought else None,
        "amount": exact_text(line.amount) or "",
        "currency": line.currency,
        "match": [*match.results],
        "note": match.note,
    }


def _title(match: Match) -> str:
    return f"{match.billed.invoice} line {match.billed.line}"


def _shown(number: Fraction) -> str:
    return plain(rounded(number, _PLACES))
