"""Files that include others: each read once, in order, whatever is wrong told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Generic, TypeVar

from pydantic import AfterValidator, WithJsonSchema

from models.errors import ConfigError, Mistake
from models.field import Strict
from models.yamlfile import AbsentFileError, Tree

Reader = Callable[[Path], Tree]

FILES: Final = 200  # of one set


def _inside(value: str) -> str:
    """Return the path of a file as it is, when it can only lie beside or below this one."""
    parts = PurePosixPath(value).parts
    if not parts or value.startswith("/") or ".." in parts or "\\" in value or ":" in value:
        raise ValueError(
            f"{value!r} is no file in this folder or below; write its path from this file, "
            "such as teams/search.yaml"
        )
    if set("*?[") & set(value):
        raise ValueError(f"{value!r} is a pattern; name each file, so that none is read unseen")
    return value


Inside = Annotated[str, AfterValidator(_inside), WithJsonSchema({"type": "string", "minLength": 1})]


class Including(Strict):
    """A file that may name more files of its kind."""

    include: tuple[Inside, ...] = ()
    """More files of this kind, by their path from this one, in its folder or below."""


Model = TypeVar("Model", bound=Including)


@dataclass(frozen=True, slots=True)
class Part(Generic[Model]):
    """One file of a set, as it was read."""

    path: Path
    tree: Tree
    file: Model


def parts(path: Path, model: type[Model], reader: Reader) -> tuple[Part[Model], ...]:
    """Return a file and all that it includes, a file before those that it names.

    Raises:
        ConfigError: with every mistake of every file; a file that is not there, is named
            twice or includes itself is told where it is named.
    """
    found = _Found(model, reader)
    found.take(path, reader(path), ())
    if found.mistakes:
        raise ConfigError(*found.mistakes)
    return tuple(found.parts)


@dataclass(slots=True)
class _Found(Generic[Model]):
    model: type[Model]
    reader: Reader
    parts: list[Part[Model]] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    seen: dict[Path, str] = field(default_factory=dict)  # where each file was named

    def take(self, path: Path, tree: Tree, above: tuple[Path, ...]) -> None:
        """Keep a file, and go on to what it includes; `above` leads to it."""
        self.seen.setdefault(path, tree.file)
        try:
            part = Part(path, tree, tree.validated(self.model))
        except ConfigError as error:
            self.mistakes += error.mistakes
            return
        self.parts.append(part)
        for number, name in enumerate(part.file.include):
            self._follow(part, ("include", number), path.parent / name, (*above, path))

    def _follow(
        self, part: Part[Model], at: tuple[str, int], path: Path, above: tuple[Path, ...]
    ) -> None:
        wrong = self._refusal(path, above)
        try:
            tree = None if wrong else self.reader(path)
        except AbsentFileError:
            tree, wrong = None, f"{path} is not there; create it, or drop this line"
        except ConfigError as error:
            self.mistakes += error.mistakes
            return
        if tree is None:
            self.mistakes.append(part.tree.mistake(str(wrong), *at))
            return
        place = part.tree.at(*at)
        self.seen[path] = f"{part.tree.file} line {place.line}"
        self.take(path, tree, above)

    def _refusal(self, path: Path, above: tuple[Path, ...]) -> str | None:
        if path in above:
            way = " > ".join(str(each) for each in (*above[above.index(path) :], path))
            return f"{path} includes itself: {way}; drop one of them"
        if path in self.seen:
            return f"{path} is already read, from {self.seen[path]}; include it once"
        if len(self.seen) >= FILES:
            return f"{path} is more than {FILES} files; put rules together"
        return None
