"""The form of a table of invoices: headings, locale, signs, and which rows are lines."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from ingest.invoice.columns import Columns, Texts, alternatives
from ingest.invoice.month import DIRECTIVES, pattern
from models.field import Currency, Strict, Text

_DIRECTIVE: Final = re.compile(r"%(.?)")
_DATE_PARTS: Final = ("d", "m", "y")
Mark = Annotated[str, StringConstraints(min_length=1, max_length=1)]
Negative = Literal["minus", "trailing", "parentheses"]
Whole = Literal["net", "gross"]


def _date_format(value: str) -> str:
    found = sorted(name.lower() for name in _DIRECTIVE.findall(value))
    if found != list(_DATE_PARTS) or "%M" in value or "%D" in value or "*" in value[:-1]:
        raise ValueError(
            f"{value!r} is not a format of dates; write day, month and year once each as "
            "%d, %m and %Y or %y, for example %d.%m.%Y"
        )
    return value


def _month_format(value: str) -> str:
    if pattern(value) is None:
        known = ", ".join(DIRECTIVES)
        raise ValueError(
            f"{value!r} does not say a month; write the year and the month once each with "
            f"{known}, for example {{Month}} {{year}}"
        )
    return value


class WorkMonth(Strict):
    """Where a line says the month of the work in words."""

    within: Text
    """`description`, or a tag as `tags.NAME`."""
    written: Annotated[str, AfterValidator(_month_format)]
    """How: {Month} is its English name, {month} its number, {year} has four digits."""


class RowType(Strict):
    """What rows of one type hold, in files with several types of rows."""

    holds: Literal["header", "line", "tax", "ignored"]
    """`header` is what holds for the rows below it, up to the next header."""
    columns: Columns = Columns()
    """Headings that differ from `columns` of the source."""


class Form(Strict):
    """How the tables of a vendor, or of a program, are written; nothing is guessed."""

    columns: Columns = Columns()
    """Headings of the file."""
    optional: tuple[Text, ...] = ()
    """Names of `columns` that a file may lack."""
    tag_pairs: tuple[tuple[Text, Text], ...] = ()
    """Two headings each: one holds the name of a tag, the other its value."""
    type_column: Text | None = None
    """Heading of the first column, where files have rows of several types; see `rows`."""
    rows: dict[Text, RowType] = Field(default_factory=dict)
    """What rows hold, by the type in their first cell."""
    decimal: Literal[".", ","] = "."
    """Mark before the decimals."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """Mark between thousands; a space also stands for the narrow and the unbroken one."""
    negative: Annotated[tuple[Negative, ...], BeforeValidator(alternatives)] = ("minus",)
    """How negative numbers are written: `minus` -5, `trailing` 5-, `parentheses` (5)."""
    currency_signs: dict[Text, Currency] = Field(default_factory=dict)
    """Signs that may stand before or after an amount, such as $, and their currency."""
    currency: Currency | None = None
    """Currency of lines that state none."""
    dates: Annotated[str, AfterValidator(_date_format)] = "%Y-%m-%d"
    """How dates are written, with %d, %m and %Y or %y; a * at the end is a time of day."""
    delimiter: Mark = ","
    """Mark between cells of a CSV file."""
    encoding: Literal["utf-8", "utf-16", "windows-1252"] = "utf-8"
    """Of a CSV file; UTF-8 with or without a byte order mark, UTF-16 with one."""
    sheet: Text | None = None
    """Sheet of a workbook; without one, the only one that has the headings."""
    amounts: Whole = "net"
    """Whether amounts and prices are without (`net`) or with the tax (`gross`)."""
    total_is: Whole = "net"
    """Whether the total of an invoice is without or with the tax."""
    total_rows: dict[Text, Texts] = Field(default_factory=dict)
    """Rows that are totals: texts by the heading they stand under, whatever their case."""
    credit_kinds: tuple[Text, ...] = ()
    """Kinds of credit notes, whatever the case of their letters."""
    credit_sign: Literal["negate", "as_printed"] = "negate"
    """How credit notes print amounts: `negate` when without a minus, `as_printed` with one."""
    tax_kinds: tuple[Text, ...] = ()
    """Kinds of lines that are tax themselves."""
    void_statuses: tuple[Text, ...] = ()
    """States of invoices that were taken back whole."""
    open_statuses: tuple[Text, ...] = ()
    """States of invoices that are not settled yet and are set aside until they are."""
    work_month: WorkMonth | None = None
    """Where a line without days of work says their month."""
    repeated_numbers: bool = False
    """Whether one issuer's number may name several invoices, of different days."""
