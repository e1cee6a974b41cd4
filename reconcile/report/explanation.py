"""An explained figure as aligned text and as JSON, every amount unrounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from models.money import ZERO, plain
from reconcile.explain.explanation import DocumentLine, Explanation
from reconcile.explain.formula import Input
from reconcile.explain.leaf import PlanRow
from reconcile.explain.proof import LEVELS, Proof
from reconcile.explain.trace import Trace, total
from reconcile.figure import Figure, exact_text
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE, NOT_AVAILABLE

SHORT: Final = 12  # digits of a hash by which rows name their document
_ROWS: Final = ("document:row", "day", "service", "cost", "", "share", "rate", "amount")
_HEADS: Final = ("document", "rows", "amount", "size", "loaded", "name")
_OUTCOMES: Final = {
    "equal": "equal",
    "different": "DIFFERENT",
    "damaged": "DAMAGED",
    "gone": "not there",
    "unread": "not read",
}


def table(said: Explanation, top: int, proofs: Sequence[Proof] | None = None) -> str:
    """Return an explanation for a terminal.

    Args:
        said: The explanation.
        top: How many rows are shown one by one.
        proofs: What adding them up again gave; None when nobody asked.
    """
    blocks = [
        [*_head(said.trace)],
        [*_formula(said.trace)],
        [*_plan(said.trace, top)],
        [*_rules(said)],
        [*_documents(said, top)],
        [*_rows(said.trace, top)],
        [*_total(said.trace)],
        [*_proofs(said.trace, proofs)] if proofs is not None else [],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def value(figure: Figure) -> str:
    """Return the value of a figure to its last digit, with its unit."""
    return _amount(figure.value, figure.unit)


def _amount(amount: Decimal | None, unit: str = "") -> str:
    return f"{exact_text(amount) or NOT_AVAILABLE} {unit}".rstrip()


def _head(found: Trace) -> Iterator[str]:
    figure = found.figure
    yield f"{visible(figure.id)} = {value(figure)}"
    yield f"  {figure.definition}"
    yield f"  basis {figure.basis}, unit {figure.unit}"


def _formula(found: Trace) -> Iterator[str]:
    yield f"formula: {visible(found.formula.said)}"
    yield from _inputs(found.formula.inputs)
    if found.formula.drivers:
        yield "by its drivers:"
        yield from _inputs(found.formula.drivers)


def _inputs(inputs: Sequence[Input]) -> Iterator[str]:
    rows = [(*_input(each), exact_text(each.value) or "") for each in inputs]
    yield from (f"  {line}" for line in aligned(rows, (2,))) if rows else ()


def _input(each: Input) -> tuple[str, str]:
    return ("+" if each.sign > 0 else "-"), visible(each.said)


def _plan(found: Trace, top: int) -> Iterator[str]:
    rows = [(sign, row) for sign, row in found.planned if sign]
    if not rows:
        return
    yield f"plan: {_many(len(rows), 'row')}, {_amount(found.of_plan)}"
    shown = [_plan_row(row) for _, row in rows[:top]]
    yield from (f"  {line}" for line in aligned(shown, (3, 4))) if shown else ()
    if more := len(rows) - top if top < len(rows) else 0:
        yield f"  and {more} more"


def _plan_row(row: PlanRow) -> tuple[str, ...]:
    named = f"{row.project} v{row.version} {row.item}"
    rate = "" if row.rate == 1 else f"at {plain(row.rate)}"
    amount = f"{exact_text(row.amount)} {row.currency}"
    return visible(named), row.month, visible(row.file), amount, rate


def _rules(said: Explanation) -> Iterator[str]:
    if not said.rules:
        return
    yield "rules (project, category):"
    rows = [
        (
            *(visible(each.rule), visible(each.path)),
            *(_many(each.rows, "row"), exact_text(each.amount) or ""),
        )
        for each in said.rules
    ]
    yield from (f"  {line}" for line in aligned(rows, (2, 3)))


def _documents(said: Explanation, top: int) -> Iterator[str]:
    if not said.documents:
        return
    yield f"documents: {len(said.documents)}"
    rows = [_HEADS, *(_document(each) for each in said.documents[:top])]
    yield from (f"  {line}" for line in aligned(rows, (1, 2, 3)))
    if more := said.documents[top:]:
        amount = sum((each.amount for each in more), ZERO)
        rows_of = _many(sum(each.rows for each in more), "row")
        yield f"  and {len(more)} more: {rows_of}, {_amount(amount)}"
    for rate in said.rates:
        yield (
            f"  rate of {rate.month}: 1 {rate.currency} is {plain(rate.rate)} {rate.to},"
            f" by {visible(rate.source)}"
        )


def _document(each: DocumentLine) -> tuple[str, ...]:
    return (
        each.sha256 or NONE,
        str(each.rows),
        exact_text(each.amount) or "",
        str(each.size) if each.size else NONE,
        each.loaded_at[:19] or NONE,
        visible(f"{each.scope}: {each.name}" if each.scope else each.name),
    )


def ordered(lines: pl.DataFrame) -> pl.DataFrame:
    """Return lines with the largest amounts first."""
    size = pl.col("amount").abs().alias("size")
    order = lines.with_columns(size).sort(
        *("size", "document", "x_row", "part", "day"),
        descending=[True, False, False, False, False],
        nulls_last=True,
    )
    return order.drop("size")


def _rows(found: Trace, top: int) -> Iterator[str]:
    lines = ordered(found.lines)
    if lines.is_empty():
        return
    what = "rows" if found.is_sum and not found.rows.is_empty() else "rows that it looks at"
    yield f"{what}: {lines.height}, {_amount(total(lines))}"
    shown = [_ROWS, *(_row(row) for row in lines.head(top).iter_rows(named=True))]
    yield from (f"  {line}" for line in aligned(shown, (3, 5, 6, 7)))
    if (more := lines.slice(top)).height:
        yield f"  and {more.height} more: {_amount(total(more))}"


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{place(row)}{' less' if row['sign'] < 0 else ''}",
        str(row["day"]),
        visible(row["service_name"] or ""),
        exact_text(row["cost"]) or "",
        visible(row["currency"]),
        "" if row["share"] == 1 else plain(row["share"]),
        "" if row["rate"] == 1 else plain(row["rate"]),
        exact_text(row["amount"]) or "",
    )


def place(row: Mapping[str, Any]) -> str:
    """Return where a line is: document and row, or what says it."""
    if row["document"] is None:
        return visible(row["said"] or "")
    told = f" {visible(row['part'])}" if row["part"] else ""
    derived = f" ({row['derived']})" if row["derived"] else ""
    return f"{row['document'][:SHORT]}:{row['x_row']}{told}{derived}"


def _total(found: Trace) -> Iterator[str]:
    if not found.is_sum:
        if found.figure.value is not None and not found.lines.is_empty():
            yield "a method or percentage: its rows are what it looks at, and no sum of it"
        return
    parts = [("rows", found.of_rows), ("plan", found.of_plan)]
    parts += _added(found)
    parts += [("rounding", found.rounding)] if found.rounding and not found.lost else []
    parts += [("spend without lines", found.rounding)] if found.lost else []
    shown = [(visible(name), exact_text(amount) or "") for name, amount in parts if amount]
    rows = [*shown, ("total", exact_text(found.figure.value) or "")]
    yield from aligned(rows, (1,))


def _added(found: Trace) -> Iterator[tuple[str, Decimal]]:
    for sign, each in found.stated:
        if sign:
            yield f"{each.kind}: {each.said}", sign * (each.value or ZERO)


def _proofs(found: Trace, proofs: Sequence[Proof]) -> Iterator[str]:
    yield f"added up again from the archive: {_many(len(proofs), 'document')}"
    for each in proofs:
        yield f"  {_OUTCOMES[each.outcome]}: {each.document.sha256[:SHORT]} {_proved(each)}"
    yield f"  {conclusion(found, proofs)}"


def _proved(each: Proof) -> str:
    if not each.level:
        return visible(each.detail)
    sums = "; ".join(
        f"{exact_text(ours)} {money}" if ours == read else _differing(money, ours, read)
        for money, ours, read in each.sums
    )
    said = f"{_many(each.rows, 'row')}, {LEVELS[each.level]}: {visible(sums)}"
    return f"{said}; {visible(each.detail)}" if each.detail and each.outcome != "equal" else said


def _differing(money: str, ours: Decimal, read: Decimal) -> str:
    return f"{exact_text(ours)} {money} in the lake, {exact_text(read)} by its bytes"


def conclusion(found: Trace, proofs: Sequence[Proof]) -> str:
    """Return what all proofs together say, and no more than they do."""
    outcomes = {each.outcome for each in proofs}
    if found.lost:
        lost = ", ".join(_amount(amount, money) for money, amount in found.lost)
        return f"DIFFERENT: {lost} of spend have no rows in the lake; run `trueup rebuild`"
    if outcomes & {"different", "damaged"}:
        return "DIFFERENT: see the documents above"
    if outcomes & {"gone", "unread"}:
        return "NOT VERIFIED: the documents above are not there, such as after `trueup prune`"
    return _equal(found) if proofs else "nothing of it is in the archive"


def _equal(found: Trace) -> str:
    if not found.is_sum:
        return "equal: each row that it looks at; the figure itself is no sum of them"
    read = found.rows.filter(pl.col("document").is_not_null())
    beside = any(sign for sign, _ in (*found.planned, *found.stated))
    if beside or read.height < found.rows.height:
        rest = "the rest is of plans, methods, purchases or statements, and not of the archive"
        said = f"rows of {_amount(total(read))}; the figure is {value(found.figure)}"
        return f"equal: {said}, and {rest}"
    return f"equal: {value(found.figure)}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
