"""The section of anomalies: days on which a project cost what nobody expected."""

from __future__ import annotations

from typing import Any, Final

from reconcile.anomaly.rule import Anomaly
from reconcile.anomaly.shown import AnomalyLine
from reconcile.portfolio import Portfolio
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    amount,
    closed_object,
    list_of,
    value,
    words,
)

KINDS: Final = {
    "stands_out": "stands out",
    "over_plan": "over its plan",
    "new_service": "new",
    "price_change": "dearer",
}
VERDICTS: Final = {"planned": "planned", "false_alarm": "false alarm", "real": "real"}
HEADS: Final = ("Day", "Project", "Category", "What", "Why", "Cost", "Expected", "Excess")
SCHEMA: Final = list_of(
    closed_object(
        kind={"enum": [*KINDS]},
        **dict.fromkeys(("day", "project", "category", "detail"), TEXT),
        **dict.fromkeys(("cost", "expected", "excess"), AMOUNT),
        judgement={
            "anyOf": [
                closed_object(verdict={"enum": [*VERDICTS]}, by=TEXT, reason=TEXT),
                {"type": "null"},
            ]
        },
    )
)


def section(p: Portfolio) -> Section:
    """Return a row for each anomaly, the largest excess first."""
    return Section(
        key="anomalies",
        title="Anomalies",
        note=(
            f"Days since {p.month.first} on which a project cost more than expected, in "
            f"{p.currency}: something it never bought before, an accelerator that became dearer, "
            "more than twice a day of the plan, or a day that stands out among the 28 before it "
            "when what known runs explain is taken off. What is new or dearer is told with what "
            "its first 28 days cost. Nobody is alerted to what somebody judged."
        ),
        tables=(Table(heads=HEADS, words=5, rows=tuple(map(_row, p.anomalies))),),
        document=[_document(line) for line in p.anomalies],
    )


def _row(line: AnomalyLine) -> tuple[Cell, ...]:
    each = line.anomaly
    return (
        *(words(str(each.day)), words(each.project), words(each.category)),
        *(words(KINDS[each.kind]), words(_why(each))),
        amount(line.cost),
        amount(line.expected, "soft"),
        amount(line.excess, "soft" if each.judgement else "over"),
    )


def _why(each: Anomaly) -> str:
    said = each.judgement
    if said is None:
        return each.detail
    return f"{each.detail}; {VERDICTS[said.verdict]}: {said.reason} ({said.by})"


def _document(line: AnomalyLine) -> dict[str, Any]:
    each, said = line.anomaly, line.anomaly.judgement
    return {
        "kind": each.kind,
        "day": each.day.isoformat(),
        "project": each.project,
        "category": each.category,
        "detail": each.detail,
        "cost": value(line.cost),
        "expected": value(line.expected),
        "excess": value(line.excess),
        "judgement": said.model_dump(include={"verdict", "by", "reason"}) if said else None,
    }
