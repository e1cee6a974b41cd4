"""Values that arrive as text: nothing is guessed, and what is not as declared becomes null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import polars as pl

from models.charge import JSON

_ZONES: Final = ("Z", " UTC", "+00:00")  # all others are refused
_CALENDAR: Final = (-62_135_596_800_000_000, 253_402_300_799_999_999)  # microseconds since 1970
_DAYS: Final = (-719_162, 2_932_896)  # the same calendar in days
_MOMENTS: Final = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")


def filled(column: pl.Expr, nulls: Sequence[str] = ()) -> pl.Expr:
    """Return text with null in place of `""` and of the words that stand for it."""
    empty = column == ""
    if nulls:
        empty |= column.is_in(pl.Series(["", *nulls], dtype=pl.String).implode())
    return pl.when(~empty).then(column)


def moment(column: pl.Expr, others: Sequence[str] = ()) -> pl.Expr:
    """Turn ISO 8601 in UTC into moments, and then text of other declared forms.

    A text without a zone is UTC; one with another zone becomes null.
    """
    bare = reduce(lambda text, zone: text.str.strip_suffix(zone), _ZONES, column)
    found = (
        bare.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
        for form in (*_MOMENTS, *others)
    )
    read = pl.coalesce(*found)
    return pl.when(~beyond_calendar(read)).then(read)


def beyond_calendar(column: pl.Expr, dtype: pl.DataType | None = None) -> pl.Expr:
    """Return which moments, or days of type Date, are of no year from 1 to 9999.

    The engine stops the whole program when it shows one, and Python cannot hold it.
    """
    if isinstance(dtype, pl.Date):
        return ~column.to_physical().is_between(*_DAYS)
    return ~column.dt.cast_time_unit("us").to_physical().is_between(*_CALENDAR)


def mapped(column: pl.Expr) -> pl.Expr:
    """Turn text of flat JSON objects into maps; one that is not flat raises."""
    return braced(column).str.json_decode(JSON)


def braced(column: pl.Expr) -> pl.Expr:
    """Return the text of JSON objects with the braces that some exporters leave out."""
    return pl.when(column.str.contains(r'^\s*"')).then("{" + column + "}").otherwise(column)


def not_flat(column: pl.Expr) -> pl.Expr:
    """Say which texts are no JSON objects of plain values under keys that differ."""
    return braced(column).map_batches(_not_flat, return_dtype=pl.Boolean(), is_elementwise=True)


def _not_flat(texts: pl.Series) -> pl.Series:
    bad = [text for text in texts.unique() if text is not None and not _is_flat(text)]
    return texts.is_in(pl.Series(bad, dtype=pl.String).implode()).fill_null(value=False)


def _is_flat(text: str) -> bool:
    try:
        content = json.loads(text, object_pairs_hook=_pairs, parse_constant=_refused)
    except (ValueError, RecursionError):
        return False
    return content is None or isinstance(content, dict)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs) or any(isinstance(each, (dict, list)) for each in result.values()):
        raise ValueError("a key twice, or no plain value")
    return result


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no value of JSON")
