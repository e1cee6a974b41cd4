"""Rows of a Google Cloud usage cost export as files: Parquet, JSON lines or CSV.

As `EXPORT DATA` or an extract of the table `gcp_billing_export_v1_*` (standard) or
`gcp_billing_export_resource_v1_*` (detailed) writes them, in a folder or bucket. The month of
a row is its `invoice.month`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from polars.exceptions import PanicException, PolarsError
from pydantic import Field

from ingest.bucket import Place, grants, place
from ingest.gcp.control import amounts, control
from ingest.gcp.convert import VERSION, convert, months
from ingest.gcp.settlement import SETTLEMENT
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
)
from ingest.table import ContractError
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.field import Strict, Text
from models.period import Month
from models.scan import ScanError

__all__ = ["SOURCE", "BillingExport", "Settings"]


class Settings(Strict):
    """One export of a billing account, as files."""

    kind: Literal["gcp_billing_export"]
    """This kind of source."""
    location: Text
    """gs:// or s3:// address of a bucket and prefix, or a folder."""
    pattern: Text
    """Names of the files below the location, with `*` and `?`; `{month}` stands for 2026-08,
    `{yyyymm}` for 202608. Without a month each file may hold rows of any invoice."""
    impersonate: str = ""
    """Service account to act as before reading a gs:// bucket."""
    profile: str | None = None
    """Profile of the AWS configuration, for a bucket of s3://."""
    role_arn: str | None = None
    """Role to assume before reading a bucket of s3://."""
    region: str | None = None
    """Region of a bucket of s3://."""
    endpoint_url: str | None = None
    """Address of another server that speaks the same protocol."""
    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a request is tried before it counts as failed."""
    expected_every_hours: int = Field(default=48, gt=0)
    """Hours after which a missing month is late."""
    tax_recoverable: bool = False
    """Whether tax comes back, and so is no cost of a project."""


@dataclass(frozen=True, slots=True)
class BillingExport:
    """One configured export."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and the one setting that changes charges."""
        return f"gcp_billing_export {VERSION} tax_recoverable={self.settings.tax_recoverable}"

    @property
    def settlement(self) -> Settlement:
        """Ten days after the invoice month, and no invoice id; see `ingest.gcp.settlement`."""
        return replace(SETTLEMENT, every=timedelta(hours=self.settings.expected_every_hours))

    def due(self, period: Month) -> datetime:
        """Return when a month is late: rows of its first hours come within a day."""
        return period.start + timedelta(hours=self.settings.expected_every_hours)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the files into the archive; yield each month's delivery, or what is wrong."""
        shelf = Shelf(
            source=self.name,
            pattern=self.settings.pattern,
            opened=self._place,
            months=self._months,
        )
        yield from shelf.deliveries(periods, archive, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place what works; what its files hold, only reading them tells."""
        look = newest_file(self.name, self.settings.pattern)
        yield from Probe(source=self, opened=self._place, look=look).findings(periods, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the place needs."""
        yield from grants(self.settings.location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the rows of the delivery's invoice month into charges; see `ingest.gcp.convert`."""
        try:
            return convert(path, delivery.period, tax_recoverable=self.settings.tax_recoverable)
        except (ContractError, PolarsError) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.gcp.control`."""
        try:
            return control(path, delivery.period)
        except ScanError as error:
            raise BrokenError(self.name, document.name, error.detail) from error

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.gcp.control`."""
        del document, delivery
        return amounts(path)

    def _place(self) -> Place:
        access = self.settings.model_dump(
            include={
                *("impersonate", "profile", "role_arn", "region", "endpoint_url", "max_attempts"),
            }
        )
        return place(self.settings.location, source=self.name, folder=self.folder, **access)

    def _months(self, path: Path, document: Document) -> AbstractSet[Month]:
        try:
            return months(path).keys()
        except (ContractError, PolarsError, PanicException) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


SOURCE: type[Source] = BillingExport
