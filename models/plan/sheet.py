"""Items of a plan from a sheet beside it: a row an item, each number exactly as it is meant.

Nothing is guessed: a heading is known or refused, and a cell that a spreadsheet shows otherwise
than it holds it is refused with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from models.errors import ConfigError, Mistake
from models.field import amount
from models.money import ZERO
from models.node import Node
from models.plan.column import Columns, Frame, columns, misplaced
from models.plan.grid import Cell, Grid
from models.plan.heading import FACTOR, folded

TOTALS: Final = frozenset({"total", "sum", "subtotal", "sub total", "grand total", "summe"})
_NUMBERS: Final = frozenset({"amount", "unit_price"})
_TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}
Value = str | bool | list[Node] | dict[str, Node]


def items(grid: Grid, frame: Frame) -> list[Node]:
    """Return the rows of a sheet as items of a plan file, each part with its place.

    Raises:
        ConfigError: with every mistake of the sheet.
    """
    if len(grid.rows) < 2:  # noqa: PLR2004 - headings and one item
        raise ConfigError(Mistake(grid.file, 1, 1, "has no items; write headings and a row each"))
    found, mistakes = columns(grid, frame)
    nodes = []
    for row in grid.rows[1:]:
        mistakes += misplaced(grid, row, found, frame)
        nodes.append(_item(grid, row, found, mistakes))
    if mistakes:
        raise ConfigError(*dict.fromkeys(mistakes))
    return nodes


def _item(grid: Grid, row: Mapping[int, Cell], columns: Columns, mistakes: list[Mistake]) -> Node:
    first = next(iter(row.values()))
    stated = {
        columns.fields[column]: cell for column, cell in row.items() if column in columns.fields
    }
    if "id" not in stated:
        mistakes.append(grid.mistake(first, "the row has no id; write one, or delete the row"))
    elif folded(stated["id"].text) in TOTALS:
        said = f"{stated['id'].text!r} is a total, which would count twice; delete the row"
        mistakes.append(grid.mistake(stated["id"], said))
    parts = {
        field: _node(grid, cell, _value(grid, field, cell, mistakes))
        for field, cell in stated.items()
        if field not in {"currency", "phasing", "quantity"} and not field.startswith(FACTOR)
    }
    parts |= _quantity(grid, first, stated, mistakes)
    parts |= _phasing(grid, row, columns, stated, mistakes)
    if columns.months and "amount" not in parts and "unit_price" not in parts:
        amounts = parts["phasing"].data["amounts"]
        total = sum((Decimal(text) for text in amounts), ZERO)
        parts["amount"] = _node(grid, first, f"{total:f}")
    return _node(grid, first, parts)


def _value(grid: Grid, field: str, cell: Cell, mistakes: list[Mistake]) -> Value:
    if field in _NUMBERS:
        return _number(grid, cell, mistakes)
    if field == "levers":
        return [_node(grid, cell, name.strip()) for name in cell.text.split(";")]
    return _TRUTHS.get(folded(cell.text), cell.text) if field == "assumed" else cell.text


def _number(grid: Grid, cell: Cell, mistakes: list[Mistake]) -> str:
    try:
        return f"{amount(cell.text):f}"
    except ValueError as error:
        mistakes.append(grid.mistake(cell, str(error)))
        return "0"


def _quantity(
    grid: Grid, first: Cell, stated: Mapping[str, Cell], mistakes: list[Mistake]
) -> dict[str, Node]:
    factors = {
        field.removeprefix(FACTOR): _node(grid, cell, _number(grid, cell, mistakes))
        for field, cell in stated.items()
        if field == "quantity" or field.startswith(FACTOR)
    }
    return {"quantity": _node(grid, first, factors)} if factors else {}


def _phasing(
    grid: Grid,
    row: Mapping[int, Cell],
    columns: Columns,
    stated: Mapping[str, Cell],
    mistakes: list[Mistake],
) -> dict[str, Node]:
    if not columns.months:
        cell = stated.get("phasing")
        method = {"method": _node(grid, cell, cell.text)} if cell else {}
        return {"phasing": _node(grid, cell, method)} if cell else {}
    if "phasing" in stated:
        said = "phasing is what the columns of months say; leave one of the two out"
        mistakes.append(grid.mistake(stated["phasing"], said))
    amounts = [
        _month(grid, row, column, mistakes)
        for column, _ in sorted(columns.months.items(), key=lambda each: each[1])
    ]
    place = row.get(min(columns.months), next(iter(row.values())))
    method = {
        "method": _node(grid, place, "explicit_amounts"),
        "amounts": _node(grid, place, amounts),
    }
    return {"phasing": _node(grid, place, method)}


def _month(grid: Grid, row: Mapping[int, Cell], column: int, mistakes: list[Mistake]) -> Node:
    line = next(iter(row.values())).line
    cell = row.get(column) or Cell(line, column, "")
    if not cell.text:
        mistakes.append(grid.mistake(cell, "is empty; write 0 where nothing is planned"))
        return _node(grid, cell, "0")
    return _node(grid, cell, _number(grid, cell, mistakes))


def _node(grid: Grid, cell: Cell, value: Value) -> Node:
    return Node(grid.file, cell.line, cell.column, value)
