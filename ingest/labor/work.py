"""Hours of a month, summed by project and role, and what they cost at standard rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from ingest.labor.card import OTHER_ROLES, Card
from ingest.labor.cell import HOUR
from ingest.labor.entry import Entry
from ingest.labor.fold import folded
from models.money import ZERO, rounded
from models.period import Month
from models.subunit import places


class Matter(NamedTuple):
    """What work is for, as timesheets call it."""

    project: str
    client: str
    task: str


@dataclass(frozen=True, slots=True)
class Labor:
    """What is told of one role, or of `other_roles` together, on one matter in one month.

    Attributes:
        seconds: How long they worked.
        role_months: That, in months of `divisor` hours.
        cost: In the currency of the rates, rounded for each role by itself.
    """

    matter: Matter
    role: str
    seconds: Decimal
    role_months: Fraction
    cost: Decimal

    @property
    def hours(self) -> Fraction:
        """The same as hours, exactly."""
        return Fraction(self.seconds) / HOUR


@dataclass(slots=True)
class _Role:
    seconds: Decimal = ZERO
    people: set[str] = field(default_factory=set)


def labor(
    entries: Iterable[Entry], card: Card, month: Month, divisor: Decimal, smallest: int
) -> list[Labor]:
    """Return what the counted entries of a month cost, roles of too few people together.

    Args:
        entries: Entries of the month, of all its files: each role is rounded once.
        card: Rates of roles.
        month: The month.
        divisor: Hours of a role-month.
        smallest: People that a role needs to be shown by itself.

    Raises:
        BrokenError: when a role has no rate in the month.
    """
    matters: dict[Matter, dict[str, _Role]] = {}
    for entry in entries:
        matter = Matter(entry.project, entry.client, entry.task)
        role = matters.setdefault(matter, {}).setdefault(card.name(entry.role), _Role())
        role.seconds += entry.seconds
        role.people |= {entry.trace} - {""}
    return [
        told
        for matter, roles in sorted(matters.items())
        for told in _told(matter, roles, smallest, _Priced(card, month, divisor))
    ]


@dataclass(frozen=True, slots=True)
class _Priced:
    card: Card
    month: Month
    divisor: Decimal

    def labor(self, matter: Matter, role: str, seconds: Decimal) -> Labor:
        months = Fraction(seconds) / HOUR / Fraction(self.divisor)
        cost = rounded(months * self.card.rate(role, self.month), places(self.card.currency))
        return Labor(matter, role, seconds, months, cost)


def _told(
    matter: Matter, roles: dict[str, _Role], smallest: int, priced: _Priced
) -> Iterator[Labor]:
    shown = folded({role: own.people for role, own in roles.items()}, smallest)
    all_ = {role: priced.labor(matter, role, own.seconds) for role, own in sorted(roles.items())}
    yield from (each for role, each in all_.items() if shown[role] != OTHER_ROLES)
    hidden = [each for role, each in all_.items() if shown[role] == OTHER_ROLES]
    if hidden:
        yield Labor(
            matter,
            OTHER_ROLES,
            sum((each.seconds for each in hidden), ZERO),
            sum((each.role_months for each in hidden), Fraction(0)),
            sum((each.cost for each in hidden), ZERO),
        )
