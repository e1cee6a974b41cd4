"""Units: which words of bills and plans mean the same, and how many of one are one of another.

A bill says `GPU-Hours`, a plan `gpu-hour`; storage comes as `GB-Mo` and is planned as
`tb-month`. Hours of a machine are no hours of an accelerator, and a month has no fixed number
of hours, so that neither is ever made of the other. A kilobyte is a thousand bytes, a kibibyte
1,024.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Final

from models.canonical import canonical_value

_HOUR: Final = "hour"
_MONTH: Final = "month"
_BYTE: Final = "byte"
# word: what it measures, and how many of that it is
_WORDS: Final = {
    **dict.fromkeys(("second", "sec", "s"), (_HOUR, Fraction(1, 3600))),
    **dict.fromkeys(("minute", "min"), (_HOUR, Fraction(1, 60))),
    **dict.fromkeys((_HOUR, "hr", "h"), (_HOUR, Fraction(1))),
    **dict.fromkeys(("day", "d"), (_HOUR, Fraction(24))),
    **dict.fromkeys((_MONTH, "mo", "mth"), (_MONTH, Fraction(1))),
    **dict.fromkeys(("year", "yr"), (_MONTH, Fraction(12))),
    **{f"{letter}b": (_BYTE, Fraction(1000**n)) for n, letter in enumerate("kmgtp", 1)},
    **{f"{letter}ib": (_BYTE, Fraction(1024**n)) for n, letter in enumerate("kmgtp", 1)},
    "gigabyte": (_BYTE, Fraction(1000**3)),
    "terabyte": (_BYTE, Fraction(1000**4)),
    "gibibyte": (_BYTE, Fraction(1024**3)),
    "tebibyte": (_BYTE, Fraction(1024**4)),
}
_MANY: Final = {
    **dict.fromkeys(("k", "1k", "thousand"), Fraction(1000)),
    **dict.fromkeys(("m", "1m", "million"), Fraction(1_000_000)),
}
# what invoices print where they do not say what they count; H87 and C62 are its UN/ECE codes
_NOTHING: Final = frozenset({"unit", "each", "ea", "piece", "pc", "pcs", "h87", "c62"})
_BETWEEN: Final = re.compile(r"[\s_\-/*]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit measures, and how many of what it measures one is."""

    measures: str
    size: Fraction

    def quantity(self, number: Decimal | Fraction, other: Unit) -> Fraction | None:
        """Return a number of this unit in another; None where they measure different things."""
        same = self.measures == other.measures
        return Fraction(number) * self.size / other.size if same else None


def unit(text: str) -> Unit:
    """Return what a unit means; a word that is not known means itself, in one or in many."""
    words = [word for word in _BETWEEN.split(canonical_value(text)) if word]
    known = [_word(word) for word in words]
    return Unit(
        "-".join(name for name, _ in known if name), prod((n for _, n in known), start=Fraction(1))
    )


def quantity(number: Decimal | Fraction, stated: str | None, wanted: str | None) -> Fraction | None:
    """Return a number of a stated unit in the wanted one; None where that cannot be said."""
    if not stated or not wanted:
        return None
    return unit(stated).quantity(number, unit(wanted))


def says(stated: str | None) -> bool:
    """Return whether a stated unit says what it counts; `Units` and `each` do not."""
    return bool(stated) and unit(stated or "").measures not in _NOTHING


def _word(word: str) -> tuple[str, Fraction]:
    """Return what one word measures, and how many; a number measures nothing."""
    if word in _MANY:
        return "", _MANY[word]
    if word.isascii() and word.isdigit() and int(word):
        return "", Fraction(int(word))
    single = word if word in _WORDS or len(word) == 1 else word.removesuffix("s")
    return _WORDS.get(single, (single, Fraction(1)))
