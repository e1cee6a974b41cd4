"""The section of drivers: why a category costs more or less, item by item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from models.money import ZERO, rounded
from models.subunit import places
from reconcile.anchors import PARTS
from reconcile.driver.measure import DRIVERS, PART
from reconcile.driver.shown import DriverRow, DriverTable
from reconcile.figure import Figure, exact_text
from reconcile.portfolio import Portfolio
from reconcile.report.number import NONE, grouped, plain
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    Tone,
    closed_object,
    list_of,
    value,
    words,
)

NO_ITEM: Final = "(no item)"
MIX: Final = "mix of items in {}s"
CENTS: Final = 2
FINE: Final = 4
WORDS: Final = 4
_HEADS: Final = (
    *("Project", "Item", "Unit", "Remark"),
    *("q PL", "q AC", "r PL", "r AC", "PL", "AC"),
)
_BRIEF: Final = ("Project", "Item", "PL", "AC")
_UNITS: Final = ("Project", "Item", "Unit", "q PL", "q AC", "r PL", "r AC")
_COUNTED: Final = slice(WORDS, 8)
_PARTS: Final = closed_object(**dict.fromkeys(PARTS, AMOUNT))
_FACTORS: Final = {"type": "object", "additionalProperties": AMOUNT}
_ROW: Final = closed_object(
    item=TEXT,
    kind={"enum": ["item", "mix"]},
    unit={"type": ["string", "null"]},
    **dict.fromkeys(("planned_quantity", "quantity", "planned_price", "price"), AMOUNT),
    **dict.fromkeys(("plan", "actual", "delta"), AMOUNT),
    parts=_PARTS,
    factors=_FACTORS,
    why=TEXT,
)
_TABLE: Final = closed_object(
    project=TEXT,
    category=TEXT,
    period=TEXT,
    **dict.fromkeys(("plan", "actual", "delta"), AMOUNT),
    material={"type": "boolean"},
    main={"type": ["string", "null"]},
    parts=_PARTS,
    items=list_of(_ROW),
)
SCHEMA: Final = closed_object(month=list_of(_TABLE), to_date=list_of(_TABLE))


def section(p: Portfolio) -> Section:
    """Return the items of each category that is materially off its plan in the month.

    What the parts are stands first, and what units and prices they come from below it: side by
    side they are wider than a page.
    """
    shown = [table for table in p.drivers.month if table.whole.material]
    parts = named(shown)
    rows = [row for table in shown for row in block(table, parts, p.currency)]
    return Section(
        key="drivers",
        title="Drivers",
        note=(
            f"Why categories that are materially off their plan cost more or less, in {p.currency}"
            ": the parts of a row sum to its ΔPL. All categories, and sums to date: `trueup "
            "variance`."
        ),
        tables=(
            Table(heads=_heads(_BRIEF, parts), words=2, rows=tuple(map(_brief, rows))),
            Table(
                heads=_UNITS,
                words=3,
                rows=tuple((*row[:3], *row[_COUNTED]) for row in rows if _is_counted(row)),
                caption="Units (q) and the price of one (r)",
            ),
        ),
        document=document(p.drivers.month, p.drivers.to_date),
    )


def named(tables: Iterable[DriverTable]) -> list[str]:
    """Return the parts that tables have, in their order."""
    found = {name for table in tables for name in table.parts}
    return [name for name in PARTS if name in found]


def heads(parts: Iterable[str]) -> tuple[str, ...]:
    """Return the heads of a table that shows some parts."""
    return _heads(_HEADS, parts)


def _heads(first: Iterable[str], parts: Iterable[str]) -> tuple[str, ...]:
    return (*first, *(DRIVERS[f"{PART}{name}"].title for name in parts), "ΔPL")


def _brief(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return a row without units and prices; its remark stands beside its name."""
    project, name, _, remark = row[:WORDS]
    told = name.text if remark.text == NONE else f"{name.text}: {remark.text}"
    return (project, words(told, name.tone), *row[_COUNTED.stop :])


def _is_counted(row: tuple[Cell, ...]) -> bool:
    """Return whether units or prices of a row are known."""
    return any(cell.figure for cell in row[_COUNTED])


