"""Approval of a plan: four eyes, a reason, and the text of what was approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from models.errors import RefusedError
from models.ledger import Entry, Ledger, Record
from models.plan.head import Approval, ApprovalKind
from models.plan.plan import Plan
from models.plan.version import APPROVED, VERSION, body
from models.project import Registry
from scheduler.planning import KEPT, UNMOVED, UNNAMED, rebaselined


def submit(ledger: Ledger, plan: Plan, *, by: str, reason: str) -> Record:
    """Keep a version as submitted, with its text, and return the entry.

    Args:
        ledger: The ledger.
        plan: The version, as its file says it.
        by: Its author.
        reason: Why it exists.

    Raises:
        RefusedError: when its file names another author.
    """
    author = plan.approval.author
    if author is not None and _folded(author) != _folded(by):
        raise RefusedError(
            f"version {plan.version} of {plan.project!r} names {author} as its author, not {by}; "
            "let the author submit it, or change the file"
        )
    said = Approval(status="submitted", author=by, reason=reason)
    return ledger.append(Entry(VERSION, plan.subject, body(replace(plan, approval=said))))[0]


def approve(
    ledger: Ledger,
    plan: Plan,
    *,
    by: str,
    reason: str,
    at: date,
    kind: ApprovalKind = "baseline",
    registry: Registry = UNNAMED,
) -> Plan:
    """Keep an approval and the text of what was approved, and return the plan with it.

    Args:
        ledger: The ledger.
        plan: The version, as its file says it.
        by: The person who approves it.
        reason: Why.
        at: The day.
        kind: correction where it may change closed months.
        registry: The projects, of which some had another id when the ledger was written.

    Raises:
        RefusedError: when it counts already or was withdrawn, has no author, or its author
            approves it; when it changes closed months and is no correction.
    """
    which = f"version {plan.version} of {plan.project!r}"
    if plan.status in {"approved", "superseded"} or plan.file.startswith(KEPT):
        raise RefusedError(f"{which} is {plan.status}; raise version to change it")
    author = plan.approval.author or _submitted_by(ledger, plan)
    if author is None:
        raise RefusedError(
            f"{which} has no author, whom the approver must not be; write approval.author in "
            f"{plan.file}, or `trueup plan submit`"
        )
    if _folded(author) == _folded(by):
        raise RefusedError(f"{which} was written by {author}; another person approves it")
    given = Approval(status="approved", author=author, by=by, at=at, reason=reason, kind=kind)
    found = replace(plan, approval=given)
    if said := rebaselined(found, ledger, registry):
        raise RefusedError(f"{said}; {UNMOVED}, or approve it with --correction")
    stated = {"by": by, "author": author, "reason": reason, "at": str(at), "kind": kind}
    ledger.append(
        Entry(APPROVED, plan.subject, {"hash": plan.fingerprint, **stated}),  # tells the day
        Entry(VERSION, plan.subject, body(found)),
    )
    return found


def _submitted_by(ledger: Ledger, plan: Plan) -> str | None:
    """Return who submitted exactly this version."""
    mine = [
        each.body["approval"].get("author")
        for each in ledger.entries(VERSION, plan.subject)
        if each.body["hash"] == plan.fingerprint
    ]
    return next((author for author in reversed(mine) if author), None)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
