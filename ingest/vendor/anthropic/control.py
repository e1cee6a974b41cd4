"""The second reader: the same JSON by Python's own reader, and only its totals.

Nothing of `reply` and `line` is used: numbers are the texts they are written as.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from ingest.source import Control
from ingest.vendor.tally import Tally
from ingest.verify import Amount

_PLACES: Final = Decimal("1E-18")
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_UP)
_TOKENS: Final = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")


def control(data: bytes) -> Control:
    """State what a page of costs or usage must become."""
    return _read(data).control()


def amounts(data: bytes) -> Sequence[Amount]:
    """Return what each row of a page costs."""
    return _read(data).amounts


def _read(data: bytes) -> Tally:
    tally = Tally()
    for entry in json.loads(data, parse_float=str, parse_int=str)["data"]:
        for row in entry["results"] if entry.get("results") is not None else [entry]:
            tally.rows += 1
            stated = row if row.get("cost") is None else row["cost"]
            if stated.get("amount") is None:
                _used(tally, row)
            else:
                _cost(tally, stated, _day(entry["starting_at"]))
    return tally


def _cost(tally: Tally, said: Mapping[str, Any], day: date) -> None:
    cents = Decimal(said["amount"])
    amount = cents.scaleb(-2, _WIDE).quantize(_PLACES, context=_WIDE)
    tally.cost(said["currency"].upper(), "Credit" if amount < 0 else "Usage", amount, day)


def _used(tally: Tally, row: Mapping[str, Any]) -> None:
    for name in _TOKENS:
        tally.use("tokens", _number(row[name]))
    for name, tokens in (row.get("cache_creation") or {}).items():
        if name.endswith("_input_tokens") and _number(tokens or 0):
            tally.use("tokens", _number(tokens))


def _number(value: object) -> Decimal:
    return Decimal(str(value)).quantize(_PLACES, context=_WIDE)


def _day(text: str) -> date:
    return datetime.fromisoformat(text.upper().replace(" ", "T")).astimezone(UTC).date()
