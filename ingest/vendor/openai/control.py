"""The second reader: the same JSON by Python's own reader, and only its totals.

Nothing of `reply`, `line` and `usage` is used: numbers are the texts they are written as.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from ingest.source import Control
from ingest.vendor.tally import Tally
from ingest.verify import Amount

_TOKENS: Final = {"tokens": 1, "1000_tokens": 1000}
_PLACES: Final = Decimal("1E-18")
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_UP)


def control(data: bytes, *, tokens: str) -> Control:
    """State what a document must become.

    Args:
        data: A page of costs or usage, or the jobs of a month.
        tokens: Which documents count tokens: `costs`, or `usage` and jobs.
    """
    return _read(data, tokens).control()


def amounts(data: bytes, *, tokens: str) -> Sequence[Amount]:
    """Return what each row of a document costs; see `control`."""
    return _read(data, tokens).amounts


def _read(data: bytes, tokens: str) -> Tally:
    body = json.loads(data, parse_float=str)
    tally = Tally()
    for entry in body["data"]:
        if body["object"] == "list":
            _job(tally, entry, tokens)
            continue
        for row in entry["results"] if entry.get("results") is not None else [entry]:
            _row(tally, row, _day(entry["start_time"]), tokens)
    return tally


def _job(tally: Tally, job: Mapping[str, Any], tokens: str) -> None:
    tally.rows += 1
    tally.use("runs", Decimal(1))
    if tokens == "usage" and job.get("trained_tokens") is not None:
        tally.use("tokens", _number(job["trained_tokens"]))


def _row(tally: Tally, row: Mapping[str, Any], day: date, tokens: str) -> None:
    tally.rows += 1
    if row["object"] == "organization.costs.result":
        _cost(tally, row, day, tokens)
        return
    tally.use("requests", _number(row["num_model_requests"]))
    if tokens == "usage":
        for quantity in _tokens(row):
            tally.use("tokens", quantity)


def _tokens(row: Mapping[str, Any]) -> Iterator[Decimal]:
    cached = _number(row.get("input_cached_tokens") or 0)
    if row.get("input_tokens") is not None:
        yield _number(row["input_tokens"]) - cached
    if cached:
        yield cached
    if row.get("output_tokens") is not None:
        yield _number(row["output_tokens"])


def _cost(tally: Tally, row: Mapping[str, Any], day: date, tokens: str) -> None:
    amount = _number(row["amount"]["value"])
    tally.cost(row["amount"]["currency"].upper(), "Credit" if amount < 0 else "Usage", amount, day)
    unit, quantity = (row.get("quantity_unit") or "").strip(), row.get("quantity")
    if tokens == "costs" and amount >= 0 and quantity is not None and unit in _TOKENS:
        tally.use("tokens", _number(quantity) * _TOKENS[unit])


def _number(value: object) -> Decimal:
    return Decimal(str(value)).quantize(_PLACES, context=_WIDE)


def _day(seconds: object) -> date:
    return datetime.fromtimestamp(int(str(seconds)), UTC).date()
