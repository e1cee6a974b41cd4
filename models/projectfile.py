"""`projects.yaml`: projects as they are written, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from models.canonical import canonical_value
from models.category import UNALLOCATED
from models.errors import ConfigError, Mistake
from models.field import Strict
from models.project import Alias, Project, Registry
from models.wording import suggestion
from models.yamlfile import Tree, read

# words that begin figure ids, beside the row for what no rule caught
RESERVED: Final = frozenset({UNALLOCATED, "portfolio", "source", "alert"})

Place = tuple[str | int, ...]


class ProjectFile(Strict):
    """`projects.yaml`."""

    projects: tuple[Project, ...]
    """Every project that may carry a plan or spend."""


def load(path: Path, reader: Callable[[Path], Tree] = read) -> Registry:
    """Read `projects.yaml`.

    Args:
        path: The file.
        reader: How it is read.

    Raises:
        ConfigError: with every mistake; a spelling that two projects use names both lines.
    """
    tree = reader(path)
    projects = tree.validated(ProjectFile).projects
    mistakes = (*_clashes(tree, projects), *_days(tree, projects), *_mergers(tree, projects))
    if mistakes:
        raise ConfigError(*mistakes)
    return Registry(projects)


def _clashes(tree: Tree, projects: tuple[Project, ...]) -> Iterator[Mistake]:
    """Yield spellings that are reserved, or that another project has on some day."""
    seen: dict[str, list[tuple[int, int, Alias]]] = {}
    for index, project in enumerate(projects):
        for alias, at in _places(index, project):
            before = seen.setdefault(canonical_value(alias.name), [])
            if canonical_value(alias.name) in RESERVED:
                said = f"{alias.name!r} is reserved; choose another spelling"
                yield tree.mistake(said, *at)
            for owner, line, other in before:
                if owner != index and _meet(alias, other):
                    yield tree.mistake(_shared(alias, other, projects[owner].id, line), *at)
                    break
            before.append((index, tree.at(*at).line, alias))


def _meet(one: Alias, other: Alias) -> bool:
    return one.first <= other.last and other.first <= one.last


def _shared(alias: Alias, other: Alias, owner: str, line: int) -> str:
    said = f"{alias.name!r} is already project '{owner}' in line {line}"
    if alias == Alias(name=alias.name) and other == Alias(name=other.name):
        return f"{said}; give each project spellings of its own"
    return f"{said} {_span(other)}; choose days of `since` and `until` that do not overlap"


def _span(alias: Alias) -> str:
    if alias.since is None and alias.until is None:
        return "on every day"
    since = f"since {alias.since}" if alias.since else ""
    until = f"until {alias.until}" if alias.until else ""
    return " ".join(filter(None, (since, until)))


def _days(tree: Tree, projects: tuple[Project, ...]) -> Iterator[Mistake]:
    """Yield days in the wrong order, and spellings whose days change nothing."""
    for index, project in enumerate(projects):
        if project.start and project.end and project.end < project.start:
            said = f"{project.end} is before the start, {project.start}; swap or correct them"
            yield tree.mistake(said, "projects", index, "end")
        always = {canonical_value(alias.name) for alias in project.known_as if not _dated(alias)}
        for alias, at in _places(index, project):
            if alias.first > alias.last:
                said = f"{alias.until} is before since, {alias.since}; swap or correct them"
                yield tree.mistake(said, *at, "until")
            elif _dated(alias) and canonical_value(alias.name) in always:
                said = f"{alias.name!r} is a spelling of '{project.id}' on every day already"
                yield tree.mistake(f"{said}; remove this one, or the one without days", *at)


def _dated(alias: Alias) -> bool:
    return alias.since is not None or alias.until is not None


def _mergers(tree: Tree, projects: tuple[Project, ...]) -> Iterator[Mistake]:
    """Yield mergers into nothing, into itself, in a circle, and out of order."""
    by_id = {project.id: project for project in projects}
    for index, project in enumerate(projects):
        if project.merged is None:
            continue
        into, at = project.merged.into, ("projects", index, "merged")
        if into not in by_id:
            said = f"'{into}' is not a project. {suggestion(into, by_id)}"
            yield tree.mistake(said, *at, "into")
        elif into == project.id:
            said = f"'{into}' cannot go into itself; name the project that bears its spend"
            yield tree.mistake(said, *at, "into")
        elif circle := _circle(project, by_id):
            if project.id == next(each for each in by_id if each in circle):
                said = f"{' into '.join(circle)} is a circle; remove the `merged` of one"
                yield tree.mistake(said, *at, "into")
        else:
            yield from _order(tree, project, by_id[into], at)


def _circle(project: Project, by_id: dict[str, Project]) -> list[str]:
    """Return the ids from a project through its mergers back to it; none when it ends."""
    path = [project.id]
    found: Project | None = project
    while found and found.merged and found.merged.into not in path[1:]:
        path.append(found.merged.into)
        if found.merged.into == project.id:
            return path
        found = by_id.get(found.merged.into)
    return []


def _order(tree: Tree, project: Project, into: Project, at: Place) -> Iterator[Mistake]:
    """Yield a merger before the project's own start, or into one that was gone by then."""
    on = project.merged.on if project.merged else None
    if on and project.start and on <= project.start:
        said = f"{on} is not after the start, {project.start}: '{project.id}' would never have"
        yield tree.mistake(f"{said} borne a day; make it an alias of '{into.id}'", *at, "on")
    if on and into.merged and into.merged.on <= on:
        said = f"'{into.id}' went into '{into.merged.into}' on {into.merged.on}, by then"
        yield tree.mistake(f"{said}; merge into '{into.merged.into}'", *at, "into")


def _places(index: int, project: Project) -> Iterator[tuple[Alias, Place]]:
    """Yield each spelling with its place in the file."""
    where: list[Place] = [("projects", index, "id")]
    if project.name:
        where.append(("projects", index, "name"))
    where += [("projects", index, "aliases", number) for number in range(len(project.aliases))]
    yield from zip(project.known_as, where, strict=True)
