"""Legacy Cost and Usage Reports, in CSV (gzip or zip) or Parquet, from S3 or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from polars.exceptions import PolarsError
from pydantic import Field

from ingest.aws import control, cur, legacy
from ingest.aws.columns import FIELDS
from ingest.aws.delivery import Deliveries
from ingest.aws.layout import Report
from ingest.aws.settings import ReportSettings
from ingest.bucket import Place
from ingest.probe import Look, Probe, schema
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
from models.period import Month
from models.scan import ScanError

VERSION: Final = 2  # of the mapping; raise it whenever the same bytes become other charges
TABLE: Final = "cur"


class Settings(ReportSettings):
    """One report, as `PutReportDefinition` of Cost and Usage Reports makes it."""

    kind: Literal["aws_cur"] = Field(description="This kind of source.")
    report: str = Field(
        pattern=r"^[\w.!'()*-]+$", description="Name of the report, the folder below the prefix."
    )


@dataclass(frozen=True, slots=True)
class CostReport:
    """One configured report; its versioning, new or overwritten files, does not matter."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and the settings that change charges."""
        return f"aws_cur {VERSION} {self.settings.mapping}"

    @property
    def settlement(self) -> Settlement:
        """An invoice id on every line, and two weeks: AWS "Understanding export delivery"."""
        return self.settings.settlement

    def due(self, period: Month) -> datetime:
        """Return when a month is late: the first delivery comes within a day of its start."""
        return self.settings.due(period)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the newest delivery of each period, as its manifest states it, or say why not."""
        try:
            deliveries = self._deliveries(self._place())
        except SourceError as error:
            yield error
            return
        yield from deliveries.fetch(periods, archive, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the bucket, and compare the newest manifest's columns with the contract."""
        probe = Probe(
            source=self,
            opened=self._place,
            look=lambda place, period: self._deliveries(place).look(period),
            contract=_contract,
            home=f"{self.settings.report}/",
        )
        yield from probe.findings(periods, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading this report needs."""
        yield from self.settings.grants(self.settings.report)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one document into charges; see `ingest.aws.legacy` and `ingest.aws.cur`."""
        del delivery  # all have one table
        recoverable = self.settings.tax_recoverable
        try:
            return cur.convert(
                path,
                tax_recoverable=recoverable,
                opened=legacy.opened,
                windows=self.settings.windows,
            )
        except (ContractError, PolarsError) as error:
            raise BrokenError(self.name, document.name, " ".join(str(error).split())) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.aws.control`."""
        del delivery
        try:
            return control.cur(path, legacy.contract(path), self.settings.pairs)
        except (ContractError, ScanError) as error:
            raise BrokenError(self.name, document.name, str(error)) from error

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.aws.control`."""
        del document, delivery
        return control.cur_amounts(path, legacy.contract(path), self.settings.pairs)

    def _place(self) -> Place:
        return self.settings.place(self.name, self.folder)

    def _deliveries(self, place: Place) -> Deliveries:
        layout = Report(self.settings.report)
        return Deliveries(source=self.name, layout=layout, place=place, told=lambda *_: TABLE)


def _contract(found: Look) -> Finding:
    """Compare the columns a manifest states with those of the contract."""
    columns = legacy.Columns.of(found.columns)
    return schema([*columns.contract.values(), *columns.new], FIELDS)


SOURCE: type[Source] = CostReport
