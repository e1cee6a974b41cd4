"""What the alert about spend after a project's end says."""

from __future__ import annotations

from typing import Any, Final

from models.money import ZERO
from reconcile.alerts import Act, Alert
from reconcile.given import Owned
from reconcile.message import Message, amount_text, envelope, fitting, said, who
from reconcile.outside import Outside
from reconcile.portfolio import Portfolio
from reconcile.report.number import grouped

_CENTS: Final = 2


def message(
    act: Act, alert: Alert, found: Outside | None, owned: Owned | None, report: Portfolio
) -> Message:
    """Return what to tell about one change of an alert.

    Args:
        act: What happened to the alert.
        alert: The alert after it.
        found: What was spent after the end; None when there is none any more.
        owned: The project; None when the registry has it no longer.
        report: The report whose figures are quoted.
    """
    amount = f"{grouped(alert.excess, places=_CENTS)} {report.currency}"
    found = None if act == "resolved" else found
    if found is None:
        subject = fitting(alert.project, ": no spend after its end any more")
    else:
        subject = fitting(alert.project, f": {amount} spent after its end on {found.bound}")
    parts = [
        ("What", _what(found, amount)),
        ("Since", f"told since {alert.since}."),
        ("Who", who(owned.owner, owned.cost_center) if owned else ""),
        ("Do", "" if found is None else _WAY_OUT),
    ]
    return said(alert, subject, parts)


_WAY_OUT: Final = "stop what still runs, or move `end` in projects.yaml; the cost stays with it."


def event(  # noqa: PLR0917 - one change, and what it is told with
    act: Act,
    alert: Alert,
    found: Outside | None,
    owned: Owned | None,
    report: Portfolio,
    told: Message,
    *,
    run: str,
    at: str,
) -> dict[str, Any]:
    """Return the change as a CloudEvent 1.0 in structured JSON; amounts are text."""
    facts = {
        "figure_ids": [found.amount.id] if found else [],
        "amount": amount_text(found.amount.value if found else ZERO),
        "end": found.bound.isoformat() if found else None,
        "first": found.first.isoformat() if found else None,
        "last": found.last.isoformat() if found else None,
        "days": found.days if found else 0,
        "owner": (owned.owner if owned else None) or "",
    }
    return envelope(act, alert, report, told, facts, run=run, at=at)


def _what(found: Outside | None, amount: str) -> str:
    if found is None:
        return "What is loaded has no cost of days after its end."
    days = "1 day" if found.days == 1 else f"{found.days} days"
    return f"{amount} on {days}, {found.first} to {found.last}; its end was {found.bound}."
