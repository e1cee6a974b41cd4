"""What idles as a report shows it: endpoints nobody calls, and machines nobody used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.money import ZERO
from reconcile.decision.endpoint import Endpoint, Idle, idle, unknown
from reconcile.decision.setting import Setting
from reconcile.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ZombieLine:
    """An endpoint that costs and is not called.

    Attributes:
        since: First day without a request.
        flagged: Day on which it was first to be told.
        cost: So far.
        monthly: In 30 days, at the rate of its idle days.
    """

    project: str
    name: str
    since: date
    flagged: date
    days: Figure
    cost: Figure
    monthly: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLine:
    """Hours of the month that nobody used, of a machine of one's own or by a shared one's split."""

    name: str
    hours: Figure
    cost: Figure


def zombie_lines(setting: Setting) -> tuple[ZombieLine, ...]:
    """Return the endpoints to tell about, the dearest first."""
    settings, last = setting.asked.file.endpoints, setting.spending.last
    found = [
        each
        for endpoint in setting.asked.endpoints
        if (each := idle(endpoint, last, days=settings.days, grace=settings.grace))
    ]
    found.sort(key=lambda each: (-each.monthly, each.endpoint.project, each.endpoint.name))
    return tuple(_zombie(setting, each) for each in found)


def unmeasured(setting: Setting) -> tuple[Endpoint, ...]:
    """Return the endpoints of which nobody knows whether they are called."""
    last = setting.spending.last
    found = [each for each in setting.asked.endpoints if unknown(each, last)]
    return tuple(sorted(found, key=lambda each: (each.project, each.name)))


def machine_lines(setting: Setting) -> tuple[MachineLine, ...]:
    """Return the machines that idled in the month, own and shared, the dearest first."""
    own = [(each.name, "machine", each.hours, each.cost) for each in setting.asked.machines]
    shared = [(name, "shared", *each) for name, each in setting.spending.unused().items()]
    found = sorted((*own, *shared), key=lambda each: (-each[3], each[:2]))
    return tuple(
        MachineLine(
            name=name,
            hours=setting.figure([kind, name], "machine_hours", hours),
            cost=setting.figure([kind, name], "machine_cost", cost),
        )
        for name, kind, hours, cost in found
        if cost > ZERO
    )


def _zombie(setting: Setting, found: Idle) -> ZombieLine:
    endpoint = found.endpoint
    where = [endpoint.project, "endpoint", endpoint.name]
    return ZombieLine(
        project=endpoint.project,
        name=endpoint.name,
        since=found.since,
        flagged=found.flagged,
        days=setting.figure(where, "zombie_days", Decimal(found.days)),
        cost=setting.figure(where, "zombie_cost", found.cost),
        monthly=setting.figure(where, "zombie_monthly", found.monthly),
    )
