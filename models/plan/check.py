"""Checks of a plan file that need more than one of its keys."""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import ConfigError, Mistake
from models.money import ZERO, rounded
from models.node import Node
from models.plan.file import PLACES, Phasing, PlanFile
from models.progress import planned_output
from models.wording import suggestion
from models.yamlfile import Tree


def check(tree: Tree, file: PlanFile) -> None:
    """Refuse a plan whose parts do not fit each other.

    Raises:
        ConfigError: with every mistake.
    """
    if not file.items:
        raise ConfigError(tree.missing("items"))
    mistakes = (
        *_duplicates(tree, file),
        *_fractions(tree, file),
        *_phasing(tree, file),
        *_levers(tree, file),
        *_progress(tree, file),
    )
    if mistakes:
        raise ConfigError(*mistakes)


def _duplicates(tree: Tree, file: PlanFile) -> Iterator[Mistake]:
    places: dict[str, Node] = {}
    for index, item in enumerate(file.items):
        here = tree.at("items", index, "id")
        first = places.setdefault(item.id, here)
        if first is not here:
            apart = f" of {first.file}" if first.file != here.file else ""
            said = f"'{item.id}' is already the item in line {first.line}{apart}; choose another"
            yield tree.mistake(said, "items", index, "id")


def _fractions(tree: Tree, file: PlanFile) -> Iterator[Mistake]:
    for index, item in enumerate(file.items):
        amounts = (item.phasing or Phasing()).amounts or ()
        stated = {("amount",): item.amount or ZERO} | {
            ("phasing", "amounts", number): amount for number, amount in enumerate(amounts)
        }
        for at, amount in stated.items():
            if rounded(amount, PLACES) != amount:
                said = f"{amount} has more than {PLACES} decimals; round it"
                yield tree.mistake(said, "items", index, *at)


def _phasing(tree: Tree, file: PlanFile) -> Iterator[Mistake]:
    for index, item in enumerate(file.items):
        amounts = (item.phasing or Phasing()).amounts
        key = "weights" if amounts is None else "amounts"
        try:
            item.shares(file.plan.horizon_months)
        except ValueError as error:
            yield tree.mistake(str(error), "items", index, "phasing", key)
            continue
        if amounts and sum(amounts, ZERO) != item.cost:
            said = f"they sum to {sum(amounts, ZERO)}, the item is {item.cost}; make them equal"
            yield tree.mistake(said, "items", index, "phasing", key)


def _levers(tree: Tree, file: PlanFile) -> Iterator[Mistake]:
    items = {item.id: item for item in file.items}
    for index, lever in enumerate(file.levers):
        item = items.get(lever.item)
        if item is None:
            said = f"'{lever.item}' is not an item. {suggestion(lever.item, items)}"
            yield tree.mistake(said, "levers", index, "item")
            continue
        factors = [*(item.quantity or {}), "unit_price"]
        if lever.factor not in factors:
            said = f"'{lever.factor}' is no factor of '{item.id}'. "
            yield tree.mistake(said + suggestion(lever.factor, factors), "levers", index, "factor")


def _progress(tree: Tree, file: PlanFile) -> Iterator[Mistake]:
    for index, item in enumerate(file.items):
        mine = item.progress
        if mine is None:
            continue
        counted = mine.by in {"labels", "runs", "models"}
        if counted and planned_output(mine, item.quantity or {}) is None:
            said = f"nothing says how many {mine.by} are planned; add planned"
            yield tree.mistake(said, "items", index, "progress")
        elif not counted and mine.planned is not None:
            said = f"progress by {mine.by} counts nothing; leave planned out"
            yield tree.mistake(said, "items", index, "progress", "planned")
