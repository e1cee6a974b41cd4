"""Subunits of currencies: how many decimals an invoice of a currency has, by ISO 4217."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

USUAL: Final = 2
# ISO 4217 list one: every currency in use whose minor unit is not a hundredth
PLACES: Final = {
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
            *("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def places(currency: str) -> int:
    """Return how many decimals amounts of a currency have: 2 for USD, 0 for JPY, 3 for KWD."""
    return PLACES.get(currency, USUAL)


def subunit(currency: str) -> Decimal:
    """Return the smallest amount that can be paid, in units of the currency."""
    return Decimal(1).scaleb(-places(currency))
