"""Assets of a month as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from models.money import plain, rounded
from models.period import Month
from models.subunit import places
from reconcile.asset import AssetLine, AssetPart
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE

HEADS: Final = (
    *("asset", "cluster", "cost", "book value", "depreciation", "", "used", "available"),
    *("idle", "whose", "part", "description"),
)
_NUMBERS: Final = (2, 3, 4, 6, 7, 8, 10)


def table(lines: Sequence[AssetLine], month: Month) -> str:
    """Return the assets of a month for a terminal; each part of one is a line of its own."""
    if not lines:
        return f"no asset in {month}\n"
    rows = [HEADS, *(row for line in lines for row in _rows(line))]
    head = f"assets at the end of {month}; hours of accelerators"
    return "".join(f"{line}\n" for line in (head, *aligned(rows, _NUMBERS)))


def _rows(line: AssetLine) -> Iterator[tuple[str, ...]]:
    first, *more = [(_whose(part), _money(part.cost, line)) for part in line.parts] or [("", "")]
    yield (
        visible(line.asset_id),
        visible(line.cluster),
        _money(line.cost, line),
        _money(line.value, line),
        _money(line.depreciation, line),
        visible(line.currency),
        _hours(line.used),
        _hours(line.available),
        NONE if line.idle is None else f"{line.idle}%",
        *first,
        visible("; ".join(filter(None, (line.description, _gone(line))))),
    )
    yield from ((*[""] * 9, *part, "") for part in more)


def _whose(part: AssetPart) -> str:
    return visible(part.project if part.kind == "depreciation" else f"{part.project}: {part.kind}")


def _gone(line: AssetLine) -> str:
    return "" if line.gain is None else f"disposed of, gain {_money(line.gain, line)}"


def _money(amount: Decimal, line: AssetLine) -> str:
    return f"{rounded(amount, places(line.currency)):f}"


def _hours(hours: Decimal | None) -> str:
    return NONE if hours is None else f"{rounded(hours):f}"


def document(lines: Sequence[AssetLine], month: Month) -> str:
    """Return the assets as JSON, every amount as text."""
    content = {"month": str(month), "assets": [_content(line) for line in lines]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _content(line: AssetLine) -> dict[str, Any]:
    return {
        "source": line.source,
        "asset_id": line.asset_id,
        "description": line.description,
        "cluster": line.cluster,
        "funding": line.funding,
        "currency": line.currency,
        "cost": _plain(line.cost),
        "net_book_value": _plain(line.value),
        "depreciation": _plain(line.depreciation),
        "gain": _plain(line.gain),
        "available_hours": _plain(line.available),
        "used_hours": _plain(line.used),
        "idle_percent": _plain(line.idle),
        "parts": [
            {
                "project": part.project,
                "kind": part.kind,
                "cost": _plain(part.cost),
                "hours": _plain(part.hours),
            }
            for part in line.parts
        ],
    }


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
