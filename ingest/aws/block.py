"""Capacity blocks: the fee is paid once, and is the cost of the days of the block.

The bill charges a block on one line, `USE2-CapacityBlockFee:p5.48xlarge`, and nothing in it
amortises that; instances in the block then run at 0. No document of the provider says
whether the line states the block's window, so a window counts, in this order, where it is

- configured: `capacity_blocks` of the source names the reservation;
- two moments in the line's description;
- the line's own dates, unless these are only the granularity of the export: an hour or
  less, or from midnight to midnight. A block ends at 11:30 UTC.

Without one the fee is effective where it is billed, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from itertools import pairwise
from typing import Final

import polars as pl

from models.charge import TIME
from models.money import MONEY, SCALE, parts

_MOMENT: Final = "([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2})"
_MOMENTS: Final = rf"{_MOMENT}.*?{_MOMENT}"
_NAMING: Final = (
    "line_item_resource_id",
    "line_item_line_item_description",
    "capacity_reservation_capacity_reservation_arn",
)
_DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=366)  # a block has at most 182 days, with extensions more


@dataclass(frozen=True, slots=True)
class Window:
    """When the capacity of a block is reserved: from `start` up to `end`, in UTC."""

    start: datetime
    end: datetime


def window(of_block: pl.Expr, configured: Mapping[str, Window]) -> dict[str, pl.Expr]:
    """Return `block_start` and `block_end` of lines; null where no window is known.

    Args:
        of_block: Whether a line is the fee of a block, or its refund.
        configured: Windows by the id of their reservation.
    """
    known = [_configured(configured), _described(), _dated()]
    start, end = (pl.coalesce(pair[index] for pair in known) for index in (0, 1))
    sound = of_block & (start < end) & (end - start <= LONGEST)
    return {
        "block_start": pl.when(sound).then(start),
        "block_end": pl.when(sound).then(end),
    }


def nowhere() -> dict[str, pl.Expr]:
    """Return what `window` would of a document without blocks."""
    return dict.fromkeys(("block_start", "block_end"), pl.lit(None, dtype=TIME))


def _configured(windows: Mapping[str, Window]) -> tuple[pl.Expr, pl.Expr]:
    def edge(name: str) -> pl.Expr:
        return reduce(
            lambda rest, each: (
                pl.when(_names(each[0])).then(getattr(each[1], name)).otherwise(rest)
            ),
            reversed(tuple(windows.items())),
            pl.lit(None, dtype=TIME),
        )

    return edge("start"), edge("end")


def _names(reservation: str) -> pl.Expr:
    texts = (pl.col(name).fill_null("") for name in _NAMING)
    return pl.any_horizontal(text.str.contains(reservation, literal=True) for text in texts)


def _described() -> tuple[pl.Expr, pl.Expr]:
    description = pl.col("line_item_line_item_description")
    edges = (_moment(description.str.extract(_MOMENTS, group)) for group in (1, 2))
    start, end = edges
    return pl.when(end.is_not_null()).then(start), pl.when(start.is_not_null()).then(end)


def _moment(text: pl.Expr) -> pl.Expr:
    found = text.str.replace(" ", "T", literal=True).str.to_datetime("%Y-%m-%dT%H:%M", strict=False)
    return found.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _dated() -> tuple[pl.Expr, pl.Expr]:
    start, end = pl.col("line_item_usage_start_date"), pl.col("line_item_usage_end_date")
    midnights = (start.dt.truncate("1d") == start) & (end.dt.truncate("1d") == end)
    stated = ~midnights & (end - start > timedelta(hours=1))
    return pl.when(stated).then(start), pl.when(stated).then(end)


def days(fees: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each UTC day of each fee's block: what of the fee it bears.

    Args:
        fees: `cost`, `block_start` and `block_end`.

    Returns:
        `fee`, the number of the row in `fees`; `charge_period_start`, `charge_period_end`
        and `effective_cost`. The parts of a fee sum to it, to the last digit.
    """
    rows = [
        (number, *part)
        for number, fee in enumerate(fees.select("cost", "block_start", "block_end").rows())
        for part in _spread(*fee)
    ]
    times = dict.fromkeys(("charge_period_start", "charge_period_end"), TIME)
    schema = pl.Schema({"fee": pl.UInt32(), **times, "effective_cost": MONEY})
    return pl.DataFrame(rows, schema=schema, orient="row")


def _spread(
    cost: Decimal, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, Decimal]]:
    edges = [start, *_midnights(start, end), end]
    spans = list(pairwise(edges))
    weights = [(upto - since) // timedelta(microseconds=1) for since, upto in spans]
    for span, part in zip(spans, parts(cost, weights, SCALE), strict=True):
        yield *span, part


def _midnights(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the midnights of UTC that lie between two moments."""
    day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    while day < end:
        yield day
        day += _DAY
