"""YAML files a user writes: plain data, models of it, and mistakes with line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.errors import ConfigError, Mistake
from models.node import Node, parse
from models.wording import wording

Model = TypeVar("Model", bound=BaseModel)

LIMIT: Final = 1_000_000  # bytes


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

    def mistake(self, message: str, *at: str | int) -> Mistake:
        """Return a mistake at a place; a missing key points at what should hold it."""
        path = ".".join(map(str, at))
        return self.at(*at).mistake(f"{path}: {message}" if path else message)

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
            details = error.errors(include_url=False)
        raise ConfigError(*dict.fromkeys(self._mistake(model, at, detail) for detail in details))

    def _mistake(
        self, model: type[BaseModel], at: tuple[str | int, ...], detail: ErrorDetails
    ) -> Mistake:
        steps = tuple(_steps(self.at(*at), detail["loc"], whole=detail["type"] == "missing"))
        node = self.at(*at, *steps)
        written = node.data if node.written is None else node.written
        said = wording(model, steps, detail, written)
        if node.written is not None and isinstance(node.value, str) and len(node.value) > 3:  # noqa: PLR2004 - shorter is no secret, and would be found in any sentence
            said = said.replace(node.value, node.written)
        if detail["type"] == "missing":
            steps = steps[:-1]
        elif detail["type"] == "extra_forbidden" and node.key:
            node = replace(node, line=node.key[0], column=node.key[1])
        path = ".".join(map(str, (*at, *steps)))
        return node.mistake(f"{path}: {said}" if path else said)


def _steps(node: Node, loc: tuple[str | int, ...], *, whole: bool) -> Iterator[str | int]:
    """Yield the parts of a pydantic location that stand in the file, not its union tags."""
    for index, step in enumerate(loc):
        if step in node.children:
            node = node.children[step]
            yield step
        elif whole and index == len(loc) - 1:
            yield step


def read(path: Path, shown: str | None = None) -> Tree:
    """Read a YAML 1.2 file.

    Args:
        path: The file.
        shown: How messages name it; the path when absent.

    Raises:
        ConfigError: when it is absent, too large, not UTF-8, not YAML, or has duplicate
            keys, tags, merge keys, several documents or a literal secret.
    """
    file = str(path) if shown is None else shown
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
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
