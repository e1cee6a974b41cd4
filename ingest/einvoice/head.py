"""The head of an e-invoice: who, when, which, and its totals as cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from ingest.einvoice import code
from ingest.einvoice.form import Node, Span, TermError
from ingest.einvoice.total import Printed
from ingest.einvoice.xml import EinvoiceError
from ingest.invoice.head import Head

LONGEST: Final = 200  # characters of a number
_CURRENCY: Final = re.compile("[A-Z]{3}")


def number_of(node: Node) -> str:
    """Return the number.

    Raises:
        EinvoiceError: when there is none, or far too long a one.
    """
    number = _stated("number", node.text("number"))
    if len(number) > LONGEST:
        raise EinvoiceError(f"number {number[:20]!r}... has more than {LONGEST} characters")
    return number


def issued(node: Node) -> date:
    """Return the day of issue, which decides the month.

    Raises:
        EinvoiceError: when there is none, or it cannot be read.
    """
    text = _stated("date of issue", node.text("issued"))
    try:
        found = node.days("issued")
    except TermError as error:
        raise EinvoiceError(str(error)) from error
    if found is None or found[0] != found[1]:
        raise EinvoiceError(f"date of issue {text!r} is not a day")
    return found[0]


def currency(node: Node) -> str:
    """Return the currency of the amounts; that of the tax return may be another.

    Raises:
        EinvoiceError: when there is none.
    """
    text = _stated("currency", node.text("currency"))
    if not _CURRENCY.fullmatch(text):
        raise EinvoiceError(f"currency {text!r} is not an ISO 4217 code")
    return text


def _stated(term: str, text: str) -> str:
    if not text:
        raise EinvoiceError(f"states no {term}; without one it is no invoice")
    return text


def head(node: Node, printed: Printed, *, is_credit_root: bool) -> Head:
    """Return the head, its amounts as cost.

    Raises:
        TermError: for a value that cannot be read.
    """
    type_code = node.text("type_code")
    due = node.days("due")
    sign = code.sign(type_code, credit_root=is_credit_root)
    return Head(
        number=number_of(node),
        kind=code.kind(type_code, credit_root=is_credit_root),
        type_code=type_code,
        issuer=node.text("issuer") or node.text("issuer_trade_name"),
        issuer_ids=tuple(dict.fromkeys(_ids(node))),
        buyer_account=node.text("buyer_account"),
        issued=issued(node),
        due=due[1] if due else None,
        currency=node.currency,
        net=_signed(printed.net, sign),
        tax=_signed(printed.tax, sign),
        gross=_signed(printed.gross, sign),
        prepaid=signed(printed.amount("prepaid"), sign),
        rounding=signed(printed.amount("rounding"), sign),
        payable=_signed(printed.payable, sign),
        purchase_order=node.text("purchase_order"),
        buyer_reference=node.text("buyer_reference"),
        payment_terms=node.text("payment_terms"),
        service=period(node),
        preceding=node.texts("preceding"),
        allowances=tuple(
            replace(each, amount=signed(each.amount, sign))
            for each in (*printed.allowances, *printed.charges)
        ),
        attachments=tuple(_files(node)),
    )


def period(node: Node) -> Span | None:
    """Return first and last day of the work; half a period says nothing about the other end.

    Raises:
        TermError: for what is no date, or a period that ends before it begins.
    """
    start, end = node.days("start"), node.days("end")
    if start is None or end is None:
        return None
    if end[1] < start[0]:
        raise TermError("end", node.text("end"), f"lies before the first day, {start[0]}")
    return start[0], end[1]


def signed(amount: Decimal, sign: int) -> Decimal:
    """Return an amount as cost; no zero gets a minus."""
    return -amount if sign < 0 and amount else amount


def _signed(amount: Decimal | None, sign: int) -> Decimal | None:
    return None if amount is None else signed(amount, sign)


def _ids(node: Node) -> Iterator[str]:
    if vat := node.text("issuer_vat"):
        yield f"vat:{vat.replace(' ', '').upper()}"
    for element in node.found("issuer_ids"):
        if text := (element.text or "").strip():
            yield f"{element.get('schemeID') or 'id'}:{text}"


def _files(node: Node) -> Iterator[str]:
    for number, element in enumerate(node.found("files"), start=1):
        yield element.get("filename") or f"attachment {number}"
