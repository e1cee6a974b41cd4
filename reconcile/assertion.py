"""Invoices as balance assertions: what was billed against what issuers say, on every run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Final

import polars as pl

from models.money import WIDE, ZERO
from models.period import Month
from models.statement import Statement
from reconcile.balance import Assertion, Verdict
from reconcile.cause import cause
from reconcile.claim import Bill, bills, claims, divided
from reconcile.part import parts
from reconcile.tolerance import tolerance

TAX: Final = "Tax"


def assertions(
    frame: pl.DataFrame, statements: Sequence[Statement], by_month: Collection[str] = ()
) -> tuple[Assertion, ...]:
    """Judge every invoice that is stated, and list what was billed without one.

    Args:
        frame: Billed lines by invoice, as INVOICED, with `source` and `month`, all months.
        statements: What issuers state. Sources without any are left out, and so are lines
            of months before the first one that is stated.
        by_month: Sources whose lines carry no invoice id: their months are judged whole.

    Returns:
        Sorted by source, month and currency, what is stated first.
    """
    with localcontext(prec=WIDE):
        billed, claimed = bills(frame), claims(statements, by_month)
        held, rest = divided(billed, claimed)
        loose = tuple(_loose(rest, _firsts(statements)))
        judged = [_judged(stated, held.get(claim, ())) for claim, stated in claimed.items()]
        judged = [replace(each, cause=cause(each, loose, billed)) for each in judged]
    return tuple(sorted((*judged, *loose), key=_order))


def _order(each: Assertion) -> tuple[object, ...]:
    names = each.issuer, each.invoice_id, each.billing_account
    is_loose = each.verdict is Verdict.UNSTATED
    return each.source, str(each.month), each.currency, is_loose, *names


def _firsts(statements: Iterable[Statement]) -> dict[str, Month]:
    firsts: dict[str, Month] = {}
    for each in statements:
        firsts[each.source] = min(each.month, firsts.get(each.source, each.month))
    return firsts


def _loose(rest: Iterable[Bill], firsts: Mapping[str, Month]) -> Iterator[Assertion]:
    """Yield what was billed and no invoice is stated for, by the invoice it names."""
    groups: dict[tuple[str, ...], list[Bill]] = defaultdict(list)
    for bill in rest:
        if bill.source in firsts and bill.month >= firsts[bill.source]:
            names = bill.currency, bill.issuer, bill.account, bill.invoice_id
            groups[(bill.source, str(bill.month), *names)].append(bill)
    for lines in groups.values():
        first, sums = lines[0], _sums(lines)
        if any(bill.charged for bill in lines):
            yield Assertion(
                source=first.source,
                month=first.month,
                currency=first.currency,
                issuer=first.issuer,
                billing_account=first.account,
                invoice_id=first.invoice_id,
                verdict=Verdict.UNSTATED,
                rows=sums.rows,
                billed=sums.billed,
                tax_billed=sums.tax,
                parts=parts(_untaxed(lines), categories={}, services={}),
            )


def _judged(stated: Sequence[Statement], lines: Sequence[Bill]) -> Assertion:
    """Return how the lines of one claim stand to its invoices."""
    counting = [each for each in stated if each.status != "voided"]
    net = sum((each.net for each in counting), ZERO)
    sums, first = _sums(lines), stated[0]
    allowed = tolerance(sums.rows, first.currency)
    return Assertion(
        source=first.source,
        month=first.month,
        currency=first.currency,
        issuer=first.issuer,
        billing_account=first.billing_account,
        invoice_id=", ".join(each.invoice_id for each in stated if each.invoice_id),
        verdict=_verdict(stated, net, sums.billed, allowed),
        rows=sums.rows,
        stated=net,
        billed=sums.billed,
        tolerance=allowed,
        tax_stated=sum((each.tax for each in counting), ZERO),
        tax_billed=sums.tax,
        parts=parts(
            _untaxed(lines),
            categories=_printed([each.categories for each in counting]),
            services=_printed([each.services for each in counting]),
        ),
    )


def _verdict(
    stated: Iterable[Statement], net: Decimal, billed: Decimal | None, allowed: Decimal
) -> Verdict:
    statuses = {each.status for each in stated}
    if "open" in statuses:
        return Verdict.OPEN
    if statuses == {"voided"}:
        return Verdict.VOIDED
    difference = abs((billed or ZERO) - net)
    if not difference:
        return Verdict.EQUAL
    if billed is None:
        return Verdict.ABSENT
    return Verdict.WITHIN if difference <= allowed else Verdict.APART


@dataclass(frozen=True, slots=True)
class _Sums:
    """Lines added up; `rows` and `billed` without tax lines, None where there is none."""

    rows: int
    billed: Decimal | None
    tax: Decimal | None


def _sums(lines: Sequence[Bill]) -> _Sums:
    taxes = [bill.cost for bill in lines if bill.category == TAX]
    rest = _untaxed(lines)
    billed = sum((bill.cost for bill in rest), ZERO)
    return _Sums(
        rows=sum(bill.rows for bill in rest),
        billed=billed if lines else None,
        tax=sum(taxes, ZERO) if taxes else None,
    )


def _untaxed(lines: Iterable[Bill]) -> list[Bill]:
    return [bill for bill in lines if bill.category != TAX]


def _printed(each: Sequence[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Return the parts that invoices print, added up; none unless all of them print some."""
    total: dict[str, Decimal] = {}
    for amounts in each if all(each) else ():
        for name, amount in amounts.items():
            total[name] = total.get(name, ZERO) + amount
    return total
