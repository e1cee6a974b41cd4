"""One line of a plan: what it costs, why, by month, and what it brings forth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from models.plan.file import PLACES, Item, product
from models.plan.phasing import phased
from models.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One line of a plan.

    Attributes:
        id: Stable id, used by rules and figures.
        category: One of the seven terms of the formula beside contingency.
        amount: Whole amount over the horizon, in the plan's currency.
        shares: Weight of each month, exact; quantities are spread by the same.
        phased: Amount of each month; they sum to `amount`.
        term: labeling, storage or acquisition, for data.
        quantity: Named factors, whose product is the quantity in `unit`; empty for an
            item that is stated as an amount.
        unit: Unit of the quantity.
        unit_price: Price of one unit.
        price_basis: What that price rests on, such as spot_average.
        levers: What is done to make it cheaper.
        assumed: Its drivers are ours, not stated by the source.
        role: Role, for labor.
        po: Purchase order it is bought with.
        progress: What it brings forth; None where nobody says.
    """

    id: str
    category: str
    amount: Decimal
    shares: tuple[Fraction, ...]
    phased: tuple[Decimal, ...]
    term: str | None = None
    quantity: Mapping[str, Decimal] = field(default_factory=dict)
    unit: str | None = None
    unit_price: Decimal | None = None
    levers: tuple[str, ...] = ()
    assumed: bool = False
    role: str | None = None
    po: str | None = None
    progress: Progress | None = None
    price_basis: str | None = None

    @property
    def units(self) -> Fraction | None:
        """Product of the factors; None for an item that is stated as an amount."""
        return product(self.quantity.values()) if self.quantity else None


def plan_item(item: Item, horizon: int) -> PlanItem:
    """Return a line of a plan file, phased over so many months."""
    shares = item.shares(horizon)
    return PlanItem(
        id=item.id,
        category=item.category,
        term=item.term,
        amount=item.cost,
        shares=shares,
        phased=phased(item.cost, shares, PLACES),
        quantity=item.quantity or {},
        unit=item.unit,
        unit_price=item.unit_price,
        levers=item.levers,
        assumed=item.assumed,
        role=item.role,
        po=item.po,
        progress=item.progress,
        price_basis=item.price_basis,
    )
