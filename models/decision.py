"""Decisions: read against projects and plans; a draw moves contingency into an item's budget."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from models.canonical import canonical_value
from models.decisionfile import DecisionFile, Draw
from models.errors import ConfigError, Mistake
from models.money import ZERO, parts, plain
from models.period import Month
from models.plan import Plan, current
from models.planfile import PLACES, Contingency
from models.planitem import PlanItem
from models.project import Registry
from models.wording import suggestion
from models.yamlfile import Tree, read

_Numbered = tuple[int, Draw]


def load(path: Path, registry: Registry, plans: Iterable[Plan]) -> DecisionFile:
    """Read `decisions.yaml`.

    Args:
        path: The file.
        registry: The projects.
        plans: All plans; draws are from the contingency of those that are current.

    Raises:
        ConfigError: with every mistake: a project or an item that is not there, a draw that
            nobody else approved, or of more than is left.
    """
    tree = read(path)
    file = tree.validated(DecisionFile)
    known = {plan.project: plan for plan in current(plans)}
    mistakes = [*_unknown(tree, file, registry, known), *_twice(tree, file)]
    if not mistakes:
        mistakes = [*_draws(tree, file.draws, registry, known)]
    if mistakes:
        raise ConfigError(*mistakes)
    return file


def applied(plan: Plan, draws: Iterable[Draw]) -> tuple[Draw, ...]:
    """Return the draws from a plan's contingency, by day, that the plan itself has not got."""
    mine = (draw for draw in draws if draw.project == plan.project)
    fresh = (draw for draw in mine if not draw.in_version or plan.version < draw.in_version)
    return tuple(sorted(fresh, key=lambda draw: draw.on))


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


def _unknown(
    tree: Tree, file: DecisionFile, registry: Registry, plans: Mapping[str, Plan]
) -> Iterator[Mistake]:
    """Yield projects, and items of those that have a plan, which are not there."""
    for section in ("draws", "hosting", "quality", "data_prep"):
        for number, entry in enumerate(getattr(file, section)):
            at = (section, number)
            if entry.project not in registry.ids:
                said = suggestion(entry.project, registry.ids)
                yield tree.mistake(f"'{entry.project}' is not a project. {said}", *at, "project")
                continue
            plan = plans.get(entry.project)
            if section == "draws" and plan is None:
                said = f"'{entry.project}' has no approved plan, whose contingency could be drawn"
                yield tree.mistake(f"{said}; approve a plan first", *at, "project")
            elif plan is not None:
                yield from _items(tree, entry, plan, at)


def _items(tree: Tree, entry: object, plan: Plan, at: tuple[str | int, ...]) -> Iterator[Mistake]:
    known = [item.id for item in plan.items]
    single = isinstance(getattr(entry, "item", None), str)
    named = [entry.item] if single else entry.items  # type: ignore[attr-defined]
    for number, name in enumerate(named):
        if name not in known:
            place = ("item",) if single else ("items", number)
            said = f"'{name}' is not an item of {plan.file}. {suggestion(name, known)}"
            yield tree.mistake(said, *at, *place)


def _twice(tree: Tree, file: DecisionFile) -> Iterator[Mistake]:
    """Yield questions with the name of another; their figures would be one."""
    seen: dict[str, int] = {}
    for number, entry in enumerate(file.hosting):
        if entry.id in seen:
            said = f"'{entry.id}' is already asked in line {seen[entry.id]}; give it another id"
            yield tree.mistake(said, "hosting", number, "id")
        seen.setdefault(entry.id, tree.at("hosting", number, "id").line)


def _draws(
    tree: Tree, draws: Sequence[Draw], registry: Registry, plans: Mapping[str, Plan]
) -> Iterator[Mistake]:
    for project in dict.fromkeys(draw.project for draw in draws):
        plan = plans[project]
        fresh = applied(plan, draws)
        mine = [(number, draw) for number, draw in enumerate(draws) if draw in fresh]
        owned = registry.project(project)
        owner = (owned and owned.owner) or ""
        for number, draw in mine:
            yield from _approved(tree, number, draw, plan, owner)
            yield from _placed(tree, number, draw, plan)
        yield from _beyond(tree, sorted(mine, key=lambda each: each[1].on), plan)


def _approved(tree: Tree, number: int, draw: Draw, plan: Plan, owner: str) -> Iterator[Mistake]:
    """Yield that somebody gave himself what he asked for."""
    by = canonical_value(draw.by)
    roles = {"owner of the project": owner, "author of the plan": plan.approval.author or ""}
    for role, name in roles.items():
        if by == canonical_value(name):
            said = f"{draw.by} is the {role}; another person approves a draw"
            yield tree.mistake(said, "draws", number, "by")
            return


def _placed(tree: Tree, number: int, draw: Draw, plan: Plan) -> Iterator[Mistake]:
    first, last = plan.months[0], plan.months[-1]
    outside = [month for month in draw.months if not first <= month <= last]
    if outside:
        key = "on" if draw.month in outside else "through"
        said = f"{outside[0]} is not a month of {plan.file}, which has {first} to {last}"
        yield tree.mistake(f"{said}; give a day in them", "draws", number, key)


def _beyond(tree: Tree, draws: Iterable[_Numbered], plan: Plan) -> Iterator[Mistake]:
    """Yield draws of more than is left, and of less than was drawn for the item."""
    left, given = plan.contingency, defaultdict[str, Decimal](Decimal)
    for number, draw in draws:
        if draw.amount > left:
            said = (
                f"{draw.amount} {plan.currency} is more than the {plain(left)} that is left of "
                f"the contingency of {draw.project}; lower it, or approve a plan with more"
            )
            yield tree.mistake(said, "draws", number, "amount")
        elif given[draw.item] + draw.amount < 0:
            said = (
                f"{-draw.amount} {plan.currency} is more than the {plain(given[draw.item])} that "
                f"was drawn for {draw.item}; give back at most that"
            )
            yield tree.mistake(said, "draws", number, "amount")
        else:
            left -= draw.amount
            given[draw.item] += draw.amount
