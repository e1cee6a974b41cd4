"""Parts of a bill: what its charge categories and services hold, and against the invoice's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.money import ZERO
from reconcile.claim import Bill

Names = tuple[str, str]  # charge category and service; empty for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines of one charge category, one service, or one of both; without tax.

    Attributes:
        billed: Sum of their billed cost; None when the bill has no such line.
        stated: What the invoice prints for them; None where it prints nothing.
    """

    category: str
    service: str
    rows: int
    billed: Decimal | None
    stated: Decimal | None = None

    @property
    def name(self) -> str:
        """`Amazon EC2 (Usage)`, or the one of both there is."""
        if self.category and self.service:
            return f"{self.service} ({self.category})"
        return self.service or self.category

    @property
    def difference(self) -> Decimal | None:
        """Billed minus stated; None where the invoice prints no parts."""
        return None if self.stated is None else (self.billed or ZERO) - self.stated


def parts(
    billed: Iterable[Bill],
    *,
    categories: Mapping[str, Decimal],
    services: Mapping[str, Decimal],
) -> tuple[Part, ...]:
    """Return what lines are made of, the largest difference or amount first.

    Where the invoice prints services or categories, each stands against its own amount.
    """
    if services:
        stated = {("", name): amount for name, amount in services.items()}
        return _parts(billed, lambda bill: ("", bill.service), stated)
    if categories:
        stated = {(name, ""): amount for name, amount in categories.items()}
        return _parts(billed, lambda bill: (bill.category, ""), stated)
    return _parts(billed, lambda bill: (bill.category, bill.service), {})


def _parts(
    billed: Iterable[Bill], names: Callable[[Bill], Names], stated: Mapping[Names, Decimal]
) -> tuple[Part, ...]:
    folded = {_folded(name): name for name in stated}
    rows: dict[Names, int] = defaultdict(int)
    costs: dict[Names, Decimal] = defaultdict(lambda: ZERO)
    for bill in billed:
        name = folded.get(_folded(names(bill)), names(bill))
        rows[name] += bill.rows
        costs[name] += bill.cost
    found = [
        Part(
            category=name[0],
            service=name[1],
            rows=rows.get(name, 0),
            billed=costs.get(name),
            stated=stated.get(name, ZERO) if stated else None,
        )
        for name in {**costs, **stated}
    ]
    return tuple(sorted(found, key=_rank))


def _folded(names: Names) -> Names:
    return names[0].casefold(), names[1].casefold()


def _rank(part: Part) -> tuple[Decimal, Decimal, str]:
    return -abs(part.difference or ZERO), -abs(part.billed or ZERO), part.name
