"""Rows of a table as lines of invoices, by the settings of one source."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from ingest.invoice.cell import CellError, Cells
from ingest.invoice.line import TEXTS, Line
from ingest.invoice.settings import Settings
from ingest.invoice.sheet import Row
from models.money import ZERO, rounded

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Lines:
    """Reads rows as lines, by the settings of one source."""

    def __init__(self, settings: Settings) -> None:
        """Fold the kinds once for all rows."""
        self._cells, self._settings = Cells(settings), settings
        self._credits = {kind.strip().casefold() for kind in settings.credit_kinds}
        self._taxes = {kind.strip().casefold() for kind in settings.tax_kinds}

    def line(self, row: Row) -> Line:
        """Return the line of a row.

        Raises:
            CellError: for the first cell that does not hold what it should.
        """
        kind = row.cells.get("kind", "").casefold()
        is_credit, is_tax = kind in self._credits, kind in self._taxes
        flip = is_credit and self._settings.credit_sign == "negate"
        printed = self._cells.number("amount", row.cells["amount"])
        quantity = self._optional(row, "quantity")
        return Line(
            row=row.row,
            number=_filled("number", row.cells["number"]),
            issued=self._cells.day("issued", row.cells["issued"]),
            currency=_currency(row.cells["currency"]),
            printed=printed,
            amount=_signed(printed, flip=flip),
            tax=ZERO if is_tax else _signed(self._tax(row, printed), flip=flip),
            total=self._optional(row, "total"),
            quantity=None if quantity is None else _signed(quantity, flip=flip),
            unit_price=self._optional(row, "unit_price"),
            service=self._service(row),
            is_credit=is_credit,
            is_tax=is_tax,
            texts={name: row.cells[name] for name in TEXTS if row.cells.get(name)},
            tags=_tags(row),
        )

    def issued(self, row: Row) -> date | None:
        """Return the date of issue of a row, whatever else is wrong with it."""
        try:
            return self._cells.day("issued", row.cells["issued"])
        except CellError:
            return None

    def _optional(self, row: Row, field: str) -> Decimal | None:
        value = row.cells.get(field, "")
        return self._cells.number(field, value) if value else None

    def _tax(self, row: Row, amount: Decimal) -> Decimal:
        """Return the tax as printed, else by its rate, to the cent."""
        if "tax" in row.cells:
            return self._optional(row, "tax") or ZERO
        rate = self._optional(row, "tax_rate") or ZERO
        return rounded(amount * rate / 100)

    def _service(self, row: Row) -> tuple[date, date] | None:
        start, end = row.cells.get("service_start", ""), row.cells.get("service_end", "")
        if not start and not end:
            return None
        first, last = (
            self._cells.day("service_start", start),
            self._cells.day("service_end", end),
        )
        if last < first:
            raise CellError("service_end", end, f"lies before the first day of the work, {start}")
        return first, last


def _signed(number: Decimal, *, flip: bool) -> Decimal:
    return number.copy_negate() if flip and number else number


def _filled(field: str, value: str) -> str:
    if not value:
        raise CellError(field, value, "must not be empty")
    return value


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise CellError("currency", value, "is not an ISO 4217 code of three capital letters")
    return value


def _tags(row: Row) -> dict[str, str]:
    tags = {name: cell for name, cell in row.cells.items() if name.startswith("tags.") and cell}
    return {name.removeprefix("tags."): cell for name, cell in tags.items()}
