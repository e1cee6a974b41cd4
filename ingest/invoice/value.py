"""Cells of a row by their type, else by the locale of the source."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from ingest.invoice.cell import CellError, Cells, within
from ingest.invoice.settings import Settings
from ingest.invoice.table import Row
from models.money import exact

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Values:
    """Reads numbers, days and currencies of rows, by the settings of one source."""

    def __init__(self, settings: Settings) -> None:
        """Compile the patterns once for all rows."""
        self._settings = settings
        self._cells = Cells(settings, settings.negative, tuple(settings.currency_signs))

    def day(self, row: Row, field: str) -> date:
        """Return a day.

        Raises:
            CellError: when the cell holds none.
        """
        value = row.cells.get(field, "")
        if field not in row.typed:
            return self._cells.day(field, value)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise CellError(field, value, "is no date by its type; format it as one") from error

    def currency(self, row: Row) -> str:
        """Return the currency of a row: its own, else that of the source.

        Raises:
            CellError: when it is no code.
        """
        value = row.cells.get("currency", "") or self._settings.currency or ""
        if not _CURRENCY.fullmatch(value):
            raise CellError("currency", value, "is not an ISO 4217 code of three capital letters")
        return value

    def number(self, row: Row, field: str, currency: str = "") -> Decimal:
        """Return a number; the sign of a currency in it must be that of the line.

        Raises:
            CellError: when the cell holds none, or an amount of another currency.
        """
        value = row.cells.get(field, "")
        if field in row.typed:
            return _of_type(field, value)
        found = self._cells.number(field, value)
        if self._settings.currency_signs and (sign := self._cells.sign(value)):
            said = self._settings.currency_signs[sign]
            if said != currency:
                raise CellError(field, value, f"is in {said}, and its line in {currency}")
        return found

    def optional(self, row: Row, field: str, currency: str = "") -> Decimal | None:
        """Return a number; None for an empty cell.

        Raises:
            CellError: when the cell holds something else.
        """
        return self.number(row, field, currency) if row.cells.get(field) else None

    def base(self, row: Row) -> Decimal:
        """Return how many units the price is of; 1 where nothing is said.

        Raises:
            CellError: when it is not above zero.
        """
        base = self.optional(row, "price_base")
        if base is not None and base <= 0:
            raise CellError("price_base", row.cells["price_base"], "is not above zero")
        return base or Decimal(1)


def _of_type(field: str, value: str) -> Decimal:
    try:
        return within(field, value, exact(value))
    except CellError:
        raise
    except ValueError as error:
        raise CellError(field, value, "is a date by its type, not a number") from error
