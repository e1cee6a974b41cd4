"""The section of the month's own state: how far it is, and why no further."""

from __future__ import annotations

from typing import Any, Final

from reconcile.close.state import Life, Stage
from reconcile.portfolio import Portfolio
from reconcile.report.section import TEXT, Section, closed_object

SCHEMA: Final = {
    "anyOf": [
        closed_object(
            stage={"enum": [stage.value for stage in Stage]},
            version={"type": "integer"},
            reason=TEXT,
        ),
        {"type": "null"},
    ]
}


def section(p: Portfolio) -> Section:
    """Return one sentence."""
    return Section(
        key="month_state",
        title="State of the month",
        note="A month is open, provisional, final, reconciled, then closed: `trueup close`.",
        lines=(_said(p.life),) if p.life else (),
        document=_document(p.life) if p.life else None,
    )


def _said(life: Life) -> str:
    why = f": {life.reason}" if life.reason else ""
    return f"{life.month} is {life}{why}."


def _document(life: Life) -> dict[str, Any]:
    return {"stage": life.stage.value, "version": life.version, "reason": life.reason}
