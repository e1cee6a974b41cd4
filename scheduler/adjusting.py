"""Why closed months are adjusted: what the ledger says of deliveries since they were closed."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ingest.closing import closed
from ingest.kind import LOADED
from models.ledger import Ledger, Record
from models.period import Month
from reconcile import adjustment
from reconcile.adjustment import Adjustment, Cause
from scheduler.booking import Books
from scheduler.workspace import Project, Stores


def adjustments(project: Project, stores: Stores, books: Books) -> list[Adjustment]:
    """Return every prior-period adjustment of some books, with its cause."""
    if books.spend["adjusts"].null_count() == books.spend.height:
        return []
    currency = project.settings.reporting_currency
    return adjustment.adjustments(books.spend, _causes(stores.ledger).of, books.rates, currency)


@dataclass(frozen=True, slots=True)
class _Causes:
    """What was loaded when, by source; and by what months were closed."""

    shut: Mapping[Month, Record]
    loaded: Mapping[str, list[Record]]
    started: list[Record]
    newest: dict[tuple[str, int], Record] = field(default_factory=dict)

    def of(self, source: str, month: Month, posted: Month) -> Cause:
        """Return why a source is late for a month, as it was known to the month that bears it."""
        mine, end = self.shut.get(month), self.shut.get(posted)
        news = [
            record
            for record in self.loaded.get(source, ())
            if (mine is None or record.seq > mine.seq) and (end is None or record.seq < end.seq)
        ]
        again = [record for record in news if record.subject == f"{source}/{month}"]
        pin = mine.body["deliveries"].get(f"{source}/{month}") if mine else None
        if again and again[-1].body["delivery"] != pin:
            return self._cause(self._reason(again[-1], pin), again[-1])
        return self._cause("late lines", news[-1]) if news else Cause(reason="program")

    def _reason(self, record: Record, pin: str | None) -> str:
        if pin is None:
            return "late invoice"
        before = (each for each in self.loaded[record.subject.rpartition("/")[0]])
        was = next((each for each in before if each.body["delivery"] == pin), None)
        same = was is not None and was.body["arrival"] == record.body["arrival"]
        return "program" if same else "restated delivery"

    def _cause(self, reason: str, record: Record) -> Cause:
        at = bisect([each.seq for each in self.started], record.seq)
        run = self.started[at - 1] if at else None
        as_of = run.body["as_of"] if run else record.at
        return Cause(
            reason=reason,
            delivery=record.body["delivery"],
            at=date.fromisoformat(as_of[:10]),
            run=run.subject if run else "",
        )


def _causes(ledger: Ledger) -> _Causes:
    loaded: defaultdict[str, list[Record]] = defaultdict(list)
    for record in ledger.entries(LOADED):
        loaded[record.subject.rpartition("/")[0]].append(record)
    return _Causes(closed(ledger), loaded, ledger.entries("run.started"))
