"""Restatements: what changed in months that were said to be settled, with every number a figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from models.period import Month
from reconcile.figure import Figure, Figures, scope

SHORT: Final = 12  # digits of a delivery's id by which people tell it


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What one delivery changed in one currency of a settled month.

    Attributes:
        at: Day on which it was loaded.
        was: What the month was until then: final or closed.
        cause: `delivery` for other bytes, `reading` for another conversion of the same.
        before: Id of the delivery before it; empty when there was none.
        after: Id of the delivery.
        rows: Charges more than before; minus for fewer.
        billed: Billed cost more than before, in the currency; minus for less.
        effective: Effective cost more than before, likewise.
    """

    source: str
    month: Month
    at: date
    was: str
    cause: str
    before: str
    after: str
    currency: str
    rows: int
    billed: Decimal
    effective: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RestatedLine:
    """One restatement as a report shows it."""

    restated: Restated
    rows: Figure
    billed: Figure
    effective: Figure


def restated_lines(found: Iterable[Restated], figures: Figures) -> tuple[RestatedLine, ...]:
    """Return one line a restatement and currency, in the order given."""
    return tuple(_line(figures, each) for each in found)


def _line(figures: Figures, each: Restated) -> RestatedLine:
    names = each.source, each.currency, each.before[:SHORT] or "nothing", each.after[:SHORT]
    where = scope("restatement", *names, str(each.at))

    def add(measure: str, value: Decimal) -> Figure:
        return figures.add(where, str(each.month), f"restated_{measure}", value, each.currency)

    return RestatedLine(
        restated=each,
        rows=add("rows", Decimal(each.rows)),
        billed=add("billed", each.billed),
        effective=add("effective", each.effective),
    )
