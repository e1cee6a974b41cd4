"""Everything that follows from purchases, in one value: accruals, matches, positions, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

import polars as pl

from models.money import ZERO
from models.period import Month
from models.problem import Problem
from models.purchase import SOURCE, Purchases
from models.purchasefile import Wallet
from reconcile.purchase import commitment as minimum
from reconcile.purchase import grni
from reconcile.purchase.accepted import Accepted, Delivered, accepted
from reconcile.purchase.accrual import AWAITED, Accrual, accruals_frame, spend_frame
from reconcile.purchase.billed import Billed, billed
from reconcile.purchase.doubt import booked, doubts, waiting
from reconcile.purchase.match import Match, invoiced, matches
from reconcile.purchase.ordered import bought_lines
from reconcile.purchase.wallet import Statement, statement
from reconcile.tie_out import SourceState


@dataclass(frozen=True)
class Accrued:
    """What follows from purchases at one instant.

    Attributes:
        accruals: What purchases add to the cost of months.
        matches: How lines of invoices stand to orders, in order of issue.
        positions: How each line of each order stands.
        wallets: What became of each wallet, by number.
        missing: Months of which usage that a purchase counts is not delivered.
        problems: What is odd, whatever the month.
    """

    accruals: tuple[Accrual, ...] = ()
    matches: tuple[Match, ...] = ()
    positions: tuple[grni.Position, ...] = ()
    wallets: Mapping[str, Statement] | None = None
    missing: frozenset[Month] = frozenset()
    problems: tuple[Problem, ...] = ()

    @cached_property
    def spend(self) -> pl.DataFrame:
        """The accruals as rows of spend."""
        return spend_frame(self.accruals)

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """The tables of the warehouse."""
        return {
            "accruals": accruals_frame(self.accruals),
            "purchase_orders": grni.orders_frame(self.positions),
        }

    def committed(self) -> dict[tuple[str, str], Decimal]:
        """Return what is ordered and not delivered yet, by project and currency."""
        sums: dict[tuple[str, str], Decimal] = {}
        for each in self.positions:
            key = each.bought.order.project, each.bought.order.currency
            sums[key] = sums.get(key, ZERO) + each.open_commitment
        return sums

    def state(self, month: Month, *, ended: bool) -> SourceState:
        """Return how accruals stand for a month: as a source that nobody delivers.

        Args:
            month: The month.
            ended: Whether the month is over; what is running misses nothing.
        """
        mine = [each for each in self.accruals if each.month == month]
        if ended and month in self.missing:
            word, detail = "missing", f"usage of {month} that purchases count is not delivered"
        elif any(each.kind in AWAITED and each.balance for each in mine):
            word, detail = "accrued", "invoices are still to come"
        else:
            word, detail = "final", ""
        return SourceState(
            source=SOURCE,
            state=word,
            rows=len(mine),
            controls={each.purchase.currency: ZERO for each in mine},  # nobody billed them
            newest=max((each.month.last for each in mine), default=None),
            detail=detail,
            gaps=tuple(sorted(each for each in self.missing if each < month)),
        )

    def told(self, month: Month) -> tuple[Problem, ...]:
        """Return what is to be said in the report of a month."""
        unmatched = (match for match in self.matches if not match.is_matched)
        mine = (match for match in unmatched if Month.of(match.billed.issued) == month)
        return (*map(finding, mine), *self.problems)


def accrued(
    purchases: Purchases,
    details: pl.DataFrame,
    usage: pl.DataFrame,
    delivered: Delivered,
    day: date,
) -> Accrued:
    """Return everything that follows from purchases.

    Args:
        purchases: What was bought.
        details: The table `invoice_details` of the deliveries that count.
        usage: The table `usage` of the same.
        delivered: Source and month of each of those deliveries.
        day: The day the data is of; what is accepted or expires later does not count yet.
    """
    lines, units = billed(details), accepted(purchases, usage, delivered, day)
    found = matches(purchases, lines, units)
    goods = [*_goods(purchases, units, found)]
    positions = tuple(_positions(purchases, units, found))
    wallets = {each.number: _wallet(each, units, lines, day) for each in purchases.wallets}
    return Accrued(
        accruals=(
            *goods,
            *(each for one in wallets.values() for each in one.accruals),
            *_minimums(purchases, lines, goods, day),
        ),
        matches=found,
        positions=positions,
        wallets=wallets,
        missing=frozenset(month for months in units.missing.values() for month in months),
        problems=(
            *units.problems,
            *doubts(purchases, lines, found, wallets),
            *waiting(positions, units, day),
        ),
    )


def finding(match: Match) -> Problem:
    """Return what is to be said about a line that does not match; it counts all the same."""
    line = match.billed
    said = f"it counts as cost, ask {line.issuer}"
    of = f"{match.note}; {said}, and name it in `invoices` of its order"
    if match.bought:
        of = f"{match.bought.order.number} line {match.bought.line.id}; {said}"
    return Problem(
        source=line.source,
        document=f"invoice {line.invoice}",
        column=f"line {line.line}",
        rule="unmatched",
        detail=f"{', '.join(match.results)}: {of}",
        severity="warning",
    )


def _goods(purchases: Purchases, units: Accepted, found: Iterable[Match]) -> Iterator[Accrual]:
    by_line = invoiced(found)
    for bought in bought_lines(purchases):
        mine = by_line.get(bought.key, ())
        yield from grni.accruals(bought, units.flow(*bought.key), mine)


def _positions(
    purchases: Purchases, units: Accepted, found: Iterable[Match]
) -> Iterator[grni.Position]:
    by_line = invoiced(found)
    for bought in bought_lines(purchases):
        yield grni.position(bought, units.flow(*bought.key), by_line.get(bought.key, ()))


def _minimums(
    purchases: Purchases, lines: Sequence[Billed], goods: Sequence[Accrual], day: date
) -> Iterator[Accrual]:
    for each in purchases.commitments:
        times = minimum.due(each, lines, goods, day)
        yield from minimum.accruals(each, times, lines)


def _wallet(wallet: Wallet, units: Accepted, lines: Sequence[Billed], day: date) -> Statement:
    """Return what became of a wallet; units whose invoice is cost already cost nothing more."""
    lots = tuple(
        lot.model_copy(update={"amount": ZERO, "units": lot.quantity})
        if booked(wallet, lot, lines)
        else lot
        for lot in wallet.purchases
    )
    return statement(wallet.model_copy(update={"purchases": lots}), units.flow(wallet.number), day)
