"""Apportionment: whole amounts in parts by weight, to the last digit; largest remainder first.

Amounts are integers, in units of their last digit, and so are weights. A part is the whole
number of units below its exact size; what is left goes, unit by unit, to the largest remainders,
of equal ones to the first. A negative amount has the parts of the positive one, negated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd
from typing import Final

import polars as pl

from models.errors import InvariantError
from models.money import MONEY

WIDE: Final = pl.Int128()
_LIMIT: Final = 2**127  # of integers in frames
_ROWS: Final = 400_000  # parts at once, so that memory does not grow with the rows


def lowest(weights: Sequence[int]) -> list[int]:
    """Return weights in lowest terms.

    Raises:
        InvariantError: when they are too many digits apart to divide by exactly.
    """
    common = gcd(*weights) or 1
    found = [weight // common for weight in weights]
    if sum(found) * 4 >= _LIMIT:
        raise InvariantError(
            f"weights of {len(str(sum(found)))} digits cannot be divided by; "
            "nothing is published, the last good figures stay"
        )
    return found


def apportioned(amount: int, weights: Sequence[int]) -> list[int]:
    """Return the parts of one amount.

    Args:
        amount: In units of its last digit.
        weights: Zero or more, of which one is more; in the order in which ties are decided.
    """
    size, whole = abs(amount), sum(weights)
    parts = [size * weight // whole for weight in weights]
    left = [size * weight % whole for weight in weights]
    first = sorted(range(len(weights)), key=lambda at: (-left[at], at))
    for at in first[: size - sum(parts)]:
        parts[at] += 1
    return [-part for part in parts] if amount < 0 else parts


def parts(rows: pl.DataFrame, weights: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return one row for each row and weight of its group, whose columns have the part.

    Args:
        rows: With `group`, and MONEY columns; every group has weights.
        weights: `group, weight` (WIDE, in lowest terms, of which the sum is above zero), and what
            else the parts are to be told apart by; in the order in which ties are decided.
        columns: Which columns are amounts; the others are repeated.
    """
    whole = pl.col("weight").sum().over("group")
    by = weights.with_columns(whole=whole, at=pl.int_range(pl.len()).over("group"))
    most = max(by.group_by("group").len()["len"], default=1)
    found = [_of(each, by, columns) for each in rows.iter_slices(max(1, _ROWS // most))]
    return pl.concat(found or [_of(rows, by, columns)])


def _of(rows: pl.DataFrame, by: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    numbered = rows.with_row_index("row")
    each = numbered.join(by, on="group", maintain_order="left_right")
    done: dict[str, pl.Series] = {}
    for name in columns:
        alike = (other for other in done if rows[other].equals(rows[name]))
        same = next(alike, None)
        done[name] = done[same].alias(name) if same else _apportioned(each, name)
    return each.with_columns(done.values()).drop("row", "weight", "whole", "at")


def _apportioned(each: pl.DataFrame, name: str) -> pl.Series:
    """Return the parts of one column, by `weight` of `whole`; rows of an amount are together."""
    amount = each[name].to_physical()
    size, weight, whole = amount.abs(), each["weight"], each["whole"]
    more, left = _product(size % whole, weight, whole)
    part = size // whole * weight + more
    lacking = each.select("row", size=size, part=part).select(
        pl.col("size") - pl.col("part").sum().over("row")
    )["size"]
    order = each.select("row", left=left).select(
        pl.arg_sort_by("row", "left", descending=[False, True], maintain_order=True)
    )
    # rows of one amount keep their places, in another order: those in front get a unit more
    extra = (each["at"] < lacking).cast(pl.Int64)
    unit = extra.clone().scatter(order.to_series(), extra).cast(WIDE)
    return ((part + unit) * amount.sign()).reinterpret(dtype=MONEY).alias(name)


def _product(rest: pl.Series, weight: pl.Series, whole: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return `rest * weight` divided by `whole`, and the remainder, without a larger integer.

    The weight is taken in digits of a base so small that no step is beyond 128 bits.
    """
    base = _LIMIT // (2 * int(whole.max() or 1))  # type: ignore[arg-type]
    quotient = left = rest - rest
    for digit in _digits(weight, base):
        reached = left * _wide(base) + rest * digit
        quotient, left = quotient * _wide(base) + reached // whole, reached % whole
    return quotient, left


def _digits(weight: pl.Series, base: int) -> Iterator[pl.Series]:
    """Yield the digits of the weights in a base, the highest first."""
    top, power = int(weight.max() or 0), 1  # type: ignore[arg-type]
    while power <= top // base:
        power *= base
    while power:
        yield weight // _wide(power) % _wide(base)
        power //= base


def _wide(number: int) -> pl.Series:
    return pl.Series((number,), dtype=WIDE)
