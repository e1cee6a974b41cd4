"""Coverage as `trueup rules coverage` shows it: aligned text, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from models.money import rounded
from models.period import Month
from reconcile.claimed import Claim
from reconcile.coverage import Share, Shares, change
from reconcile.figure import exact_text
from reconcile.report.allocation import plain_claim
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE, grouped

CENTS: Final = 2
_OPEN: Final = ("source", "account", "service", "resource", "tags that rules see", "lines", "cost")
_OPEN_NUMBERS: Final = (5, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What is shown: the shares of some months, and what is open in the last.

    Attributes:
        by: What the names are of: `source`, `month` and so on.
        months: In order; the last is the reported one.
        shares: By name; the name of the sum of all is empty.
        target: Share of cost with a project that is aimed at, in percent.
        open: The largest groups without a project, of the last month.
    """

    by: str
    currency: str
    months: tuple[Month, ...]
    shares: Shares
    target: Decimal
    open: tuple[Claim, ...]


def table(covered: Covered) -> str:
    """Return coverage for a terminal."""
    rows = [*_by_month(covered)] if covered.by == "month" else [*_by_name(covered)]
    said = (
        f"cost with a project in percent of all cost, {covered.months[-1]}; "
        f"aimed at are {covered.target} %; amounts in {covered.currency}"
    )
    blocks = [[said, *aligned(rows, range(1, len(rows[0])))], [*_open(covered)]]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _by_month(covered: Covered) -> Iterator[tuple[str, ...]]:
    yield "month", "%", "points", "allocated", "unallocated"
    for month in covered.months:
        yield str(month), _shown(_percent(covered, "", month)), *_amounts(covered, "", month)


def _by_name(covered: Covered) -> Iterator[tuple[str, ...]]:
    yield covered.by, *map(str, covered.months), "points", "allocated", "unallocated"
    for name in (*_names(covered), ""):
        cells = (_shown(_percent(covered, name, month)) for month in covered.months)
        yield visible(name or "all"), *cells, *_amounts(covered, name, covered.months[-1])


def _names(covered: Covered) -> list[str]:
    """Return the names that have cost, most unallocated first."""
    found = {name for name, month in covered.shares if name and month in covered.months}
    now = covered.months[-1]
    return sorted(found, key=lambda name: (-_share(covered, name, now).open, name))


def _amounts(covered: Covered, name: str, month: Month) -> tuple[str, str, str]:
    share = _share(covered, name, month)
    moved = change(share.percent, _percent(covered, name, month + -1))
    return (
        NONE if moved is None else grouped(moved, "+", 1),
        grouped(share.allocated, places=CENTS),
        grouped(share.unallocated, places=CENTS),
    )


def _share(covered: Covered, name: str, month: Month) -> Share:
    return covered.shares.get((name, month), Share())


def _percent(covered: Covered, name: str, month: Month) -> Decimal | None:
    return _share(covered, name, month).percent


def _shown(value: Decimal | None) -> str:
    return NONE if value is None else f"{rounded(value, 1)}"


def _open(covered: Covered) -> Iterator[str]:
    """Yield the table of what has no project."""
    if covered.open:
        rows = [
            (
                *(visible(text) or NONE for text in _where(each)),
                grouped(Decimal(each.lines)),
                grouped(each.amount, places=CENTS),
            )
            for each in covered.open
        ]
        yield f"largest cost of {covered.months[-1]} without a project; see `trueup rules suggest`"
        yield from aligned([_OPEN, *rows], _OPEN_NUMBERS)


def _where(claim: Claim) -> Sequence[str]:
    return claim.source, claim.account, claim.service, claim.resource, claim.tag


def document(covered: Covered) -> str:
    """Return coverage as JSON; amounts and percentages are text."""
    content = {
        "by": covered.by,
        "currency": covered.currency,
        "month": str(covered.months[-1]),
        "target": exact_text(covered.target),
        "coverage": [*_cells(covered)],
        "open": [plain_claim(each) for each in covered.open],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _cells(covered: Covered) -> Iterator[dict[str, Any]]:
    """Yield each share that there is, the sum of all with an empty name."""
    for (name, month), share in sorted(covered.shares.items()):
        if month in covered.months:
            yield {
                "name": name,
                "month": str(month),
                "percent": exact_text(share.percent),
                "change": exact_text(change(share.percent, _percent(covered, name, month + -1))),
                "allocated": exact_text(share.allocated),
                "unallocated": exact_text(share.unallocated),
            }
