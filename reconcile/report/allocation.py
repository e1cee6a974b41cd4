"""Allocation as rows of text for a terminal and for Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from models.category import UNALLOCATED
from reconcile.allocation import Allocation, ClaimLine, CoverageLine
from reconcile.claimed import Claim
from reconcile.figure import exact_text
from reconcile.report.number import NONE, percent, plain, short_month, signed_percent

OPEN_HEADS: Final = ("Without a project", "Account", "Service", "Resource", "Tags", "Lines", "Cost")
OPEN_WORDS: Final = 5
CONFLICT_HEADS: Final = ("Rule", "gives to", "Other claim", "would give to", "Lines", "Cost")
CONFLICT_WORDS: Final = 4
WORDS: Final = 1  # columns of words in the table of coverage


def heads(allocation: Allocation) -> tuple[str, ...]:
    """Return the heads of the table of coverage: a column a month, then the trend."""
    months = (short_month(month) for month in allocation.months)
    return ("Cost with a project, %", *months, "Points", "Unallocated")


def rows(allocation: Allocation) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a row a source, and of all sources, under `heads`."""
    if any(allocation.total.cells):
        yield from (_row(line, line.name) for line in allocation.sources)
        yield _row(allocation.total, "All sources")


def _row(line: CoverageLine, name: str) -> tuple[str, ...]:
    now = line.cells[-1]
    return (
        name,
        *(percent(cell.percent) if cell else NONE for cell in line.cells),
        NONE if line.change.value is None else signed_percent(line.change),
        plain(now.open) if now else NONE,
    )


def open_rows(allocation: Allocation) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the largest groups without a project."""
    for line in allocation.open:
        each = line.claim
        where = (each.account, each.service, each.resource, each.tag)
        yield each.source, *(text or NONE for text in where), *_numbers(line)


def conflict_rows(allocation: Allocation) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the largest conflicts."""
    for line in allocation.conflicts:
        each = line.claim
        yield each.rule, each.project, other(each), each.other_project, *_numbers(line)


def _numbers(line: ClaimLine) -> tuple[str, str]:
    return plain(line.lines, 0), plain(line.amount)


def other(claim: Claim) -> str:
    """Return who else claims lines: a rule, or another spelling of a tag."""
    return claim.other_rule or f"tag {claim.ignored}: {claim.ignored_value}"


def document(allocation: Allocation) -> dict[str, Any]:
    """Return the section as plain values; amounts are text."""
    return {
        "target": exact_text(allocation.target),
        "sources": [_line(line, line.name) for line in allocation.sources],
        "total": _line(allocation.total, ""),
        "open": [claim(line) for line in allocation.open],
        "contested": {
            "lines": exact_text(allocation.contested.lines.value),
            "amount": exact_text(allocation.contested.amount.value),
        },
        "conflicts": [claim(line) for line in allocation.conflicts],
        "rules_without_effect": [use.rule for use in allocation.idle],
    }


def _line(line: CoverageLine, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "change": exact_text(line.change.value),
        "months": [
            {
                "month": str(cell.month),
                "percent": exact_text(cell.percent.value),
                UNALLOCATED: exact_text(cell.open.value),
            }
            for cell in line.cells
            if cell
        ],
    }


NAMED: Final = (
    *("kind", "source", "rule", "project", "other_rule", "other_project"),
    *("tag", "used", "used_value", "ignored", "ignored_value"),
    *("account", "service", "resource", "tags"),
)


def claim(line: ClaimLine) -> dict[str, Any]:
    """Return one group of lines as plain values."""
    return plain_claim(line.claim)


def plain_claim(each: Claim) -> dict[str, Any]:
    """Return what is known of a group of lines; what does not concern it is left out."""
    texts = {name: text for name in NAMED if (text := getattr(each, name))}
    return {**texts, "month": str(each.month), "lines": each.lines} | {
        "amount": exact_text(each.amount)
    }
