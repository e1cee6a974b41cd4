"""Scenarios: a plan that extends another, and says only what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from models.errors import ConfigError, Mistake
from models.node import Node
from models.plan.file import PlanFile, ScenarioFile
from models.plan.lines import Data, expanded
from models.wording import suggestion
from models.yamlfile import AbsentFileError, Tree, read

# A stated amount and drivers exclude each other; stating one drops the other.
_DRIVERS: Final = frozenset({"quantity", "unit", "unit_price"})
_INHERITED: Final = frozenset({"plan", "contingency", "items"})

Children = dict[str, Node]


Reader = Callable[[Path], Tree]


def resolved(
    path: Path, reader: Reader = read, data: Data = Path.read_bytes
) -> tuple[Tree, tuple[str, ...]]:
    """Return a plan with what it extends and its sheet filled in, and the ids of items it removes.

    Each part keeps the file and line it was written in, so that mistakes point there.
    The approval of the plan that is extended is not taken over.

    Args:
        path: The plan file.
        reader: Reads a plan file, this one and those it extends.
        data: Reads a sheet.

    Raises:
        ConfigError: with every mistake of the part that differs.
    """
    return _resolved(reader(path), path, (path.resolve(),), reader, data)


def _resolved(
    tree: Tree, path: Path, chain: tuple[Path, ...], reader: Reader, data: Data
) -> tuple[Tree, tuple[str, ...]]:
    own = _children(tree.root)
    if "extends" not in _children(own.get("plan")) and "override" not in own:
        return expanded(tree, path, data), ()
    file = tree.validated(ScenarioFile)
    base_path = _base_path(tree, path, file.plan.extends, chain)
    base_tree = _base_tree(tree, base_path, reader)
    base, _ = _resolved(base_tree, base_path, (*chain, base_path.resolve()), reader, data)
    base.validated(PlanFile)
    unknown = tuple(_unknown(tree, file, _ids(base)))
    if unknown:
        raise ConfigError(*unknown)
    removed = tuple(name for name, override in file.override.items() if override.remove)
    return expanded(Tree(_merged(base.root, tree.root)), path, data), removed


def _base_path(tree: Tree, path: Path, name: str, chain: tuple[Path, ...]) -> Path:
    if Path(name).name != name:
        said = f"'{name}' is not beside this file; write a file name only"
        raise ConfigError(tree.mistake(said, "plan", "extends"))
    found = path.parent / name
    if found.resolve() in chain:
        said = f"'{name}' extends this plan in turn; break the circle"
        raise ConfigError(tree.mistake(said, "plan", "extends"))
    return found


def _base_tree(tree: Tree, path: Path, reader: Reader) -> Tree:
    try:
        return reader(path)
    except AbsentFileError:
        beside = sorted(each.name for each in path.parent.glob("*.yaml"))
        said = f"'{path.name}' is not there. {suggestion(path.name, beside)}"
        raise ConfigError(tree.mistake(said, "plan", "extends")) from None


def _unknown(tree: Tree, file: ScenarioFile, known: tuple[str, ...]) -> Iterator[Mistake]:
    for name in file.override:
        if name not in known:
            said = f"no such item in {file.plan.extends}. {suggestion(name, known)}"
            yield tree.mistake(said, "override", name)
    for index, item in enumerate(file.items):
        if item.id in known:
            said = f"'{item.id}' is an item of {file.plan.extends}; change it under override"
            yield tree.mistake(said, "items", index, "id")


def _merged(base: Node, scenario: Node) -> Node:
    """Return the base with the scenario's parts laid over it."""
    parts = {name: node for name, node in _children(base).items() if name in _INHERITED}
    own = _children(scenario)
    parts |= {name: node for name, node in own.items() if name not in {"override", "items"}}
    head = {name: node for name, node in _children(own["plan"]).items() if name != "extends"}
    inherited = _children(_children(base)["plan"]).items()
    kept = {name: node for name, node in inherited if name != "scenario"}
    parts["plan"] = replace(own["plan"], value=kept | head)
    parts["items"] = _items(_children(base)["items"], own)
    return replace(scenario, value=parts)


def _items(base: Node, own: Children) -> Node:
    changes = {_id(item): _children(own.get("override")).get(_id(item)) for item in _list(base)}
    kept = [
        _overridden(item, _children(changes[_id(item)]))
        for item in _list(base)
        if not _is_removed(_children(changes[_id(item)]))
    ]
    return replace(base, value=[*kept, *_list(own.get("items"))])


def _is_removed(changes: Children) -> bool:
    return "remove" in changes and changes["remove"].value is True


def _overridden(item: Node, changes: Children) -> Node:
    dropped = {"amount"} if _DRIVERS & changes.keys() else set()
    dropped |= _DRIVERS if "amount" in changes else set()
    kept = {name: node for name, node in _children(item).items() if name not in dropped}
    stated = {name: node for name, node in changes.items() if name != "remove"}
    return replace(item, value={**kept, **stated})


def _ids(base: Tree) -> tuple[str, ...]:
    return tuple(_id(item) for item in _list(base.root.children.get("items")))


def _id(item: Node) -> str:
    named = item.children.get("id")
    return str(named.value) if named else ""


def _children(node: Node | None) -> Children:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _list(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []
