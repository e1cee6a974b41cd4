"""`progress.yaml`: milestones that were reached, and shares that somebody states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import AfterValidator, Field, model_validator

from models.errors import ConfigError, Mistake
from models.field import Amount, DayText, Rate, Slug, Strict, Text
from models.plan.item import PlanItem
from models.progress import Reached, Stated
from models.project import Registry
from models.wording import suggestion
from models.yamlfile import Tree, read


class Planned(Protocol):
    """What is needed of a plan; `models.plan.plan.Plan` is the one in use."""

    @property
    def project(self) -> str: ...  # noqa: D102 - the words of the plan file
    @property
    def items(self) -> Sequence[PlanItem]: ...  # noqa: D102


Items = Mapping[str, Mapping[str, PlanItem]]  # by project and id; of several plans the last


def _share(value: Amount) -> Amount:
    if value > 1:
        raise ValueError(f"{value} is more than the whole; write 0.45 for 45 percent")
    return value


Share = Annotated[Amount, AfterValidator(_share)]


class Milestone(Strict):
    """One thing that is done or not."""

    name: Text
    """What it is."""
    weight: Rate
    """Its part of the item, in any unit: 20 of 100, or 1 of 5."""
    reached: DayText | None = None
    """Day on which it was reached; without one it is still to come."""
    by: Text | None = None
    """Who says so."""


class StatedShare(Strict):
    """Which share of an item was done on a day, as somebody says."""

    day: DayText
    """The day it is of."""
    share: Share
    """Done of the whole, 0.45 for 45 percent."""
    by: Text
    """Who says so."""
    note: Text | None = None
    """What it rests on."""


class ProgressEntry(Strict):
    """The progress of one item of a plan."""

    project: Text
    """Project id, name or alias of projects.yaml."""
    item: Slug
    """Item of its plan."""
    milestones: tuple[Milestone, ...] = ()
    """What is to be reached; progress is the weight of what is."""
    stated: tuple[StatedShare, ...] = ()
    """Shares by day, instead of milestones."""

    @model_validator(mode="after")
    def one(self) -> ProgressEntry:
        """Refuse an entry that says both, or nothing."""
        if bool(self.milestones) == bool(self.stated):
            raise ValueError("give either milestones or stated, and at least one of them")
        return self


class ProgressFile(Strict):
    """`progress.yaml`."""

    progress: tuple[ProgressEntry, ...] = Field(default=())
    """One entry an item."""


def load(path: Path, registry: Registry, plans: Iterable[Planned]) -> Stated:
    """Read `progress.yaml`.

    Args:
        path: The file.
        registry: The projects.
        plans: The plans of all projects, all versions.

    Raises:
        ConfigError: with every mistake: a project or an item that is not there, an item whose
            output is counted elsewhere, an item, milestone or day that is stated twice.
    """
    tree, items = read(path), _items(plans)
    file = tree.validated(ProgressFile)
    mistakes = [*_unknown(tree, file, registry, items), *_twice(tree, file, registry)]
    if mistakes:
        raise ConfigError(*mistakes)
    return Stated(
        {(registry.resolve(e.project) or "", e.item): tuple(_reached(e)) for e in file.progress}
    )


def _items(plans: Iterable[Planned]) -> Items:
    found: dict[str, dict[str, PlanItem]] = {}
    for plan in plans:
        found.setdefault(plan.project, {}).update({item.id: item for item in plan.items})
    return found


def _reached(entry: ProgressEntry) -> Iterator[Reached]:
    for each in sorted(entry.stated, key=lambda one: one.day):
        yield Reached(each.day, Fraction(each.share), each.by)
    whole = sum((Fraction(each.weight) for each in entry.milestones), Fraction(0))
    done, days = Fraction(0), [each.reached for each in entry.milestones if each.reached]
    for day in sorted(set(days)):
        mine = [each for each in entry.milestones if each.reached == day]
        done += sum((Fraction(each.weight) for each in mine), Fraction(0)) / whole
        yield Reached(day, done, ", ".join(sorted({each.by for each in mine if each.by})))


def _unknown(tree: Tree, file: ProgressFile, registry: Registry, items: Items) -> Iterator[Mistake]:
    for number, entry in enumerate(file.progress):
        project = registry.resolve(entry.project)
        if project is None:
            hint = suggestion(entry.project, registry.ids)
            said = f"'{entry.project}' is not a project. {hint}"
            yield tree.mistake(said, "progress", number, "project")
            continue
        mine = items.get(project, {})
        if entry.item not in mine:
            hint = suggestion(entry.item, mine)
            said = f"'{entry.item}' is no item of a plan of {project}. {hint}"
            yield tree.mistake(said, "progress", number, "item")
            continue
        counted = mine[entry.item].progress
        if counted and counted.by != "milestones":
            said = f"the plan counts '{entry.item}' by {counted.by}; say milestones there, or "
            yield tree.mistake(f"{said}remove this entry", "progress", number, "item")


def _twice(tree: Tree, file: ProgressFile, registry: Registry) -> Iterator[Mistake]:
    """Yield items, milestones and days that are stated a second time."""
    lines: dict[tuple[object, ...], int] = {}
    for number, entry in enumerate(file.progress):
        item = (registry.resolve(entry.project) or entry.project, entry.item)
        places: list[tuple[tuple[object, ...], str, tuple[str | int, ...]]] = [
            (item, f"item '{entry.item}'", ("item",))
        ]
        for index, each in enumerate(entry.milestones):
            named = f"milestone '{each.name}'"
            places.append(((number, named), named, ("milestones", index, "name")))
        for index, share in enumerate(entry.stated):
            places.append(((number, share.day), str(share.day), ("stated", index, "day")))
        for key, what, at in places:
            where = ("progress", number, *at)
            if key in lines:
                said = f"{what} is already stated in line {lines[key]}; remove one"
                yield tree.mistake(said, *where)
            lines.setdefault(key, tree.at(*where).line)
