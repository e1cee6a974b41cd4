"""What the ledger holds of deliveries and months, read once for everything that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ingest import book
from ingest.closing import closed
from ingest.kind import ASKED, LOADED, RECEIVED, STATE
from ingest.restatement import restatements, was_settled
from models.ledger import Ledger, Record
from models.period import Month
from scheduler.workspace import Stores

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Everything known of every month of every source, at one instant.

    Attributes:
        current: The newest `delivery.loaded` entry by scope.
        counting: The one that figures are made of; another one where a month is closed.
        refused: Refusals that nothing was heard after, by scope or name of the source.
        gone: Where nothing is delivered, likewise.
        arrived: When the newest delivery of a scope arrived.
        asked: When a source last answered, all open months asked for.
        settled: Since when a scope was first told to be final.
        restated: Day of the newest restatement of a scope.
        closed: The entry by which each closed month was closed.
        told: The newest `month.state` entry by scope.
    """

    stores: Stores
    as_of: datetime
    current: Mapping[str, Record]
    counting: Mapping[str, Record]
    refused: Mapping[str, Body]
    gone: Mapping[str, Record]
    arrived: Mapping[str, datetime]
    asked: Mapping[str, datetime]
    settled: Mapping[str, datetime]
    restated: Mapping[str, date]
    closed: Mapping[Month, Record]
    told: Mapping[str, Record]

    def first(self, source: str) -> Month | None:
        """Return the first month that a source ever delivered."""
        months = (scope.rpartition("/") for scope in self.current)
        return min(
            (Month.parse(month) for name, _, month in months if name == source), default=None
        )


def shelf(stores: Stores, as_of: datetime) -> Shelf:
    """Read the ledger."""
    ledger = stores.ledger
    return Shelf(
        stores=stores,
        as_of=as_of,
        current=ledger.latest(LOADED),
        counting=book.counting(ledger),
        refused=book.quarantined(ledger),
        gone=book.gone(ledger),
        arrived=_arrived(ledger),
        asked=_asked(ledger),
        settled=was_settled(ledger),
        restated={f"{each.source}/{each.month}": each.at.date() for each in restatements(ledger)},
        closed=closed(ledger),
        told=ledger.latest(STATE),
    )


def _arrived(ledger: Ledger) -> dict[str, datetime]:
    records = ledger.latest(LOADED) | ledger.latest(RECEIVED)
    return {
        scope: datetime.fromisoformat(record.body.get("as_of") or record.at)
        for scope, record in records.items()
    }


def _asked(ledger: Ledger) -> dict[str, datetime]:
    return {
        source: datetime.fromisoformat(record.body["as_of"])
        for source, record in ledger.latest(ASKED).items()
        if record.body["answered"]
    }
