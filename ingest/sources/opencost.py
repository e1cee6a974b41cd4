"""Hours of accelerators by namespace or label, from OpenCost's API or its CSV export.

Only allocations are read: OpenCost prices them by price lists, and what hardware and clouds
really cost comes from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from ingest.api import UnreachedError
from ingest.bucket import grants
from ingest.cluster import allocation, average
from ingest.cluster.allocation import Allocation, AllocationError
from ingest.cluster.days import Days, aggregated, kept
from ingest.cluster.look import findings
from ingest.cluster.opencost_control import of_answer, of_export
from ingest.cluster.settings import OpenCostSettings as Settings
from ingest.cluster.text import Row, TextError, lines
from ingest.cluster.used import Fault, Used, conversion, said
from ingest.probe import failed
from ingest.shelf import Shelf
from ingest.source import (
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
    held,
)
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.period import Month

__all__ = ["SOURCE", "OpenCost", "Settings"]

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other usage


@dataclass(frozen=True, slots=True)
class OpenCost:
    """One server, or the files it exports."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes it."""
        return f"opencost {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say."""
        return self.settings.settlement

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the allocations of a month are expected."""
        return self.settings.due(period)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring days or files into the archive; yield deliveries, or what is wrong."""
        if self.settings.url is None:
            yield from self._shelf().deliveries(periods, archive, known)
            return
        days = Days(
            source=self.name,
            by=self.settings.by,
            ask=partial(
                allocation.asked, allocation.server(self.settings, self.name), self.settings
            ),
            since=self.settings.since,
            archive=archive,
            kept=kept(archive, held(known)),
        )
        for period in periods:
            try:
                delivery = days.delivery(period)
            except UnreachedError as error:
                yield error
                return
            except SourceError as error:
                yield error.of(period)
                continue
            if delivery.version != known.get(period):
                yield delivery

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask for yesterday, or look for the newest file of the pattern."""
        if self.settings.url is None:
            yield from findings(
                self, self.settings, self.folder, periods=periods, at=at, count=self._count
            )
            return
        day = at.date() - timedelta(days=1)
        try:
            server = allocation.server(self.settings, self.name)
            body = allocation.asked(server, self.settings, day)
        except SourceError as error:
            yield failed("list", error)
            return
        yield Finding("list", "ok", "allowed")
        count = len(allocation.allocations(body)) if body else 0
        fix = "" if count else "see whether its Prometheus has data of that day"
        yield Finding("delivery", "ok" if count else "warn", f"{day}: {count} allocations", fix)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs; the API asks for nothing but a way to it."""
        yield from grants(self.settings.location or "", role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn allocations into usage."""
        used, faults = self._read(path, document, delivery)
        notes = () if self.settings.url else (("average_gpus", average.DOUBT),)
        return conversion(used, faults, notes)

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.cluster.opencost_control`."""
        _, faults = self._read(path, document, delivery)
        aside, body = {fault.row for fault in faults}, path.read_bytes()
        if self.settings.url:
            return of_answer(body, aside=aside)
        return of_export(body, delivery.period, aside=aside)

    def _allocations(self, body: bytes, name: str) -> list[Allocation]:
        try:
            return allocation.allocations(body)
        except AllocationError as error:
            raise BrokenError(self.name, name, str(error)) from error

    def _read(
        self, path: Path, document: Document, delivery: Delivery
    ) -> tuple[list[Used], list[Fault]]:
        if self.settings.url:
            found = self._allocations(path.read_bytes(), document.name)
            by = aggregated(delivery.table, document.sha256, self.settings.by)
            return allocation.usage(found, self.settings, by)
        return average.usage(self._rows(path, document), self.settings, delivery.period)

    def _count(self, data: bytes) -> tuple[int, str]:
        found = [*average.rows(data, self.settings)]
        months = {Month.of(day) for row in found if (day := average.day(row))} or {Month(1970, 1)}
        faults = (f for month in months for f in average.usage(found, self.settings, month)[1])
        return len(found), said([*dict.fromkeys(faults)])

    def _shelf(self) -> Shelf:
        return Shelf(
            source=self.name,
            pattern=self.settings.pattern,
            opened=lambda: self.settings.place(self.name, self.folder),
            months=self._months,
            check=lines,
        )

    def _months(self, path: Path, document: Document) -> frozenset[Month]:
        """Return the months of a file; without a readable day nobody knows them."""
        found = self._rows(path, document)
        months = frozenset(Month.of(day) for row in found if (day := average.day(row)))
        if found and not months:
            said = f"no day can be read, such as {found[0].cells['Date']!r}"
            raise BrokenError(self.name, f"{document.name}:{found[0].line}", said)
        return months

    def _rows(self, path: Path, document: Document) -> list[Row]:
        try:
            return [*average.rows(path.read_bytes(), self.settings)]
        except TextError as error:
            raise BrokenError(self.name, error.place(document.name), error.detail) from error


SOURCE: type[Source] = OpenCost