def block(table: DriverTable, parts: Sequence[str], currency: str) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of one category: its items, what their volume is made of, and the sum."""
    digits = places(currency)
    for row in table.rows:
        yield _row(row, parts, digits)
        if "volume" in parts:
            yield from _factors(row, parts, digits)
    yield _foot(table, parts, digits)


def title(part: str) -> str:
    """Return a part as a word in a sentence."""
    return "FX" if part == "fx" else DRIVERS[f"{PART}{part}"].title.lower()


def called(row: DriverRow) -> str:
    """Return what people call a row."""
    line = row.line
    return MIX.format(line.item) if line.kind == "mix" else line.item or NO_ITEM


def _row(row: DriverRow, parts: Sequence[str], digits: int) -> tuple[Cell, ...]:
    return (
        words(row.line.project),
        words(called(row), "soft" if row.line.kind == "mix" else ""),
        words(row.line.unit),
        words(row.line.why),
        *(_count(figure) for figure in (row.planned, row.used, row.planned_price, row.price)),
        _amount(row.plan, digits),
        _amount(row.actual, digits),
        *(_part(row.parts.get(name), digits) for name in parts),
        _part(row.delta, digits),
    )


def _factors(row: DriverRow, parts: Sequence[str], digits: int) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each factor of a volume: its part stands below the volume."""
    before = len(_HEADS) - WORDS + parts.index("volume")
    after = len(parts) - parts.index("volume")
    for factor, figure in row.factors.items():
        name = (words(row.line.project), words(f"\u00b7 {factor}", "soft"), *_blank(WORDS - 2))
        yield (*name, *_blank(before), _part(figure, digits), *_blank(after))


def _foot(table: DriverTable, parts: Sequence[str], digits: int) -> tuple[Cell, ...]:
    delta, apart = table.whole.delta, _apart(table, digits)
    over = (delta.value or ZERO) > 0
    tone: Tone = ("over" if over else "under") if table.whole.coloured else ""
    mainly = f"mainly {title(table.main)}" if table.main else ""
    left = f"rounding {grouped(apart, '+', digits)}" if apart else ""
    return (
        words(table.project),
        words(table.title, "strong"),
        words(""),
        words("; ".join(text for text in (mainly, left) if text)),
        *_blank(4),
        _amount(table.whole.pl, digits),
        _amount(table.whole.ac, digits),
        *(_part(table.parts.get(name), digits) for name in parts),
        Cell(text=_signed(delta, digits), figure=delta, tone=tone),
    )


def document(month: Iterable[DriverTable], to_date: Iterable[DriverTable]) -> dict[str, Any]:
    """Return every category as plain values, as SCHEMA says."""
    return {"month": [_document(t) for t in month], "to_date": [_document(t) for t in to_date]}


def _document(table: DriverTable) -> dict[str, Any]:
    return {
        "project": table.project,
        "category": table.category,
        "period": table.period,
        "plan": value(table.whole.pl),
        "actual": value(table.whole.ac),
        "delta": value(table.whole.delta),
        "material": table.whole.material,
        "main": table.main,
        "parts": _parts(table.parts),
        "items": [_item(row) for row in table.rows],
    }


def _item(row: DriverRow) -> dict[str, Any]:
    return {
        "item": row.line.item,
        "kind": row.line.kind,
        "unit": row.line.unit,
        "planned_quantity": value(row.planned),
        "quantity": value(row.used),
        "planned_price": value(row.planned_price),
        "price": value(row.price),
        "plan": value(row.plan),
        "actual": value(row.actual),
        "delta": value(row.delta),
        "parts": _parts(row.parts),
        "factors": {name: value(figure) for name, figure in row.factors.items()},
        "why": row.line.why,
    }


def _parts(parts: Mapping[str, Figure]) -> dict[str, str | None]:
    """Return every part by name, zero among them."""
    return {name: value(parts[name]) if name in parts else exact_text(ZERO) for name in PARTS}


def _apart(table: DriverTable, digits: int) -> Decimal:
    """Return what the rounded differences of rows leave to the rounded difference of all."""
    rows = sum((rounded(row.delta.value or ZERO, digits) for row in table.rows), ZERO)
    return rounded(table.whole.delta.value or ZERO, digits) - rows


def _blank(count: int) -> list[Cell]:
    return [words("")] * count


def _count(figure: Figure) -> Cell:
    if figure.value is None:
        return words("")
    return Cell(text=grouped(figure.value, places=_digits(figure.value)), figure=figure)


def _digits(number: Decimal) -> int:
    """Return two decimals, or as many up to four as a small price needs."""
    return CENTS if abs(number) >= 1 else FINE


def _amount(figure: Figure, digits: int) -> Cell:
    return words("") if figure.value is None else Cell(text=plain(figure, digits), figure=figure)


def _part(figure: Figure | None, digits: int) -> Cell:
    return words("") if figure is None else Cell(text=_signed(figure, digits), figure=figure)


def _signed(figure: Figure, digits: int) -> str:
    return grouped(figure.value or ZERO, "+", digits)
