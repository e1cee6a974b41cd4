"""`lines:` of a plan file: the sheet beside it whose rows are items too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from models.errors import ConfigError
from models.field import currency as currency_of
from models.node import Node
from models.period import Month, months
from models.plan.column import Frame
from models.plan.head import MONTHS_MOST, Lines
from models.plan.sheet import items
from models.plan.table import opened
from models.yamlfile import Tree

Data = Callable[[Path], bytes]


def expanded(tree: Tree, path: Path, data: Data) -> Tree:
    """Return a plan file whose items are its own and those of the sheet it names.

    Args:
        tree: The plan, with what it extends filled in.
        path: Its file; the sheet lies beside it.
        data: Reads the sheet.

    Raises:
        ConfigError: when the sheet is not there, or with every mistake in it.
    """
    parts = tree.root.value
    if not isinstance(parts, dict) or "lines" not in parts:
        return tree
    lines = _lines(tree)
    sheet = path.parent / lines.file
    try:
        raw = data(sheet)
    except OSError as error:
        said = f"'{lines.file}' cannot be read: {error.strerror}; put it beside this file"
        raise ConfigError(tree.mistake(said, "lines")) from error
    found = items(opened(raw, str(sheet), lines.sheet), _frame(tree))
    own = parts.get("items") or replace(tree.at("lines"), value=[])
    if not isinstance(own.value, list):
        return tree  # the model says so
    rest = {name: node for name, node in parts.items() if name != "lines"}
    return Tree(replace(tree.root, value={**rest, "items": replace(own, value=own.value + found)}))


def _lines(tree: Tree) -> Lines:
    node = tree.at("lines")
    if isinstance(node.value, str):
        whole = replace(node, value={"file": node})
        return Tree(replace(tree.root, value={"lines": whole})).validated(Lines, "lines")
    return tree.validated(Lines, "lines")


def _frame(tree: Tree) -> Frame:
    """Return currency and months of a head that may still be wrong."""
    return Frame(_currency(tree.at("plan", "currency")), _months(tree))


def _currency(node: Node) -> str | None:
    try:
        return currency_of(str(node.value))
    except ValueError:
        return None


def _months(tree: Tree) -> tuple[Month, ...] | None:
    start, horizon = (str(tree.at("plan", key).value) for key in ("start", "horizon_months"))
    try:
        count = int(horizon)
        return months(Month.parse(start), count) if 1 <= count <= MONTHS_MOST else None
    except ValueError:
        return None
