"""A plan file, written from how a finance workbook is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.category import CONTINGENCY
from models.plan.importing import Reading
from models.plan.line import Line
from models.yamltext import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the plan file says before its items; `source` is the name of the workbook."""

    project: str
    id: str
    version: int
    currency: str
    author: str | None
    source: str


def written(found: Reading, head: Head) -> str:
    """Return the text of a plan file, a draft; its items keep the names of the workbook."""
    return "".join(f"{line}\n" for line in _lines(found, head))


def _lines(found: Reading, head: Head) -> Iterator[str]:
    author = f", author: {quoted(head.author)}" if head.author else ""
    yield "# yaml-language-server: $schema=../.trueup/schema/plan.schema.json"
    yield "plan:"
    yield f"  project: {quoted(head.project)}"
    yield f"  id: {quoted(head.id)}"
    yield f"  version: {head.version}"
    yield f"  currency: {head.currency}"
    yield f"  start: {found.months[0]}"
    yield f"  horizon_months: {len(found.months)}"
    yield f"approval: {{status: draft{author}}}"
    if found.reserve is not None:
        yield f"contingency: {{stated_amount: {found.reserve}, use: stated}}"
    yield "items:"
    for line in found.lines:
        if line.category != CONTINGENCY:
            yield from _item(line, head.source)


def _item(line: Line, source: str) -> Iterator[str]:
    yield f"  - id: {quoted(line.id)}"
    yield f"    category: {line.category}"
    if line.term:
        yield f"    term: {line.term}"
    if line.drivers:
        quantity, unit, price = line.drivers
        yield f"    quantity: {{quantity: {quantity}}}"
        yield f"    unit: {quoted(unit)}"
        yield f"    unit_price: {price}"
    else:
        yield f"    amount: {line.amount}"
    if any(line.amounts):
        amounts = ", ".join(map(str, line.amounts))
        yield f"    phasing: {{method: explicit_amounts, amounts: [{amounts}]}}"
    yield f"    note: {quoted(f'{line.name} (row {line.row} of {source})')}"
