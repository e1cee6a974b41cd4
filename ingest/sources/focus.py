"""FOCUS files of anybody: a cloud, a vendor, a platform of our own; from a folder or bucket.

No manifest says what belongs to a month. Where the pattern names the month, all files of
that name are its delivery, and a row of another month is a fault. Where it does not, each
row belongs to the month of its BillingPeriodStart, and a month's delivery is all files that
hold one of its rows. One unreadable file then stops the whole place, since nobody knows
which months it would have changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from polars.exceptions import PanicException, PolarsError

from ingest.bucket import Place, grants
from ingest.focus.control import amounts, control
from ingest.focus.convert import convert
from ingest.focus.month import Taken, months
from ingest.focus.settings import Settings
from ingest.probe import Probe, newest_file
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
    expected,
)
from ingest.table import ContractError
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.period import Month
from models.scan import ScanError

__all__ = ["SOURCE", "FocusFiles", "Settings"]

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges


@dataclass(frozen=True, slots=True)
class FocusFiles:
    """One configured exporter."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and every setting that changes charges."""
        return f"focus {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say; FOCUS has no sign for it before 1.4."""
        after = timedelta(days=self.settings.final_after_days)
        return Settlement(after=after, invoiced=self.settings.invoiced)

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the files of a month are expected."""
        return expected(period, self.settings.expected_by_day)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the files into the archive; yield each month's delivery, or what is wrong."""
        shelf = Shelf(
            source=self.name,
            pattern=self.settings.pattern,
            opened=self._place,
            months=self._months,
            tolerant=True,
        )
        yield from shelf.deliveries(periods, archive, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place, and look for the newest files of the pattern."""
        probe = Probe(
            source=self,
            opened=self._place,
            look=newest_file(self.name, self.settings.pattern),
        )
        yield from probe.findings(periods, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the rows of the delivery's month into charges; see `ingest.focus.convert`."""
        try:
            return convert(
                path,
                self.settings.dialect,
                tax_recoverable=self.settings.tax_recoverable,
                taken=self._taken(delivery.period),
            )
        except (ContractError, PolarsError) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.focus.control`."""
        try:
            return control(path, self.settings.dialect, taken=self._taken(delivery.period))
        except ScanError as error:
            raise BrokenError(self.name, document.name, error.detail) from error

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.focus.control`."""
        del document, delivery
        return amounts(path, self.settings.dialect)

    def _place(self) -> Place:
        return self.settings.place(self.name, self.folder)

    def _months(self, path: Path, document: Document) -> frozenset[Month]:
        try:
            return months(path, self.settings.dialect)
        except (ContractError, PolarsError, PanicException) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error

    def _taken(self, period: Month) -> Taken:
        return Taken(month=period, alone=self.settings.alone)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


SOURCE: type[Source] = FocusFiles
