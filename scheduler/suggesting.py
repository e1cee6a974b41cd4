"""What of the loaded bills has no project, and what would give it one; keys and facts alone."""

from __future__ import annotations

import polars as pl

from ingest import book
from models.period import Month
from models.rule.loose import LOOSE, OWNED, parted, worth
from models.rule.suggestion import Money, Suggested, suggestions
from scheduler.attributing import attribution
from scheduler.version import present, versions
from scheduler.workspace import Project, Stores


def suggested(project: Project, stores: Stores, month: Month | None, top: int) -> Suggested:
    """Return the largest suggestions for all that is loaded, or for charges of one month."""
    mine = versions(stores.ledger, present(project))
    money = Money(project.rates, project.settings.reporting_currency)
    loose, closed = [pl.DataFrame(schema=LOOSE)], [pl.DataFrame(schema=LOOSE)]
    owned = [pl.DataFrame(schema=OWNED)]
    for scope, record in sorted(book.counting(stores.ledger).items()):
        period = scope.rpartition("/")[2]
        for document in record.body["documents"]:
            each = attribution(stores.lake, document, mine.of(period))
            free, taken = parted(each.keys, each.found, each.facts, each.edges)
            (closed if period in mine.pins else loose).append(_of(free, month))
            owned.append(_of(taken, month))
    whole = pl.concat(loose)
    found = suggestions(whole, pl.concat(owned), project.rules, project.registry, money, top)
    return Suggested(
        currency=money.currency,
        whole=worth(whole, money.rates, money.currency),
        closed=worth(pl.concat(closed), money.rates, money.currency),
        suggestions=tuple(found),
    )


def _of(frame: pl.DataFrame, month: Month | None) -> pl.DataFrame:
    return frame if month is None else frame.filter(pl.col("month") == str(month))
