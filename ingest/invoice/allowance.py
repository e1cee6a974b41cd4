"""What is printed once for the whole document, and belongs to its lines: allowances and tax.

Parts are rounded cumulatively, so that they sum to the whole to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from ingest.invoice.accrual import finest
from ingest.invoice.head import Allowance
from ingest.invoice.line import Line
from models.money import ZERO, parts

Lines = tuple[Line, ...]


def allocated(lines: Lines, allowances: Sequence[Allowance]) -> tuple[Lines, tuple[Allowance, ...]]:
    """Return lines with their part of allowances and charges, and those that fit no line.

    An allowance belongs to the lines of its tax category and rate, by their net amounts; one
    that names neither belongs to all. Those of one kind are split together.
    """
    groups: dict[tuple[str, Decimal | None], Decimal] = {}
    for each in allowances:
        key = each.tax_category, each.tax_rate
        groups[key] = groups.get(key, ZERO) + each.amount
    result, left = lines, []
    for (category, rate), amount in groups.items():
        found = _of(result, category, rate)
        if not sum((result[at].amount for at in found), ZERO):
            left += [a for a in allowances if (a.tax_category, a.tax_rate) == (category, rate)]
        else:
            result = _added(result, found, amount)
    return result, tuple(left)


def taxed(lines: Lines, tax: Decimal | None) -> tuple[Lines, Decimal]:
    """Return lines with their part of a tax that is printed once, and what fits no line.

    The parts are by net amount after allowances times the rate; by the net amount alone
    where no line has a rate. Lines that state their own tax keep it.
    """
    if not tax or any(line.tax or line.is_tax for line in lines):
        return lines, ZERO
    bases = [line.amount + line.allowance for line in lines]
    weights = [
        Fraction(base) * Fraction(line.tax_rate or 0)
        for base, line in zip(bases, lines, strict=True)
    ]
    if not any(weights):
        weights = [Fraction(base) for base in bases]
    if not sum(weights, Fraction(0)):
        return lines, tax
    shares = parts(tax, weights, finest(tax, lines[0].currency))
    split = zip(lines, shares, strict=True)
    return tuple(replace(line, tax=share) for line, share in split), ZERO


def _of(lines: Lines, category: str, rate: Decimal | None) -> list[int]:
    """Return places of the lines that an allowance is about."""
    return [
        at
        for at, line in enumerate(lines)
        if not line.is_tax
        and category in ("", line.tax_category)
        and (rate is None or rate == (line.tax_rate or ZERO))
    ]


def _added(lines: Lines, found: Sequence[int], amount: Decimal) -> Lines:
    weights = [Fraction(lines[at].amount) for at in found]
    shares = parts(amount, weights, finest(amount, lines[found[0]].currency))
    result = list(lines)
    for at, share in zip(found, shares, strict=True):
        result[at] = replace(result[at], allowance=result[at].allowance + share)
    return tuple(result)
