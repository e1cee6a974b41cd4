"""Money: exact decimals from the parser to the page; rounding happens here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Final

import polars as pl

SCALE: Final = 18  # real exports carry up to 18 decimals
DOUBLE_PLACES: Final = 12  # digits of a binary double beyond these are noise
MONEY: Final = pl.Decimal(38, SCALE)
QUANTITY: Final = pl.Decimal(38, SCALE)
ZERO: Final = Decimal(0)
WIDE: Final = 60  # digits of a context in which sums of MONEY stay exact; Python's own has 28

_CONTEXT = Context(prec=WIDE, rounding=ROUND_HALF_UP)
_UNIT = Decimal(1).scaleb(-SCALE)
_FINER = pl.Decimal(38, SCALE + 6)
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def exact(text: str) -> Decimal:
    """Read a plain ASCII decimal, exactly as printed.

    Raises:
        ValueError: for anything else: NaN, Infinity, separators, other digits.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain decimal number")
    return Decimal(text)


def rounded(amount: Decimal | Fraction, places: int = 2) -> Decimal:
    """Round half away from zero (so that a credit mirrors its invoice)."""
    if isinstance(amount, Fraction):
        scaled = abs(amount.numerator) * 10**places * 2 + amount.denominator
        units = scaled // (2 * amount.denominator)
        return Decimal(units if amount >= 0 else -units).scaleb(-places, _CONTEXT)
    return amount.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)


def plain(number: Decimal) -> str:
    """Return all digits of a number as people write it: no exponent, no zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def stored(amount: Decimal) -> Decimal:
    """Round to the scale that frames keep, `Decimal(38, 18)`."""
    return amount.quantize(_UNIT, context=_CONTEXT)


def parts(total: Decimal, weights: Sequence[int | Fraction], places: int = 2) -> list[Decimal]:
    """Split an amount by weights so that the parts sum to the whole, to the last digit.

    Each part is the difference of two rounded cumulative amounts (`facts` call it
    cumulative rounding), so order matters and no part is off by more than one unit.

    Raises:
        ValueError: if the weights sum to zero or the total has more digits than `places`.
    """
    whole = sum(map(Fraction, weights), Fraction(0))
    if whole == 0:
        raise ValueError("the weights sum to zero")
    if rounded(total, places) != total:
        raise ValueError(f"{total} has more than {places} decimals")
    exact_total, reached, before, result = Fraction(total), Fraction(0), ZERO, []
    for weight in weights:
        reached += Fraction(weight)
        upto = rounded(exact_total * reached / whole, places)
        result.append(_CONTEXT.subtract(upto, before))
        before = upto
    return result


def from_double(column: pl.Expr) -> pl.Expr:
    """Turn a binary double into MONEY: its shortest decimal text, rounded to 12 places.

    A direct cast multiplies in binary and is off in the last digits from about 9,000
    upwards; the shortest text is what the exporter printed before it became a double.
    """
    exact_text = column.cast(pl.String).cast(MONEY)
    return exact_text.round(DOUBLE_PLACES, mode="half_away_from_zero").cast(MONEY)


def from_text(column: pl.Expr) -> pl.Expr:
    """Turn plain decimal text into MONEY, rounded to 18 places; anything else becomes null.

    The caller compares null counts, so that a bad number is rejected with its row.
    """
    # The engine rounds a half to the even digit, so it is given more digits first, and only
    # texts of numbers that are too large for so many are read at 18 places at once.
    finer = column.cast(_FINER, strict=False).round(SCALE, mode="half_away_from_zero")
    return pl.coalesce(finer.cast(MONEY), column.cast(MONEY, strict=False))
