"""The section of rebaselines: budgets by version, the estimate against each, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from models.plan.bridge import KINDS
from reconcile.bridge import BridgeLine, Rebaseline
from reconcile.figure import Figure
from reconcile.portfolio import Portfolio
from reconcile.report.number import NONE, NOT_AVAILABLE, grouped
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    amount,
    closed_object,
    list_of,
    value,
    words,
)

CENTS: Final = 2
COUNT: Final[Mapping[str, Any]] = {"type": "integer"}
BUDGETS: Final = (
    *("Project", "Versions", "BAC₀", "Rebaselined", "Drawn", "BAC", "EAC", "ΔBAC₀", "ΔBAC"),
    *("PL₀ to date", "ΔPL₀"),
)
STEPS: Final = ("Project", "Versions", "Item", "Category", *map(str.capitalize, KINDS), "Sum")
_LINE: Final = closed_object(
    **dict.fromkeys(("item", "category"), TEXT),
    **dict.fromkeys(("from", "to"), COUNT),
    **dict.fromkeys((*KINDS, "sum"), AMOUNT),
)
SCHEMA: Final = list_of(
    closed_object(
        project=TEXT,
        **dict.fromkeys(("first", "version"), COUNT),
        **dict.fromkeys(("bac0", "rebaselined", "drawn", "bac"), AMOUNT),
        **dict.fromkeys(("eac", "delta_bac0", "delta_bac"), AMOUNT),
        **dict.fromkeys(("plan0_to_date", "delta0_to_date"), AMOUNT),
        bridge=list_of(_LINE),
    )
)


def section(p: Portfolio) -> Section:
    """Return a row for each project whose plan is not its first, and how its budget moved."""
    steps = [(each, line) for each in p.rebaselines for line in each.lines]
    return Section(
        key="rebaselines",
        title="Rebaselines",
        note=(
            f"Budgets at completion without contingency, in {p.currency}: BAC₀ of the first "
            "approved version, BAC of the one that counts with what was drawn from contingency; "
            "ΔBAC₀ and ΔBAC are EAC minus these, "
            "ΔPL₀ is actual minus the first plan, to date; + is more. Quantity is valued at the "
            "old price, price at the new quantity. Each version: `trueup plan show PROJECT`."
        ),
        tables=(
            Table(heads=BUDGETS, words=2, rows=tuple(map(_row, p.rebaselines))),
            Table(
                heads=STEPS,
                words=4,
                rows=tuple(_step(each, line) for each, line in steps),
                caption="From budget to budget, by item",
            ),
        ),
        document=[_document(each) for each in p.rebaselines],
    )


def _row(each: Rebaseline) -> tuple[Cell, ...]:
    return (
        words(each.project),
        words(f"{each.first} to {each.version}"),
        amount(each.original),
        *map(_delta, (each.change, each.drawn)),
        *map(amount, (each.budget, each.estimate)),
        *map(_delta, (each.over, each.over_current)),
        amount(each.plan),
        _delta(each.delta),
    )


def _step(each: Rebaseline, line: BridgeLine) -> tuple[Cell, ...]:
    return (
        words(each.project),
        words(f"{line.old} to {line.new}"),
        words(line.item),
        words(line.category),
        *(_delta(line.steps[kind]) if kind in line.steps else words(NONE) for kind in KINDS),
        _delta(line.total),
    )


def _delta(figure: Figure) -> Cell:
    known = figure.value
    return Cell(text=NOT_AVAILABLE if known is None else grouped(known, "+", CENTS), figure=figure)


def _document(each: Rebaseline) -> dict[str, Any]:
    return {
        "project": each.project,
        "first": each.first,
        "version": each.version,
        "bac0": value(each.original),
        "rebaselined": value(each.change),
        "drawn": value(each.drawn),
        "bac": value(each.budget),
        "eac": value(each.estimate),
        "delta_bac0": value(each.over),
        "delta_bac": value(each.over_current),
        "plan0_to_date": value(each.plan),
        "delta0_to_date": value(each.delta),
        "bridge": [_line(line) for line in each.lines],
    }


def _line(line: BridgeLine) -> dict[str, Any]:
    return {
        "item": line.item,
        "category": line.category,
        "from": line.old,
        "to": line.new,
        **{kind: value(line.steps[kind]) if kind in line.steps else None for kind in KINDS},
        "sum": value(line.total),
    }
