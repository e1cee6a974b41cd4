"""What a finance workbook is read as: columns, lines and totals, and what a person says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from models.period import Month
from models.plan.grid import Cell


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says about the import.

    Attributes:
        start: First month of the plan.
        horizon: How many months; None for as many as there are columns.
        mark: What stands before decimals in texts, `.` or `,`.
        categories: Category of a line or of a category as written, in small letters.
    """

    start: Month
    horizon: int | None = None
    mark: str = "."
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is read; `meaning` is empty for one that is left out, `why` may say why."""

    cell: Cell
    meaning: str
    is_sure: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A total that the sheet states, which is no item.

    Attributes:
        above: Sum of the lines since the total before it.
    """

    row: int
    name: str
    amount: Decimal
    above: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is read.

    Attributes:
        row: Row of the sheet.
        name: As written.
        id: Id of the item; empty for a row that is no item.
        category: Its category, or contingency.
        term: Part of data costs.
        amounts: One a month, in cents; empty where the sheet has no months.
        amount: Their sum, or the amount stated.
        drivers: quantity, unit and unit_price, where they give the amount.
        remark: What is to be looked at.
    """

    row: int
    name: str
    id: str
    category: str
    term: str | None
    amounts: tuple[Decimal, ...]
    amount: Decimal
    drivers: tuple[str, str, str] | None = None
    remark: str = ""
