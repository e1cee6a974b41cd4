"""Training cost by run: what tags name costs that run; the rest goes by hours; parts are exact.

Hours that charges of a run already paid are not paid again: they divide nothing. Cost that names
a cluster is divided between runs on it; cost that names none, between runs whose cluster has no
cost of its own. What nobody worked for stays without a run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import SCALE, ZERO, parts
from models.run.run import UNKNOWN
from reconcile.run.hours import NOWHERE, Worked

TAGGED: Final = "tagged"  # a tag of the charge names the run
RESOURCE: Final = "resource"  # the charge's resource is called like the run
BY_HOURS: Final = "gpu_hours"  # its part of shared cost, by hours

Purse = tuple[str, str]  # category, currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Cost of one project and month that is not just anybody's.

    Attributes:
        run: Whose it is; None where it only names a cluster, or is `apart`.
        evidence: How that is known.
        cluster: Canonical; empty where it is not named.
        apart: What no run caused, such as idle hours of one's own machines.
        hours: Of accelerators, as billed.
    """

    purse: Purse
    cost: Decimal
    run: str | None = None
    evidence: str = ""
    cluster: str = NOWHERE
    apart: bool = False
    hours: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Part:
    """Cost of a run in one state; without a run, of nobody's."""

    purse: Purse
    run: str | None
    state: str
    evidence: str
    cost: Decimal


@dataclass(slots=True)
class _Month:
    """One project and month, as far as it is divided."""

    outcomes: Mapping[str, str]
    worked: Sequence[Worked]
    found: list[Part] = field(default_factory=list)

    def tagged(self, claims: Iterable[Claim]) -> None:
        """Give each run what names it, by the hours of its states where there are any."""
        sums: defaultdict[tuple[Purse, str, str], Decimal] = defaultdict(Decimal)
        for claim in claims:
            if claim.run is not None:
                sums[claim.purse, claim.run, claim.evidence] += claim.cost
        for (purse, run, evidence), cost in sorted(sums.items()):
            mine = [(each, Fraction(each.hours)) for each in self.worked if each.run == run]
            alone = Worked(run, self.outcomes.get(run, UNKNOWN), NOWHERE, ZERO)
            self._divide(purse, cost, mine or [(alone, Fraction(1))], evidence)

    def by_hours(
        self, purse: Purse, cost: Decimal, weights: Sequence[tuple[Worked, Fraction]]
    ) -> None:
        """Divide cost by hours; without any it stays without a run."""
        nobody = Worked(None, UNKNOWN, NOWHERE, ZERO)
        self._divide(purse, cost, weights or [(nobody, Fraction(1))], BY_HOURS)

    def _divide(
        self,
        purse: Purse,
        cost: Decimal,
        weights: Sequence[tuple[Worked, Fraction]],
        evidence: str,
    ) -> None:
        amounts = parts(cost, [weight for _, weight in weights], SCALE)
        self.found += [
            Part(purse, who.run, who.state, evidence if who.run else "", amount)
            for (who, _), amount in zip(weights, amounts, strict=True)
            if amount
        ]


def shared(
    totals: Mapping[Purse, Decimal],
    claims: Sequence[Claim],
    worked: Sequence[Worked],
    outcomes: Mapping[str, str],
) -> list[Part]:
    """Return the cost of one project and month by run, state and evidence; the sum is exact.

    Args:
        totals: All training cost, by category and currency.
        claims: What of it names a run or a cluster, or is apart.
        worked: Hours of runs, and of nobody's.
        outcomes: How runs ended.
    """
    month = _Month(outcomes, worked)
    month.tagged(claims)
    unpaid = _unpaid(worked, claims)
    named = _named(claims)
    paying = {cluster for _, cluster in named}
    for (purse, cluster), cost in sorted(named.items()):
        there = [each for each in unpaid if each[0].cluster == cluster]
        month.by_hours(purse, cost, there or [e for e in unpaid if e[0].cluster == NOWHERE])
    anywhere = [each for each in unpaid if each[0].cluster not in paying]
    for purse, left in sorted(_left(totals, claims).items()):
        month.by_hours(purse, left, anywhere)
    for claim in claims:
        if claim.apart and claim.run is None:
            month.by_hours(claim.purse, claim.cost, ())
    return month.found


def _named(claims: Iterable[Claim]) -> dict[tuple[Purse, str], Decimal]:
    """Return cost by purse and the cluster that it names, where no run is named."""
    found: defaultdict[tuple[Purse, str], Decimal] = defaultdict(Decimal)
    for claim in claims:
        if claim.run is None and claim.cluster and not claim.apart:
            found[claim.purse, claim.cluster] += claim.cost
    return found


def _left(totals: Mapping[Purse, Decimal], claims: Iterable[Claim]) -> dict[Purse, Decimal]:
    """Return what no claim is about."""
    left = defaultdict(Decimal, totals)
    for claim in claims:
        if claim.run is not None or claim.cluster or claim.apart:
            left[claim.purse] -= claim.cost
    return dict(left)


def _unpaid(worked: Sequence[Worked], claims: Iterable[Claim]) -> list[tuple[Worked, Fraction]]:
    """Return hours that divide: of a run less those it was billed for itself, evenly."""
    paid: defaultdict[str, Fraction] = defaultdict(Fraction)
    for claim in claims:
        if claim.run is not None:
            paid[claim.run] += Fraction(claim.hours)
    whole: defaultdict[str | None, Fraction] = defaultdict(Fraction)
    for each in worked:
        whole[each.run] += Fraction(each.hours)
    return [*_rest(worked, paid, whole)]


def _rest(
    worked: Iterable[Worked],
    paid: Mapping[str, Fraction],
    whole: Mapping[str | None, Fraction],
) -> Iterator[tuple[Worked, Fraction]]:
    for each in worked:
        mine = paid.get(each.run or "", Fraction(0))
        rest = 1 - mine / whole[each.run] if whole[each.run] else Fraction(0)
        if rest > 0 and each.hours:
            yield each, Fraction(each.hours) * min(rest, Fraction(1))
