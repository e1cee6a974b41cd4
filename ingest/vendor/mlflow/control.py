"""The second reader: the same JSON by Python's own reader, and only its totals.

Nothing of `reply` and `run` is used: what a run says about a month is the difference of what
it had said by the month's two ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from ingest.source import Control
from ingest.vendor.tally import Tally
from models.money import exact
from models.period import Month

_DAY: Final = 86_400_000
_HOUR: Final = 3_600_000
_MOST: Final = 1_000_000
_WIDE: Final = Context(prec=90, rounding=ROUND_HALF_UP)

Run = Mapping[str, Any]


def control(data: bytes, period: Month) -> Control:
    """State what the runs of a document say about a month."""
    runs = json.loads(data)["data"]
    by_id = {run["run_id"]: run for run in runs}
    tally = Tally()
    for run in runs:
        said = _ended(tally, run, period)
        if not _held(run, by_id):
            said |= _worked(tally, run, period)
        tally.rows += said
    return tally.control()


def _ended(tally: Tally, run: Run, period: Month) -> bool:
    moment = datetime.fromtimestamp((run["end"] or run["start"]) // 1000, UTC)
    if _parent(run) or (moment.year, moment.month) != (period.year, period.month):
        return False
    tally.use("runs", Decimal(1))
    return True


def _worked(tally: Tally, run: Run, period: Month) -> bool:
    start, end, gpus = run["start"], run["end"], _gpus(run)
    if not gpus or not end or end == start:
        return False
    first, after = (
        min(max(int(edge.timestamp()) * 1000, start), end) for edge in (period.start, period.end)
    )
    if first == after:
        return False
    whole = _share(gpus, end - start, _HOUR)
    until, before = (_share(whole, edge - start, end - start) for edge in (after, first))
    tally.use("gpu_hours", until - before)
    tally.uses["gpu_hours"] += [Decimal(0)] * ((after - 1) // _DAY - first // _DAY)
    return True


def _share(amount: Decimal, part: int, whole: int) -> Decimal:
    """Return a part of an amount with 18 places, half away from zero."""
    top, bottom = amount.as_integer_ratio()
    units = (top * part * 2 * 10**18 + bottom * whole) // (bottom * whole * 2)
    return Decimal(units).scaleb(-18, _WIDE)


def _gpus(run: Run) -> Decimal:
    if run["gpus"] is None or not run["gpus"].strip():
        return Decimal(run["gpus_measured"])
    try:
        found = exact(run["gpus"].strip())
    except ValueError:
        return Decimal(0)
    return found if 0 <= found <= _MOST else Decimal(0)


def _parent(run: Run) -> str:
    return (run["parent"] or "").strip()


def _held(run: Run, by_id: Mapping[str, Run]) -> bool:
    """Say whether a run lies in another one that states accelerators."""
    above: list[str] = [run["run_id"]]
    while (parent := by_id.get(_parent(by_id[above[-1]]))) and parent["run_id"] not in above:
        if _gpus(parent):
            return True
        above.append(parent["run_id"])
    return False
