"""Draws: contingency that moves into an item's budget, and what speaks against one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from models.canonical import canonical_value
from models.decision.file import Draw
from models.money import ZERO, parts, plain
from models.period import Month
from models.plan.file import PLACES, Contingency
from models.plan.item import PlanItem
from models.plan.plan import Plan, current
from models.project import Registry
from models.wording import suggestion

_Numbered = tuple[int, Draw]


class Doubt(NamedTuple):
    """Why a draw cannot be: its number in the file, the key that is wrong, and what to do."""

    number: int
    key: str
    said: str


def applied(plan: Plan, draws: Iterable[Draw]) -> tuple[Draw, ...]:
    """Return the draws from a plan's contingency, by day, that the plan itself has not got."""
    mine = (draw for draw in draws if draw.project == plan.project)
    fresh = (draw for draw in mine if not draw.in_version or plan.version < draw.in_version)
    return tuple(sorted(fresh, key=lambda draw: draw.on))


def identities(draw: Draw, registry: Registry) -> frozenset[str]:
    """Return the fingerprints of a draw by every name its project has or had.

    A project may get another id, and its old one become an alias; it is no other draw by that.
    """
    project = registry.project(draw.project)
    names = {draw.project, *(project.spellings if project else ())}
    return frozenset(draw.model_copy(update={"project": name}).fingerprint for name in names)


def with_draws(plan: Plan, draws: Iterable[Draw]) -> Plan:
    """Return a plan after its draws: items have more, contingency as much less, the total stays.

    Quantities and prices of the items stay as they were planned: money was moved, not work.
    """
    mine = applied(plan, draws)
    if not mine:
        return plan
    left = plan.contingency - sum((draw.amount for draw in mine), ZERO)
    return replace(
        plan,
        items=tuple(_raised(plan, item, mine) for item in plan.items),
        reserve=Contingency(rate=plan.reserve.rate, stated_amount=left, use="stated"),
    )


def doubts(draws: Sequence[Draw], registry: Registry, plans: Iterable[Plan]) -> Iterator[Doubt]:
    """Yield what speaks against draws from the contingency of the plans that count.

    Args:
        draws: All of the file, in its order.
        registry: The projects, whose owners approve no draw of their own.
        plans: All plans, as they stand.
    """
    known = tuple(plans)
    counting = {plan.project: plan for plan in current(known)}
    for project in dict.fromkeys(draw.project for draw in draws):
        if project in counting:
            yield from against(counting[project], draws, registry, known)
        else:
            number = next(n for n, draw in enumerate(draws) if draw.project == project)
            yield Doubt(number, "project", unplanned(project))


def unplanned(project: str) -> str:
    """Return what is said of a draw where no plan has a contingency."""
    return (
        f"'{project}' has no approved plan, whose contingency could be drawn; approve a plan first"
    )


def against(
    plan: Plan, draws: Sequence[Draw], registry: Registry, plans: Iterable[Plan]
) -> Iterator[Doubt]:
    """Yield what speaks against draws from the contingency of one version of a plan."""
    fresh = applied(plan, draws)
    owned = registry.project(plan.project)
    mine = [(number, draw) for number, draw in enumerate(draws) if draw in fresh]
    for each in mine:
        yield from _known(each, plan)
        yield from _approved(each, plan, (owned and owned.owner) or "")
        yield from _placed(each, plan)
    yield from _beyond(sorted(mine, key=lambda each: each[1].on), plan)
    versions = {
        each.version: each
        for each in plans
        if each.project == plan.project and each.scenario is None
    }
    yield from _had(
        (each for each in enumerate(draws) if each[1].project == plan.project), versions
    )


def _raised(plan: Plan, item: PlanItem, draws: Sequence[Draw]) -> PlanItem:
    mine = [draw for draw in draws if draw.item == item.id]
    more: defaultdict[Month, Decimal] = defaultdict(Decimal)
    for draw in mine:
        shares = [Fraction(1)] * len(draw.months)
        for month, amount in zip(draw.months, parts(draw.amount, shares, PLACES), strict=True):
            more[month] += amount
    if not mine:
        return item
    phased = (amount + more[month] for month, amount in zip(plan.months, item.phased, strict=True))
    drawn = sum((draw.amount for draw in mine), ZERO)
    return replace(item, amount=item.amount + drawn, phased=tuple(phased))


def _known(numbered: _Numbered, plan: Plan) -> Iterator[Doubt]:
    number, draw = numbered
    items = [item.id for item in plan.items]
    if draw.item not in items:
        said = f"'{draw.item}' is not an item of {plan.file}. {suggestion(draw.item, items)}"
        yield Doubt(number, "item", said)


def _approved(numbered: _Numbered, plan: Plan, owner: str) -> Iterator[Doubt]:
    """Yield that somebody gave himself what he asked for."""
    number, draw = numbered
    by = canonical_value(draw.by)
    roles = {"owner of the project": owner, "author of the plan": plan.approval.author or ""}
    for role, name in roles.items():
        if by == canonical_value(name):
            said = f"{draw.by} is the {role}; another person approves a draw"
            yield Doubt(number, "by", said)
            return


def _placed(numbered: _Numbered, plan: Plan) -> Iterator[Doubt]:
    number, draw = numbered
    first, last = plan.months[0], plan.months[-1]
    outside = [month for month in draw.months if not first <= month <= last]
    if outside:
        key = "on" if draw.month in outside else "through"
        said = f"{outside[0]} is not a month of {plan.file}, which has {first} to {last}"
        yield Doubt(number, key, f"{said}; give a day in them")


def _beyond(draws: Iterable[_Numbered], plan: Plan) -> Iterator[Doubt]:
    """Yield draws of more than is left, and of less than was drawn for the item."""
    left, given = plan.contingency, defaultdict[str, Decimal](Decimal)
    for number, draw in draws:
        if draw.amount > left:
            said = (
                f"{draw.amount} {plan.currency} is more than the {plain(left)} that is left of "
                f"the contingency of {draw.project}; lower it, or approve a plan with more"
            )
            yield Doubt(number, "amount", said)
        elif given[draw.item] + draw.amount < 0:
            said = (
                f"{-draw.amount} {plan.currency} is more than the {plain(given[draw.item])} that "
                f"was drawn for {draw.item}; give back at most that"
            )
            yield Doubt(number, "amount", said)
        else:
            left -= draw.amount
            given[draw.item] += draw.amount


def _had(draws: Iterable[_Numbered], versions: Mapping[int, Plan]) -> Iterator[Doubt]:
    """Yield draws that a version is said to have, which was approved before them."""
    for number, draw in draws:
        plan = versions.get(draw.in_version or 0)
        at = plan.approval.at if plan else None
        if at is not None and at < draw.on:
            said = (
                f"version {draw.in_version} of the plan of {draw.project} was approved on {at}, "
                f"before the draw of {draw.on}; name the version that has it, or none"
            )
            yield Doubt(number, "in_version", said)
