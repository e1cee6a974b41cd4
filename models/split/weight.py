"""Weights: what each target of a split weighs, and how projects stand on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from models.category import UNALLOCATED
from models.project import Registry

Note = tuple[str, str]  # name of a check, and what it found in one line


@dataclass(frozen=True, slots=True, order=True)
class Weight:
    """What one target weighs.

    Attributes:
        target: A project, a split, or `unallocated`.
        end: One of `models.split.split.ENDS`, where no project bears it; else empty.
        units: In units of `models.split.driver.UNIT`; zero bears nothing.
    """

    target: str
    end: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What all targets weigh.

    Attributes:
        weights: In the order in which ties are decided.
        method: Which method it is by: fixed, even, usage, spend or none.
        unit: What weights are in.
        why: Why the split's own method did not hold; empty where it did.
        notes: What is odd.
    """

    weights: tuple[Weight, ...]
    method: str
    unit: str
    why: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether anything weighs something."""
        return any(weight.units for weight in self.weights)


@dataclass(frozen=True, slots=True)
class Standing:
    """How projects stand on a day: who bears whose cost, and who is under way.

    Attributes:
        day: The day.
        bearers: Who bears the cost of each project.
        active: The projects that have begun and not ended.
    """

    day: date
    bearers: Mapping[str, str]
    active: frozenset[str]

    @classmethod
    def on(cls, day: date, registry: Registry) -> Standing:
        """Return how all projects stand on a day."""
        active = frozenset(each.id for each in registry.projects if each.active(day))
        return cls(day, {each: registry.bearer(each, day) for each in registry.ids}, active)

    def bearer(self, target: str) -> str:
        """Return the project that bears the cost of a target; a split is one itself."""
        return self.bearers.get(target, target)

    def under_way(self, project: str) -> bool:
        """Return whether the project that bears another's cost has begun and not ended."""
        return self.bearer(project) in self.active


def weights(
    targets: Mapping[str, int], ends: Mapping[str, int] = MappingProxyType({})
) -> tuple[Weight, ...]:
    """Return what targets weigh, and what nobody bears where there is some, in order."""
    mine = [Weight(target, "", units) for target, units in targets.items()]
    lost = [Weight(UNALLOCATED, end, units) for end, units in ends.items() if units]
    return tuple(sorted((*mine, *lost)))
