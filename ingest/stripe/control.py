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
    stated = json.loads(data.decode("utf-8-sig"), parse_float=str)
    currency = stated["currency"].upper()
    unit = _OWN.get(currency, subunit(currency))
    unit = -unit if stated["object"] == "credit_note" else unit
    taxes = [each for line in stated["lines"]["data"] for each in _taxes(line)]
    whole = sum(_taxes(stated)) or stated.get("tax") or 0
    tax = sum(taxes) if any(taxes) else whole
    without = stated.get("total_excluding_tax")
    net = stated["total"] - (whole or tax) if without is None else without
    return Totals(
        currency=currency,
        net=net * unit,
        tax=tax * unit,
        payable=stated.get("amount_due", stated["total"]) * unit,
        lines=len(stated["lines"]["data"]),
    )


def _taxes(stated: dict[str, Any]) -> Iterator[int]:
    for name in ("total_taxes", "total_tax_amounts", "taxes", "tax_amounts"):
        if found := stated.get(name):
            yield from (each["amount"] for each in found)
            return
