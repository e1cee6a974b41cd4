"""Numbers as people read them: rounded for display only, figure minus, one unit a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from models.money import rounded
from models.period import Month
from reconcile.figure import Figure, exact_text

NOT_AVAILABLE: Final = "n/a"
NONE: Final = "\u2013"  # nothing planned, or no such figure
MINUS: Final = "\u2212"
THOUSANDS_FROM: Final = Decimal(100_000)
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What amounts are divided by for display; stated once, in the header.

    Attributes:
        divisor: 1000 or 1.
        label: Such as `k USD`.
        places: Decimals of a month's amount; sums over months show one less.
    """

    divisor: int
    label: str
    places: int

    def amount(self, figure: Figure, *, fine: bool = False) -> str:
        """Return an amount without a plus sign; `fine` shows the decimals of a month."""
        return self._text(figure.value, "-", self.places if fine else 0)

    def plan(self, figure: Figure, *, fine: bool = False) -> str:
        """Return a planned amount; a dash when nothing was planned."""
        return NONE if figure.value is None else self.amount(figure, fine=fine)

    def size(self, figure: Figure, *, fine: bool = False) -> str:
        """Return an amount without its sign, where words say which way it goes."""
        return self.amount(figure, fine=fine).removeprefix(MINUS)

    def delta(self, figure: Figure, *, fine: bool = False) -> str:
        """Return a difference with its sign; + is over plan."""
        return self._text(figure.value, "+", self.places if fine else 0)

    def _text(self, value: Decimal | None, sign: str, places: int) -> str:
        if value is None:
            return NOT_AVAILABLE
        return grouped(value.scaleb(-3) if self.divisor > 1 else value, sign, places)


def unit(currency: str, largest: Decimal) -> Unit:
    """Return thousands for a portfolio of six digits and more, else whole units."""
    if abs(largest) >= THOUSANDS_FROM:
        return Unit(1000, f"k {currency}", 1)
    return Unit(1, currency, 0)


def grouped(value: Decimal, sign: str = "-", places: int = 0) -> str:
    """Return a number with thousands separators; `sign` is `+` or `-` as in a format spec."""
    shown = rounded(value, places)
    text = f"{abs(shown):,.{places}f}"
    if shown < 0:
        return MINUS + text
    return f"+{text}" if sign == "+" and shown > 0 else text


def signed_percent(figure: Figure, places: int = 1) -> str:
    """Return a signed percentage without the percent sign."""
    return NOT_AVAILABLE if figure.value is None else grouped(figure.value, "+", places)


def percent(figure: Figure, places: int = 0) -> str:
    """Return a percentage without sign for a share."""
    return NOT_AVAILABLE if figure.value is None else grouped(figure.value, "-", places)


def plain(figure: Figure, places: int = 2) -> str:
    """Return an amount in whole units of its own currency, as a bill prints it."""
    return NOT_AVAILABLE if figure.value is None else grouped(figure.value, "-", places)


def exactly(figure: Figure) -> str:
    """Return an amount to its last digit, so that a difference of less than a cent shows."""
    text = exact_text(figure.value)
    if figure.value is None or text is None:
        return NOT_AVAILABLE
    whole, _, decimals = text.removeprefix("-").partition(".")
    return f"{MINUS if figure.value < 0 else ''}{int(whole):,}.{decimals}"


def month_name(month: Month) -> str:
    """Return `October`."""
    return MONTHS[month.month - 1]


def short_month(month: Month) -> str:
    """Return `Oct`."""
    return month_name(month)[:3]


def day(moment: date | None) -> str:
    """Return an ISO date; a dash when there is none."""
    return NONE if moment is None else moment.isoformat()[:10]
