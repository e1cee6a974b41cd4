"""What a document must become, from the figures of a second reader.

The second reader reads each invoice anew and says what it states (`Amounts`). Which invoices
count, how many months their days have, and what fits no line is taken from `Taken`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ingest.invoice.entry import Entry, entries
from ingest.invoice.taken import Taken
from ingest.source import Control, Sum, Total
from models.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What one invoice states, as cost: credits negative.

    Attributes:
        currency: ISO 4217; `XXX` of an invoice in which none can be read.
        net: Sum of lines, with allowances and charges of the document.
        tax: In all.
        payable: What is left to pay.
        rows: How many rows of the document it has.
    """

    currency: str
    net: Decimal = ZERO
    tax: Decimal = ZERO
    payable: Decimal = ZERO
    rows: int = 1


Reader = Callable[[Taken], Amounts]
_Costs = dict[str, tuple[Decimal, Decimal]]  # billed and effective cost by charge category


def control(taken: Sequence[Taken], reader: Reader) -> Control:
    """State what the invoices of a document must become.

    Args:
        taken: Every invoice of the document that the delivery is about.
        reader: Returns what one of them states by the second reading. Of an invoice with
            faults only `currency` and `payable` are asked for.
    """
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    rows = sum(len(each.invoice.rows) for each in taken if each.is_aside)
    found: list[Entry] = []
    for each in taken:
        if not each.counts:
            continue
        said, own = reader(each), entries(each)
        rows, found = rows + said.rows, [*found, *own]
        for entry in own:
            counts[said.currency, entry.category] += _months(entry)
        for category, costs in _costs(each, own, said).items():
            totals = sums[said.currency, category]
            totals[:] = [totals[0] + costs[0], totals[1] + costs[1]]
    return Control(
        rows=rows,
        totals=tuple(
            Total(*key, counts[key], *(f"{cost:f}" for cost in sums[key]))
            for key in sorted({*counts, *(key for key in sums if any(sums[key]))})
        ),
        first=min((entry.service.first.isoformat() for entry in found), default=""),
        last=max((_last_start(entry) for entry in found), default=""),
        beside=beside(taken, reader),
    )


def beside(taken: Sequence[Taken], reader: Reader) -> tuple[Sum, ...]:
    """State what headers and details must add up to; see `control`."""
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for each in taken:
        said = reader(each)
        sums["invoice_headers", said.currency].append(said.payable)
        if own := entries(each):
            billed = said.payable + _prepaid(each) - each.taken_back
            details = [billed, *[ZERO] * (len(own) - 1)]
            sums["invoice_details", said.currency] += details
    return tuple(
        Sum(*key, len(amounts), f"{sum(amounts, ZERO):f}") for key, amounts in sorted(sums.items())
    )


def _costs(taken: Taken, own: Sequence[Entry], said: Amounts) -> _Costs:
    """Return billed and effective cost of an invoice by charge category."""
    is_prepaid = taken.invoice.kind == "prepayment"
    is_taxed = not is_prepaid or taken.shown.wallet
    unallocated = sum((e.billed for e in own if e.derived == "allowance"), ZERO)
    work = said.net - unallocated
    adjusted = said.payable + _prepaid(taken) - said.tax - work
    return {
        "Purchase" if is_prepaid else "Usage": (work, ZERO if is_prepaid else work),
        "Tax": (said.tax, said.tax if is_taxed else ZERO),
        "Adjustment": (adjusted - taken.taken_back, ZERO if is_prepaid else adjusted),
    }


def _prepaid(taken: Taken) -> Decimal:
    return taken.invoice.head.prepaid if taken.invoice.head else ZERO


def _months(entry: Entry) -> int:
    first, last = entry.service.first, entry.service.last
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _last_start(entry: Entry) -> str:
    """Return the day on which the last charge of an entry begins."""
    return entry.service.last.replace(day=1).isoformat() if _months(entry) > 1 else _first(entry)


def _first(entry: Entry) -> str:
    return entry.service.first.isoformat()
