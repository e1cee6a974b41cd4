"""What a figure means: explicit states, materiality, and the status of a project."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol

from models.money import rounded

PERCENT_PLACES: Final = 6


class State(StrEnum):
    """How a scope stands; a ratio alone never decides."""

    NO_PLAN = "no_plan"
    NO_ACTUALS = "no_actuals"
    INCOMPLETE = "incomplete"
    ON_PLAN = "on_plan"
    AT_RISK = "at_risk"
    OVER_LIMIT = "over_limit"

    @property
    def shape(self) -> str:
        """The sign that carries the state without colour."""
        return _SHAPES[self][0]

    @property
    def word(self) -> str:
        """The state in two words."""
        return _SHAPES[self][1]

    @property
    def colour(self) -> str:
        """Grey, red, amber or green; never green where data or plan is missing."""
        return _SHAPES[self][2]


_SHAPES: Final = {
    State.NO_PLAN: ("○", "No plan", "grey"),
    State.NO_ACTUALS: ("○", "No actuals", "grey"),
    State.INCOMPLETE: ("○", "Incomplete", "grey"),
    State.ON_PLAN: ("●", "On plan", "green"),
    State.AT_RISK: ("▲", "At risk", "amber"),
    State.OVER_LIMIT: ("■", "Over limit", "red"),
}


class Materiality(Protocol):
    """When a difference deserves a comment, and when a colour.

    Attributes:
        percent: Share of plan, in percent, at which a difference is material.
        floor: Amount below which no share makes it material.
        always: Amount that is material whatever the share.
        colour_percent: The share at which a difference is coloured.
    """

    @property
    def percent(self) -> Decimal: ...  # noqa: D102 - the class says it
    @property
    def floor(self) -> Decimal: ...  # noqa: D102
    @property
    def always(self) -> Decimal: ...  # noqa: D102
    @property
    def colour_percent(self) -> Decimal: ...  # noqa: D102


def material(delta: Decimal | None, plan: Decimal | None, materiality: Materiality) -> bool:
    """Return whether a difference needs a comment; without a plan the floor alone decides."""
    return _beyond(delta, plan, materiality, materiality.percent)


def coloured(delta: Decimal | None, plan: Decimal | None, materiality: Materiality) -> bool:
    """Return whether a difference is worth red or green."""
    return _beyond(delta, plan, materiality, materiality.colour_percent)


def percent(delta: Decimal | None, plan: Decimal | None, actual: Decimal | None) -> Decimal | None:
    """Return delta in percent of plan; None, shown `n/a`, where a ratio would mislead.

    That is without a plan, with a plan of zero, and for actuals below zero: a refund
    is not a saving of more than everything.
    """
    if delta is None or not plan or (actual is not None and actual < 0):
        return None
    return rounded(Fraction(delta) / Fraction(plan) * 100, PERCENT_PLACES)


def cell_state(
    actual: Decimal | None,
    plan: Decimal | None,
    *,
    complete: bool,
    materiality: Materiality,
) -> State:
    """Return the state of one scope in one period, which has a plan but no limit of its own.

    Args:
        actual: Cost; None when there is no line.
        plan: Planned cost; None when nothing was planned, which is not zero.
        complete: Whether every source that concerns the scope has delivered the period.
        materiality: What counts as over plan.
    """
    if plan is None and actual is not None:
        return State.NO_PLAN
    if not complete:
        return State.INCOMPLETE
    if plan is None or actual is None:
        return State.NO_ACTUALS
    delta = actual - plan
    over = delta > 0 and material(delta, plan, materiality)
    return State.AT_RISK if over else State.ON_PLAN


def project_state(
    *,
    complete: bool,
    actual: Decimal | None,
    estimate: Decimal,
    budget: Decimal | None,
    reserve: Decimal,
    month_over: bool,
) -> State:
    """Return the status of a project: grey before red before amber before green.

    Args:
        complete: Whether every source that concerns the project has delivered.
        actual: Cost to date; None when there is no line.
        estimate: Estimate at completion.
        budget: Budget at completion without contingency; None without a plan.
        reserve: Approved contingency.
        month_over: Whether the last month is materially over its plan.
    """
    if budget is None:
        return State.NO_PLAN
    if not complete:
        return State.INCOMPLETE
    if actual is None:
        return State.NO_ACTUALS
    limit = budget + reserve
    if estimate > limit or actual > limit:
        return State.OVER_LIMIT
    if 2 * (estimate - budget) > reserve or month_over:
        return State.AT_RISK
    return State.ON_PLAN


def is_under(estimate: Decimal, budget: Decimal | None) -> bool:
    """Return whether less than 90 % of the budget will be used, money another could use."""
    return budget is not None and 10 * estimate < 9 * budget


def _beyond(
    delta: Decimal | None, plan: Decimal | None, materiality: Materiality, share: Decimal
) -> bool:
    if delta is None:
        return False
    size, base = abs(delta), abs(plan or Decimal(0))
    return size >= materiality.always or (size >= materiality.floor and size * 100 >= share * base)
