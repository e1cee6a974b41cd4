"""The report as one JSON document: amounts as text at full scale, with a versioned schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from reconcile.figure import Figure
from reconcile.forecast import METHOD
from reconcile.line import Line, Outlook, Period
from reconcile.portfolio import AlertLine, Portfolio
from reconcile.report.headline import findings, headline, said
from reconcile.sums import MonthPoint
from reconcile.tie_out import SourceLine

SCHEMA_VERSION: Final = "1"
CENTS: Final = 2

Json = dict[str, Any]


def render(p: Portfolio) -> str:
    """Return the report as one JSON document that `REPORT_SCHEMA` describes."""
    return json.dumps(document(p), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def document(p: Portfolio) -> Json:
    """Return the report as plain values; amounts are text and never a binary number."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": p.name,
        "month": str(p.month),
        "as_of": p.as_of.isoformat(),
        "currency": p.currency,
        "unit": "1",
        "state": p.state,
        "demo": p.demo,
        "snapshot": p.snapshot,
        "horizon": {"from": str(p.first), "to": str(p.last)},
        "forecast_method": METHOD,
        "plans": [{"project": plan.project, "version": plan.version} for plan in p.plans],
        "headline": said(headline(p)),
        "findings": [said(sentence) for sentence in findings(p)],
        "total": _line(p.total),
        "projects": [_line(line) for line in p.projects],
        "categories": [_line(line) for line in p.categories],
        "unallocated": _line(p.unallocated),
        "allocated_pct": _text(p.allocated_pct),
        "final_pct": _text(p.final_pct),
        "months": [_month(point) for point in p.months],
        "sources": [_source(line) for line in p.sources],
        "alerts": [_alert(line) for line in p.alerts],
        "problems": [str(problem) for problem in p.problems],
        "notes": list(p.notes),
        "figures": {key: _figure(figure) for key, figure in p.figures.items()},
    }


def exact_text(value: Decimal | None) -> str | None:
    """Return an amount as plain text with at least two decimals; nothing is rounded."""
    if value is None:
        return None
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(CENTS, '0')}"


def _text(figure: Figure) -> str | None:
    return exact_text(figure.value)


def _figure(figure: Figure) -> Json:
    return {
        "value": _text(figure),
        "basis": figure.basis,
        "unit": figure.unit,
        "definition": figure.definition,
    }


def _line(line: Line) -> Json:
    end = line.completion
    return {
        "id": line.key,
        "scope": line.scope,
        "title": line.title,
        "owner": line.owner,
        "cost_center": line.cost_center,
        "state": line.state.value,
        "complete": line.complete,
        "month": _period(line.month),
        "to_date": _period(line.to_date),
        "completion": {
            "eac": _text(end.eac),
            "etc": _text(end.etc),
            "bac": _text(end.bac),
            "delta": _text(end.delta),
            "percent": _text(end.pct),
            "vac": _text(end.vac),
            **(_outlook(line.outlook) if line.outlook else {}),
        },
        "categories": [_line(part) for part in line.categories],
    }


def _period(period: Period) -> Json:
    return {
        "actual": _text(period.ac),
        "plan": _text(period.pl),
        "delta": _text(period.delta),
        "percent": _text(period.pct),
        "material": period.material,
    }


def _outlook(outlook: Outlook) -> Json:
    reserve, spread = outlook.reserve, outlook.spread
    return {
        "limit": _text(outlook.limit),
        "beyond": _text(outlook.beyond),
        "low": _text(spread.low),
        "low_method": spread.low_method,
        "high": _text(spread.high),
        "high_method": spread.high_method,
        "contingency": _text(reserve.approved),
        "drawn": _text(reserve.drawn),
        "left": _text(reserve.left),
        "unfunded": _text(reserve.unfunded),
        "run_out": outlook.run_out.isoformat() if outlook.run_out else None,
        "over_since": str(outlook.over_since) if outlook.over_since else None,
        "under": outlook.under,
    }


def _month(point: MonthPoint) -> Json:
    return {
        "month": str(point.month),
        "scenario": "AC" if point.is_actual else "FC",
        "amount": _text(point.amount),
        "plan": _text(point.plan),
        "delta": _text(point.delta),
        "total": _text(point.total),
        "deviation": _text(point.deviation),
    }


def _source(line: SourceLine) -> Json:
    state = line.state
    return {
        "source": state.source,
        "state": state.state,
        "newest": state.newest.isoformat() if state.newest else None,
        "expected": state.expected.isoformat() if state.expected else None,
        "rows": state.rows,
        "currency": line.currency,
        "billed": _text(line.amount),
        "control": _text(line.control),
        "difference": _text(line.difference),
        "unallocated": _text(line.unallocated),
        "detail": state.detail,
    }


