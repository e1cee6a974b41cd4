"""Splits: how cost that several projects share is divided between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

ARROW: Final = " > "  # between the splits of a path

# What ends the path of a share that no project bears.
IDLE: Final = "idle"  # nobody used it
UNCLAIMED: Final = "unclaimed"  # somebody used it who is no project
UNDIVIDED: Final = "undivided"  # nothing says whose it is
ENDS: Final = (IDLE, UNCLAIMED, UNDIVIDED)

Idle = Literal["visible", "shared"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Shares as declared: target and percent; together they are 100."""

    shares: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Even:
    """The same for each target that is under way on the day."""

    among: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """By what each target used of a driver in the month, from the table `usage`.

    Attributes:
        driver: One of `models.beside.DRIVERS`.
        among: Targets; none means every project that used something.
        source: Only usage of these sources; none means any.
        cluster: Only usage of these clusters; none means any.
        capacity: What there was to use: `billed`, the quantity that the shared charges have
            in the driver's unit; a number of accelerators that ran all hours; None when only
            what was used counts.
        idle: Whether capacity that nobody used is a share of its own or borne by the users.
    """

    driver: str
    among: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    capacity: Decimal | Literal["billed"] | None = None
    idle: Idle = "visible"


@dataclass(frozen=True, slots=True)
class Spend:
    """By what each target spent in the month without any split; all projects when none is named."""

    among: tuple[str, ...] = ()


Method = Fixed | Even | Usage | Spend


@dataclass(frozen=True, slots=True)
class Split:
    """One pool of shared cost and how it is divided.

    Attributes:
        id: What rules, other splits and the path of a share call it.
        by: The method. Targets are ids of projects, or of splits, which divide on.
        otherwise: The method where a driver is zero or missing; None leaves it unallocated.
    """

    id: str
    by: Method
    otherwise: Fixed | Even | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target that it names, those of `otherwise` included, once each."""
        named = [each for method in (self.by, self.otherwise) for each in _named(method)]
        return tuple(dict.fromkeys(named))


def reached(target: str, splits: Mapping[str, Split], projects: Collection[str]) -> frozenset[str]:
    """Return the projects that a target may lead to: itself, or those that its split divides on.

    Args:
        target: Id of a project or a split.
        splits: All splits by id.
        projects: Every project, for splits that name none.
    """
    found, ahead = {target}, [target]
    while ahead:
        split = splits.get(ahead.pop())
        named = split.targets if split else ()
        if split and isinstance(split.by, Usage | Spend) and not split.by.among:
            named = (*named, *projects)
        ahead += [each for each in named if each not in found]
        found.update(named)
    return frozenset(found - splits.keys())


def _named(method: Method | None) -> tuple[str, ...]:
    match method:
        case None:
            return ()
        case Fixed(shares):
            return tuple(target for target, _ in shares)
        case _:
            return method.among


def content(split: Split) -> list[str]:
    """Return all that a split says, for a fingerprint."""
    return [split.id, repr(split.by), repr(split.otherwise)]
