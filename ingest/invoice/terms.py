"""What the buyer declares about one vendor, whatever form its invoices come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema

from models.field import number
from models.money import ZERO

WHOLE: Final = Decimal(1)


def share(value: object) -> Decimal:
    """Return a share from 0 to 1; true is all of it, false none.

    Raises:
        ValueError: for anything else.
    """
    if isinstance(value, bool):
        return WHOLE if value else ZERO
    found = number(value)
    if not ZERO <= found <= WHOLE:
        raise ValueError(f"{found} is no share; write true, false, or a number from 0 to 1")
    return found


Share = Annotated[
    Decimal,
    BeforeValidator(share),
    WithJsonSchema(
        {"anyOf": [{"type": "boolean"}, {"type": "number", "minimum": 0, "maximum": 1}]}
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One vendor.

    Attributes:
        issuer: Who invoices, as reports show it; invoices are told apart by it.
        service: What for, for example Data labeling.
        tax_recoverable: Share of the tax that comes back, from 0 to 1; the rest is a cost.
        account: The buyer's account at the issuer; the issuer's name where there is none.
        orders: First and last day of the work, inclusive, by number of purchase order.
        wallet: Prepayments are drawn down by use, and no final invoice states their tax
            again; so the tax on them that does not come back is a cost at once.
    """

    issuer: str
    service: str
    tax_recoverable: Decimal = ZERO
    account: str = ""
    orders: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    wallet: bool = False

    @property
    def lost(self) -> Decimal:
        """Share of the tax that does not come back."""
        return WHOLE - self.tax_recoverable
