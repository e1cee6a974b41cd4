"""Rows of a table as lines of invoices, by the settings of one source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from ingest.einvoice.code import UNITS
from ingest.invoice.cell import CellError
from ingest.invoice.head import Head
from ingest.invoice.line import TEXTS, Line
from ingest.invoice.month import months, pattern
from ingest.invoice.settings import Settings
from ingest.invoice.table import Row
from ingest.invoice.value import Values
from models.money import ZERO, rounded
from models.subunit import places

_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line costs, as printed: before the sign of a credit note.

    Attributes:
        amount: With the tax where all amounts are.
    """

    amount: Decimal
    net: Decimal
    tax: Decimal


class Lines:
    """Reads rows as lines, by the settings of one source."""

    def __init__(self, settings: Settings) -> None:
        """Fold the kinds once for all rows."""
        self._settings = settings
        self._values = Values(settings)
        self._credits = _folded(settings.credit_kinds)
        self._taxes = _folded(settings.tax_kinds)
        self._month = pattern(settings.work_month.written) if settings.work_month else None

    def line(self, row: Row) -> Line:
        """Return the line of a row.

        Raises:
            CellError: for the first cell that does not hold what it should; says where it is.
        """
        try:
            return self._line(row)
        except CellError as error:
            where = row.place(error.field)
            reason = f"{error.reason}, at {where}" if where else error.reason
            raise CellError(error.field, error.value, reason) from error

    def _line(self, row: Row) -> Line:
        is_credit = self.is_credit(row)
        is_tax = row.is_tax or row.cells.get("kind", "").casefold() in self._taxes
        flip = is_credit and self._settings.credit_sign == "negate"
        currency = self._values.currency(row)
        printed = self._amounts(row, currency, is_tax=is_tax)
        quantity = self._values.optional(row, "quantity")
        return Line(
            row=row.row,
            number=_filled("number", row.cells.get("number", "")),
            issued=self._values.day(row, "issued"),
            currency=currency,
            printed=printed.net,
            amount=_signed(printed.net, flip=flip),
            tax=_signed(printed.tax, flip=flip),
            total=self._values.optional(row, "total", currency),
            quantity=None if quantity is None else _signed(quantity, flip=flip),
            unit_price=self._values.optional(row, "unit_price", currency),
            service=self._service(row),
            is_credit=is_credit,
            is_tax=is_tax,
            texts=_texts(row),
            tags=_tags(row),
            tax_category=row.cells.get("tax_category", ""),
            tax_rate=self._values.optional(row, "tax_rate"),
            price_base=self._values.base(row),
            adjusted=_signed(printed.net - printed.amount, flip=flip),
        )

    def issued(self, row: Row) -> date | None:
        """Return the date of issue of a row, whatever else is wrong with it."""
        try:
            return self._values.day(row, "issued")
        except CellError:
            return None

    def identity(self, row: Row) -> tuple[str, str, str]:
        """Return issuer, number, and what else tells an invoice from others of its number."""
        apart = row.cells.get("issued", "") if self._settings.repeated_numbers else ""
        return row.cells.get("issuer", "").casefold(), row.cells.get("number", ""), apart

    def head(self, rows: Sequence[Row], read: Sequence[Line]) -> Head | None:
        """Return what the first row says of the whole invoice; None when no column does.

        Raises:
            CellError: when a day in it is none.
        """
        columns, row = self._settings.columns, rows[0]
        cells = row.cells
        if not (columns.issuer or columns.due or columns.buyer_reference):
            return None
        orders = {line.texts.get("purchase_order", "") for line in read}
        return Head(
            number=read[0].number,
            kind="credit_note" if all(line.is_credit for line in read) else "invoice",
            issuer=cells.get("issuer") or self._settings.issuer,
            issued=read[0].issued,
            due=self._values.day(row, "due") if cells.get("due") else None,
            currency=read[0].currency,
            purchase_order=orders.pop() if len(orders) == 1 else "",
            buyer_reference=cells.get("buyer_reference", ""),
        )

    def is_void(self, row: Row) -> bool:
        """Return whether a row is of an invoice that was taken back whole."""
        return row.cells.get("status", "").casefold() in _folded(self._settings.void_statuses)

    def open_status(self, row: Row) -> str:
        """Return the state of an invoice that does not count yet; empty for one that does."""
        status = row.cells.get("status", "")
        return status if status.casefold() in _folded(self._settings.open_statuses) else ""

    def is_credit(self, row: Row) -> bool:
        """Return whether a row is of a credit note."""
        return row.cells.get("kind", "").casefold() in self._credits

    def stated(self, lines: Iterable[Line]) -> Decimal:
        """Return what the total of an invoice must be, as its lines are printed."""
        total = ZERO
        for line in lines:
            flip = line.is_credit and self._settings.credit_sign == "negate"
            with_tax = self._settings.total_is == "gross"
            total += line.printed if with_tax or not line.is_tax else ZERO
            total += _signed(line.tax, flip=flip) if with_tax else ZERO
        return total

    def _amounts(self, row: Row, currency: str, *, is_tax: bool) -> Amounts:
        """Return net and tax as printed; the tax else by its rate, to the subunit."""
        amount = self._amount(row, currency)
        if is_tax:
            return Amounts(amount, amount, ZERO)
        with_tax = self._settings.amounts == "gross"
        if "tax" in row.cells:
            tax = self._values.optional(row, "tax", currency) or ZERO
        else:
            rate = self._values.optional(row, "tax_rate") or ZERO
            whole = _HUNDRED + rate if with_tax else _HUNDRED
            tax = rounded(amount * rate / whole, places(currency)) if rate else ZERO
        return Amounts(amount, amount - tax if with_tax else amount, tax)

    def _amount(self, row: Row, currency: str) -> Decimal:
        """Return the amount as printed; where no column holds it, quantity times price."""
        if self._settings.columns.amount is not None:
            return self._values.number(row, "amount", currency)
        quantity = self._values.number(row, "quantity")
        product = (
            quantity * self._values.number(row, "unit_price", currency) / self._values.base(row)
        )
        return rounded(product, places(currency))

    def _service(self, row: Row) -> tuple[date, date] | None:
        start, end = row.cells.get("service_start", ""), row.cells.get("service_end", "")
        if not start and not end:
            return self._work_month(row)
        first, last = self._values.day(row, "service_start"), self._values.day(row, "service_end")
        if last < first:
            raise CellError("service_end", end, f"lies before the first day of the work, {start}")
        return first, last

    def _work_month(self, row: Row) -> tuple[date, date] | None:
        """Return the month of the work that a line names in words; None when it names none."""
        if self._month is None or self._settings.work_month is None:
            return None
        field = self._settings.work_month.within
        value = row.cells.get(field, "")
        found = months(self._month, value)
        if len(found) > 1:
            raise CellError(field, value, "names several months; name the days of the work")
        return found[0] if found else None


def _folded(kinds: Iterable[str]) -> set[str]:
    return {kind.strip().casefold() for kind in kinds}


def _signed(number: Decimal, *, flip: bool) -> Decimal:
    return number.copy_negate() if flip and number else number


def _filled(field: str, value: str) -> str:
    if not value:
        raise CellError(field, value, "must not be empty")
    return value


def _texts(row: Row) -> dict[str, str]:
    texts = {name: row.cells[name] for name in TEXTS if row.cells.get(name)}
    return {**texts, "unit": UNITS.get(texts["unit"], texts["unit"])} if "unit" in texts else texts


def _tags(row: Row) -> dict[str, str]:
    tags = {name: cell for name, cell in row.cells.items() if name.startswith("tags.") and cell}
    return {name.removeprefix("tags."): cell for name, cell in tags.items()}
