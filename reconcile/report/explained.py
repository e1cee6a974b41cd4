"""An explained figure as JSON; and which figures there are, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from models.money import plain
from reconcile.explain.explanation import Explanation
from reconcile.explain.formula import Input
from reconcile.explain.leaf import Condition, Spent
from reconcile.explain.nearest import scopes
from reconcile.explain.proof import Proof
from reconcile.figure import Figures, exact_text
from reconcile.report.escape import visible
from reconcile.report.explanation import conclusion, ordered


def document(said: Explanation, top: int, proofs: Sequence[Proof] | None = None) -> str:
    """Return an explanation as JSON, every amount as text; see `explanation.table`."""
    found, figure = said.trace, said.trace.figure
    lines = ordered(found.lines)
    content = {
        "figure": figure.id,
        "value": exact_text(figure.value),
        "unit": figure.unit,
        "basis": figure.basis,
        "definition": figure.definition,
        "formula": {
            "how": found.formula.how,
            "said": found.formula.said,
            "inputs": [_input(each) for each in found.formula.inputs],
            "drivers": [_input(each) for each in found.formula.drivers],
        },
        "sums": {
            "rows": exact_text(found.of_rows),
            "plan": exact_text(found.of_plan),
            "stated": exact_text(found.of_rest),
            "rounding": exact_text(found.rounding),
        }
        if found.is_sum
        else None,
        "plan": [_texts(asdict(row)) | {"sign": sign} for sign, row in found.planned if sign],
        "rules": [_texts(asdict(each)) for each in said.rules],
        "rates": [_texts(asdict(each)) for each in said.rates],
        "documents": [_texts(asdict(each)) for each in said.documents],
        "rows": [_texts(row) for row in lines.drop("sid").head(top).iter_rows(named=True)],
        "count": lines.height,
        "lost": [{"currency": money, "cost": exact_text(cost)} for money, cost in found.lost],
    }
    if proofs is not None:
        content["verified"] = [_proof(each) for each in proofs]
        content["conclusion"] = conclusion(found, proofs)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _input(each: Input) -> dict[str, Any]:
    where = each.leaf.where if isinstance(each.leaf, Spent) else ()
    return {
        "sign": each.sign,
        "figure": each.id or None,
        "said": each.said,
        "value": exact_text(each.value),
        "where": [_condition(one) for one in where],
    }


def _condition(each: Condition) -> dict[str, Any]:
    return {"column": each.column, "sign": each.sign, "words": [*each.words]}


def _proof(each: Proof) -> dict[str, Any]:
    return {
        "document": each.document.sha256,
        "delivery": each.document.delivery,
        "level": each.level or None,
        "outcome": each.outcome,
        "rows": each.rows,
        "detail": each.detail,
        "sums": [
            {"currency": money, "lake": exact_text(ours), "archive": exact_text(read)}
            for money, ours, read in each.sums
        ],
    }


def _texts(content: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them: amounts and days as text."""
    return {name: _text(value) for name, value in content.items()}


def _text(value: Any) -> Any:  # noqa: ANN401 - of any column
    if isinstance(value, Decimal):
        return plain(value)
    return value if isinstance(value, int | str | None) else str(value)


def listed(figures: Figures) -> str:
    """Return which figures there are, as text: the measures of each scope and period."""
    rows = (f"{visible(where)}: {', '.join(names)}\n" for where, names in scopes(figures).items())
    return "".join(rows)


def listing(figures: Figures) -> str:
    """Return the figures there are as JSON."""
    content = [
        {"figure": each.id, "value": exact_text(each.value), "unit": each.unit}
        for each in figures.values()
    ]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
