"""`commentary/YYYY-MM.yaml`: comments of one month as they are written, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from models.comment import Comment, Effect, scope
from models.errors import ConfigError, Mistake
from models.field import DayText, Number, Strict, Text
from models.period import Month
from models.yamlfile import Tree, read

SUFFIX: Final = ".yaml"


class CommentEntry(Strict):
    """One comment."""

    scope: Text
    """Line that it is about: PROJECT, PROJECT/CATEGORY, unallocated, portfolio, or the id of one
    of its figures."""
    text: Text
    """What happened."""
    effect: Effect
    """permanent: it stays; timing: later months take it back; one-off: it came once."""
    eac: Number | None = None
    """What it adds to the estimate at completion, in the reporting currency; - is less cost."""
    action: Text | None = None
    """What is done about it."""
    owner: Text | None = None
    """Who does it."""
    due: DayText | None = None
    """Until when."""
    by: Text
    """Who says so."""
    on: DayText
    """Day on which it was written."""


class CommentFile(Strict):
    """`commentary/YYYY-MM.yaml`."""

    comments: tuple[CommentEntry, ...] = ()
    """Comments of the month that the file is named after."""


def load_all(folder: Path, projects: Iterable[str]) -> tuple[Comment, ...]:
    """Read every file of a folder, which may be absent.

    Raises:
        ConfigError: with every mistake of all files.
    """
    known = [*projects]
    found: list[Comment] = []
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found += load(path, known)
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(*mistakes)
    return tuple(found)


def load(path: Path, projects: Iterable[str]) -> tuple[Comment, ...]:
    """Read the comments of one month.

    Args:
        path: The file, named after its month.
        projects: Ids of the projects.

    Raises:
        ConfigError: with every mistake: a name that is no month, a line that is none, a
            line that is commented on twice.
    """
    month, known, tree = _month(path), [*projects], read(path)
    file = tree.validated(CommentFile)
    mistakes, comments = [], []
    for number, entry in enumerate(file.comments):
        try:
            comments.append(_comment(month, entry, scope(entry.scope, month, known)))
        except ValueError as error:
            mistakes.append(tree.mistake(str(error), "comments", number, "scope"))
    mistakes += _twice(tree, file.comments)
    if mistakes:
        raise ConfigError(*mistakes)
    return tuple(comments)


def _month(path: Path) -> Month:
    try:
        return Month.parse(path.stem)
    except ValueError:
        said = f"{path.stem!r} is not a month; name the file after its month, YYYY-MM{SUFFIX}"
        raise ConfigError(Mistake(str(path), 1, 1, said)) from None


def _comment(month: Month, entry: CommentEntry, where: str) -> Comment:
    return Comment(
        month=month,
        scope=where,
        text=entry.text,
        effect=entry.effect,
        by=entry.by,
        on=entry.on,
        eac=entry.eac,
        action=entry.action or "",
        owner=entry.owner or "",
        due=entry.due,
    )


def _twice(tree: Tree, entries: Iterable[CommentEntry]) -> Iterator[Mistake]:
    lines: dict[str, int] = {}
    for number, entry in enumerate(entries):
        at = ("comments", number, "scope")
        if entry.scope in lines:
            said = f"{entry.scope!r} is already commented on in line {lines[entry.scope]}"
            yield tree.mistake(f"{said}; write one comment a line of the report", *at)
        lines.setdefault(entry.scope, tree.at(*at).line)
