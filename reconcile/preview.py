"""Moves and their sums in the reporting currency: what an edit of rules does to the figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, Self

import polars as pl

from models.money import WIDE, ZERO, stored
from models.period import Month
from reconcile.actuals import Converter, actuals
from reconcile.move import Bearer, Move, size

Net = Mapping[tuple[Month, str], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What another version of the rules does.

    Attributes:
        currency: Of every amount.
        moves: The largest first; of closed months, what would have moved.
        net: Change by month and project, splits included; each month sums to zero.
        unpinned: Closed months that move all the same: no rules were kept with them.
    """

    currency: str
    moves: tuple[Move, ...]
    net: Net
    unpinned: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything moves."""
        return bool(self.net) or any(not each.stays for each in self.moves)

    @property
    def months(self) -> list[Month]:
        """The months in which something moves."""
        return sorted({*(m for m, _ in self.net), *(e.month for e in self.moves if not e.stays)})

    @property
    def moved(self) -> Decimal:
        """How much changes hands: every move without its sign."""
        return size(each for each in self.moves if not each.stays and each.changes_owner)

    @property
    def staying(self) -> dict[Month, Decimal]:
        """How much would change hands in each closed month."""
        months = sorted({each.month for each in self.moves if each.stays})
        return {
            month: size(e for e in self.moves if e.stays and e.changes_owner and e.month == month)
            for month in months
        }

    def of(self, months: Collection[Month]) -> Self:
        """Return what concerns some months."""
        moves = tuple(each for each in self.moves if each.month in months)
        net = {key: amount for key, amount in self.net.items() if key[0] in months}
        return type(self)(currency=self.currency, moves=moves, net=net, unpinned=self.unpinned)


def preview(
    *,
    moves: pl.DataFrame,
    staying: pl.DataFrame,
    before: pl.DataFrame,
    after: pl.DataFrame,
    rates: Converter,
    currency: str,
    unpinned: Iterable[str] = (),
) -> Preview:
    """Return what an edit moves, in the reporting currency.

    Args:
        moves: Columns MOVED, of what moves.
        staying: The same of closed months, where it would.
        before: Spend as it is, whole.
        after: Spend as it would be, whole.
        rates: Dated exchange rates.
        currency: The reporting currency.
        unpinned: Closed months without rules of their own.
    """
    with localcontext(prec=WIDE):
        found = [*_moves(moves, rates, currency), *_moves(staying, rates, currency, stays=True)]
        return Preview(
            currency=currency,
            moves=tuple(sorted(found, key=lambda move: move.rank)),
            net=_net(actuals(before, rates, currency), actuals(after, rates, currency)),
            unpinned=tuple(sorted(unpinned)),
        )


def gained(net: Net) -> Decimal:
    """Return how much more those bear that bear more, month by month, splits included."""
    with localcontext(prec=WIDE):
        return sum((amount for amount in net.values() if amount > 0), ZERO)


def _moves(
    frame: pl.DataFrame, rates: Converter, currency: str, *, stays: bool = False
) -> Iterator[Move]:
    for row in frame.iter_rows(named=True):
        month = Month.parse(row["month"])
        yield Move(
            month=month,
            stays=stays,
            before=_bearer(row, "before"),
            after=_bearer(row, "after"),
            rule_before=row["project_rule_before"],
            rule_after=row["project_rule_after"],
            term_rule_before=row["category_rule_before"],
            term_rule_after=row["category_rule_after"],
            amount=stored(rates.convert(row["tco_cost"], row["currency"], currency, month)),
            lines=row["lines"],
        )


def _bearer(row: Mapping[str, Any], side: str) -> Bearer:
    names = ("project", "path", "category", "item")
    return Bearer(*(row[f"{name}_{side}"] or "" for name in names))


def _net(before: pl.DataFrame, after: pl.DataFrame) -> dict[tuple[Month, str], Decimal]:
    """Return after minus before by month and project, where they differ."""
    sums: dict[tuple[Month, str], Decimal] = {}
    for frame, sign in ((after, 1), (before, -1)):
        for month, project, amount in frame.select("month", "project", "amount").iter_rows():
            key = Month.parse(month), project
            sums[key] = sums.get(key, ZERO) + sign * amount
    return {key: amount for key, amount in sorted(sums.items()) if amount}
