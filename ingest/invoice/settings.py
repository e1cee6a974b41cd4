"""What a vendor's invoice files look like, as the user declares it; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.field import Strict, Text

_DIRECTIVE: Final = re.compile(r"%(.?)")
_DATE_PARTS: Final = ("d", "m", "y")
Mark = Annotated[str, StringConstraints(min_length=1, max_length=1)]


def _date_format(value: str) -> str:
    found = sorted(name.lower() for name in _DIRECTIVE.findall(value))
    if found != list(_DATE_PARTS) or "%M" in value or "%D" in value:
        raise ValueError(
            f"{value!r} is not a format of dates; write day, month and year once each as "
            "%d, %m and %Y or %y, for example %d.%m.%Y"
        )
    return value


class Columns(Strict):
    """Headings of the file, letter for letter, by what they hold."""

    number: Text
    """Invoice number; all lines with one number are one invoice."""
    issued: Text
    """Date of issue; its month is the billing period."""
    amount: Text
    """Net amount of the line, in the currency of the line."""
    currency: Text
    """ISO 4217 code."""
    line: Text | None = None
    """Id of the line; one that is twice in an invoice sets the invoice aside."""
    description: Text | None = None
    """What was delivered."""
    total: Text | None = None
    """Net total of the invoice, on each of its lines; the lines must add up to it."""
    tax: Text | None = None
    """Tax of the line."""
    tax_rate: Text | None = None
    """Tax rate in percent; gives the tax where no column `tax` is named."""
    quantity: Text | None = None
    """How many units."""
    unit: Text | None = None
    """What is counted: hours, labels, tasks."""
    unit_price: Text | None = None
    """Net price of one unit."""
    service_start: Text | None = None
    """First day of the work."""
    service_end: Text | None = None
    """Last day of the work, inclusive."""
    purchase_order: Text | None = None
    """Purchase order the line refers to."""
    kind: Text | None = None
    """Kind of the line; see `credit_kinds` and `tax_kinds`."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Headings that become tags, by the name of the tag."""

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield what is mapped with its heading; tags as `tags.name`."""
        for field, heading in self.model_dump(exclude={"tags"}, exclude_none=True).items():
            yield field, heading
        for tag, heading in self.tags.items():
            yield f"tags.{tag}", heading


class Settings(Strict):
    """One vendor, whose invoices lie as CSV files in a folder."""

    kind: Literal["invoice_csv"]
    """`invoice_csv`."""
    folder: Text
    """Where the files lie; relative to the project folder."""
    pattern: Text = "*.csv"
    """Which files of the folder are read."""
    issuer: Text
    """Who sends the invoices."""
    service: Text
    """What they are for, for example Data labeling."""
    columns: Columns
    """Headings of the file."""
    decimal: Literal[".", ","] = "."
    """Mark before the decimals."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """Mark between thousands; a space also stands for the narrow and the unbroken one."""
    dates: Annotated[str, AfterValidator(_date_format)] = "%Y-%m-%d"
    """How dates are written, with %d, %m and %Y or %y."""
    delimiter: Mark = ","
    """Mark between cells."""
    encoding: Literal["utf-8"] = "utf-8"
    """UTF-8, with or without a byte order mark; any other is refused."""
    credit_kinds: tuple[Text, ...] = ()
    """Kinds of credit notes, whatever the case of their letters."""
    credit_sign: Literal["negate", "as_printed"] = "negate"
    """How credit notes print amounts: `negate` when without a minus, `as_printed` with one."""
    tax_kinds: tuple[Text, ...] = ()
    """Kinds of lines that are tax themselves."""
    tax_recoverable: bool = False
    """Whether tax comes back, and so is no cost of a project."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which the invoice of a month is expected."""

    @model_validator(mode="after")
    def consistent(self) -> Settings:
        """Refuse settings that contradict each other."""
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; one must differ")
        if (self.columns.service_start is None) != (self.columns.service_end is None):
            raise ValueError("columns must name both service_start and service_end, or neither")
        if (self.credit_kinds or self.tax_kinds) and self.columns.kind is None:
            raise ValueError("credit_kinds and tax_kinds need the column `kind`")
        return self

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        whereabouts = {"folder", "pattern", "expected_by_day"}
        return self.model_dump_json(exclude=whereabouts)
