"""How far each month is: for a report, for `trueup status`, and for who is about to close one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ingest.closing import closes
from models.ledger import Ledger
from models.period import Month
from reconcile.balance import Assertion
from reconcile.close.state import Life, Standing, life
from reconcile.tie_out import SourceState
from scheduler.shelf import Shelf


def month_life(
    held: Shelf,
    month: Month,
    sources: Sequence[SourceState],
    assertions: Iterable[Assertion],
) -> Life:
    """Return how far a month is.

    Args:
        held: What the ledger holds.
        month: The month.
        sources: How each source stands for it.
        assertions: How the bills of all months stand to their invoices.
    """
    return life(
        Standing(
            month=month,
            as_of=held.as_of,
            sources=sources,
            assertions=[each for each in assertions if each.month == month],
            is_closed=month in held.closed,
            version=times(held.stores.ledger, month),
        )
    )


def times(ledger: Ledger, month: Month) -> int:
    """Return how often a month was closed."""
    return sum(each.month == month for each in closes(ledger))


def with_data(held: Shelf) -> list[Month]:
    """Return the months of which charges are loaded, and those that were ever closed."""
    loaded = {
        Month.parse(scope.rpartition("/")[2])
        for scope, record in held.current.items()
        if any(document["rows"] for document in record.body["documents"])
    }
    return sorted(loaded | set(held.closed))


def unclosed(held: Shelf, before: Month, as_of: datetime) -> list[Month]:
    """Return the months before one that have data, have ended, and are not closed."""
    return [
        each
        for each in with_data(held)
        if each < before and each not in held.closed and each.end <= as_of
    ]
