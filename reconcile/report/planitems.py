"""What items of a plan rest on: factors, unit prices, levers; as text and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from models.money import plain
from models.plan.file import Lever
from models.plan.item import PlanItem
from models.plan.plan import Plan
from reconcile.report.columns import aligned
from reconcile.report.escape import visible

HEADS: Final = ("item", "quantity", "unit price", "")
STATED: Final = "stated as an amount"
PERCENT: Final = 100


def rested(plan: Plan) -> list[str]:
    """Return a line for each item and each lever, for a terminal."""
    rows = [(visible(item.id), *_drivers(item), "; ".join(_remarks(item))) for item in plan.items]
    return [*aligned([HEADS, *rows], ()), *map(_lever, plan.levers)]


def item(found: PlanItem) -> dict[str, Any]:
    """Return what an item says, as plain values."""
    return {
        "id": found.id,
        "category": found.category,
        "term": found.term,
        "quantity": {name: plain(number) for name, number in found.quantity.items()},
        "unit": found.unit,
        "unit_price": None if found.unit_price is None else plain(found.unit_price),
        "price_basis": found.price_basis,
        "role": found.role,
        "po": found.po,
        "levers": [*found.levers],
        "assumed": found.assumed,
        "amount": str(found.amount),
        "by_month": [*map(str, found.phased)],
    }


def lever(found: Lever) -> dict[str, Any]:
    """Return a lever as plain values; reductions are shares."""
    claimed = found.claimed_max_reduction
    return {
        "id": found.id,
        "item": found.item,
        "factor": found.factor,
        "planned_reduction": plain(found.planned_reduction),
        "claimed_max_reduction": None if claimed is None else plain(claimed),
    }


def _drivers(found: PlanItem) -> tuple[str, str]:
    if found.unit_price is None:
        return STATED, ""
    factors = " x ".join(
        f"{plain(number)} {visible(name)}" for name, number in found.quantity.items()
    )
    return factors, f"{plain(found.unit_price)} per {visible(found.unit or '')}"


def _remarks(found: PlanItem) -> Iterator[str]:
    said = {"price by": found.price_basis, "role": found.role, "PO": found.po}
    yield from (f"{name} {visible(text)}" for name, text in said.items() if text)
    if found.levers:
        yield f"levers {visible(', '.join(found.levers))}"
    if found.assumed:
        yield "assumed"


def _lever(found: Lever) -> str:
    claimed = found.claimed_max_reduction
    at_most = "" if claimed is None else f", at most {plain(claimed * PERCENT)}% as claimed"
    planned = plain(found.planned_reduction * PERCENT)
    where = visible(f"{found.id}: {found.item} {found.factor}")
    return f"lever {where} {planned}% less{at_most}"
