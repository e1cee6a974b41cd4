"""AWS Data Exports: CUR 2.0 or FOCUS, Parquet or CSV, from S3 or a folder laid out alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import pydantic
from polars.exceptions import PolarsError

from ingest.aws import control, cur, focus
from ingest.aws.columns import FIELDS, UNUSED
from ingest.aws.delivery import Deliveries
from ingest.aws.focus import DIALECT
from ingest.aws.layout import Export
from ingest.aws.manifest import Manifest
from ingest.aws.settings import ReportSettings
from ingest.bucket import Place
from ingest.focus.columns import ALL_FIELDS as FOCUS_FIELDS
from ingest.focus.columns import UNUSED as FOCUS_UNUSED
from ingest.focus.control import amounts as focus_amounts
from ingest.focus.control import control as focus_control
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
from ingest.table import TEXT, ContractError, Field, names
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.period import Month
from models.scan import ScanError

VERSION: Final = 2  # of the mapping; raise it whenever the same bytes become other charges
CUR: Final = "cur2"

_MARKS: Final = {CUR: "line_item_line_item_type", "focus": "billedcost"}


class Settings(ReportSettings):
    """One export, as `CreateExport` of AWS Data Exports makes it."""

    kind: Literal["aws_data_export"] = pydantic.Field(description="This kind of source.")
    export: str = pydantic.Field(
        pattern=r"^[\w.!'()*-]+$", description="Name of the export, the folder below the prefix."
    )
    invoiced: bool = pydantic.Field(
        default=True,
        description="Whether each line of a final month has an invoice id; FOCUS 1.0 has none.",
    )


@dataclass(frozen=True, slots=True)
class DataExport:
    """One configured export."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and the settings that change charges."""
        return f"aws_data_export {VERSION} {self.settings.mapping}"

    @property
    def settlement(self) -> Settlement:
        """An invoice id on every line, and two weeks: AWS "Understanding export delivery"."""
        return replace(self.settings.settlement, invoiced=self.settings.invoiced)

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
            home=f"{self.settings.export}/",
        )
        yield from probe.findings(periods, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading this export needs."""
        yield from self.settings.grants(self.settings.export)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one document into charges; see `ingest.aws.cur` and `ingest.aws.focus`."""
        recoverable = self.settings.tax_recoverable
        try:
            if delivery.table == CUR:
                windows = self.settings.windows
                return cur.convert(path, tax_recoverable=recoverable, windows=windows)
            return focus.convert(path, tax_recoverable=recoverable)
        except (ContractError, PolarsError) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.aws.control`."""
        try:
            if delivery.table == CUR:
                return control.cur(path, windows=self.settings.pairs)
            return focus_control(path, DIALECT)
        except ScanError as error:
            raise BrokenError(self.name, document.name, error.detail) from error

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.aws.control`."""
        del document
        if delivery.table == CUR:
            return control.cur_amounts(path, windows=self.settings.pairs)
        return focus_amounts(path, DIALECT)

    def _place(self) -> Place:
        return self.settings.place(self.name, self.folder)

    def _deliveries(self, place: Place) -> Deliveries:
        layout = Export(self.settings.export)
        return Deliveries(source=self.name, layout=layout, place=place, told=self._table)

    def _table(self, manifest: Manifest, document: Document, archive: Archive) -> str:
        """Return which table this is, by the columns of the manifest, else of its first file."""
        try:
            columns = manifest.columns or names(archive.path(document.sha256))
        except ContractError as error:
            raise BrokenError(self.name, document.name, str(error)) from error
        lower = {column.lower() for column in columns}
        for table, mark in _MARKS.items():
            if mark in lower:
                return table
        raise BrokenError(
            self.name,
            document.name,
            "is neither CUR 2.0 nor FOCUS; export COST_AND_USAGE_REPORT or FOCUS_1_2_AWS",
        )


def _contract(found: Look) -> Finding:
    """Compare the columns a manifest states with those of the table they look like."""
    if any(column.lower() == _MARKS[CUR] for column in found.columns):
        return schema(found.columns, FIELDS, UNUSED)
    required = [Field(name, TEXT, required=True) for name in DIALECT.required]
    known = (*FOCUS_UNUSED, *DIALECT.known)
    return schema(found.columns, (*FOCUS_FIELDS, *required), known)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


SOURCE: type[Source] = DataExport
