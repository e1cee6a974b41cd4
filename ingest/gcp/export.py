"""An export asked day by day: only what changed is read again, and every answer is checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

import polars as pl

from ingest.bucket import ChangedError
from ingest.gcp.bigquery import Table
from ingest.gcp.partition import Partition, form_of, held, manifest, outside, span
from ingest.gcp.reduced import document, reduced
from ingest.gcp.schema import REDUCED
from ingest.source import Delivery, Document
from models.archive import Archive
from models.errors import AbsentError, BrokenError, SourceError, StoreError
from models.money import ZERO
from models.period import Month

VERSION: Final = 1  # of the reduction; raise it whenever the same rows become other documents
FORM: Final = form_of(REDUCED, VERSION)
TRIES: Final = 3  # rows arrive a few times a day: three changes in one read are no accident


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The export of one source.

    Attributes:
        table: What is asked.
        window_days: How long after the end of an invoice month rows of it still arrive.
    """

    source: str
    table: Table
    window_days: int

    def deliveries(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Yield one delivery, or one error, of each month; nothing where nothing changed.

        Raises:
            SourceError: when the table cannot be asked at all.
        """
        found = self._found(periods)
        for period in periods:
            try:
                delivery = self._delivery(period, found[period], archive, known.get(period, ""))
            except SourceError as error:
                yield error.of(period)
            else:
                if delivery is not None:
                    yield delivery

    def _found(self, periods: Sequence[Month]) -> dict[Month, list[Partition]]:
        start, end = span(periods, self.window_days)
        found = defaultdict[Month, list[Partition]](list)
        for each in self.table.partitions(start, end, periods):
            found[each.month].append(each)
        return found

    def _delivery(
        self, period: Month, found: Sequence[Partition], archive: Archive, known: str
    ) -> Delivery | None:
        """Read until what was read is what was found: rows that arrive meanwhile start it anew."""
        for _ in range(TRIES):
            self._refuse_unusable(period, found)
            try:
                return self._stored(period, found, archive, known)
            except ChangedError:
                found = self._found([period])[period]
        said = f"kept changing while it was read, {TRIES} times; run again later"
        raise BrokenError(self.source, self.table.name, said)

    def _refuse_unusable(self, period: Month, found: Sequence[Partition]) -> None:
        if not found:
            said = f"holds no row of the invoice month {period}"
            raise AbsentError(self.source, self.table.name, said)
        late = outside(found, self.window_days)
        if late:
            days = max((each.end - period.end).days for each in late)
            way_out = f"set window_days to {days}" if days > 0 else "the export is not sound"
            said = f"rows of the invoice month {period} arrived on {late[-1].day}; {way_out}"
            raise BrokenError(self.source, self.table.name, said)

    def _stored(
        self, period: Month, found: Sequence[Partition], archive: Archive, known: str
    ) -> Delivery | None:
        before = self._before(period, archive, known)
        kept = {each: before.get(each) or self._asked(each, archive) for each in found}
        data = manifest(self.table.name, FORM, period, kept)
        version = sha256(data).hexdigest()
        if version == known:
            return None
        stored = archive.put([data])
        return Delivery(
            source=self.source,
            period=period,
            version=version,
            documents=tuple(kept[each] for each in sorted(found, key=lambda each: each.day)),
            manifest=Document(f"{self.table.name}/{period}.json", stored.sha256, stored.size),
            table="usage_cost",
        )

    def _before(self, period: Month, archive: Archive, known: str) -> dict[Partition, Document]:
        """Return what the delivery that counts holds, as far as the archive still has it."""
        if not known:
            return {}
        try:
            data = archive.path(known).read_bytes()
        except StoreError:
            return {}  # everything is read again, which heals the archive
        documents = held(data, self.table.name, FORM, period)
        return {each: kept for each, kept in documents.items() if kept.sha256 in archive}

    def _asked(self, each: Partition, archive: Archive) -> Document:
        frame = reduced(self.table.rows(each), each.day)
        if _sums(frame) != (each.lines, each.cost, each.credits):
            raise ChangedError(self.source, self.table.name, "changed while it was read")
        stored = archive.put([document(frame)])
        name = f"{self.table.name}/{each.month}/{each.day}.parquet"
        return Document(name, stored.sha256, stored.size)


def _sums(frame: pl.DataFrame) -> tuple[int, Decimal, Decimal]:
    """Return rows of the table, cost and credits that a document stands for."""
    given = pl.col("credits").explode().struct.field("amount").sum()
    lines, cost, granted = frame.select(pl.col("line_count", "cost").sum(), given).row(0)
    return lines, cost or ZERO, granted or ZERO
