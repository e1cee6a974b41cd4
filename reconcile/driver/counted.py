"""What was charged for one item in a month, in the unit and at the rates of its plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.errors import TrueupError
from models.money import ZERO, stored
from models.period import Month
from models.unit import quantity, says, unit
from reconcile.actuals import Converter
from reconcile.driver.activity import Loss
from reconcile.driver.charged import BASE, Lot
from reconcile.driver.planned import PlanCell

WITHOUT: Final = "charged without a quantity"


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one sub-type; `listed` is what one costs at list price and planned rates, or 0."""

    used: Fraction
    listed: Fraction
    pricing: str | None
    gpu: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Charges of one line; amounts in the reporting currency.

    Attributes:
        apart: What is set apart, by name.
        beside: Cost of other things than the plan counts, and tax.
        cost: All other cost, at the rates of its month.
        exchanged: How much less it would be at the planned rates of exchange.
        shares: Units that are the plan's.
        measures: What these units measure; empty without any.
        hindered: Why quantities do not explain the cost; empty where they do.
        said: What else a reader should know.
    """

    apart: Mapping[str, Decimal] = field(default_factory=dict)
    beside: Decimal = ZERO
    cost: Decimal = ZERO
    exchanged: Decimal = ZERO
    shares: tuple[Share, ...] = ()
    measures: str = ""
    hindered: str = ""
    said: tuple[str, ...] = ()

    @property
    def actual(self) -> Decimal:
        """All that was charged."""
        return sum(self.apart.values(), self.beside + self.cost)

    @property
    def paid(self) -> Decimal:
        """The cost at the planned rates of exchange."""
        return self.cost - self.exchanged

    @property
    def used(self) -> Fraction:
        """All units that are the plan's."""
        return sum((share.used for share in self.shares), Fraction(0))

    @property
    def price(self) -> Fraction | None:
        """What one unit cost; None for none."""
        return Fraction(self.cost) / self.used if self.used else None

    def without(self, loss: Loss) -> Counted:
        """Return what is left without attempts that failed, which took from each sub-type alike."""
        kept = max(1 - loss.hours / self.used, Fraction(0)) if self.used else Fraction(0)
        shares = [replace(each, used=each.used * kept) for each in self.shares]
        return replace(self, cost=self.cost - loss.cost, shares=tuple(shares))


@dataclass(frozen=True, slots=True)
class Till:
    """What counts charges: by dated exchange rates, in the reporting currency."""

    rates: Converter
    currency: str

    def counted(self, lots: Iterable[Lot], planned: PlanCell | None) -> Counted:
        """Return the charges of one line, sorted."""
        listed = list(lots)
        apart: dict[str, Decimal] = {}
        for lot in listed:
            if lot.apart != BASE:
                apart[lot.apart] = apart.get(lot.apart, ZERO) + self._money(lot)
        base = [lot for lot in listed if lot.apart == BASE]
        if planned is None or planned.quantity is None:
            return self._with_rates(Counted(apart=apart, cost=self._sum(base)), base, planned)
        return self._measured(base, planned, apart)

    def _measured(
        self, base: Sequence[Lot], planned: PlanCell, apart: Mapping[str, Decimal]
    ) -> Counted:
        """Return charges of an item with a quantity; other things than it counts stand beside."""
        beside = [lot for lot in base if lot.tax or _other(lot, planned)]
        mine = [lot for lot in base if lot not in beside]
        shares = tuple(self._share(lot, planned) for lot in mine if _units(lot, planned))
        units = sorted({lot.unit for lot in beside if lot.unit and not lot.tax})
        said = [f"also charged in {', '.join(units)}"] if units else []
        hindered = _uncounted(mine, planned)
        if not shares and any(lot.cost for lot in beside):
            hindered = (
                f"charged in {', '.join(units)}, planned in {planned.unit}" if units else WITHOUT
            )
            mine, beside, said = list(base), [], []
        found = Counted(
            apart=apart,
            beside=self._sum(beside),
            cost=self._sum(mine),
            shares=shares,
            measures=unit(planned.unit or "").measures,
            hindered=hindered,
            said=tuple(said),
        )
        return self._with_rates(found, mine, planned)

    def _with_rates(self, found: Counted, lots: Iterable[Lot], planned: PlanCell | None) -> Counted:
        """Return charges with what other rates than the planned ones did to them."""
        foreign = [lot for lot in lots if lot.currency != self.currency]
        if planned is None or not foreign:
            return found
        try:
            then = [self._at(lot.cost, lot.currency, planned.start) for lot in foreign]
        except TrueupError:
            names = ", ".join(sorted({lot.currency for lot in foreign}))
            said = f"no rate {names} to {self.currency} for {planned.start}: price has the exchange"
            return replace(found, said=(*found.said, said))
        return replace(found, exchanged=self._sum(foreign) - sum(then, ZERO))

    def _share(self, lot: Lot, planned: PlanCell) -> Share:
        used = _units(lot, planned) or Fraction(0)
        try:
            listed = Fraction(self._at(lot.listed, lot.currency, planned.start))
        except TrueupError:
            listed = Fraction(0)  # a list price that cannot be told is none
        return Share(used, listed / used if used else Fraction(0), lot.pricing, lot.gpu)

    def _sum(self, lots: Iterable[Lot]) -> Decimal:
        return sum((self._money(lot) for lot in lots), ZERO)

    def _money(self, lot: Lot) -> Decimal:
        return self._at(lot.cost, lot.currency, lot.rated)

    def _at(self, amount: Decimal, currency: str, month: Month) -> Decimal:
        return stored(self.rates.convert(amount, currency, self.currency, month))


def _units(lot: Lot, planned: PlanCell) -> Fraction | None:
    return quantity(lot.quantity, lot.unit, planned.unit)


def _uncounted(lots: Iterable[Lot], planned: PlanCell) -> str:
    """Return why some cost has no units of the plan; empty where all of it has."""
    bare = [lot for lot in lots if lot.cost and not _units(lot, planned)]
    units = sorted({lot.unit for lot in bare if lot.quantity and lot.unit})
    if not bare or not units or not all(lot.quantity for lot in bare):
        return WITHOUT if bare else ""
    return f"charged in {', '.join(units)} without saying of what, planned in {planned.unit}"


def _other(lot: Lot, planned: PlanCell) -> bool:
    """Return whether a charge counts something else than the plan does."""
    return bool(lot.quantity) and says(lot.unit) and _units(lot, planned) is None
