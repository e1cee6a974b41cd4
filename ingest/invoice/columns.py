"""Headings of a table of invoices, letter for letter, by what their column holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field

from models.field import Strict, Text


def alternatives(value: object) -> object:
    """Return one text as the only one of its list."""
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[Text, ...], BeforeValidator(alternatives)]
Heading = Annotated[tuple[Text, ...], BeforeValidator(alternatives), Field(min_length=1)]
"""One heading, or several of which the first that is there counts."""


class Columns(Strict):
    """Headings of the file; each is one text, or a list of which the first that is there counts."""

    number: Heading | None = None
    """Invoice number; all lines with one number are one invoice."""
    issued: Heading | None = None
    """Date of issue; its month is the billing period."""
    amount: Heading | None = None
    """Amount of the line; without one it is quantity times price, to the cent."""
    currency: Heading | None = None
    """ISO 4217 code; without one, `currency` of the source."""
    issuer: Heading | None = None
    """Who sends the invoice; only names in `vendors`, and the `issuer`, are known."""
    line: Heading | None = None
    """Id of the line; one that is twice in an invoice sets the invoice aside."""
    description: Heading | None = None
    """What was delivered."""
    total: Heading | None = None
    """Total of the invoice, on each of its lines; the lines must add up to it, see `total_is`."""
    tax: Heading | None = None
    """Tax of the line."""
    tax_rate: Heading | None = None
    """Tax rate in percent; gives the tax where no column `tax` is named."""
    tax_category: Heading | None = None
    """Category of the tax, such as S or AE."""
    quantity: Heading | None = None
    """How many units."""
    unit: Heading | None = None
    """What is counted: hours, labels, tasks."""
    unit_price: Heading | None = None
    """Price of one unit."""
    price_base: Heading | None = None
    """How many units `unit_price` is of, such as 1000; empty is 1."""
    service_start: Heading | None = None
    """First day of the work."""
    service_end: Heading | None = None
    """Last day of the work, inclusive."""
    purchase_order: Heading | None = None
    """Purchase order the line refers to."""
    purchase_order_line: Heading | None = None
    """Line of it."""
    sku: Heading | None = None
    """The vendor's id of what was delivered."""
    cost_center: Heading | None = None
    """Cost centre that the vendor was asked to print."""
    due: Heading | None = None
    """Last day of payment."""
    buyer_reference: Heading | None = None
    """What the buyer asked to be printed."""
    kind: Heading | None = None
    """Kind of the line; see `credit_kinds` and `tax_kinds`."""
    status: Heading | None = None
    """State of the invoice; see `void_statuses` and `open_statuses`."""
    tags: dict[str, Heading] = Field(default_factory=dict)
    """Headings that become tags, by the name of the tag."""

    def fields(self) -> Iterator[tuple[str, Heading]]:
        """Yield what is mapped with its headings; tags as `tags.name`."""
        for field in type(self).model_fields:
            if field != "tags" and (headings := getattr(self, field)) is not None:
                yield field, headings
        for tag, headings in self.tags.items():
            yield f"tags.{tag}", headings

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield what is mapped with the first of its headings."""
        for field, headings in self.fields():
            yield field, headings[0]
