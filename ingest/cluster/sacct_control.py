"""The second reader of Slurm's accounting: whole seconds and integers, and only the totals.

Which rows are repeated or unreadable is decided once, in `repeat` and `sacct`. What the others
add up to is counted here anew: columns, times, accelerators, days, with nothing of `clock`,
`tres` and `job`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from ingest.cluster.settings import SlurmSettings
from ingest.cluster.told import Counted, told
from ingest.source import Control
from models.period import Month

DAY: Final = 86400
_DOUBTFUL: Final = 3 * 3600  # seconds that clocks are ever set back, and more
_GPUS: Final = re.compile(r"(?:^|,)gres/gpu(:[^=,]*)?=([0-9]+)")
_RAN: Final = frozenset(("RUNNING", "SUSPENDED", "COMPLETING", "RESIZING")) | frozenset(
    ("STAGE_OUT", "STOPPED", "SIGNALING", "CONFIGURING")
)
_WAITED: Final = frozenset(("PENDING", "SPECIAL_EXIT", "RESV_DEL_HOLD", "EXPEDITING"))


def control(
    data: bytes,
    settings: SlurmSettings,
    month: Month,
    *,
    repeated: Collection[int],
    aside: Collection[int],
) -> Control:
    """State what the rows of a file must become.

    Args:
        data: The file.
        settings: Its columns, and the zone of its times.
        month: The month of the delivery.
        repeated: Rows that another row says better.
        aside: Rows that are set aside.
    """
    lines = [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    heading = settings.delimiter.join(settings.columns) if settings.columns else lines[0]
    names = [name.strip() for name in heading.split(settings.delimiter)]
    below = lines[1:] if lines[0].strip() == heading.strip() else lines
    counted: list[Counted] = []
    for row, line in enumerate(below, start=1):
        if row not in repeated and row not in aside:
            cells = dict(zip(names, line.split(settings.delimiter), strict=True))
            counted += ((row, *each) for each in _sums(cells, settings.time_zone, month))
    return told(counted, len(aside))


def _sums(cells: Mapping[str, str], zone: str, month: Month) -> Iterator[tuple[str, Decimal]]:
    state = cells["State"].split(" ")[0].rstrip("+")
    named = (cells.get("JobIDRaw") or "") + (cells.get("JobID") or "")
    found = _GPUS.findall(cells["AllocTRES"])
    plain = [int(count) for kind, count in found if not kind]
    gpus = plain[-1] if plain else sum(int(count) for _, count in found)
    begun = cells["Start"].strip() not in {"", "Unknown", "None"}
    if "." in named or state in _WAITED or not begun or not gpus:
        return
    ended = cells["End"].strip() not in {"", "Unknown", "None"}
    start, end = _instants(cells, zone, ended=ended)
    yield from _hours(start, end, gpus * int(cells["ElapsedRaw"]), gpus, month)
    last = max(start, end - 1)
    if ended and state not in _RAN and _begin(month) <= last < _begin(month + 1):
        yield "runs", Decimal(1)


def _instants(cells: Mapping[str, str], zone: str, *, ended: bool) -> tuple[int, int]:
    """Return start and end in seconds of the epoch.

    The zone is asked once. Where that leaves doubt, near a change of the clocks, the end is
    where the seconds that the job ran lead to.
    """
    elapsed = int(cells["ElapsedRaw"])
    starts = _possible(cells["Start"], zone)
    if not ended:
        return starts[0], starts[0] + elapsed
    pairs = [(s, e) for s in starts for e in _possible(cells["End"], zone) if e - s > elapsed - 2]
    return min((pair for pair in pairs if pair[1] >= pair[0]), key=lambda p: (p[1] - p[0], p))


def _possible(text: str, zone: str) -> list[int]:
    """Return the seconds of the epoch at which clocks of a zone showed a time."""
    naive = int(datetime.fromisoformat(text.strip()).replace(tzinfo=UTC).timestamp())
    near = (naive - _DOUBTFUL * n for n in (-5, -1, 0, 1, 5))
    offsets = {_offset(at, zone) for at in near}
    return sorted(naive - each for each in offsets if _offset(naive - each, zone) == each)


def _offset(at: int, zone: str) -> int:
    shift = datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
    return int(shift.total_seconds()) if shift else 0


def _hours(
    start: int, end: int, ran: int, gpus: int, month: Month
) -> Iterator[tuple[str, Decimal]]:
    """Yield hours of each day, by the difference of what was reached at its end and before."""
    first, last = max(start, _begin(month)), min(end, _begin(month + 1))
    if last <= first or not ran:
        return
    wall = end - start
    ran = min(ran, gpus * wall)
    whole = _billionths(ran * (last - first), wall * 3600)
    reached = 0
    for day in range(first // DAY, (last - 1) // DAY + 1):
        upto = _half_up(whole * (min(last, (day + 1) * DAY) - first), last - first)
        yield "gpu_hours", Decimal(upto - reached).scaleb(-18)
        reached = upto


def _billionths(above: int, below: int) -> int:
    """Return a fraction in units of the eighteenth decimal."""
    return _half_up(above * 10**18, below)


def _half_up(above: int, below: int) -> int:
    return (2 * above + below) // (2 * below)


def _begin(month: Month) -> int:
    return int(datetime(month.year, month.month, 1, tzinfo=UTC).timestamp())
