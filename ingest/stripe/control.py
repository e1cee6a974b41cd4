"""The second reader: the same JSON anew, and only what the document as a whole states.

It shares no code with the first. The net amount is taken from the totals, where the first
adds up lines; the tax from the lines, where the first prefers the totals.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ingest.invoice.itemised import Piece, Pieces
from models.subunit import subunit

# where this form departs from ISO 4217
_OWN: Final = {"ISK": Decimal("0.01"), "UGX": Decimal("0.01"), "MGA": Decimal(1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a document states, as cost: of a credit note, what is printed turned around."""

    currency: str
    net: Decimal
    tax: Decimal
    payable: Decimal
    lines: int


def totals(data: bytes) -> Totals:
    """Return what a document adds up to; it is one, or the first reader refused it."""
    stated, currency, unit = _opened(data)
    unit *= _sign(stated)
    tax, whole = _tax(stated), _whole(stated)
    without = stated.get("total_excluding_tax")
    net = stated["total"] - (whole or tax) if without is None else without
    return Totals(
        currency=currency,
        net=net * unit,
        tax=tax * unit,
        payable=stated.get("amount_due", stated["total"]) * unit,
        lines=len(stated["lines"]["data"]),
    )


def pieces(data: bytes) -> Pieces:
    """Return its lines one by one, without what is credited, discounted or tax inside them."""
    stated, currency, unit = _opened(data)
    lines = [
        Piece(amount=_net(each) * unit, tax=sum(_taxes(each)) * unit)
        for each in stated["lines"]["data"]
    ]
    return Pieces(
        sign=_sign(stated),
        currency=currency,
        lines=tuple(lines),
        tax=_tax(stated) * unit,
        asked=stated["total"] * unit,
    )


def _opened(data: bytes) -> tuple[dict[str, Any], str, Decimal]:
    """Return what is stated, its currency, and what one of its whole numbers is."""
    stated = json.loads(data.decode("utf-8-sig"), parse_float=str)
    currency = stated["currency"].upper()
    return stated, currency, _OWN.get(currency, subunit(currency))


def _sign(stated: dict[str, Any]) -> int:
    return -1 if stated["object"] == "credit_note" else 1


def _tax(stated: dict[str, Any]) -> int:
    """Return the tax of all lines; that of the document where no line has any."""
    taxes = [each for line in stated["lines"]["data"] for each in _taxes(line)]
    return sum(taxes) if any(taxes) else _whole(stated)


def _whole(stated: dict[str, Any]) -> int:
    return sum(_taxes(stated)) or stated.get("tax") or 0


def _net(line: dict[str, Any]) -> int:
    lists = (line.get(name) for name in ("pretax_credit_amounts", "discount_amounts"))
    off = sum(each["amount"] for each in next(filter(None, lists), ()))
    inside = (
        each["amount"]
        for each in _listed(line)
        if each.get("tax_behavior") == "inclusive" or each.get("inclusive") is True
    )
    return int(line["amount"] - off - sum(inside))


def _taxes(stated: dict[str, Any]) -> Iterator[int]:
    yield from (each["amount"] for each in _listed(stated))


def _listed(stated: dict[str, Any]) -> list[dict[str, Any]]:
    names = ("total_taxes", "total_tax_amounts", "taxes", "tax_amounts")
    return next(filter(None, map(stated.get, names)), [])
