"""Accrual: the cost of a service period, spread over its months by calendar day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Final

from models.money import WIDE, ZERO, parts
from models.period import Month, between
from models.subunit import places

_EXACT: Final = Context(prec=WIDE)


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


def spread(amount: Decimal, over: Sequence[Span], currency: str = "") -> list[Decimal]:
    """Return the part of an amount, or a quantity, for each span; they sum to it exactly.

    Parts are rounded cumulatively and half away from zero, so that a credit note takes back
    month by month what was charged; to as many decimals as `finest` says.
    """
    if len(over) == 1 or not amount:
        return [amount, *[ZERO] * (len(over) - 1)]
    return parts(amount, [span.days for span in over], finest(amount, currency))


def finest(amount: Decimal, currency: str = "") -> int:
    """Return how many decimals parts of an amount have: those of the currency, or its own."""
    return max(places(currency), -int(amount.normalize(_EXACT).as_tuple().exponent))
