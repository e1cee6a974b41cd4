"""The JSON Schema of a report, for programs that read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconcile.balance import Verdict
from reconcile.purchase.accrual import TITLES
from reconcile.report.allocation import NAMED
from reconcile.report.section import closed_object, list_of
from reconcile.report.sections import SECTIONS

SCHEMA_VERSION: Final = "1"

Json = dict[str, Any]

_AMOUNT: Final[Json] = {"type": ["string", "null"], "pattern": r"^-?\d+\.\d{2,18}$"}
_BILLED: Final = ("billed", "effective", "control", "difference", "unallocated")
_TEXT: Final[Json] = {"type": "string"}
_DAY: Final[Json] = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_MONTH: Final[Json] = {"type": "string", "pattern": r"^\d{4}-\d{2}$"}
_FLAG: Final[Json] = {"type": "boolean"}
_STATES: Final = ["no_plan", "no_actuals", "incomplete", "on_plan", "at_risk", "over_limit"]


def _object(optional: Mapping[str, Json] | None = None, **properties: Json) -> Json:
    stated = closed_object(**properties)
    return {**stated, "properties": {**properties, **(optional or {})}}


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

_COVERAGE: Final = _object(
    source=_TEXT,
    change=_AMOUNT,
    months=list_of(_object(month=_MONTH, percent=_AMOUNT, unallocated=_AMOUNT)),
)
_CLAIM: Final = _object(
    dict.fromkeys(NAMED, _TEXT), month=_MONTH, lines={"type": "integer"}, amount=_AMOUNT
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
        plans=list_of(_object(project=_TEXT, version={"type": "integer"})),
        headline=_TEXT,
        findings=list_of(_TEXT),
        total={"$ref": "#/$defs/line"},
        projects=list_of({"$ref": "#/$defs/line"}),
        categories=list_of({"$ref": "#/$defs/line"}),
        unallocated={"$ref": "#/$defs/line"},
        allocated_pct=_AMOUNT,
        final_pct=_AMOUNT,
        allocation=_object(
            target=_AMOUNT,
            sources=list_of(_COVERAGE),
            total=_COVERAGE,
            open=list_of(_CLAIM),
            contested=_object(lines=_AMOUNT, amount=_AMOUNT),
            conflicts=list_of(_CLAIM),
            rules_without_effect=list_of(_TEXT),
        ),
        months=list_of(
            _object(
                month=_MONTH,
                scenario={"enum": ["AC", "FC"]},
                **dict.fromkeys(("amount", "plan", "delta", "total", "deviation"), _AMOUNT),
            )
        ),
        sources=list_of(
            _object(
                stage={"enum": ["", "open", "provisional", "final", "restated", "closed"]},
                waiting=_FLAG,
                rows={"type": "integer"},
                **dict.fromkeys(("since", "newest", "expected"), _DAY),
                **dict.fromkeys(("source", "state", "currency", "detail"), _TEXT),
                **dict.fromkeys(_BILLED, _AMOUNT),
            )
        ),
        invoices=list_of(
            _object(
                month=_MONTH,
                verdict={"enum": [verdict.value for verdict in Verdict]},
                rows={"type": "integer"},
                parts=list_of(
                    _object(
                        name=_TEXT,
                        **dict.fromkeys(("billed", "stated", "difference"), _AMOUNT),
                    )
                ),
                **dict.fromkeys(("source", "invoice_id", "issuer", "billing_account"), _TEXT),
                **dict.fromkeys(("currency", "cause"), _TEXT),
                **dict.fromkeys(("billed", "stated", "difference", "tolerance"), _AMOUNT),
                **dict.fromkeys(("tax", "tax_billed", "tax_difference"), _AMOUNT),
            )
        ),
        **{key: dict(each.schema) for key, each in SECTIONS.items()},
        accruals=list_of(
            _object(
                kind={"enum": [*TITLES]},
                **dict.fromkeys(("purchase", "line", "issuer", "project", "category"), _TEXT),
                currency=_TEXT,
                **dict.fromkeys(("amount", "balance"), _AMOUNT),
            )
        ),
        restatements=list_of(
            _object(
                month=_MONTH,
                at=_DAY,
                rows={"type": "integer"},
                **dict.fromkeys(("source", "was", "cause", "before", "after", "currency"), _TEXT),
                **dict.fromkeys(("billed", "effective"), _AMOUNT),
            )
        ),
        alerts=list_of(
            _object(
                since=_DAY,
                until=_DAY,
                now=_AMOUNT,
                worst=_AMOUNT,
                **dict.fromkeys(("id", "rule", "severity", "project"), _TEXT),
                **dict.fromkeys(("state", "owner", "reason"), _TEXT),
            )
        ),
        problems=list_of(_TEXT),
        notes=list_of(_TEXT),
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
            categories=list_of({"$ref": "#/$defs/line"}),
        )
    },
}
