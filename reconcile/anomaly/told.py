"""What the alert about days that stand out says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from reconcile.alerts import Act, Alert
from reconcile.anomaly.shown import AnomalyLine
from reconcile.message import Message, amount_text, envelope, fitting, said
from reconcile.portfolio import Portfolio
from reconcile.report.number import plain

_TOP: Final = 3
_WAY_OUT: Final = (
    "See Anomalies in `trueup report`; what was meant, or was nothing, say under `anomalies` in "
    "decisions.yaml, and nobody is told of it any more."
)
# how much, and since when, of what is told for several days
_SINCE: Final = {"new_service": "new", "price_change": "dearer"}


def message(act: Act, alert: Alert, found: Sequence[AnomalyLine], report: Portfolio) -> Message:
    """Return what to tell about one change of the alert.

    Args:
        act: What happened to the alert.
        alert: The alert after it.
        found: What of the project stood out lately, the largest excess first.
        report: The report whose figures are quoted.
    """
    if act == "resolved" or not found:
        subject = ": what stood out is past, or judged"
    else:
        subject = _subject(found[0], report.currency)
    parts = [
        ("What", "; ".join(_what(line) for line in found[:_TOP])),
        ("Since", f"told since {alert.since}."),
        ("Do", "" if act == "resolved" else _WAY_OUT),
    ]
    return said(alert, fitting(alert.project, subject), parts)


def _subject(line: AnomalyLine, currency: str) -> str:
    each, amount = line.anomaly, f"{plain(line.excess)} {currency}"
    if each.kind in _SINCE:
        return f": {each.category} {amount}, {_SINCE[each.kind]} since {each.day}"
    return f": {each.day} {each.category} {amount} more than expected"


def event(
    act: Act,
    alert: Alert,
    found: Sequence[AnomalyLine],
    report: Portfolio,
    told: Message,
    *,
    run: str,
    at: str,
) -> dict[str, Any]:
    """Return the change as a CloudEvent 1.0 in structured JSON; amounts are text."""
    facts = {
        "figure_ids": [line.excess.id for line in found],
        "days": [
            {
                "day": str(line.anomaly.day),
                "category": line.anomaly.category,
                "kind": line.anomaly.kind,
                "cost": amount_text(line.cost.value),
                "expected": amount_text(line.expected.value),
            }
            for line in found
        ],
        "owner": next((each.owner for each in report.projects if each.key == alert.project), ""),
    }
    return envelope(act, alert, report, told, facts, run=run, at=at)


def _what(line: AnomalyLine) -> str:
    each = line.anomaly
    return (
        f"{each.day} {each.category}: {plain(line.cost)} against {plain(line.expected)} expected, "
        f"{each.detail}"
    )
