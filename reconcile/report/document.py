"""The report as one JSON document: amounts as text at full scale, with a versioned schema."""

from __future__ import annotations

import json
from typing import Any

from reconcile.figure import Figure, exact_text
from reconcile.forecasting.shown import methods
from reconcile.invoice import InvoiceLine, PartLine
from reconcile.line import Line, Outlook, Period
from reconcile.portfolio import AlertLine, Portfolio
from reconcile.report import accruals, allocation
from reconcile.report.headline import findings, headline, said
from reconcile.report.schema import SCHEMA_VERSION
from reconcile.report.sections import sections
from reconcile.restatement import RestatedLine
from reconcile.sums import MonthPoint
from reconcile.tie_out import SourceLine

Json = dict[str, Any]


def render(p: Portfolio) -> str:
    """Return the report as one JSON document that `schema.REPORT_SCHEMA` describes."""
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
        "forecast_method": methods(p.forecasts),
        "plans": [{"project": plan.project, "version": plan.version} for plan in p.plans],
        "headline": said(headline(p)),
        "findings": [said(sentence) for sentence in findings(p)],
        "total": _line(p.total),
        "projects": [_line(line) for line in p.projects],
        "categories": [_line(line) for line in p.categories],
        "unallocated": _line(p.unallocated),
        "allocated_pct": _text(p.allocation.percent),
        "final_pct": _text(p.final_pct),
        "allocation": allocation.document(p.allocation),
        "months": [_month(point) for point in p.months],
        "sources": [_source(line) for line in p.sources],
        "invoices": [_invoice(line) for line in p.invoices],
        **{each.key: each.document for each in sections(p)},
        "accruals": [accruals.document(line) for line in p.accruals],
        "restatements": [_restated(line) for line in p.restatements],
        "alerts": [_alert(line) for line in p.alerts],
        "problems": [str(problem) for problem in p.problems],
        "notes": list(p.notes),
        "figures": {key: _figure(figure) for key, figure in p.figures.items()},
    }


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
        "stage": state.stage,
        "since": state.since.isoformat() if state.since else None,
        "waiting": state.waiting,
        "newest": state.newest.isoformat() if state.newest else None,
        "expected": state.expected.isoformat() if state.expected else None,
        "rows": state.rows,
        "currency": line.currency,
        "billed": _text(line.amount),
        "effective": _text(line.effective),
        "control": _text(line.control),
        "difference": _text(line.difference),
        "unallocated": _text(line.unallocated),
        "detail": state.detail,
    }


def _restated(line: RestatedLine) -> Json:
    each = line.restated
    return {
        "source": each.source,
        "month": str(each.month),
        "at": each.at.isoformat(),
        "was": each.was,
        "cause": each.cause,
        "before": each.before,
        "after": each.after,
        "currency": each.currency,
        "rows": each.rows,
        "billed": _text(line.billed),
        "effective": _text(line.effective),
    }


def _invoice(line: InvoiceLine) -> Json:
    each = line.assertion
    return {
        "source": each.source,
        "month": str(each.month),
        "invoice_id": each.invoice_id,
        "issuer": each.issuer,
        "billing_account": each.billing_account,
        "currency": each.currency,
        "verdict": each.verdict.value,
        "rows": each.rows,
        "billed": _text(line.billed),
        "stated": _text(line.stated),
        "difference": _text(line.difference),
        "tolerance": _text(line.tolerance),
        "tax": _text(line.tax),
        "tax_billed": _text(line.tax_billed),
        "tax_difference": _text(line.tax_difference),
        "cause": each.cause,
        "parts": [_part(part) for part in line.parts],
    }


def _part(part: PartLine) -> Json:
    return {
        "name": part.name,
        "billed": _text(part.billed),
        "stated": _text(part.stated),
        "difference": _text(part.difference),
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
