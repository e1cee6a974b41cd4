"""Variables: `${NAME}` in a configuration file, read from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from models.errors import ConfigError, Mistake
from models.node import Node
from models.yamlfile import Tree

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)(.*))?\}", re.DOTALL)


def expanded(tree: Tree, environment: Mapping[str, str], *roots: str) -> Tree:
    """Return the tree with `${NAME}` values read from the environment, under the roots only.

    A whole value is replaced: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`; `$$` is a
    dollar sign. Messages about an expanded value show the variable, never what it held.

    Raises:
        ConfigError: for an unset variable, or `${` anywhere else.
    """
    mistakes: list[Mistake] = []
    root = _walked(tree.root, (), environment, roots, mistakes)
    if mistakes:
        raise ConfigError(*mistakes)
    return Tree(root)


def _walked(
    node: Node,
    path: tuple[str | int, ...],
    environment: Mapping[str, str],
    roots: tuple[str, ...],
    mistakes: list[Mistake],
) -> Node:
    if isinstance(node.value, dict):
        return replace(
            node,
            value={
                name: _walked(child, (*path, name), environment, roots, mistakes)
                for name, child in node.value.items()
            },
        )
    if isinstance(node.value, list):
        return replace(
            node,
            value=[
                _walked(child, (*path, index), environment, roots, mistakes)
                for index, child in enumerate(node.value)
            ],
        )
    if not isinstance(node.value, str):
        return node
    try:
        return _read(node, node.value, environment, is_allowed=path[:1] != () and path[0] in roots)
    except ValueError as error:
        mistakes.append(node.mistake(f"{'.'.join(map(str, path))}: {error}"))
        return node


def _read(node: Node, text: str, environment: Mapping[str, str], *, is_allowed: bool) -> Node:
    if not is_allowed:
        if "${" in text:
            raise ValueError(f"{text!r}: variables belong into sources, channels, storage, ledger")
        return node
    found = _VARIABLE.fullmatch(text)
    if found:
        return replace(node, value=_value(found, environment), written=text)
    if "${" in text.replace("$$", ""):
        raise ValueError(f"{text!r}: a variable must be the whole value, as ${{NAME}}; $$ is a $")
    return replace(node, value=text.replace("$$", "$"))


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    name, sign, rest = found.groups()
    # Empty counts as unset, as in a shell: an empty secret signs nothing.
    held = environment.get(name, "")
    if held:
        return held
    if sign == ":-":
        return str(rest)
    way_out = rest if sign == ":?" and rest else "set it, or write ${" + name + ":-default}"
    raise ValueError(f"variable {name} is not set; {way_out}")
