"""What one delivery changed against the one before it, per currency, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, Final

from models.money import WIDE, ZERO, exact

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a delivery changed in one currency; minus where there is less than before."""

    currency: str
    rows: int
    billed_cost: Decimal
    effective_cost: Decimal

    def plus(self, other: Change, sign: int = 1) -> Change:
        """Return both together; with `sign` -1, this one without the other."""
        return Change(
            self.currency or other.currency,
            self.rows + sign * other.rows,
            self.billed_cost + sign * other.billed_cost,
            self.effective_cost + sign * other.effective_cost,
        )

    def body(self) -> dict[str, Any]:
        """Return the change as the ledger keeps it: amounts are text."""
        return {
            "currency": self.currency,
            "rows": self.rows,
            "billed_cost": f"{self.billed_cost:f}",
            "effective_cost": f"{self.effective_cost:f}",
        }

    @classmethod
    def read(cls, body: Body) -> Change:
        """Return the change that the ledger keeps."""
        costs = exact(body["billed_cost"]), exact(body["effective_cost"])
        return cls(body["currency"], body["rows"], *costs)


NONE: Final = Change("", 0, ZERO, ZERO)


def difference(before: Body | None, after: Body) -> tuple[Change, ...]:
    """Return what a delivery changed, per currency; nothing where it is equal.

    Args:
        before: What counted until then, as its `delivery.loaded` entry says; None for nothing.
        after: What counts from then on.
    """
    with localcontext(prec=WIDE):
        old, new = _sums(before), _sums(after)
        changes = [
            new.get(currency, NONE).plus(old.get(currency, NONE), -1)
            for currency in sorted({*old, *new})
        ]
    return tuple(change for change in changes if change != replace(NONE, currency=change.currency))


def unchanged(body: Body) -> tuple[Change, ...]:
    """Return that nothing changed, per currency of a delivery."""
    return tuple(replace(NONE, currency=currency) for currency in sorted(_sums(body)))


def _sums(body: Body | None) -> Mapping[str, Change]:
    """Return rows and costs per currency, over all documents and charge categories."""
    sums: dict[str, Change] = {}
    for document in body["documents"] if body else ():
        for total in document["totals"]:
            change = Change.read(total)
            sums[change.currency] = sums.get(change.currency, NONE).plus(change)
    return sums
