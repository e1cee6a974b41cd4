"""An MLflow tracking server: training runs and their GPU-hours, as usage and never as cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import localcontext
from pathlib import Path
from typing import Final

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
from ingest.vendor.charge import no_charges, usage
from ingest.vendor.doctor import findings
from ingest.vendor.mlflow.control import control
from ingest.vendor.mlflow.fetch import Tracking
from ingest.vendor.mlflow.run import uses
from ingest.vendor.mlflow.settings import Settings
from ingest.vendor.month import deliveries, settled
from ingest.vendor.reply import ReplyError, parsed
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "Settings", "TrackingServer"]

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other usage
KEY: Final = "set a token, or username and password, that may read the experiments"
READER: Final = """A user of its own with the permission READ on the experiments that are read.
Where the server runs with basic-auth: POST /api/2.0/mlflow/experiments/permissions/create with
{"experiment_id": "1", "username": "trueup", "permission": "READ"}. Nothing is ever written."""


@dataclass(frozen=True, slots=True)
class TrackingServer:
    """One configured server."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes what is kept."""
        return f"mlflow {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say."""
        return settled(self.settings.final_after_days, None)

    def due(self, period: Month) -> None:
        """Return nothing: a month without runs is no fault."""
        del period

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Ask for the runs of each month, and keep what is declared of those that changed."""
        yield from deliveries(self.name, periods, archive, known, self._tracking().pages)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask whether the server lets us in, and what the newest month holds."""
        del at
        yield from findings(periods, self._tracking(2).pages, key=KEY)

    def grants(self) -> Iterator[Grant]:
        """Yield the permission that is needed."""
        yield Grant("Read experiments and runs", READER)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the runs of a month into usage; see `ingest.vendor.mlflow.run`."""
        try:
            with localcontext(prec=WIDE):
                found, notes = uses(parsed(path.read_bytes()), delivery.period)
        except ReplyError as error:
            raise BrokenError(self.name, document.name, str(error)) from error
        return Conversion(charges=no_charges(), notes=tuple(notes), beside={"usage": usage(found)})

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document says; see `ingest.vendor.mlflow.control`."""
        del document
        with localcontext(prec=WIDE):
            return control(path.read_bytes(), delivery.period)

    def _tracking(self, attempts: int | None = None) -> Tracking:
        return Tracking(self.name, self.settings, self.settings.api(self.name, attempts))


SOURCE: type[Source] = TrackingServer
