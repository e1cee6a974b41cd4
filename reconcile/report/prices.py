"""Unit prices as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from models.money import plain
from models.period import Month
from reconcile.price import PLACES, PriceLine
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE

HEADS: Final = ("sku", "quantity", "unit", "published", "list", "contracted", "effective", "", "")
_NUMBERS: Final = (1, 3, 4, 5, 6)


def table(lines: Sequence[PriceLine], month: Month) -> str:
    """Return the prices of a month for a terminal; the description comes last."""
    if not lines:
        return f"no priced usage in {month}\n"
    rows = aligned([HEADS, *map(_row, lines)], _NUMBERS)
    head = f"unit prices of {month}, rounded to {PLACES} decimals"
    return "".join(f"{line}\n" for line in (head, *rows))


def _row(line: PriceLine) -> tuple[str, ...]:
    return (
        visible(line.sku_id),
        plain(line.quantity),
        visible(line.unit),
        NONE if line.published is None else f"{line.published:f}",
        f"{line.listed:f}",
        f"{line.contracted:f}",
        f"{line.effective:f}",
        visible(line.currency),
        visible(f"{line.source}: {line.description}"),
    )


def document(lines: Sequence[PriceLine], month: Month) -> str:
    """Return the prices as JSON, every amount as text."""
    content = {"month": str(month), "places": PLACES, "prices": [_content(line) for line in lines]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _content(line: PriceLine) -> dict[str, Any]:
    return {
        "source": line.source,
        "sku_id": line.sku_id,
        "description": line.description,
        "unit": line.unit,
        "currency": line.currency,
        "quantity": plain(line.quantity),
        "published": None if line.published is None else f"{line.published:f}",
        "list": f"{line.listed:f}",
        "contracted": f"{line.contracted:f}",
        "effective": f"{line.effective:f}",
    }
