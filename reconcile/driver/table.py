"""Drivers as the warehouse publishes them: one row for each month, category and item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.money import MONEY, QUANTITY, SCALE, plain, rounded
from reconcile.anchors import PARTS
from reconcile.driver.line import DriverLine

DRIVERS: Final = pl.Schema(
    {
        "project": pl.String(),
        "category": pl.String(),
        "item": pl.String(),
        "kind": pl.String(),
        "month": pl.String(),
        "unit": pl.String(),
        "planned_quantity": QUANTITY,
        "quantity": QUANTITY,
        "planned_unit_price": MONEY,
        "unit_price": MONEY,
        "plan": MONEY,
        "actual": MONEY,
        "delta": MONEY,
        **dict.fromkeys(PARTS, MONEY),
        "factors": pl.String(),
        "why": pl.String(),
    }
)


def drivers_frame(lines: Iterable[DriverLine]) -> pl.DataFrame:
    """Return lines in the schema DRIVERS; plan is null where nothing was planned.

    The delta is that of a plan of zero there, and the parts of a row sum to it. The factors of
    volume are a JSON object of amounts by name; null where volume is not divided.
    """
    rows = [
        {
            "project": line.project,
            "category": line.category,
            "item": line.item,
            "kind": line.kind,
            "month": str(line.month),
            "unit": line.unit,
            "planned_quantity": _stored(line.planned),
            "quantity": _stored(line.used),
            "planned_unit_price": _stored(line.planned_price),
            "unit_price": _stored(line.price),
            "plan": line.split.plan if line.is_planned else None,
            "actual": line.split.actual,
            "delta": line.split.total,
            **line.split.parts,
            "factors": _json(line.split.factors),
            "why": line.why or None,
        }
        for line in lines
    ]
    return pl.DataFrame(rows, schema=DRIVERS)


def _stored(number: Fraction | None) -> Decimal | None:
    return None if number is None else rounded(number, SCALE)


def _json(factors: Mapping[str, Decimal]) -> str | None:
    texts = {name: plain(amount) for name, amount in factors.items()}
    return json.dumps(texts, ensure_ascii=False) if texts else None
