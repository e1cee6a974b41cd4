"""The section of drivers: why a category costs more or less, item by item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from models.money import ZERO, rounded
from models.subunit import places
from reconcile.anchors import PARTS
from reconcile.driver.measure import DRIVERS, PART
from reconcile.driver.shown import DriverRow, DriverTable
from reconcile.figure import Figure, exact_text
from reconcile.portfolio import Portfolio
from reconcile.report.number import grouped, plain
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
ROUNDING: Final = "rounding"
CENTS: Final = 2
FINE: Final = 4
_HEADS: Final = ("Item", "Unit", "q PL", "q AC", "r PL", "r AC", "PL", "AC")
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
    """Return a table for each category that is materially off its plan in the month."""
    shown = [table for table in p.drivers.month if table.whole.material]
    return Section(
        key="drivers",
        title="Drivers",
        note=(
            f"Why categories that are materially off plan in {p.month} cost more or less, in "
            f"{p.currency}: q is units, r is the price of one, and the parts of a row sum to its "
            "ΔPL. All categories, and sums to date: `trueup variance`."
        ),
        tables=tuple(made(table, p.currency) for table in shown),
        lines=tuple(line for table in shown for line in told(table, p.currency)),
        document=document(p.drivers.month, p.drivers.to_date),
    )


def made(table: DriverTable, currency: str) -> Table:
    """Return one category: its items, what rounding leaves, and the sum."""
    parts, digits = list(table.parts), places(currency)
    rows = [_row(row, parts, digits) for row in table.rows]
    if apart := _apart(table, digits):
        rows.append((words(ROUNDING, "soft"), *_blank(7 + len(parts)), _text(apart, digits)))
    return Table(
        heads=(*_HEADS, *(DRIVERS[f"{PART}{name}"].title for name in parts), "ΔPL"),
        words=2,
        rows=(*rows, _foot(table, digits)),
        caption=f"{table.project}, {table.title}",
        total=True,
    )


def told(table: DriverTable, currency: str) -> Iterator[str]:
    """Yield sentences: the main part, what volume is made of, what quantities do not explain."""
    digits = places(currency)
    where = f"{table.project}, {table.title}"
    if table.main:
        part = _signed(table.parts[table.main], digits)
        delta = _signed(table.whole.delta, digits)
        yield f"{where}: {delta}, mainly {title(table.main)} {part}."
    for row in table.rows:
        name = f"{where}, {called(row)}"
        if row.factors:
            factors = (f"{factor} {_signed(f, digits)}" for factor, f in row.factors.items())
            yield f"{name}: volume is {', '.join(factors)}."
        if row.line.why:
            yield f"{name}: {row.line.why}."


def title(part: str) -> str:
    """Return a part as a word in a sentence."""
    return DRIVERS[f"{PART}{part}"].title.lower() if part != "fx" else "FX"


def called(row: DriverRow) -> str:
    """Return what people call a row."""
    line = row.line
    return MIX.format(line.item) if line.kind == "mix" else line.item or NO_ITEM


def _row(row: DriverRow, parts: list[str], digits: int) -> tuple[Cell, ...]:
    tone: Tone = "soft" if row.line.kind == "mix" else ""
    return (
        words(called(row), tone),
        words(row.line.unit),
        *(_count(figure) for figure in (row.planned, row.used, row.planned_price, row.price)),
        _amount(row.plan, digits),
        _amount(row.actual, digits),
        *(_part(row.parts.get(name), digits) for name in parts),
        Cell(text=_signed(row.delta, digits), figure=row.delta),
    )


def _foot(table: DriverTable, digits: int) -> tuple[Cell, ...]:
    delta = table.whole.delta
    over = (delta.value or ZERO) > 0
    tone: Tone = ("over" if over else "under") if table.whole.coloured else ""
    return (
        words(table.title),
        *_blank(5),
        _amount(table.whole.pl, digits),
        _amount(table.whole.ac, digits),
        *(_part(figure, digits) for figure in table.parts.values()),
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


def _text(amount: Decimal, digits: int) -> Cell:
    return words(grouped(amount, "+", digits), "soft")


def _signed(figure: Figure, digits: int) -> str:
    return grouped(figure.value or ZERO, "+", digits)