def _alert(line: AlertLine) -> Json:
    row = line.row
    return {
        "id": row.name,
        "rule": row.rule,
        "severity": row.severity,
        "project": row.project,
        "since": row.since.isoformat(),
        "state": row.state,
        "owner": row.owner,
        "reason": row.reason,
        "until": row.until.isoformat() if row.until else None,
        "now": _text(line.now),
        "worst": _text(line.worst),
    }


_AMOUNT: Final[Json] = {"type": ["string", "null"], "pattern": r"^-?\d+\.\d{2,18}$"}
_TEXT: Final[Json] = {"type": "string"}
_DAY: Final[Json] = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_MONTH: Final[Json] = {"type": "string", "pattern": r"^\d{4}-\d{2}$"}
_FLAG: Final[Json] = {"type": "boolean"}
_STATES: Final = ["no_plan", "no_actuals", "incomplete", "on_plan", "at_risk", "over_limit"]


def _object(optional: Mapping[str, Json] | None = None, **properties: Json) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": {**properties, **(optional or {})},
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


_PERIOD: Final = _object(
    actual=_AMOUNT, plan=_AMOUNT, delta=_AMOUNT, percent=_AMOUNT, material=_FLAG
)
_COMPLETION: Final = _object(
    {
        **dict.fromkeys(("limit", "beyond", "low", "high", "contingency"), _AMOUNT),
        **dict.fromkeys(("drawn", "left", "unfunded"), _AMOUNT),
        **dict.fromkeys(("low_method", "high_method"), _TEXT),
        "run_out": _DAY,
        "over_since": {**_MONTH, "type": ["string", "null"]},
        "under": _FLAG,
    },
    **dict.fromkeys(("eac", "etc", "bac", "delta", "percent", "vac"), _AMOUNT),
)

REPORT_SCHEMA: Final[Json] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Trueup report of one month",
    "description": "Amounts are decimal text in the currency named; positive deltas are over plan.",
    **_object(
        schema_version={"const": SCHEMA_VERSION},
        name=_TEXT,
        month=_MONTH,
        as_of={"type": "string", "format": "date-time"},
        currency={"type": "string", "pattern": "^[A-Z]{3}$"},
        unit={"const": "1"},
        state={"enum": ["FLASH", "PRELIM", "FINAL"]},
        demo=_FLAG,
        snapshot=_TEXT,
        horizon=_object(**{"from": _MONTH, "to": _MONTH}),
        forecast_method=_TEXT,
        plans=_list(_object(project=_TEXT, version={"type": "integer"})),
        headline=_TEXT,
        findings=_list(_TEXT),
        total={"$ref": "#/$defs/line"},
        projects=_list({"$ref": "#/$defs/line"}),
        categories=_list({"$ref": "#/$defs/line"}),
        unallocated={"$ref": "#/$defs/line"},
        allocated_pct=_AMOUNT,
        final_pct=_AMOUNT,
        months=_list(
            _object(
                month=_MONTH,
                scenario={"enum": ["AC", "FC"]},
                **dict.fromkeys(("amount", "plan", "delta", "total", "deviation"), _AMOUNT),
            )
        ),
        sources=_list(
            _object(
                newest=_DAY,
                expected=_DAY,
                rows={"type": "integer"},
                **dict.fromkeys(("source", "state", "currency", "detail"), _TEXT),
                **dict.fromkeys(("billed", "control", "difference", "unallocated"), _AMOUNT),
            )
        ),
        alerts=_list(
            _object(
                since=_DAY,
                until=_DAY,
                now=_AMOUNT,
                worst=_AMOUNT,
                **dict.fromkeys(("id", "rule", "severity", "project"), _TEXT),
                **dict.fromkeys(("state", "owner", "reason"), _TEXT),
            )
        ),
        problems=_list(_TEXT),
        notes=_list(_TEXT),
        figures={
            "type": "object",
            "additionalProperties": _object(
                value=_AMOUNT, basis=_TEXT, unit=_TEXT, definition=_TEXT
            ),
        },
    ),
    "$defs": {
        "line": _object(
            id=_TEXT,
            scope=_TEXT,
            title=_TEXT,
            owner=_TEXT,
            cost_center=_TEXT,
            state={"enum": _STATES},
            complete=_FLAG,
            month=_PERIOD,
            to_date=_PERIOD,
            completion=_COMPLETION,
            categories=_list({"$ref": "#/$defs/line"}),
        )
    },
}
