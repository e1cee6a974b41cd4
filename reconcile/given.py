"""What a portfolio is made from: plans, projects, and which months are whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

import polars as pl

from models.category import CONTINGENCY, UNALLOCATED
from models.errors import InvariantError
from models.money import ZERO, stored
from models.period import Month
from models.plan.bridge import BudgetItem
from reconcile.actuals import Cells, Converter
from reconcile.tie_out import SourceState, concerning


class PlannedItem(BudgetItem, Protocol):
    """What is needed of one line of a plan; `models.plan.plan.PlanItem` is the one in use.

    Attributes:
        amount: Whole amount over the plan's months, in the plan's currency.
        shares: Weight of each month; quantities are spread by the same.
        phased: Amount of each month; they sum to `amount`.
        quantity: Named factors in order; empty for an item that is stated as an amount.
        units: Product of the factors, in `unit`; None for one that is stated as an amount.
        unit_price: Price of one unit in the plan's currency.
        price_basis: What that price rests on, such as spot_average; None where nobody says.
    """

    @property
    def shares(self) -> Sequence[Fraction]: ...  # noqa: D102 - the class says it
    @property
    def phased(self) -> Sequence[Decimal]: ...  # noqa: D102
    @property
    def quantity(self) -> Mapping[str, Decimal]: ...  # noqa: D102
    @property
    def price_basis(self) -> str | None: ...  # noqa: D102


class Planned(Protocol):
    """What is needed of a plan; `models.plan.plan.Plan` is the one in use."""

    @property
    def project(self) -> str: ...  # noqa: D102 - the words of the plan file
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> Month: ...  # noqa: D102
    @property
    def months(self) -> Sequence[Month]: ...  # noqa: D102
    @property
    def items(self) -> Sequence[PlannedItem]: ...  # noqa: D102
    @property
    def contingency(self) -> Decimal: ...  # noqa: D102
    def frame(self) -> pl.DataFrame:
        """Return project, category, item, month (text) and amount in the plan's currency."""
        ...


class Gone(Protocol):
    """What is needed of a merger; `models.project.Merged` is the one in use."""

    @property
    def into(self) -> str: ...  # noqa: D102 - the words of projects.yaml
    @property
    def on(self) -> date: ...  # noqa: D102


class Owned(Protocol):
    """What is needed of a project; `models.project.Project` is the one in use."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the words of projects.yaml
    @property
    def name(self) -> str | None: ...  # noqa: D102
    @property
    def owner(self) -> str | None: ...  # noqa: D102
    @property
    def cost_center(self) -> str | None: ...  # noqa: D102
    @property
    def start(self) -> date | None: ...  # noqa: D102
    @property
    def end(self) -> date | None: ...  # noqa: D102
    @property
    def merged(self) -> Gone | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which months of which project are whole.

    Attributes:
        month: The month of the report.
        as_of: The instant of the data; a month that ends later still runs.
        charged: Sources that have ever charged a project.
        sources: What each source has delivered.
    """

    month: Month
    as_of: datetime
    charged: Mapping[str, frozenset[str]]
    sources: Sequence[SourceState]

    def ended(self, at: Month) -> bool:
        """Return whether a month has ended; the plan of one that runs is of all its days (F09)."""
        return at.end <= self.as_of

    def whole(self, project: str, at: Month) -> bool:
        """Return whether a month has ended and every source that concerns the project has it."""
        if at > self.month or not self.ended(at):
            return False
        mine = concerning(project, self.charged, self.sources)
        return all(state.has(at, self.month) for state in mine)

    def seen(self, at: Month) -> bool:
        """Return whether a forecast may know a month: none that ended after the report's."""
        return at <= self.month or not self.ended(at)

    def now(self, project: str) -> bool:
        """Return whether everything up to the report's month is whole."""
        mine = concerning(project, self.charged, self.sources)
        return self.whole(project, self.month) and not any(state.gaps for state in mine)

    @property
    def everything(self) -> bool:
        """Whether every source has delivered every month up to the report's."""
        return self.month.end <= self.as_of and all(
            state.whole and not state.gaps for state in self.sources
        )


def plan_cells(plans: Iterable[Planned], rates: Converter, currency: str) -> Cells:
    """Return planned cost by (project, category, month), without contingency.

    A plan in another currency is converted at the rate of its first month, all of it, so
    that a plan does not move with the market.

    Raises:
        InvariantError: if a project has two plans.
    """
    result: Cells = defaultdict(lambda: ZERO)
    seen: dict[str, int] = {}
    for plan in plans:
        if plan.project in seen:
            raise InvariantError(
                f"project {plan.project} has two plans, versions {seen[plan.project]} and "
                f"{plan.version}; give the one that is current"
            )
        seen[plan.project] = plan.version
        for category, month, amount in _rows(plan):
            money = stored(rates.convert(amount, plan.currency, currency, plan.start))
            result[plan.project, category, month] += money
    return dict(result)


def contingencies(plans: Iterable[Planned], rates: Converter, currency: str) -> dict[str, Decimal]:
    """Return the approved contingency by project, converted as its plan is."""
    return {
        plan.project: stored(rates.convert(plan.contingency, plan.currency, currency, plan.start))
        for plan in plans
    }


def names(projects: Iterable[Owned]) -> dict[str, Owned]:
    """Return the registered projects by id."""
    return {project.id: project for project in projects}


def is_project(key: str) -> bool:
    """Return whether spend went to a project at all."""
    return key != UNALLOCATED


def _rows(plan: Planned) -> list[tuple[str, Month, Decimal]]:
    rows = plan.frame().select("category", "month", "amount").iter_rows()
    return [(c, Month.parse(m), amount) for c, m, amount in rows if c != CONTINGENCY]
