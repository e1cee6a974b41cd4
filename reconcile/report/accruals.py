"""The table of accruals, as text for a terminal and for Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reconcile.figure import exact_text
from reconcile.purchase.shown import AccrualLine
from reconcile.report.number import plain

HEADS: Final = ("Accrued", "For", "Issuer", "Project", "Currency", "Of the month", "Balance")
WORDS: Final = 5  # columns of words, which stand left


def rows(lines: Iterable[AccrualLine]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a row a purchase and kind under HEADS."""
    for line in lines:
        purchase = line.accrual.purchase
        yield (
            line.title,
            line.name,
            purchase.issuer,
            purchase.project,
            purchase.currency,
            plain(line.amount),
            plain(line.balance),
        )


def document(line: AccrualLine) -> dict[str, Any]:
    """Return one line as plain values."""
    each, purchase = line.accrual, line.accrual.purchase
    return {
        "kind": each.kind,
        "purchase": purchase.number,
        "line": each.line,
        "issuer": purchase.issuer,
        "project": purchase.project,
        "category": purchase.category,
        "currency": purchase.currency,
        "amount": exact_text(line.amount.value),
        "balance": exact_text(line.balance.value),
    }
