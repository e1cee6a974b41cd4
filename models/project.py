"""Projects: who plans and who pays, and every spelling a bill may use for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from models.canonical import canonical_value
from models.field import DayText, Slug, Strict, Text
from models.fingerprint import fingerprint


class Alias(Strict):
    """Another spelling that holds for some days only, such as an old name."""

    name: Text
    """The spelling."""
    since: DayText | None = None
    """First day of charges it holds for."""
    until: DayText | None = None
    """Last day of charges it holds for."""

    @property
    def first(self) -> date:
        """First day it holds for; the first of all where none is given."""
        return self.since or date.min

    @property
    def last(self) -> date:
        """Last day it holds for; the last of all where none is given."""
        return self.until or date.max

    def holds(self, day: date) -> bool:
        """Return whether it holds on a day."""
        return self.first <= day <= self.last


class Merged(Strict):
    """What a project went into."""

    into: Slug
    """Id of the project that bears its spend from then on."""
    on: DayText
    """First day whose spend the other project bears."""


class Project(Strict):
    """One project."""

    id: Slug
    """Stable id, used in rules, plans, figures and file names; never reused."""
    name: Text | None = None
    """What people call it; the id when absent."""
    owner: Text | None = None
    """Mail address of the person who answers for its spend."""
    cost_center: Text | None = None
    """Where finance books it."""
    aliases: tuple[Text | Alias, ...] = ()
    """Other spellings in tags and invoices; case and outer space do not matter."""
    start: DayText | None = None
    """First day of the project; spend before it stays with it, and is told."""
    end: DayText | None = None
    """Last day of the project; spend after it stays with it, and is told."""
    merged: Merged | None = None
    """What it went into."""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.id

    @property
    def spellings(self) -> tuple[str, ...]:
        """Its id, its name if it has one, and its aliases of any day, as written."""
        return tuple(alias.name for alias in self.known_as)

    @property
    def known_as(self) -> tuple[Alias, ...]:
        """Its spellings with the days they hold for."""
        whole = (self.id, *([self.name] if self.name else []), *self.aliases)
        return tuple(Alias(name=each) if isinstance(each, str) else each for each in whole)

    def active(self, day: date) -> bool:
        """Return whether it has begun and not ended on a day."""
        return (self.start or date.min) <= day <= (self.end or date.max)


@dataclass(frozen=True, slots=True)
class Registry:
    """All projects, found by any of their spellings."""

    projects: tuple[Project, ...]
    _known: dict[str, list[tuple[Alias, str]]] = field(init=False, repr=False, compare=False)
    _merged: dict[str, Merged] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the spellings, those that hold longest first, and the mergers."""
        known: dict[str, list[tuple[Alias, str]]] = {}
        for project in self.projects:
            for alias in project.known_as:
                known.setdefault(canonical_value(alias.name), []).append((alias, project.id))
        for each in known.values():
            each.sort(key=lambda found: found[0].last, reverse=True)
        merged = {each.id: each.merged for each in self.projects if each.merged}
        object.__setattr__(self, "_known", known)
        object.__setattr__(self, "_merged", merged)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the order of the file."""
        return tuple(project.id for project in self.projects)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what decides which project a text spells, and when."""
        known = sorted(
            [text, found, str(alias.since), str(alias.until)]
            for text, aliases in self._known.items()
            for alias, found in aliases
        )
        days = [[each.id, *map(str, (each.start, each.end, each.merged))] for each in self.projects]
        return fingerprint([known, sorted(days)])

    @property
    def edges(self) -> frozenset[date]:
        """The days on which a spelling begins to hold or no longer does, or a project merges."""
        return frozenset({*self._turns(), *(each.on for each in self._merged.values())})

    def _turns(self) -> Iterator[date]:
        for project in self.projects:
            for alias in project.known_as:
                if alias.since:
                    yield alias.since
                if alias.last < date.max:
                    yield alias.last + timedelta(1)

    def resolve(self, text: str, day: date | None = None) -> str | None:
        """Return the id of the project a text spells; None for an unknown one.

        Args:
            text: Any spelling.
            day: The day of the charge: only spellings that hold then count, and a project that
                was merged by then is the one it went into. Without it, any spelling counts; of
                two projects that share one, that which has it last; and mergers do not count.
        """
        for alias, found in self._known.get(canonical_value(text), ()):
            if day is None:
                return found
            if alias.holds(day):
                return self.bearer(found, day)
        return None

    def bearer(self, project: str, day: date) -> str:
        """Return the project that bears the spend of another on a day: itself, until it merged."""
        while (merged := self._merged.get(project)) and merged.on <= day:
            project = merged.into
        return project

    def project(self, text: str) -> Project | None:
        """Return the project a text spells; None for an unknown one."""
        found = self.resolve(text)
        return next((project for project in self.projects if project.id == found), None)
