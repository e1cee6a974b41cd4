"""Endpoints that cost and are not called; what nobody measured is unknown, never zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO

MONTH_DAYS: Final = 30  # of a month at the run rate
LAG: Final = 3  # days that bills and metrics may be behind
_DAY: Final = timedelta(1)
_NO: Final = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint, day by day.

    Attributes:
        costs: Cost by day, reporting currency.
        requests: Calls by day; a day that is absent was not measured.
        standby: Meant to wait, by its tags.
    """

    project: str
    name: str
    costs: Mapping[date, Decimal]
    requests: Mapping[date, Decimal]
    standby: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """An endpoint that is not called, up to the last day of its cost.

    Attributes:
        since: First day of the unbroken run of days that cost and have no request.
        days: How many.
        flagged: The day on which it was first to be told.
        cost: What the days cost.
    """

    endpoint: Endpoint
    since: date
    days: int
    flagged: date
    cost: Decimal

    @property
    def monthly(self) -> Fraction:
        """What it costs in 30 days at the rate of its idle days."""
        return Fraction(self.cost) / self.days * MONTH_DAYS


def idle(endpoint: Endpoint, last: date, *, days: int, grace: int) -> Idle | None:
    """Return that an endpoint idles at the end of a day, as long as it must to be told.

    Args:
        endpoint: The endpoint.
        last: Last day that counts; what neither costs nor is measured of late is not told.
        days: How many days without a request are told.
        grace: First days of the endpoint that do not count.
    """
    at = max(
        (day for day in endpoint.requests if _costs(endpoint, day) and day <= last), default=_NO
    )
    if endpoint.standby or last - at > LAG * _DAY:
        return None
    begun = min(day for day, cost in endpoint.costs.items() if cost > 0) + grace * _DAY
    since = at + _DAY
    while since > begun and _is_idle(endpoint, since - _DAY):
        since -= _DAY
    count = (at - since).days + 1
    if count < days:
        return None
    cost = sum((endpoint.costs[since + n * _DAY] for n in range(count)), ZERO)
    flagged = since + (days - 1) * _DAY
    return Idle(endpoint=endpoint, since=since, days=count, flagged=flagged, cost=cost)


def unknown(endpoint: Endpoint, last: date) -> bool:
    """Return whether an endpoint costs of late and nobody counts its calls any more."""
    recent = [last - n * _DAY for n in range(LAG + 1)]
    costs = any(_costs(endpoint, day) for day in recent)
    return costs and not any(day in endpoint.requests for day in recent)


def _is_idle(endpoint: Endpoint, day: date) -> bool:
    return _costs(endpoint, day) and endpoint.requests.get(day) == 0


def _costs(endpoint: Endpoint, day: date) -> bool:
    return endpoint.costs.get(day, ZERO) > 0
