"""One row of a finance workbook, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.category import CATEGORIES
from models.errors import Mistake
from models.money import ZERO, plain, rounded
from models.period import Month
from models.plan.grid import Cell, Grid
from models.plan.guess import category_of, number
from models.plan.heading import folded
from models.plan.line import Asked, Column, Line

CENTS: Final = 2
# a name that begins or ends so is of a sum of other rows, as `total labor` and `labor subtotal` are
_TOTAL: Final = re.compile(
    r"(?:grand |overall )?(?:sub ?)?(?:total|sum)s?\b.*|(?:zwischen|gesamt)?summe\b.*|gesamt"
    r"|.*\b(?:sub)?totals?"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the headings."""

    grid: Grid
    cells: Mapping[int, Cell]
    columns: Sequence[Column]
    months: Sequence[Month]
    asked: Asked

    @property
    def line(self) -> int:
        """Its number in the sheet."""
        return next(iter(self.cells.values())).line

    @property
    def name(self) -> str:
        """What it is called; empty for nothing."""
        return self._text("id") or self._text("category")

    @property
    def is_total(self) -> bool:
        """Whether it sums others by its name, and nobody says what it is."""
        names = [folded(self._text(key)).rstrip(":") for key in ("id", "category")]
        is_said = any(name in self.asked.categories for name in names)
        return not is_said and any(_TOTAL.fullmatch(name) for name in names)

    @property
    def is_filled(self) -> bool:
        """Whether it has any amount."""
        return any(self._cell(key) for key in self._amounts())

    def read(self, mistakes: list[Mistake], taken: set[str]) -> Line:
        """Return the row as an item; what is wrong is added to the mistakes."""
        meant = category_of(self.name, self._text("category"), self.asked.categories)
        if meant is None:
            said = (
                f"{self.name!r} says no category; use --category {self.name!r}=TERM, with one of "
            )
            first = next(iter(self.cells.values()))
            mistakes.append(self.grid.mistake(first, said + ", ".join(CATEGORIES)))
        category, term = meant or ("", None)
        amounts = tuple(self._number(str(each), mistakes) for each in self._phased())
        monthly = tuple(rounded(each, CENTS) for each in amounts)
        whole = self.whole(mistakes)
        amount = sum(monthly, ZERO) if monthly else rounded(whole, CENTS)
        drivers = self._drivers(mistakes, amount)
        remarks = (
            *self._rounded(amounts or (whole,), monthly or (amount,)),
            *self._unlike(monthly, rounded(whole, CENTS)),
            *self._undriven(drivers),
        )
        return Line(
            row=self.line,
            name=self.name,
            id=_id(self.name, taken),
            category=category,
            term=term,
            amounts=monthly,
            amount=amount,
            drivers=drivers,
            remark="; ".join(remarks),
        )

    def whole(self, mistakes: list[Mistake]) -> Decimal:
        """Return the amount that the row states, or the sum of its months, or its product."""
        if self._cell("amount"):
            return self._number("amount", mistakes)
        if self._phased():
            return sum((self._number(str(each), mistakes) for each in self._phased()), ZERO)
        return rounded(
            Fraction(self._number("quantity", mistakes))
            * Fraction(self._number("unit_price", mistakes)),
            CENTS,
        )

    @staticmethod
    def _rounded(exact: Sequence[Decimal], cents: Sequence[Decimal]) -> Iterator[str]:
        if tuple(exact) != tuple(cents):
            yield f"rounded to cents, by {plain(sum(cents, ZERO) - sum(exact, ZERO))}"

    def _unlike(self, monthly: Sequence[Decimal], stated: Decimal) -> Iterator[str]:
        if monthly and self._cell("amount") and stated != sum(monthly, ZERO):
            yield f"months sum to {sum(monthly, ZERO)}, the row says {stated}"

    def _undriven(self, drivers: tuple[str, str, str] | None) -> Iterator[str]:
        if drivers is None and self._cell("quantity") and self._cell("unit_price"):
            why = "are not the amount" if self._cell("unit") else "have no unit"
            yield f"quantity and price {why}, and are left out"

    def _drivers(self, mistakes: list[Mistake], amount: Decimal) -> tuple[str, str, str] | None:
        cells = self._cell("quantity"), self._cell("unit"), self._cell("unit_price")
        if not all(cells):
            return None
        quantity, price = (self._number(key, mistakes) for key in ("quantity", "unit_price"))
        if rounded(Fraction(quantity) * Fraction(price), CENTS) != amount:
            return None
        return plain(quantity), self._text("unit"), plain(price)

    def _amounts(self) -> tuple[str, ...]:
        dated = (each.meaning for each in self.columns if each.meaning[:1].isdigit())
        return ("amount", "unit_price", *dated)

    def _phased(self) -> Sequence[Month]:
        """Return the months of the plan, where the row has an amount in any of them."""
        return self.months if any(self._cell(str(month)) for month in self.months) else ()

    def _cell(self, meaning: str) -> Cell | None:
        for column in self.columns:
            if column.meaning == meaning and column.cell.column in self.cells:
                return self.cells[column.cell.column]
        return None

    def _text(self, meaning: str) -> str:
        cell = self._cell(meaning)
        return cell.text if cell else ""

    def _number(self, meaning: str, mistakes: list[Mistake]) -> Decimal:
        cell = self._cell(meaning)
        if cell is None:
            return ZERO
        try:
            found = number(cell, self.asked.mark)
        except ValueError as error:
            mistakes.append(self.grid.mistake(cell, str(error)))
            return ZERO
        if found < 0 or "%" in cell.shown:
            what = "is shown as percent" if "%" in cell.shown else "is negative"
            mistakes.append(self.grid.mistake(cell, f"{cell.text} {what}; write a plain amount"))
        return found


def _id(name: str, taken: set[str]) -> str:
    """Return a name as an id that is not taken."""
    base = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "item"
    number = 2
    found = base
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found
