"""Plans as aligned text and as JSON: one with its versions, a list, and what is odd."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from models.period import Month
from models.plan.lint import Finding, findings
from models.plan.plan import Plan
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE
from reconcile.report.planitems import item, lever, rested

Amounts = Mapping[tuple[str, Month], Decimal]
HEADS: Final = (
    "project",
    "version",
    "status",
    "counts",
    "base",
    "contingency",
    "total",
    "",
    "file",
)
VERSIONS: Final = ("version", "status", "hash", "author", "approver", "on", "reason")


def shown(plan: Plan, versions: Sequence[Plan]) -> str:
    """Return one plan for a terminal: items by month, sums, contingency, drivers, versions."""
    heads = ["item", "category", *map(str, plan.months), "total"]
    rows = [
        [visible(each.id), each.category, *map(str, each.phased), str(each.amount)]
        for each in plan.items
    ]
    sums = ["base", "", *map(str, plan.phased), str(plan.base)]
    stated = NONE if plan.contingency_stated is None else str(plan.contingency_stated)
    reserve = (
        f"contingency {plan.contingency} {plan.currency} ({plan.reserve.use} counts: computed "
        f"{plan.contingency_computed}, stated {stated}), in no month"
    )
    lines = [
        title(plan),
        *aligned([heads, *rows, sums], range(2, len(heads))),
        reserve,
        f"total {plan.total} {plan.currency}",
        "",
        *rested(plan),
        "",
        *aligned([VERSIONS, *map(_version, versions)], ()),
    ]
    return "".join(f"{line}\n" for line in lines)


def title(plan: Plan) -> str:
    """Return which plan it is, in one line."""
    scenario = f", scenario {visible(plan.scenario)}" if plan.scenario else ""
    last = plan.months[-1]
    return (
        f"{plan.project} version {plan.version}{scenario} ({plan.status}), {plan.start} to {last}, "
        f"in {plan.currency}"
    )


def document(plan: Plan, versions: Sequence[Plan]) -> str:
    """Return the same as JSON, every amount as text."""
    content = {
        **head(plan),
        "months": [*map(str, plan.months)],
        "items": [*map(item, plan.items)],
        "levers": [*map(lever, plan.levers)],
        "by_month": [*map(str, plan.phased)],
        "bac": str(plan.base),
        "contingency": {
            "use": plan.reserve.use,
            "computed": str(plan.contingency_computed),
            "stated": None if plan.contingency_stated is None else str(plan.contingency_stated),
            "counts": str(plan.contingency),
        },
        "total": str(plan.total),
        "versions": [_stated(each) for each in versions],
    }
    return as_json(content)


def listed(plans: Sequence[Plan], counting: Iterable[str]) -> str:
    """Return a line a plan for a terminal; `counting` are the subjects of those that count."""
    if not plans:
        return "no plans\n"
    known = {*counting}
    rows = [
        (
            visible(plan.project + (f" / {plan.scenario}" if plan.scenario else "")),
            *(str(plan.version), plan.status, "yes" if plan.subject in known else ""),
            *(str(plan.base), str(plan.contingency), str(plan.total), plan.currency),
            visible(plan.file),
        )
        for plan in plans
    ]
    return "".join(f"{line}\n" for line in aligned([HEADS, *rows], (1, 4, 5, 6)))


def listed_document(plans: Sequence[Plan], counting: Iterable[str]) -> str:
    """Return the same as JSON."""
    known = {*counting}
    return as_json(
        [
            {
                **_stated(plan),
                **head(plan),
                "counts": plan.subject in known,
                "bac": str(plan.base),
                "contingency": str(plan.contingency),
                "total": str(plan.total),
                "file": plan.file,
            }
            for plan in plans
        ]
    )


def linted(plans: Sequence[Plan]) -> str:
    """Return what is odd in plans, a line each."""
    told = [(plan, findings(plan)) for plan in plans]
    lines = [
        line
        for plan, found in told
        for line in (title(plan), *(f"  {each.severity}: {visible(each.text)}" for each in found))
    ]
    lines.append(f"{sum(len(found) for _, found in told)} findings in {len(plans)} plans")
    return "".join(f"{line}\n" for line in lines)


def linted_document(plans: Sequence[Plan]) -> str:
    """Return the same as JSON."""
    return as_json([{**head(plan), "findings": [*map(_finding, findings(plan))]} for plan in plans])


def _finding(each: Finding) -> dict[str, str]:
    return {"severity": each.severity, "text": each.text}


def head(plan: Plan) -> dict[str, Any]:
    """Return which plan it is, as plain values."""
    return {
        "project": plan.project,
        "version": plan.version,
        "scenario": plan.scenario,
        "currency": plan.currency,
        "start": str(plan.start),
        "horizon_months": plan.horizon,
    }


def _version(plan: Plan) -> tuple[str, ...]:
    said = plan.approval
    return (
        str(plan.version),
        said.status + (f" {said.kind}" if said.kind != "baseline" else ""),
        plan.fingerprint[:12],
        visible(said.author or NONE),
        visible(said.by or NONE),
        str(said.at or NONE),
        visible(said.reason or NONE),
    )


def _stated(plan: Plan) -> dict[str, Any]:
    said = plan.approval
    return {
        "version": plan.version,
        "status": said.status,
        "kind": said.kind,
        "hash": plan.fingerprint,
        "author": said.author,
        "approver": said.by,
        "on": str(said.at) if said.at else None,
        "reason": said.reason,
    }


def as_json(content: object) -> str:
    """Return plain values as a JSON document."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
