"""The report as one JSON document: amounts as text at full scale, with a versioned schema."""

from __future__ import annotations

import json
from typing import Any

from reconcile.alertline import AlertLine
from reconcile.figure import Figure
from reconcile.forecasting.shown import methods
from reconcile.invoice import InvoiceLine, PartLine
from reconcile.line import Line, Outlook, Period
from reconcile.portfolio import Portfolio
from reconcile.report import accruals, allocation
from reconcile.report.headline import findings, headline, said
from reconcile.report.schema import SCHEMA_VERSION
from reconcile.report.section import value
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
        "allocated_pct": value(p.allocation.percent),
        "final_pct": value(p.final_pct),
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


def _figure(figure: Figure) -> Json:
    return {
        "value": value(figure),
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
            "eac": value(end.eac),
            "etc": value(end.etc),
            "bac": value(end.bac),
            "delta": value(end.delta),
            "percent": value(end.pct),
            "vac": value(end.vac),
            **(_outlook(line.outlook) if line.outlook else {}),
        },
        "categories": [_line(part) for part in line.categories],
    }


def _period(period: Period) -> Json:
    return {
        "actual": value(period.ac),
        "plan": value(period.pl),
        "delta": value(period.delta),
        "percent": value(period.pct),
        "material": period.material,
    }


def _outlook(outlook: Outlook) -> Json:
    reserve, spread = outlook.reserve, outlook.spread
    return {
        "limit": value(outlook.limit),
        "beyond": value(outlook.beyond),
        "low": value(spread.low),
        "low_method": spread.low_method,
        "high": value(spread.high),
        "high_method": spread.high_method,
        "contingency": value(reserve.approved),
        "drawn": value(reserve.drawn),
        "left": value(reserve.left),
        "unfunded": value(reserve.unfunded),
        "run_out": outlook.run_out.isoformat() if outlook.run_out else None,
        "over_since": str(outlook.over_since) if outlook.over_since else None,
        "under": outlook.under,
    }


def _month(point: MonthPoint) -> Json:
    return {
        "month": str(point.month),
        "scenario": "AC" if point.is_actual else "FC",
        "amount": value(point.amount),
        "plan": value(point.plan),
        "delta": value(point.delta),
        "total": value(point.total),
        "deviation": value(point.deviation),
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
        "billed": value(line.amount),
        "effective": value(line.effective),
        "control": value(line.control),
        "difference": value(line.difference),
        "unallocated": value(line.unallocated),
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
        "billed": value(line.billed),
        "effective": value(line.effective),
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
        "billed": value(line.billed),
        "stated": value(line.stated),
        "difference": value(line.difference),
        "tolerance": value(line.tolerance),
        "tax": value(line.tax),
        "tax_billed": value(line.tax_billed),
        "tax_difference": value(line.tax_difference),
        "cause": each.cause,
        "parts": [_part(part) for part in line.parts],
    }


def _part(part: PartLine) -> Json:
    return {
        "name": part.name,
        "billed": value(part.billed),
        "stated": value(part.stated),
        "difference": value(part.difference),
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
        "now": value(line.now),
        "worst": value(line.worst),
    }
