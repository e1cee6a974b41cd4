"""What an edit of the rules moves, as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from models.period import Month
from reconcile.figure import exact_text
from reconcile.move import Line, owners, terms
from reconcile.preview import Net, Preview, gained
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import grouped

SCHEMA_VERSION: Final = 1
PLACES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared, as people are told it.

    Attributes:
        before: Hash of the version that counts.
        recorded: Day on which a run first used it.
        after: Hash of the other version.
        file: The file of its rules.
    """

    before: str
    recorded: str
    after: str
    file: str


def table(found: Preview, sides: Sides) -> str:
    """Return what moves for a terminal, rounded to cents; JSON has every digit."""
    parts = [[_head(found, sides)], *_open(found), *_closed(found)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(found: Preview, sides: Sides) -> str:
    against = f"{visible(sides.file)} against the rules of the run on {sides.recorded}"
    if not found:
        same = (
            "they say the same" if sides.before == sides.after else "no charge gets another owner"
        )
        return f"{against}: nothing moves, {same}"
    months = len(found.months)
    moved = amounts(found.moved, found.net, found.currency)
    return f"{against}: {moved} in {months} month{'s' * (months != 1)}"


def amounts(moved: Decimal, net: Net, currency: str) -> str:
    """Return how much changes its project: by rules, and what is left of it net.

    Args:
        moved: Every move between projects, without its sign.
        net: Change by month and project, splits included.
        currency: Of both.
    """
    gain = f"{grouped(gained(net), places=PLACES)} {currency}"
    if moved:
        return f"{grouped(moved, places=PLACES)} {currency} between projects, {gain} net"
    return f"{gain} between projects, by splits alone" if net else "categories and items alone"


def _open(found: Preview) -> Iterator[list[str]]:
    moves = [each for each in found.moves if not each.stays]
    yield _owners("projects", owners(moves), found.currency)
    yield _terms("categories", terms(moves), found.currency)
    yield _net(found.net, found.currency)
    if found.unpinned:
        months = ", ".join(found.unpinned)
        yield [f"{months}: closed by an earlier version of trueup, which kept no rules: moves, too"]


def _closed(found: Preview) -> Iterator[list[str]]:
    """Yield what does not move: months that are closed."""
    moves = [each for each in found.moves if each.stays]
    if moves:
        sums = ", ".join(
            f"{month} {grouped(amount, places=PLACES)} {found.currency}"
            for month, amount in found.staying.items()
        )
        yield [f"closed months stay; open, they would move {sums} between projects"]
        yield _owners("projects, if they were open", owners(moves), found.currency)
        yield _terms("categories, if they were open", terms(moves), found.currency)


def _owners(title: str, lines: Sequence[Line], currency: str) -> list[str]:
    if not lines:
        return []
    head = ("month", "from", "to", currency, "lines", "rule before", "rule after")
    rows = [
        (str(each.month), *map(visible, (each.before, each.after)), *_numbers(each), *_rules(each))
        for each in lines
    ]
    return [title, *aligned([head, *rows], (3, 4))]


def _terms(title: str, lines: Sequence[Line], currency: str) -> list[str]:
    if not lines:
        return []
    head = ("month", "project", "from", "to", currency, "lines", "rule before", "rule after")
    rows = [
        (
            *(str(each.month), *map(visible, (each.project, each.before, each.after))),
            *(*_numbers(each), *_rules(each)),
        )
        for each in lines
    ]
    return [title, *aligned([head, *rows], (4, 5))]


def _net(net: Net, currency: str) -> list[str]:
    if not net:
        return []
    rows = [
        (str(month), visible(project), grouped(amount, "+", PLACES))
        for (month, project), amount in net.items()
    ]
    head = ("month", "project", currency)
    return ["change, splits included; each month sums to 0", *aligned([head, *rows], (2,))]


def _numbers(line: Line) -> tuple[str, str]:
    return grouped(line.amount, places=PLACES), f"{line.lines:,}"


def _rules(line: Line) -> tuple[str, str]:
    return visible(line.rule_before), visible(line.rule_after)


def document(found: Preview, sides: Sides) -> str:
    """Return what moves as JSON, every amount as text, to the last digit."""
    moves = [each for each in found.moves if not each.stays]
    staying = [each for each in found.moves if each.stays]
    content = {
        "schema_version": SCHEMA_VERSION,
        "currency": found.currency,
        "before": {"hash": sides.before, "recorded": sides.recorded},
        "after": {"hash": sides.after, "file": sides.file},
        "moved": exact_text(found.moved),
        "gained": exact_text(gained(found.net)),
        "months": list(map(str, found.months)),
        "projects": [_owner(line) for line in owners(moves)],
        "categories": [_term(line) for line in terms(moves)],
        "net": [_change(*key, exact_text(amount)) for key, amount in found.net.items()],
        "closed": [
            {"month": str(month), "would_move": exact_text(amount)}
            for month, amount in found.staying.items()
        ],
        "closed_projects": [_owner(line) for line in owners(staying)],
        "closed_categories": [_term(line) for line in terms(staying)],
        "closed_without_rules": list(found.unpinned),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _change(month: Month, project: str, amount: str | None) -> dict[str, Any]:
    return {"month": str(month), "project": project, "amount": amount}


def _owner(line: Line) -> dict[str, Any]:
    return {
        "month": str(line.month),
        "from": line.before,
        "to": line.after,
        "amount": exact_text(line.amount),
        "lines": line.lines,
        "rule_before": line.rule_before,
        "rule_after": line.rule_after,
    }


def _term(line: Line) -> dict[str, Any]:
    return {**_owner(line), "project": line.project}
