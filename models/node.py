"""YAML text as nodes that know the line and column they stand at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from models.errors import ConfigError, Mistake

DEPTH: Final = 40
NODES: Final = 200_000  # after aliases are followed, so that a few lines cannot become a billion
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SECRET = re.compile(
    r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bxox[abprs]-|hooks\.slack\.com/services/"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)


Value: TypeAlias = "str | bool | list[Node] | dict[str, Node] | None"


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list or a mapping in a file, and where it stands, counted from 1.

    Numbers and dates stay the text they were written as, so that a decimal is exact.
    """

    file: str
    line: int
    column: int
    value: Value = field(repr=False)  # may hold what a variable held
    key: tuple[int, int] | None = None  # where its key stands, in a mapping
    written: str | None = None  # `${NAME}` that `value` was read from; messages show this

    @property
    def data(self) -> Any:  # noqa: ANN401 - plain data of any shape, for a model to check
        """Text, truth, None, lists and dicts, without places."""
        if isinstance(self.value, dict):
            return {name: child.data for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.data for child in self.value]
        return self.value

    @property
    def children(self) -> Mapping[str | int, Node]:
        """What it holds, by key or by position; nothing for a scalar."""
        if isinstance(self.value, dict):
            return {name: child for name, child in self.value.items()}  # noqa: C416 - widens the key's type
        return dict(enumerate(self.value)) if isinstance(self.value, list) else {}

    def mistake(self, message: str) -> Mistake:
        """Return a mistake at this place."""
        return Mistake(self.file, self.line, self.column, message)


def parse(text: str, file: str) -> Node:
    """Read YAML 1.2 text; `file` is how messages name it.

    Raises:
        ConfigError: when it is not YAML, or has duplicate keys, tags, merge keys, several
            documents or a literal secret; with every such mistake.
    """
    builder = _Builder(file)
    try:
        for event in YAML(typ="rt", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join(str(error.problem or error.context).split())
        raise ConfigError(Mistake(file, line, column, f"not valid YAML: {said}")) from error
    except YAMLError as error:
        said = " ".join(str(error).split())
        raise ConfigError(Mistake(file, 1, 1, f"not valid YAML: {said}")) from error
    if builder.mistakes:
        raise ConfigError(*builder.mistakes)
    return builder.root or Node(file, 1, 1, None)


@dataclass(slots=True)
class _Builder:
    """Turns parser events into nodes; keeps every mistake and goes on."""

    file: str
    root: Node | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    open: list[tuple[Node, str | None]] = field(default_factory=list)  # with its anchor
    keys: list[Node | None] = field(default_factory=list)  # the key that waits for its value
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)  # with its size
    sizes: list[int] = field(default_factory=list)
    nodes: int = 0

    def take(self, event: Event) -> None:
        """Take the next event of the parser."""
        if isinstance(event, DocumentStartEvent) and self.root is not None:
            self._wrong(event, "a second document; keep one document in a file")
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._close()
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _node(self, event: NodeEvent) -> None:
        tag = getattr(event, "tag", None)
        if tag:
            self._wrong(event, f"tag {tag}; tags are not read, write plain values")
        if isinstance(event, ScalarEvent):
            self._place(self._at(event, self._scalar(event)), 1, event.anchor)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            if len(self.open) >= DEPTH:
                raise ConfigError(self._at(event, None).mistake(f"nested deeper than {DEPTH}"))
            empty: Any = {} if isinstance(event, MappingStartEvent) else []
            self.open.append((self._at(event, empty), event.anchor))
            self.keys.append(None)
            self.sizes.append(1)

    def _scalar(self, event: ScalarEvent) -> str | bool | None:
        text: str = event.value
        if _SECRET.search(text):
            self._wrong(event, "looks like a secret; keep it in the environment, write ${NAME}")
        is_plain = not event.style
        waits_for_key = bool(self.open) and isinstance(self.open[-1][0].value, dict)
        if not is_plain or (waits_for_key and self.keys[-1] is None):
            return text
        return _WORDS.get(text, text)

    def _alias(self, event: AliasEvent) -> None:
        known = self.anchors.get(event.anchor)
        if known is None:
            self._wrong(event, f"alias *{event.anchor} without an anchor before it")
            known = (self._at(event, None), 1)
        self._place(known[0], known[1], None)

    def _close(self) -> None:
        node, anchor = self.open.pop()
        self.keys.pop()
        self._place(node, self.sizes.pop(), anchor)

    def _place(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = (node, size)
        if not self.open:
            self.root = node
            return
        self.sizes[-1] += size
        if self.sizes[-1] > NODES:
            raise ConfigError(node.mistake(f"aliases repeat into more than {NODES} values"))
        holder = self.open[-1][0].value
        if isinstance(holder, list):
            holder.append(node)
        elif isinstance(holder, dict):
            self._pair(holder, node)

    def _pair(self, holder: dict[str, Node], node: Node) -> None:
        key = self.keys[-1]
        if key is None:
            self.keys[-1] = self._key(node)
            return
        name = str(key.value)
        if name in holder:
            first = holder[name].key or (0, 0)
            self.mistakes.append(key.mistake(f"duplicate key '{name}', first in line {first[0]}"))
        else:
            place = (key.line, key.column)
            line, column = place if node.value is None else (node.line, node.column)
            holder[name] = replace(node, line=line, column=column, key=place)
        self.keys[-1] = None

    def _key(self, node: Node) -> Node:
        if not isinstance(node.value, str):
            self.mistakes.append(node.mistake("a key must be plain text"))
            return replace(node, value=f"{node.line}:{node.column}")
        if node.value == "<<":
            self.mistakes.append(node.mistake("merge key '<<' is not read; repeat the keys"))
        return node

    def _at(self, event: Event, value: Value) -> Node:
        mark = event.start_mark
        return Node(self.file, mark.line + 1, mark.column + 1, value)

    def _wrong(self, event: Event, message: str) -> None:
        self.mistakes.append(self._at(event, None).mistake(message))
