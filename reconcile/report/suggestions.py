"""Suggestions of rules as text to paste from, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from models.rule.suggestion import Suggested, Suggestion
from reconcile.figure import exact_text
from reconcile.report.escape import visible
from reconcile.report.number import NOT_AVAILABLE, grouped

_CENTS: Final = 2


def table(found: Suggested) -> str:
    """Return the suggestions for a terminal, each with what to paste and where."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Suggested) -> Iterator[str]:
    if found.closed:
        amount = _amount(found.closed, found.currency)
        yield f"{amount} of closed months have no project, and no edit changes them"
    yield f"{_amount(found.whole, found.currency)} have no project" + _sum(found)
    if found.suggestions:
        yield "paste in this order; each amount is what those above it leave"
    for number, each in enumerate(found.suggestions, 1):
        yield from ("", *_entry(number, each, found.currency))


def _sum(found: Suggested) -> str:
    if not found.suggestions:
        return "" if found.whole <= 0 else "; nothing tells one project from another in them"
    return f"; these would take {_amount(found.caught, found.currency)} of them"


def _entry(number: int, each: Suggestion, currency: str) -> Iterator[str]:
    share = NOT_AVAILABLE if each.share is None else f"{each.share} %"
    amount = _amount(each.amount, currency)
    lines = "1 line" if each.lines == 1 else f"{each.lines} lines"
    yield f"{number}  {amount}  {share}  {lines}  {', '.join(each.months)}"
    yield f"   {visible(each.field)} {visible(each.value)} -> {each.project}: {visible(each.why)}"
    for where, text in _pasted(each):
        yield f"   {where}"
        yield from text.rstrip("\n").split("\n")


def _pasted(each: Suggestion) -> Iterator[tuple[str, str]]:
    """Yield where something is to be pasted, and what; nothing for files that need no edit."""
    if each.alias:
        yield f"projects.yaml, below the aliases of {each.project}:", each.alias
    if each.projects:
        yield "projects.yaml, at its end:", each.projects
    if each.rules:
        yield "rules.yaml, at the end of its rules:", each.rules


def _amount(amount: Decimal, currency: str) -> str:
    return f"{grouped(amount, places=_CENTS)} {currency}"


def document(found: Suggested) -> str:
    """Return the suggestions as JSON, every amount as text."""
    content = {
        "currency": found.currency,
        "unallocated": exact_text(found.whole),
        "unallocated_closed": exact_text(found.closed),
        "caught": exact_text(found.caught),
        "suggestions": [_content(each) for each in found.suggestions],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _content(each: Suggestion) -> dict[str, Any]:
    return {
        "field": each.field,
        "value": each.value,
        "project": each.project,
        "why": each.why,
        "amount": exact_text(each.amount),
        "share": None if each.share is None else str(each.share),
        "lines": each.lines,
        "months": list(each.months),
        "alias_yaml": each.alias,
        "projects_yaml": each.projects,
        "rules_yaml": each.rules,
    }
