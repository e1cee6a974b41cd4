"""Cost exports of Azure: FOCUS, or actual and amortized cost, from Blob storage or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from polars.exceptions import PolarsError

from ingest.azure import charges, control, doctor, gpu
from ingest.azure.delivery import Reader
from ingest.azure.dialect import DIALECT
from ingest.azure.role import Reading
from ingest.azure.settings import Settings
from ingest.bucket import grants
from ingest.focus.control import amounts as amounts_focus
from ingest.focus.control import control as control_focus
from ingest.focus.convert import convert as convert_focus
from ingest.focus.month import Taken
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

__all__ = ["SOURCE", "AzureExport", "Settings"]

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges

_ALONE: Final = {
    "actual": "amortized cost is not configured, so reservations and savings plans count in "
    "effective cost when they are bought",
    "amortized": "actual cost is not configured, so purchases of reservations and savings plans "
    "are missing from billed cost",
}


@dataclass(frozen=True, slots=True)
class AzureExport:
    """One configured billing account: its export of FOCUS cost, or the other two."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and every setting that changes charges."""
        return f"azure_export {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """Five days: a period closes up to 72 hours after its end, and then is corrected."""
        after = timedelta(days=self.settings.final_after_days)
        every = timedelta(hours=self.settings.expected_every_hours)
        return Settlement(after=after, invoiced=self.settings.invoiced, every=every)

    def due(self, period: Month) -> datetime:
        """Return when a month is late: the first run comes within a day of its start."""
        return period.start + timedelta(hours=self.settings.expected_every_hours)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the newest run of each dataset for each period, or say why not."""
        try:
            exports = [
                self.settings.export(dataset, self.name, self.folder)
                for dataset in self.settings.datasets
            ]
            reader = Reader(self.name, exports, archive)
            listings = [export.listing() for export in reader.exports]
        except SourceError as error:
            yield error
            return
        for period in periods:
            try:
                delivery = reader.delivery(listings, period, known.get(period, ""))
            except SourceError as error:
                yield error.of(period)
                continue
            if delivery:
                yield delivery

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask the place of each dataset what works; see `ingest.probe`."""
        for dataset in self.settings.datasets:
            opened = partial(self.settings.export, dataset, self.name, self.folder)
            yield from doctor.probe(self, opened).findings(periods, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading each place needs."""
        for location in dict.fromkeys(self.settings.datasets.values()):
            yield from grants(location, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one document into charges; see `ingest.azure.charges` and `ingest.focus.convert`."""
        reading = Reading.of(delivery.table)
        tax = self.settings.tax_recoverable
        try:
            if reading.dataset == "focus":
                taken = self._taken(delivery.period)
                found = convert_focus(path, DIALECT, tax_recoverable=tax, taken=taken)
                return replace(found, charges=gpu.focused(found.charges))
            role = reading.roles[document.sha256]
            found = charges.convert(path, role, delivery.period, tax_recoverable=tax)
        except (ContractError, PolarsError) as error:
            raise BrokenError(self.name, document.name, _line(error)) from error
        is_first = document.sha256 == delivery.documents[0].sha256
        said = _notes(reading, role) if is_first else ()
        return replace(found, notes=(*said, *found.notes))

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become, and compare its rows with the manifest's."""
        reading = Reading.of(delivery.table)
        try:
            count = control.count(path)
            if reading.dataset == "focus":
                stated = control_focus(path, DIALECT, taken=self._taken(delivery.period))
            else:
                stated = control.details(path, reading.roles[document.sha256])
        except ScanError as error:
            raise BrokenError(self.name, document.name, error.detail) from error
        if (promised := reading.rows.get(document.sha256, count)) != count:
            detail = f"has {count} rows, and its manifest says {promised}"
            raise BrokenError(self.name, document.name, detail)
        return stated

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.azure.control`."""
        reading = Reading.of(delivery.table)
        if reading.dataset == "focus":
            return amounts_focus(path, DIALECT)
        return control.amounts(path, reading.roles[document.sha256])

    def _taken(self, period: Month) -> Taken | None:
        """Return which rows count: all of a run, whose manifest tells the month."""
        return Taken(month=period, alone=True) if self.settings.unstated else None


def _notes(reading: Reading, role: str) -> Iterator[tuple[str, str]]:
    if role in _ALONE:
        yield "one_dataset", _ALONE[role]
    if reading.apart:
        detail = f"ordinary rows of the pair differ: {reading.apart}"
        yield "pair_apart", f"{detail}; each dataset states its own basis until they agree"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


SOURCE: type[Source] = AzureExport
