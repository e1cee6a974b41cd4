"""Plans whose files say something else than when their files said who approved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.ledger import Ledger, Record
from models.plan.plan import Plan, current
from models.plan.version import kept
from models.problem import Problem
from scheduler.planning import recorded
from scheduler.workspace import Project

SOURCE: Final = "plans"
RULE: Final = "plan_edited"
_SIGNED: Final = ("by", "at", "reason")


def problems(project: Project, ledger: Ledger) -> Iterator[Problem]:
    """Yield a warning for each plan that counts and was edited since it was approved in its file.

    What was approved by command, or closed with, is refused instead. It ends with another version,
    or with another approval.

    Args:
        project: A project whose plans stand as the ledger says.
        ledger: The ledger.
    """
    first = _first(recorded(ledger, project.registry))
    for plan in current(project.plans):
        signed = {name: str(getattr(plan.approval, name)) for name in _SIGNED}
        record = first.get((plan.subject, *signed.values()))
        if record and record.body["hash"] != plan.fingerprint:
            yield _problem(plan, kept(record.subject, record.body))


def _first(known: Mapping[str, Sequence[Record]]) -> dict[tuple[str, ...], Record]:
    """Return what the ledger had first of each version and approval."""
    found: dict[tuple[str, ...], Record] = {}
    for subject, records in known.items():
        for record in records:
            said: Mapping[str, Any] = record.body["approval"]
            if said["status"] == "approved":
                found.setdefault((subject, *(said.get(name, "") for name in _SIGNED)), record)
    return found


def _problem(plan: Plan, approved: Plan) -> Problem:
    given = plan.approval
    moved = f", base {approved.base} -> {plan.base} {plan.currency}"
    return Problem(
        source=SOURCE,
        document=Path(plan.file).name,
        row=plan.line,
        rule=RULE,
        detail=f"version {plan.version} of '{plan.project}' says something else since {given.by} "
        f"approved it on {given.at}{moved if approved.base != plan.base else ''}; raise version, "
        "or have it approved again",
        severity="warning",
    )
