"""Tables of usage of a cloud for accelerators: CSV with declared columns, costs or unit prices.

Each row belongs to the month in which it began, whatever file it lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import localcontext
from pathlib import Path
from typing import Final

from polars.exceptions import PolarsError

from ingest.bucket import grants
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
from ingest.vendor.charge import charges, usage
from ingest.vendor.gpu.control import amounts, control
from ingest.vendor.gpu.line import items, lines, uses
from ingest.vendor.gpu.settings import Settings
from ingest.vendor.gpu.table import months, rows
from ingest.vendor.month import settled
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "GpuCloudTable", "Settings"]

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges


@dataclass(frozen=True, slots=True)
class GpuCloudTable:
    """Tables of one cloud."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and every setting that changes charges."""
        return f"gpu_cloud_csv {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say; no row names its invoice."""
        return settled(self.settings.final_after_days, None)

    def due(self, period: Month) -> datetime | None:
        """Return when a month is late; None where none is promised."""
        return expected(period, self.settings.expected_by_day)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the files into the archive; see `ingest.shelf`."""
        shelf = Shelf(
            source=self.name,
            pattern=self.settings.pattern,
            opened=lambda: self.settings.place(self.name, self.folder),
            months=self._months,
        )
        yield from shelf.deliveries(periods, archive, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place, and look for the newest files of the pattern."""
        probe = Probe(
            source=self,
            opened=lambda: self.settings.place(self.name, self.folder),
            look=newest_file(self.name, self.settings.pattern),
        )
        yield from probe.findings(periods, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the rows of the delivery's month into charges and usage."""
        try:
            with localcontext(prec=WIDE):
                return self._converted(path, delivery.period)
        except (ContractError, PolarsError) as error:
            raise self._broken(document, error) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.vendor.gpu.control`."""
        del document
        with localcontext(prec=WIDE):
            return control(path.read_bytes(), self.settings, delivery.period)

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.vendor.gpu.control`."""
        del document
        return amounts(path.read_bytes(), self.settings, delivery.period)

    def _converted(self, path: Path, period: Month) -> Conversion:
        read = rows(path, self.settings)
        own = [row for row in read if Month.of(row.start.date()) == period]
        found = lines(own, self.settings)
        return Conversion(
            charges=charges(items(found, self.settings), self.settings.vendor, period),
            beside={"usage": usage(uses(found))},
        )

    def _months(self, path: Path, document: Document) -> frozenset[Month]:
        try:
            return months(path, self.settings)
        except (ContractError, PolarsError) as error:
            raise self._broken(document, error) from error

    def _broken(self, document: Document, error: Exception) -> BrokenError:
        return BrokenError(self.name, document.name, " ".join(str(error).split()))


SOURCE: type[Source] = GpuCloudTable
