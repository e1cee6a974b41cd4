"""Usage of anybody as tables: GPU hours of a cloud, tokens, labels accepted, runs.

Each row belongs to the month of its day, whichever file it is in. With a month in the pattern
the rows of a file must be of that month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ingest.bucket import grants
from ingest.cluster.look import findings
from ingest.cluster.metered import Metered, rows
from ingest.cluster.metered_control import control
from ingest.cluster.settings import UsageSettings as Settings
from ingest.cluster.text import Row, TextError, lines
from ingest.cluster.used import conversion, said
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
)
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.period import Month

__all__ = ["SOURCE", "Settings", "UsageTables"]

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other usage


@dataclass(frozen=True, slots=True)
class UsageTables:
    """One place with tables of usage."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes it."""
        return f"usage_csv {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say."""
        return self.settings.settlement

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the tables of a month are expected."""
        return self.settings.due(period)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the files into the archive; yield each month's delivery, or what is wrong."""
        shelf = Shelf(
            source=self.name,
            pattern=self.settings.pattern,
            opened=lambda: self.settings.place(self.name, self.folder),
            months=self._months,
            check=lines,
        )
        yield from shelf.deliveries(periods, archive, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place, and look into the newest file of the pattern."""
        yield from findings(
            self, self.settings, self.folder, periods=periods, at=at, count=self._count
        )

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the rows of the month into usage."""
        found = self._rows(path, document)
        used, faults = Metered(self.settings).read(found, delivery.period)
        return conversion(used, faults, ())

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the file must become; see `ingest.cluster.metered_control`."""
        found = self._rows(path, document)
        _, faults = Metered(self.settings).read(found, delivery.period)
        aside = {fault.row for fault in faults}
        return control(path.read_bytes(), self.settings, delivery.period, aside=aside)

    def _count(self, data: bytes) -> tuple[int, str]:
        found, metered = [*rows(data, self.settings)], Metered(self.settings)
        months = {month for row in found if (month := metered.month(row))} or {Month(1970, 1)}
        faults = (fault for month in months for fault in metered.read(found, month)[1])
        return len(found), said([*dict.fromkeys(faults)])

    def _months(self, path: Path, document: Document) -> frozenset[Month]:
        """Return the months of a file; without a readable day nobody knows them."""
        found, metered = self._rows(path, document), Metered(self.settings)
        months = frozenset(month for row in found if (month := metered.month(row)))
        if found and not months:
            first = found[0]
            said = f"no day can be read, such as {first.cells['day']!r}; see dates"
            raise BrokenError(self.name, f"{document.name}:{first.line}", said)
        return months

    def _rows(self, path: Path, document: Document) -> list[Row]:
        try:
            return [*rows(path.read_bytes(), self.settings)]
        except TextError as error:
            raise BrokenError(self.name, error.place(document.name), error.detail) from error


SOURCE: type[Source] = UsageTables
