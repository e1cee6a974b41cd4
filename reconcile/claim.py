"""Which billed lines an invoice holds: each line goes to one invoice, the most exact first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import polars as pl

from models.period import Month
from models.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Billed lines of one month that differ in nothing but their amount.

    Attributes:
        charged: How many of the rows have a billed cost that is not zero.
        cost: Sum of their billed cost, in the currency; credits are negative.
    """

    source: str
    month: Month
    currency: str
    issuer: str
    account: str
    invoice_id: str
    category: str
    service: str
    rows: int
    charged: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Claim:
    """What an invoice says its lines are; empty is whatever it is.

    A claim has an invoice id, or a month: of a provider whose lines carry no invoice id,
    all lines of the month are one claim.
    """

    source: str
    currency: str
    month: Month | None
    invoice_id: str
    issuer: str
    account: str


def bills(frame: pl.DataFrame) -> list[Bill]:
    """Return billed lines.

    Args:
        frame: Columns of INVOICED, with `source` and `month` of the delivery.
    """
    return [
        Bill(
            source=row["source"],
            month=Month.parse(row["month"]),
            currency=row["currency"],
            issuer=row["invoice_issuer_name"] or "",
            account=row["billing_account_id"] or "",
            invoice_id=row["invoice_id"] or "",
            category=row["charge_category"],
            service=row["service_name"] or "",
            rows=row["rows"],
            charged=row["charged"],
            cost=row["billed_cost"],
        )
        for row in frame.iter_rows(named=True)
    ]


def claims(
    statements: Iterable[Statement], by_month: Collection[str]
) -> dict[Claim, list[Statement]]:
    """Return the invoices by what they claim; several only where months are judged whole.

    Args:
        statements: What issuers state.
        by_month: Sources whose lines carry no invoice id.
    """
    found: dict[Claim, list[Statement]] = defaultdict(list)
    for each in statements:
        has_id = bool(each.invoice_id) and each.source not in by_month
        claim = Claim(
            each.source,
            each.currency,
            None if has_id else each.month,
            each.invoice_id if has_id else "",
            each.issuer.casefold(),
            each.billing_account,
        )
        found[claim].append(each)
    return dict(found)


def divided(
    billed: Sequence[Bill], claimed: Mapping[Claim, object]
) -> tuple[dict[Claim, list[Bill]], list[Bill]]:
    """Return the lines of each claim, and the lines that nobody claims."""
    held: dict[Claim, list[Bill]] = defaultdict(list)
    loose: list[Bill] = []
    for bill in billed:
        claim = next((each for each in _candidates(bill) if each in claimed), None)
        (loose if claim is None else held[claim]).append(bill)
    return dict(held), loose


def _candidates(bill: Bill) -> Iterator[Claim]:
    """Yield what may claim a line: by its invoice before its month, the most exact first."""
    scopes: list[tuple[Month | None, str]] = [(bill.month, "")]
    if bill.invoice_id:
        scopes.insert(0, (None, bill.invoice_id))
    issuers, accounts = (bill.issuer.casefold(), ""), (bill.account, "")
    for (month, invoice_id), issuer, account in product(scopes, issuers, accounts):
        yield Claim(bill.source, bill.currency, month, invoice_id, issuer, account)
