"""Units of measure: how many of what one priced unit is."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.money import QUANTITY

_BLOCK: Final = r"^([0-9]+)\s*([KkMm])?(?:\s|/|$)"
_THOUSANDS: Final = {"k": 1_000, "m": 1_000_000}

# What a unit is called without its number, lower case: the FOCUS name.
UNITS: Final = {
    "": "Units",
    "/month": "Units/Month",
    "/day": "Units/Day",
    "/hour": "Units/Hour",
    "/year": "Units/Year",
    "day": "Days",
    "days": "Days",
    "gb": "GB",
    "gb hour": "GB-Hours",
    "gb hours": "GB-Hours",
    "gb/day": "GB/Day",
    "gb/hour": "GB/Hour",
    "gb/month": "GB-Months",
    "gb second": "GB-Seconds",
    "gib hour": "GiB-Hours",
    "hour": "Hours",
    "hours": "Hours",
    "minute": "Minutes",
    "minutes": "Minutes",
    "month": "Months",
    "months": "Months",
    "mb": "MB",
    "second": "Seconds",
    "seconds": "Seconds",
    "tb": "TB",
    "tb/month": "TB-Months",
    "token": "Tokens",
    "tokens": "Tokens",
}
_NAMES: Final = pl.Enum(list(UNITS))


def block(unit: pl.Expr) -> pl.Expr:
    """Return how many single units one priced unit holds: `10K` is 10000, `1 Hour` is 1."""
    parts = unit.str.extract_groups(_BLOCK).struct
    number = parts.field("1").cast(QUANTITY, strict=False)
    letter = parts.field("2").str.to_lowercase()
    sized = (
        pl.when(letter == name).then(pl.lit(size, dtype=QUANTITY))
        for name, size in _THOUSANDS.items()
    )
    one = pl.lit(1, dtype=QUANTITY)
    return pl.coalesce(number * pl.coalesce(*sized, one), one)


def name(unit: pl.Expr) -> pl.Expr:
    """Return what is counted, in the words of FOCUS where they are known."""
    bare = unit.str.replace(r"^[0-9]+\s*[KkMm]?(\s|/|$)", "$1").str.strip_chars()
    known = bare.str.to_lowercase().cast(_NAMES, strict=False).to_physical()
    return pl.coalesce(pl.lit(pl.Series(list(UNITS.values()))).gather(known), bare, pl.lit("Units"))
