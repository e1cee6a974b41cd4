"""Projects: who plans and who pays, and every spelling a bill may use for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from models.canonical import canonical_value
from models.category import UNALLOCATED
from models.errors import ConfigError, Mistake
from models.field import Slug, Strict, Text
from models.fingerprint import fingerprint
from models.yamlfile import Tree, read

# words that begin figure ids, beside the row for what no rule caught
RESERVED: Final = frozenset({UNALLOCATED, "portfolio", "source", "alert"})


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
    aliases: tuple[Text, ...] = ()
    """Other spellings in tags and invoices; case and outer space do not matter."""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.id

    @property
    def spellings(self) -> tuple[str, ...]:
        """Its id, its name if it has one, and its aliases, as written."""
        return (self.id, *([self.name] if self.name else []), *self.aliases)


class ProjectFile(Strict):
    """`projects.yaml`."""

    projects: tuple[Project, ...]
    """Every project that may carry a plan or spend."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All projects, found by any of their spellings."""

    projects: tuple[Project, ...]
    _ids: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the spellings."""
        object.__setattr__(
            self,
            "_ids",
            {
                canonical_value(text): found.id
                for found in self.projects
                for text in found.spellings
            },
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the order of the file."""
        return tuple(project.id for project in self.projects)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what decides which project a text spells."""
        return fingerprint(self._ids)

    def resolve(self, text: str) -> str | None:
        """Return the id of the project a text spells; None for an unknown one."""
        return self._ids.get(canonical_value(text))

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
        yield alias, ("projects", index, "aliases", number)
