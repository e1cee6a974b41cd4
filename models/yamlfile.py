"""YAML files a user writes: plain data, models of it, and mistakes with line and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.errors import ConfigError, Mistake
from models.node import Node, parse
from models.wording import keys, suggestion, wording

Model = TypeVar("Model", bound=BaseModel)

LIMIT: Final = 1_000_000  # bytes
SECRET_LENGTH: Final = 4


class AbsentFileError(ConfigError):
    """A file that is read is not there."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One file as it was read; places are given as keys and positions from the root."""

    root: Node

    @property
    def file(self) -> str:
        """The file's name as people are shown it."""
        return self.root.file

    @property
    def data(self) -> Any:  # noqa: ANN401 - plain data of any shape, for a model to check
        """The whole file as plain data."""
        return self.root.data

    def at(self, *at: str | int) -> Node:
        """Return the node at a place, or the nearest one above it that exists."""
        node = self.root
        for step in at:
            child = node.children.get(step)
            if child is None:
                return node
            node = child
        return node

    def without(self, *keys: str) -> Tree:
        """Return the same file as if it had none of these keys."""
        if not isinstance(self.root.value, dict):
            return self
        left = {key: each for key, each in self.root.value.items() if key not in keys}
        return Tree(replace(self.root, value=left))

    def mistake(self, message: str, *at: str | int) -> Mistake:
        """Return a mistake at a place; a missing key points at what should hold it."""
        path = ".".join(map(str, at))
        return self.at(*at).mistake(f"{path}: {message}" if path else message)

    def missing(self, key: str, *at: str | int) -> Mistake:
        """Return a mistake for a key that is not there, or for the one that was meant as it."""
        close = get_close_matches(key, map(str, self.at(*at).children), n=1)
        if close:
            return self.unknown((key,), *at, close[0])
        return self.mistake(f"missing key '{key}'", *at)

    def unknown(self, known: Iterable[str], *at: str | int) -> Mistake:
        """Return a mistake for a key that nobody knows; it points at the key itself."""
        found = self.mistake(f"unknown key. {suggestion(str(at[-1]), known, 'known keys')}", *at)
        line, column = self.at(*at).key or (found.line, found.column)
        return replace(found, line=line, column=column)

    def validated(
        self, model: type[Model], *at: str | int, context: Mapping[str, Any] | None = None
    ) -> Model:
        """Return the data at a place as a model.

        Raises:
            ConfigError: with every mistake, each at its line and column.
        """
        node = self.at(*at)
        data = {} if node.value is None else node.data
        try:
            return model.model_validate(data, context=context)
        except ValidationError as error:
            details = [each for each in error.errors(include_url=False) if not _is_echo(each)]
        raise ConfigError(*dict.fromkeys(self._mistake(model, at, detail) for detail in details))

    def _mistake(
        self, model: type[BaseModel], at: tuple[str | int, ...], detail: ErrorDetails
    ) -> Mistake:
        steps = tuple(_steps(self.at(*at), detail["loc"]))
        if detail["type"] == "extra_forbidden":
            return self.unknown(keys(model, steps[:-1]), *at, *steps)
        if detail["type"] == "union_tag_not_found":
            return self.missing(detail.get("ctx", {})["discriminator"].strip("'"), *at, *steps)
        node = self.at(*at, *steps)
        said = wording(detail, node.data if node.written is None else node.written)
        return self.mistake(_redacted(said, node), *at, *steps)


def _is_echo(detail: ErrorDetails) -> bool:
    """Return whether a list is called empty only because its parts are wrong."""
    given = detail["input"]
    return detail["type"] == "too_short" and isinstance(given, list) and bool(given)


def _redacted(message: str, node: Node) -> str:
    """Return a message with the variable in place of what it held."""
    held = node.value
    # What is shorter is no secret, and is a part of many words.
    if node.written is None or not isinstance(held, str) or len(held) < SECRET_LENGTH:
        return message
    return message.replace(held, node.written)


def _steps(node: Node, loc: tuple[str | int, ...]) -> Iterator[str | int]:
    """Yield the parts of a pydantic location that stand in the file, not its union tags."""
    for step in loc:
        if step in node.children:
            node = node.children[step]
            yield step


def read(path: Path, shown: str | None = None) -> Tree:
    """Read a YAML 1.2 file.

    Args:
        path: The file.
        shown: How messages name it; the path when absent.

    Raises:
        AbsentFileError: when it is not there.
        ConfigError: when it is too large, not UTF-8, not YAML, or has duplicate
            keys, tags, merge keys, several documents or a literal secret.
    """
    file = str(path) if shown is None else shown
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise AbsentFileError(
            Mistake(file, 1, 1, "file not found; create it, or `trueup init` for an example")
        ) from None
    except OSError as error:
        raise ConfigError(
            Mistake(file, 1, 1, f"cannot be read: {error.strerror}; make it a readable file")
        ) from error
    if len(raw) > LIMIT:
        raise ConfigError(Mistake(file, 1, 1, f"{len(raw)} bytes; the limit is {LIMIT}, split it"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(Mistake(file, line, 1, "not UTF-8 text; save it as UTF-8")) from error
    return Tree(parse(text, file))
