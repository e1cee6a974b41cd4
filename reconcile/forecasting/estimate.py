"""Estimates at completion of the categories of a project, by month, with their floors."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.money import ZERO
from models.period import Month
from reconcile.forecasting.basis import Amounts, Basis
from reconcile.forecasting.method import Earned
from reconcile.forecasting.part import ACTUAL, CPI, Part, parts
from reconcile.forecasting.spreading import added, open_months, spread, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one category will have cost, and how that is told.

    Attributes:
        months: What each month adds; a reported month its actual, any other at least that.
        parts: What is forecast alike.
        earned: Of the whole category.
        raised: What open orders are more than the parts expect; it is in `months`.
    """

    category: str
    months: Amounts
    parts: tuple[Part, ...]
    earned: Earned
    raised: Decimal = ZERO

    @property
    def eac(self) -> Decimal:
        """Sum of the months."""
        return total(self.months)

    @property
    def method(self) -> str:
        """The methods of its parts, as a person reads them."""
        found = dict.fromkeys(part.method for part in self.parts if part.items or part.actual)
        return "; ".join(sorted(found)) or ACTUAL

    @property
    def has_output(self) -> bool:
        """Whether output decides: only then is there a CPI to be shown."""
        return any(part.method == CPI for part in self.parts)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of one project.

    Attributes:
        basis: What it was made from.
        estimates: By category, in the order of their names.
    """

    basis: Basis
    estimates: tuple[Estimate, ...]

    @property
    def method(self) -> str:
        """The methods of the categories that have a plan, as a person reads them."""
        found = {part.method for each in self.estimates for part in each.parts if part.items}
        return "; ".join(sorted(found)) or ACTUAL

    @property
    def months(self) -> Amounts:
        """What each month adds to the project."""
        return added(each.months for each in self.estimates)

    @property
    def committed(self) -> Decimal:
        """What is ordered and not delivered, in all categories."""
        return sum(self.basis.committed.values(), ZERO)

    @property
    def has_output(self) -> bool:
        """Whether output is counted in any category."""
        return any(each.has_output for each in self.estimates)


def outlook(basis: Basis) -> Outlook:
    """Return the forecast of a project, category by category."""
    return Outlook(basis, tuple(estimate(basis, category) for category in basis.categories))


def estimate(basis: Basis, category: str) -> Estimate:
    """Return the estimate of a category: its parts, and never less than spent and ordered."""
    found = tuple(parts(basis, category))
    after = _after(basis, category)
    months = added(part.months(basis.reported, after) for part in found)
    raised = _short(basis, category, months)
    if raised > 0:
        plan = added(part.plan for part in found)
        shape = open_months(plan, basis.reported) or {after: ZERO}
        months = added([months, spread(Fraction(raised), shape)])
    return Estimate(
        category=category,
        months=months,
        parts=found,
        earned=_sum([part.earned(basis.reported) for part in found]),
        raised=max(ZERO, raised),
    )


def _short(basis: Basis, category: str, months: Amounts) -> Decimal:
    """Return what is ordered beyond what is expected to come after what is spent."""
    actual = added(basis.actual.get(category, {}).values())
    return basis.committed.get(category, ZERO) - (total(months) - total(actual))


def _after(basis: Basis, category: str) -> Month:
    """Return the first month after everything that is planned, spent or reported."""
    planned = {m for item in basis.items if item.category == category for m in item.plan}
    spent = {m for amounts in basis.actual.get(category, {}).values() for m in amounts}
    return max(planned | spent | {basis.month}) + 1


def _sum(found: list[Earned]) -> Earned:
    return Earned(
        bac=sum((each.bac for each in found), Fraction(0)),
        pv=sum((each.pv for each in found), Fraction(0)),
        ev=sum((each.ev for each in found), Fraction(0)),
        ac=sum((each.ac for each in found), Fraction(0)),
    )
