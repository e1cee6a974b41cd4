"""What the alert about cost without a project watches, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, ClassVar, Final

from models.category import UNALLOCATED
from models.money import WIDE, ZERO, rounded, stored
from reconcile.alerts import UNALLOCATED_OVER, Act, Alert
from reconcile.allocation import ClaimLine
from reconcile.coverage import Share, total
from reconcile.message import Message, amount_text, envelope, fitting, said
from reconcile.portfolio import Portfolio
from reconcile.report.number import grouped, plain

_TOP: Final = 3
_CENTS: Final = 2
_WAY_OUT: Final = "`trueup rules suggest` proposes rules, `trueup rules coverage` shows the trend."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassigned:
    """How much of the reported month's cost has no project, beyond what is accepted.

    Attributes:
        excess: Cost without a project, by size, minus what is accepted; reporting currency.
        trusted: Whether every source of the month is here.
    """

    rule: ClassVar[str] = UNALLOCATED_OVER
    project: str = UNALLOCATED
    excess: Decimal
    trusted: bool


def unassigned(report: Portfolio, accepted: Decimal) -> Unassigned:
    """Return how the reported month stands.

    Args:
        report: The report of the month.
        accepted: Share of cost that may have no project, in percent.
    """
    share = _share(report)
    with localcontext(prec=WIDE):
        excess = share.open - (share.had + share.open) * accepted / 100
    whole = report.month.end <= report.as_of and all(each.state.whole for each in report.sources)
    return Unassigned(excess=stored(excess), trusted=whole)


def _share(report: Portfolio) -> Share:
    return total(report.allocation.shares).get(report.month, Share())


def message(act: Act, alert: Alert, report: Portfolio, accepted: Decimal) -> Message:
    """Return what to tell about one change of the alert.

    Args:
        act: What happened to the alert.
        alert: The alert after it.
        report: The report whose figures are quoted.
        accepted: Share of cost that may have no project, in percent.
    """
    share = _share(report)
    percent = f"{rounded(share.open_percent or ZERO, 1)} % of {report.month} without a project"
    if act == "resolved":
        subject = f": {percent}, within {accepted} % again"
    else:
        subject = f": {percent}, {grouped(share.unallocated)} {report.currency}"
    parts = [
        ("What", _what(share, report, accepted)),
        ("Why", "" if act == "resolved" else _why(report.allocation.open[:_TOP])),
        ("Since", f"told since {alert.since}."),
        ("Do", "" if act == "resolved" else _WAY_OUT),
    ]
    return said(alert, fitting(alert.project, subject), parts)


def event(
    act: Act, alert: Alert, report: Portfolio, told: Message, *, run: str, at: str
) -> dict[str, Any]:
    """Return the change as a CloudEvent 1.0 in structured JSON; amounts are text."""
    share, cell = _share(report), report.allocation.total.cells[-1]
    facts = {
        "figure_ids": [cell.percent.id, cell.open.id] if cell else [],
        "unallocated": amount_text(share.unallocated),
        "allocated": amount_text(share.allocated),
        "unallocated_pct": amount_text(share.open_percent),
        "owner": "",
    }
    return envelope(act, alert, report, told, facts, run=run, at=at)


def _what(share: Share, report: Portfolio, accepted: Decimal) -> str:
    whole = share.allocated + share.unallocated
    return (
        f"{grouped(share.unallocated, places=_CENTS)} of {grouped(whole, places=_CENTS)} "
        f"{report.currency} have no project: {rounded(share.open_percent or ZERO, 1)} %; "
        f"accepted are {accepted} %."
    )


def _why(lines: Sequence[ClaimLine]) -> str:
    """Return the largest groups, by what they have in common."""
    return "; ".join(
        f"{' '.join(filter(None, (each.source, each.account, each.service, each.resource)))} "
        f"{plain(line.amount)}"
        for line in lines
        for each in (line.claim,)
    )
