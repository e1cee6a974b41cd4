"""Days of an API that forgets: each is asked until later ones are there, and then kept.

The server's memory is short, and at its far end days become shorter, then empty. So a day is
not asked again once two later days have been answered, and an empty answer never replaces one
that was not.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ingest.source import Delivery, Document
from models.archive import Archive
from models.errors import AbsentError, BrokenError
from models.period import Month

LATER: Final = 2  # days that must have followed until a day is settled


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is kept; `by` is what it was aggregated by."""

    document: Document
    by: str


Kept = Mapping[date, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days of one source.

    Attributes:
        source: Its name.
        by: What days are aggregated by from now on; settled ones keep theirs.
        ask: Returns the answer about a day; empty when nothing is known of it. Raises
            SourceError.
        since: First day that is asked for; None for any.
        archive: Where answers are kept.
        kept: Answers that are already there.
    """

    source: str
    by: str
    ask: Callable[[date], bytes]
    since: date | None
    archive: Archive
    kept: Kept

    def delivery(self, period: Month) -> Delivery:
        """Ask for the days of a month that may still change.

        Raises:
            SourceError: when the server does not answer, or has nothing of the month.
        """
        first = max(period.first, self.since or period.first)
        days = [first + timedelta(days=n) for n in range((period.last - first).days + 1)]
        found = {day: answer for day in days if (answer := self._answer(day))}
        if not found:
            raise AbsentError(self.source, str(period), "the server knows no day of it")
        if first not in found:
            raise BrokenError(
                self.source,
                str(period),
                f"the server knows nothing before {min(found)}; a part of a month would count as "
                f"all of it. If nothing ran before, say since: {min(found)}",
            )
        said = [
            [str(day), each.document.sha256, each.document.size, each.by]
            for day, each in found.items()
        ]
        other = {each.document.sha256: each.by for each in found.values() if each.by != self.by}
        kept = self.archive.put([json.dumps({"days": said}).encode()])
        return Delivery(
            source=self.source,
            period=period,
            version=kept.sha256,
            documents=tuple(each.document for each in found.values()),
            manifest=Document(f"days of {period}", kept.sha256, kept.size),
            table=json.dumps(other, sort_keys=True) if other else "",
        )

    def _answer(self, day: date) -> Answer | None:
        held = self.kept.get(day)
        if held is not None and self._is_settled(day):
            return held
        body = self.ask(day)
        if not body:
            return held
        stored = self.archive.put([body])
        return Answer(Document(f"allocation of {day}", stored.sha256, stored.size), self.by)

    def _is_settled(self, day: date) -> bool:
        days = sorted(self.kept)
        return len(days) - bisect_right(days, day) >= LATER


def kept(archive: Archive, held: Mapping[Month, str]) -> Kept:
    """Return the answers that are already there, by day.

    Args:
        archive: Where they are kept.
        held: Manifests of all months that were ever loaded; those of files are of no use.

    Raises:
        StoreError: when a manifest is missing or damaged in the archive.
    """
    manifests = [json.loads(archive.path(sha256).read_bytes()) for sha256 in held.values()]
    return {
        date.fromisoformat(day): Answer(Document(f"allocation of {day}", sha256, size), by)
        for manifest in manifests
        if isinstance(manifest, dict)
        for day, sha256, size, by in manifest.get("days", ())
    }


def aggregated(table: str, sha256: str, by: str) -> str:
    """Return what a document of a delivery was aggregated by; `by` unless its table says."""
    return str(json.loads(table).get(sha256, by)) if table else by
