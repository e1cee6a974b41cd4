"""One line of an invoice, with its cells read and its sign decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from models.money import ZERO, stored

TEXTS: Final = (
    *("line", "description", "unit", "purchase_order", "kind"),
    *("purchase_order_line", "sku", "cost_center"),
)
_ATTRIBUTING: Final = ("purchase_order", "purchase_order_line", "cost_center")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. Amounts are in `currency`, credits negative.

    Attributes:
        row: Row in the document.
        printed: Net amount as printed, before the sign of a credit note.
        amount: Net amount.
        tax: Tax on it; 0 when the line is tax itself.
        total: Net total of the invoice as printed, where the file states one.
        service: First and last day of the work, inclusive; None when not stated.
        is_credit: It gives back what an earlier invoice charged.
        is_tax: The amount is tax.
        texts: What TEXTS names, as printed; `tags` what the source declares as tags.
        tax_category: UNTDID 5305, such as S; `tax_rate` in percent; both as printed.
        price_base: How many units `unit_price` is of.
        allowance: Its part of allowances (negative) and charges of the whole document;
            not in `amount`.
        adjusted: Allowances (negative) and charges of this line alone; they are in `amount`.
        basis: What the days of work rest on: `delivery`, `line`, `header`,
            `purchase_order`; empty for `line` or the date of issue.
    """

    row: int
    number: str
    issued: date
    currency: str
    printed: Decimal
    amount: Decimal
    tax: Decimal
    total: Decimal | None
    quantity: Decimal | None
    unit_price: Decimal | None
    service: tuple[date, date] | None
    is_credit: bool
    is_tax: bool
    texts: Mapping[str, str]
    tags: Mapping[str, str]
    tax_category: str = ""
    tax_rate: Decimal | None = None
    price_base: Decimal = Decimal(1)
    allowance: Decimal = ZERO
    adjusted: Decimal = ZERO
    basis: str = ""

    @property
    def content(self) -> str:
        """Everything but the place and the number, as text that two equal lines share."""
        texts = (sorted(self.texts.items()), sorted(self.tags.items()))
        return repr((self.currency, self.is_tax, self._days, self._numbers, texts))

    @property
    def figures(self) -> str:
        """What it costs, for which days and whom; not how it is worded."""
        said = sorted((name, self.texts.get(name, "")) for name in _ATTRIBUTING)
        tags = sorted(self.tags.items())
        return repr((self.currency, self.is_tax, self._days, self._numbers[:3], said, tags))

    @property
    def price_of_one(self) -> Decimal | None:
        """Net price of one unit; None where it is unknown, or has too many digits to keep."""
        if self.unit_price is None or self.price_base <= 0:
            return None
        price = self.unit_price / self.price_base
        return price if stored(price) == price else None

    @property
    def _days(self) -> list[str]:
        return [str(day) for day in (self.issued, *(self.service or ()))]

    @property
    def _numbers(self) -> list[str]:
        return [plain(n) for n in (self.amount, self.tax, self.quantity, self.unit_price)]


def plain(number: Decimal | None) -> str:
    """Return one text for one number, however many zeros were printed after it."""
    text = "" if number is None else f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
