"""Invoice lines: the balances that a report shows, with every number as a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.money import ZERO
from models.period import Month
from reconcile.balance import Assertion, Verdict
from reconcile.figure import Figure, Figures, exact_text, scope
from reconcile.part import Part

SHOWN: Final = 8  # parts of one invoice; the rest is one part
OTHERS: Final = "all others"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """One charge category, service or both of an invoice."""

    name: str
    rows: Figure
    billed: Figure
    stated: Figure
    difference: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One invoice, or what was billed without one; amounts in its own currency."""

    assertion: Assertion
    rows: Figure
    billed: Figure
    stated: Figure
    difference: Figure
    tolerance: Figure
    tax: Figure
    tax_billed: Figure
    tax_difference: Figure
    parts: tuple[PartLine, ...]

    @property
    def title(self) -> str:
        """Its number, or what stands for one; with its issuer where that is known."""
        each = self.assertion
        named = each.invoice_id or (
            "lines without an id" if each.verdict is Verdict.UNSTATED else "the whole month"
        )
        return f"{named} ({each.issuer})" if each.issuer else named

    @property
    def said(self) -> str:
        """What is wrong with it, as one line for a person."""
        each = self.assertion
        named = f"invoice {self.title}" if each.invoice_id else self.title
        what = f"{named} of {each.month} is {each.verdict.value}"
        if each.difference:
            what += f" by {exact_text(each.difference)} {each.currency}"
        return f"{each.source}: {what}{': ' if each.cause else ''}{each.cause}"


def invoice_lines(
    assertions: Iterable[Assertion], figures: Figures, month: Month
) -> tuple[InvoiceLine, ...]:
    """Return what a report of a month shows: its invoices, and those of others that fail."""
    return tuple(
        _line(figures, each) for each in assertions if each.month == month or each.verdict.fails
    )


def _line(figures: Figures, each: Assertion) -> InvoiceLine:
    names = each.source, each.currency, each.issuer, each.billing_account, each.invoice_id
    where = scope("invoice", *names)

    def add(measure: str, value: Decimal | None) -> Figure:
        return figures.add(where, str(each.month), f"invoice_{measure}", value, each.currency)

    is_explained = each.verdict in {Verdict.APART, Verdict.UNSTATED} or any(
        part.difference for part in each.parts
    )
    return InvoiceLine(
        assertion=each,
        rows=add("rows", Decimal(each.rows)),
        billed=add("billed", each.billed),
        stated=add("stated", each.stated),
        difference=add("difference", each.difference),
        tolerance=add("tolerance", each.tolerance),
        tax=add("tax", each.tax_stated),
        tax_billed=add("tax_billed", each.tax_billed),
        tax_difference=add("tax_difference", each.tax_difference),
        parts=_parts(figures, each, where) if is_explained else (),
    )


def _parts(figures: Figures, each: Assertion, where: str) -> tuple[PartLine, ...]:
    shown, more = each.parts[:SHOWN], each.parts[SHOWN:]
    return tuple(
        _part(figures, each, f"{where}/{scope(part.category, part.service)}", part)
        for part in (*shown, *_others(more))
    )


def _others(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return what is not shown one by one as one part, so that the parts sum to the whole."""
    if not parts:
        return ()
    stated = [part.stated for part in parts if part.stated is not None]
    return (
        Part(
            category="",
            service=OTHERS,
            rows=sum(part.rows for part in parts),
            billed=sum((part.billed or ZERO for part in parts), ZERO),
            stated=sum(stated, ZERO) if stated else None,
        ),
    )


def _part(figures: Figures, each: Assertion, where: str, part: Part) -> PartLine:
    def add(measure: str, value: Decimal | None) -> Figure:
        return figures.add(where, str(each.month), f"invoice_{measure}", value, each.currency)

    return PartLine(
        name=part.name,
        rows=add("rows", Decimal(part.rows)),
        billed=add("billed", part.billed),
        stated=add("stated", part.stated),
        difference=add("difference", part.difference),
    )
