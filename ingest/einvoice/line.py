"""The lines of an e-invoice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ingest.einvoice import code
from ingest.einvoice.form import Node, TermError, paths
from ingest.einvoice.head import period, signed
from ingest.einvoice.total import Printed
from ingest.invoice.head import Head
from ingest.invoice.line import Line
from models.money import ZERO

_ITSELF: Final = paths({}, {"amount": "."})


class Lines:
    """Makes the lines of one document."""

    def __init__(self, node: Node, head: Head, sign: int) -> None:
        """Keep what all lines share, which each may state otherwise."""
        self._head, self._sign = head, sign
        shared = (head.purchase_order, node.text("cost_center"))
        names = ("purchase_order", "cost_center")
        self._shared = {name: text for name, text in zip(names, shared, strict=True) if text}

    def line(self, row: int, node: Node) -> Line:
        """Return one line without its tax.

        Raises:
            TermError: for a value that cannot be read, or no net amount.
        """
        printed = node.number("amount")
        if printed is None:
            raise TermError("amount", "", "is not stated (BT-131)")
        quantity = node.number("quantity")
        return replace(
            self._plain(row, printed),
            quantity=None if quantity is None else signed(quantity, self._sign),
            unit_price=node.number("price"),
            price_base=node.number("price_base") or Decimal(1),
            adjusted=signed(_sum(node, "charges") - _sum(node, "allowances"), self._sign),
            service=period(node),
            texts=self._shared | {name: text for name, text in _texts(node) if text},
            tags=dict(_tags(node)),
            tax_category=node.text("tax_category"),
            tax_rate=node.number("tax_rate"),
        )

    def whole(self, printed: Printed) -> Line:
        """Return the one line of a form without lines, such as Factur-X MINIMUM.

        Its amount is the net total, so that allowances of the document are inside it.
        """
        rates = {(each.tax_category, each.tax_rate) for each in printed.subtotals}
        category, rate = rates.pop() if len(rates) == 1 else ("", None)
        texts = self._shared | {"description": "whole invoice; it states no lines"}
        plain = self._plain(1, printed.amount("net"))
        return replace(plain, texts=texts, tax_category=category, tax_rate=rate)

    def taxed(self, line: Line, tax: Decimal) -> Line:
        """Return a line with its tax, which is given as printed."""
        return replace(line, tax=signed(tax, self._sign))

    def _plain(self, row: int, printed: Decimal) -> Line:
        return Line(
            row=row,
            number=self._head.number,
            issued=self._head.issued,
            currency=self._head.currency,
            printed=printed,
            amount=signed(printed, self._sign),
            tax=ZERO,
            total=None,
            quantity=None,
            unit_price=None,
            service=None,
            is_credit=self._sign < 0,
            is_tax=False,
            texts={},
            tags={},
        )


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    name, description = node.text("name"), node.text("description")
    unit_code = _unit(node)
    yield "line", node.text("line")
    yield "description", ": ".join(dict.fromkeys(text for text in (name, description) if text))
    yield "unit", code.unit(unit_code)
    yield "unit_code", unit_code
    yield "purchase_order", node.text("purchase_order")
    yield "purchase_order_line", node.text("purchase_order_line")
    yield "sku", node.text("sku") or node.text("standard_sku")
    yield "cost_center", node.text("cost_center")


def _sum(node: Node, term: str) -> Decimal:
    """Return the sum of a line's own allowances or charges; both are inside its amount."""
    return sum((each.number("amount") or ZERO for each in node.nodes(term, _ITSELF)), ZERO)


def _unit(node: Node) -> str:
    found = node.first("quantity")
    return "" if found is None else str(found.get("unitCode", "")).strip()


def _tags(node: Node) -> Iterator[tuple[str, str]]:
    """Yield what the vendor says about the item (BT-160, BT-161); the first of a name counts."""
    pairs = zip(node.found("property_names"), node.found("property_values"), strict=False)
    for name, value in reversed(list(pairs)):
        if name.text and value.text:
            yield " ".join(name.text.split()), " ".join(value.text.split())
