"""Projects: who plans and who pays, and every spelling a bill may use for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from models.canonical import canonical_value
from models.category import UNALLOCATED
from models.errors import ConfigError, Mistake
from models.field import DayText, Slug, Strict, Text
from models.fingerprint import fingerprint
from models.yamlfile import Tree, read

# words that begin figure ids, beside the row for what no rule caught
RESERVED: Final = frozenset({UNALLOCATED, "portfolio", "source", "alert"})


class Alias(Strict):
    """Another spelling that holds for some days only, such as an old name."""

    name: Text
    """The spelling."""
    since: DayText | None = None
    """First day of charges it holds for."""
    until: DayText | None = None
    """Last day of charges it holds for."""

    def holds(self, day: date | None) -> bool:
        """Return whether it holds on a day; without one, whether it ever does."""
        return day is None or (self.since or date.min) <= day <= (self.until or date.max)


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
    """First day of the project."""
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


class ProjectFile(Strict):
    """`projects.yaml`."""

    projects: tuple[Project, ...]
    """Every project that may carry a plan or spend."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All projects, found by any of their spellings."""

    projects: tuple[Project, ...]
    _known: dict[str, list[tuple[Alias, str]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the spellings."""
        known: dict[str, list[tuple[Alias, str]]] = {}
        for project in self.projects:
            for alias in project.known_as:
                known.setdefault(canonical_value(alias.name), []).append((alias, project.id))
        object.__setattr__(self, "_known", known)

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
        aliases = [alias for project in self.projects for alias in project.known_as]
        begun = {alias.since for alias in aliases if alias.since}
        over = {alias.until + timedelta(1) for alias in aliases if alias.until}
        return frozenset({*begun, *over, *(p.merged.on for p in self.projects if p.merged)})

    def resolve(self, text: str, day: date | None = None) -> str | None:
        """Return the id of the project a text spells; None for an unknown one.

        Args:
            text: Any spelling.
            day: The day of the charge: only spellings that hold then count, and a project that
                was merged by then is the one it went into. Without it, any spelling counts.
        """
        for alias, found in self._known.get(canonical_value(text), ()):
            if alias.holds(day):
                return self.bearer(found, day) if day else found
        return None

    def bearer(self, project: str, day: date) -> str:
        """Return the project that bears the spend of another on a day: itself, until it merged."""
        merged = {each.id: each.merged for each in self.projects if each.merged}
        while (into := merged.get(project)) and into.on <= day:
            project = into.into
        return project

    def project(self, text: str) -> Project | None:
        """Return the project a text spells; None for an unknown one."""
        found = self.resolve(text)
        return next((project for project in self.projects if project.id == found), None)


def load(path: Path) -> Registry:
    """Read `projects.yaml`.

    Raises:
        ConfigError: with every mistake; a spelling that two projects use names both lines.
    """
    tree = read(path)
    registry = Registry(tree.validated(ProjectFile).projects)
    mistakes = tuple(_clashes(tree, registry.projects))
    if mistakes:
        raise ConfigError(*mistakes)
    return registry


def _clashes(tree: Tree, projects: tuple[Project, ...]) -> Iterator[Mistake]:
    seen: dict[str, tuple[int, int]] = {}
    for index, project in enumerate(projects):
        for spelling, at in _places(index, project):
            key = canonical_value(spelling)
            owner, line = seen.setdefault(key, (index, tree.at(*at).line))
            if key in RESERVED:
                yield tree.mistake(f"{spelling!r} is reserved; choose another spelling", *at)
            elif owner != index:
                yield tree.mistake(
                    f"{spelling!r} is already project '{projects[owner].id}' in line {line}; "
                    "give each project spellings of its own",
                    *at,
                )


def _places(index: int, project: Project) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    yield project.id, ("projects", index, "id")
    if project.name:
        yield project.name, ("projects", index, "name")
    for number, alias in enumerate(project.aliases):
        name = alias if isinstance(alias, str) else alias.name
        yield name, ("projects", index, "aliases", number)
