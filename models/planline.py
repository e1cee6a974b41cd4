"""One row of a finance workbook, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.category import CATEGORIES
from models.errors import Mistake
from models.money import ZERO, plain, rounded
from models.period import Month
from models.plangrid import Cell, Grid
from models.planguess import category_of, number
from models.planheading import folded
from models.plansheet import TOTALS

CENTS: Final = 2
_TOTALS: Final = TOTALS | {"gesamt", "overall total", "total budget", "total cost"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says about the import.

    Attributes:
        start: First month of the plan.
        horizon: How many months; None for as many as there are columns.
        mark: What stands before decimals in texts, `.` or `,`.
        categories: Category of a line or of a category as written, in small letters.
    """

    start: Month
    horizon: int | None = None
    mark: str = "."
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is read; `meaning` is empty for one that is left out."""

    cell: Cell
    meaning: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is read.

    Attributes:
        row: Row of the sheet.
        name: As written.
        id: Id of the item; empty for a row that is no item.
        category: Its category, or contingency.
        term: Part of data costs.
        amounts: One a month, in cents; empty where the sheet has no months.
        amount: Their sum, or the amount stated.
        drivers: quantity, unit and unit_price, where they give the amount.
        remark: What is to be looked at.
    """

    row: int
    name: str
    id: str
    category: str
    term: str | None
    amounts: tuple[Decimal, ...]
    amount: Decimal
    drivers: tuple[str, str, str] | None = None
    remark: str = ""


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
        """Whether it sums others."""
        return any(folded(self._text(key)).rstrip(":") in _TOTALS for key in ("id", "category"))

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
        stated = rounded(self.whole(mistakes), CENTS)
        return Line(
            row=self.line,
            name=self.name,
            id=_id(self.name, taken),
            category=category,
            term=term,
            amounts=monthly,
            amount=sum(monthly, ZERO) if monthly else stated,
            drivers=None if monthly else self._drivers(mistakes, stated),
            remark="; ".join(self._remarks(amounts, monthly, stated)),
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

    def _remarks(
        self, amounts: Sequence[Decimal], monthly: Sequence[Decimal], stated: Decimal
    ) -> Iterator[str]:
        if sum(amounts, ZERO) != sum(monthly, ZERO) or tuple(amounts) != tuple(monthly):
            yield f"rounded to cents, by {plain(sum(monthly, ZERO) - sum(amounts, ZERO))}"
        if monthly and self._cell("amount") and stated != sum(monthly, ZERO):
            yield f"months sum to {sum(monthly, ZERO)}, the row says {stated}"

    def _drivers(self, mistakes: list[Mistake], stated: Decimal) -> tuple[str, str, str] | None:
        cells = self._cell("quantity"), self._cell("unit"), self._cell("unit_price")
        if not all(cells):
            return None
        quantity, price = (self._number(key, mistakes) for key in ("quantity", "unit_price"))
        if rounded(Fraction(quantity) * Fraction(price), CENTS) != stated:
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
