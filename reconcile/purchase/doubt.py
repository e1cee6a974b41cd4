"""What is odd about purchases, each with the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from models.canonical import canonical_value
from models.money import plain, rounded
from models.problem import Problem
from models.purchase import SOURCE, Purchases
from models.purchasefile import Commitment, Lot, Wallet
from reconcile.purchase.accepted import Accepted
from reconcile.purchase.billed import Billed
from reconcile.purchase.grni import Position
from reconcile.purchase.match import Match
from reconcile.purchase.wallet import Statement

LONG: Final = 90  # days after which an invoice is late by any custom


def doubts(
    purchases: Purchases,
    lines: Sequence[Billed],
    found: Iterable[Match],
    wallets: Mapping[str, Statement],
) -> Iterator[Problem]:
    """Yield what is odd: credits that open an accrual again, wallets, other currencies."""
    yield from _given_back(found)
    for wallet in purchases.wallets:
        yield from _wallet(wallet, lines, wallets[wallet.number])
    for commitment in purchases.commitments:
        yield from _foreign(commitment, lines)


def waiting(positions: Iterable[Position], units: Accepted, day: date) -> Iterator[Problem]:
    """Yield what was accepted long ago and is accrued since: an invoice may never come."""
    for each in positions:
        last = max(units.flow(*each.bought.key).days, default=day)
        if each.accrued > 0 and (day - last).days > LONG:
            yield _problem(
                " line ".join(each.bought.key),
                "accrued_long",
                f"{each.accrued:f} {each.bought.order.currency} are accrued, and nothing was "
                f"accepted after {last}; ask {each.bought.order.issuer} for the invoice, or close "
                "the order",
            )


def booked(wallet: Wallet, lot: Lot, lines: Iterable[Billed]) -> bool:
    """Return whether the invoice of a prepayment is booked as cost, not as a prepayment."""
    number = lot.invoice and canonical_value(lot.invoice)
    return any(
        not line.prepaid and canonical_value(line.invoice) == number and line.by(wallet.issuers)
        for line in lines
    )


def _given_back(found: Iterable[Match]) -> Iterator[Problem]:
    """Yield credits with a quantity: what they take back is accepted and not billed again."""
    for match in found:
        if match.bought and match.quantity < 0 and not match.bought.line.as_invoiced:
            yield _problem(
                match.bought.order.number,
                "units_given_back",
                f"{match.billed.invoice} gives back {_shown(-match.quantity)} "
                f"{match.bought.line.unit} of line {match.bought.line.id}; as long as they are "
                "accepted they are accrued: take them out of what was accepted if they are void",
            )


def _wallet(wallet: Wallet, lines: Sequence[Billed], found: Statement) -> Iterator[Problem]:
    for month, units in sorted(found.overdrawn.items()):
        yield _problem(
            wallet.number,
            "overdrawn",
            f"{_shown(units)} {wallet.unit} drawn in {month} are not covered by any purchase, and "
            "cost nothing here; state what was bought, or what it is drawn from",
        )
    for lot in wallet.purchases:
        if booked(wallet, lot, lines):
            yield _problem(
                wallet.number,
                "prepaid_as_cost",
                f"invoice {lot.invoice} is booked as cost, so its units cost nothing when drawn; "
                "let its source say that it is a prepayment",
            )


def _foreign(commitment: Commitment, lines: Iterable[Billed]) -> Iterator[Problem]:
    """Yield what an issuer bills in another currency than it has a commitment in."""
    others = {
        line.currency
        for line in lines
        if line.by(commitment.issuers) and line.currency != commitment.currency
    }
    for currency in sorted(others):
        yield _problem(
            commitment.number,
            "commitment_currency",
            f"{commitment.issuer} bills in {currency}, too; it does not count towards the floor "
            f"in {commitment.currency}",
        )


def _problem(number: str, rule: str, detail: str) -> Problem:
    return Problem(source=SOURCE, document=number, rule=rule, detail=detail, severity="warning")


def _shown(number: Fraction) -> str:
    return plain(rounded(number, 6))
