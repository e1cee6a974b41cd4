"""A vendor's folder, and the deliveries that a source finds in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Delivery, Source
from ingest.sources.invoice_csv import InvoiceFolder, Settings
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

YEAR = tuple(Month(2026, month) for month in range(1, 13))
GIVEN: Mapping[str, Any] = {
    "kind": "invoice_csv",
    "folder": "in",
    "issuer": "Acme Labels",
    "service": "Data labeling",
    "columns": {
        "number": "Invoice",
        "issued": "Date",
        "amount": "Net",
        "currency": "Currency",
        "tax": "Tax",
        "service_start": "From",
        "service_end": "To",
        "kind": "Type",
    },
    "credit_kinds": ["credit note"],
}
HEADINGS = "Invoice,Date,Net,Currency,Tax,From,To,Type"


@dataclass
class Vendor:
    """A folder of invoices, read with settings that a test may change."""

    home: Path
    given: dict[str, Any] = field(default_factory=lambda: dict(GIVEN))

    @property
    def source(self) -> Source:
        settings = Settings.model_validate(self.given)
        return InvoiceFolder(name="labeling", settings=settings, folder=self.home)

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    def put(self, name: str, *lines: str, headings: str = HEADINGS) -> Path:
        return self.put_bytes(name, "".join(f"{line}\n" for line in (headings, *lines)).encode())

    def put_bytes(self, name: str, data: bytes) -> Path:
        path = self.home / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def found(
        self, periods: Sequence[Month] = YEAR, known: Mapping[Month, str] | None = None
    ) -> list[Delivery | SourceError]:
        return list(self.source.fetch(periods, self.archive, known or {}))

    def deliveries(self) -> list[Delivery]:
        found = self.found()
        assert not [each for each in found if isinstance(each, SourceError)], found
        return [each for each in found if isinstance(each, Delivery)]

    def error(self) -> SourceError:
        (found,) = self.found()
        assert isinstance(found, SourceError)
        return found

    def loads(self) -> list[LoadedDelivery]:
        return [
            load_delivery(self.source, delivery, self.archive, self.lake)
            for delivery in self.deliveries()
        ]

    def charges(self) -> pl.DataFrame:
        paths = [
            self.lake.path("charges", document.charges)
            for load in self.loads()
            for document in load.documents
        ]
        return pl.concat([pl.read_parquet(path, glob=False) for path in paths]).sort(
            "invoice_id", "x_row", "charge_period_start", "charge_category"
        )

    def costs(self) -> list[str]:
        """Return category, billed cost and first day of each charge."""
        shown = self.charges().select("charge_category", "billed_cost", "charge_period_start")
        return [f"{category} {cost:.2f} {start:%Y-%m-%d}" for category, cost, start in shown.rows()]

    def problems(self) -> list[str]:
        return [
            problem.detail
            for load in self.loads()
            for problem in load.problems
            if problem.rule != "invoice_date"
        ]


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    return Vendor(tmp_path)


@pytest.fixture
def reading() -> Callable[..., Settings]:
    """Return settings with some changed."""

    def build(**changes: Any) -> Settings:
        return Settings.model_validate({**GIVEN, **changes})

    return build
