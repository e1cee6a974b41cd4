"""Why closed months are adjusted: what the ledger says of deliveries since they were closed."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from ingest.closing import closed
from ingest.kind import LOADED
from models.ledger import Ledger, Record
from models.period import Month, between
from models.purchase import SOURCE as ACCRUALS
from reconcile import adjustment
from reconcile.adjustment import Adjustment, Cause, Late
from scheduler.booking import Books
from scheduler.past.restoring import CONFIGURATION
from scheduler.workspace import Project, Stores


def adjustments(project: Project, stores: Stores, books: Books) -> list[Adjustment]:
    """Return every prior-period adjustment of some books, with its cause."""
    if books.spend["adjusts"].null_count() == books.spend.height:
        return []
    settings = project.settings
    why = cache(causes(stores.ledger, settings.purchases))
    return adjustment.adjustments(books.spend, why, books.rates, settings.reporting_currency)


@dataclass(frozen=True, slots=True)
class _Causes:
    """By what months were closed, and what was loaded and edited when.

    Attributes:
        shut: The close of each month that is closed now.
        loaded: Deliveries by source, oldest first.
        edits: Texts of the file of purchases, oldest first.
        started: Runs, oldest first.
    """

    shut: Mapping[Month, Record]
    loaded: Mapping[str, list[Record]]
    edits: list[Record]
    started: list[Record]

    def of(self, late: Late) -> Cause:
        """Return why a source is late for a month, as it was known to the month that bears it.

        A delivery explains what it can have brought: one of the same billing month, or one that
        has, or had until it was replaced, charges of the days of that month. What none explains,
        and is a part of shared cost, was divided by what others delivered anew.
        """
        if late.source == ACCRUALS:
            return self._edited(late)
        mine = self.loaded.get(late.source, [])
        if again := self._restated(late, mine):
            return self._cause(_reason(*again), again[1])
        if lines := self._brought(late, mine):
            return self._cause("late lines", lines[-1])
        others = filter(None, (self._restated(late, each) for each in self.loaded.values()))
        if late.shared and (found := [news for _, news in others]):
            return self._cause("shared anew", max(found, key=lambda record: record.seq))
        return Cause(reason="program")

    def _new(self, late: Late, records: Iterable[Record]) -> list[Record]:
        """Return what came after all was closed that is, and before that was which bears it."""
        since, end = self._since(late), self.shut.get(late.posted)
        return [each for each in records if each.seq > since and (not end or each.seq < end.seq)]

    def _since(self, late: Late) -> int:
        """Return the newest close of the months up to that which bears it; 0 for none."""
        months = between(late.month, late.posted + -1)
        return max((self.shut[month].seq for month in months if month in self.shut), default=0)

    def _restated(
        self, late: Late, records: Iterable[Record]
    ) -> tuple[Record | None, Record] | None:
        """Return what a source said of the month until then, and what it says that is other."""
        mine = [each for each in records if each.subject.endswith(f"/{late.month}")]
        before = [each for each in mine if each.seq < self._since(late)]
        was, news = before[-1] if before else None, self._new(late, mine)
        if not news or (was and was.body["delivery"] == news[-1].body["delivery"]):
            return None
        return was, news[-1]

    def _brought(self, late: Late, records: Iterable[Record]) -> list[Record]:
        """Return the new deliveries of other scopes that have, or had, days of the month."""
        other = [each for each in records if not each.subject.endswith(f"/{late.month}")]
        scopes = {each.subject for each in other if _reaches(each, late.month)}
        return [each for each in self._new(late, other) if each.subject in scopes]

    def _edited(self, late: Late) -> Cause:
        """Return that purchases were edited since, which moves accruals, too; or nothing."""
        edits = self._new(late, self.edits)
        return self._cause("purchases edited", edits[-1]) if edits else Cause(reason="")

    def _cause(self, reason: str, record: Record) -> Cause:
        at = bisect([each.seq for each in self.started], record.seq)
        run = self.started[at - 1] if at else None
        as_of = run.body["as_of"] if run else record.at
        return Cause(
            reason=reason,
            delivery=record.body.get("delivery", ""),
            at=date.fromisoformat(as_of[:10]),
            run=run.subject if run else "",
        )


def causes(ledger: Ledger, purchases: str) -> Callable[[Late], Cause]:
    """Return what says why a source is late for a month.

    Args:
        ledger: The ledger.
        purchases: The file of purchases, as settings name it.
    """
    loaded: defaultdict[str, list[Record]] = defaultdict(list)
    for record in ledger.entries(LOADED):
        loaded[record.subject.rpartition("/")[0]].append(record)
    return _Causes(
        shut=closed(ledger),
        loaded=loaded,
        edits=ledger.entries(CONFIGURATION, purchases),
        started=ledger.entries("run.started"),
    ).of


def _reason(was: Record | None, now: Record) -> str:
    if was is None:
        return "late invoice"
    return "program" if was.body["arrival"] == now.body["arrival"] else "restated delivery"


def _reaches(record: Record, month: Month) -> bool:
    """Return whether charges of a delivery may be of a month, by their first and last days."""
    first, last = month.first.isoformat(), month.last.isoformat()
    spans = [document["control"] for document in record.body["documents"]]
    return any(each["first"] and each["first"] <= last and first <= each["last"] for each in spans)
