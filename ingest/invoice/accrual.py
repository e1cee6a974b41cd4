"""Accrual: the cost of a service period, spread over its months by calendar day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from models.money import parts
from models.period import Month, between

CENTS: Final = 2


@dataclass(frozen=True, slots=True)
class Span:
    """Days of one month, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def end(self) -> date:
        """The day after."""
        return self.last + timedelta(days=1)


def spans(first: date, last: date) -> tuple[Span, ...]:
    """Return the part of a service period, both days included, that lies in each month."""
    return tuple(
        Span(max(first, month.first), min(last, month.last))
        for month in between(Month.of(first), Month.of(last))
    )


def spread(amount: Decimal, over: Sequence[Span]) -> list[Decimal]:
    """Return the part of an amount, or a quantity, for each span; they sum to it exactly.

    Parts are rounded to cents, or to as many decimals as the amount has, cumulatively and
    half away from zero, so that a credit note takes back month by month what was charged.
    """
    decimals = max(0, -int(amount.as_tuple().exponent))
    return parts(amount, [span.days for span in over], max(CENTS, decimals))
