"""One line of a document, and what is taken off it; its tax; the days of its work."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from ingest.invoice.head import Head
from ingest.invoice.line import Line
from ingest.stripe.document import (
    Json,
    StripeError,
    listed,
    metadata_of,
    moment_of,
    number_of,
    part_of,
    places_of,
    scaled,
    sign_of,
    taxes_of,
    whole_of,
)

ORDERS: Final = ("po", "po_number", "po number", "purchase_order", "purchase order")


def line(each: Json, row: int, stated: Json, head: Head, zone: tzinfo) -> Line:
    """Return one line.

    Args:
        each: The line.
        row: Its place, 1 for the first.
        stated: The document it is in.
        head: The same, read.
        zone: Of its days.

    Raises:
        StripeError: when it cannot be read, or is in another currency.
    """
    if (own := str(each.get("currency", head.currency)).upper()) != head.currency:
        raise StripeError(f"line {row} is in {own}, the document in {head.currency}")
    sign, places = sign_of(stated), places_of(head.currency)
    included = sum(whole_of(tax, "amount") for tax in taxes_of(each) if _is_included(tax))
    taxes = sum(whole_of(tax, "amount") for tax in taxes_of(each))
    net = whole_of(each, "amount") - _taken_off(each) - included
    quantity = _quantity(each)
    return Line(
        row=row,
        number=head.number,
        issued=head.issued,
        currency=head.currency,
        printed=scaled(net, places),
        amount=scaled(sign * net, places),
        tax=scaled(sign * taxes, places),
        total=None,
        quantity=None if quantity is None else quantity * sign,
        unit_price=_price(each, places),
        service=_service(each, zone),
        is_credit=sign < 0,
        is_tax=False,
        texts=_texts(each, head),
        tags=_tags(stated, each),
    )


def _texts(each: Json, head: Head) -> dict[str, str]:
    said = {
        "line": each.get("id"),
        "description": each.get("description"),
        "purchase_order": head.purchase_order,
    }
    return {name: value for name, value in said.items() if isinstance(value, str) and value}


def _tags(stated: Json, each: Json) -> dict[str, str]:
    said = metadata_of(stated) | metadata_of(each)
    return {name: value for name, value in said.items() if name.strip().casefold() not in ORDERS}


def _is_included(tax: Json) -> bool:
    return tax.get("tax_behavior") == "inclusive" or tax.get("inclusive") is True


def _taken_off(each: Json) -> int:
    """Return credits and discounts of a line; the newer list holds the discounts too."""
    found = listed(each, "pretax_credit_amounts", "discount_amounts")
    return sum(whole_of(off, "amount") for off in found)


def _quantity(each: Json) -> Decimal | None:
    found = each.get("quantity_decimal") or each.get("quantity")
    return None if found is None else number_of(found, "quantity")


def _price(each: Json, places: int) -> Decimal | None:
    for where in (part_of(each, "pricing"), each, part_of(each, "price")):
        for name in ("unit_amount_decimal", "unit_amount"):
            if where.get(name) is not None:
                return number_of(where[name], name).scaleb(-places)
    return None


def _service(each: Json, zone: tzinfo) -> tuple[date, date] | None:
    period = part_of(each, "period")
    if not period:
        return None
    return days(*(moment_of(period.get(name), zone) for name in ("start", "end")))


def days(start: datetime, end: datetime) -> tuple[date, date]:
    """Return first and last day of the work.

    An end exactly at midnight, as whole months have it, belongs to the day before; any other
    end counts its own day.

    Raises:
        StripeError: when the end lies before the start.
    """
    if end < start:
        raise StripeError(f"has a period that ends, {end:%Y-%m-%d}, before it begins")
    is_midnight = end.hour == end.minute == end.second == 0
    last = end.date() - timedelta(days=1 if is_midnight and end > start else 0)
    return start.date(), max(start.date(), last)
