"""A folder of timesheets with the confidential files beside it, and what a source makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Conversion, Delivery
from ingest.sources.timesheet import Settings, Timesheets
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.lake import Lake
from models.money import exact
from models.period import Month

YEAR = tuple(Month(2026, month) for month in range(1, 13))
CARD = """\
currency: USD
roles:
  ML engineer: [{valid_from: 2026-01, monthly: 9000}]
  reviewer: [{valid_from: 2026-01, monthly: 4800}]
  lead: [{valid_from: 2026-01, monthly: 16000}]
"""
KEY = "4f1c-a-key-of-the-tests-of-more-than-32-characters"
GIVEN: Mapping[str, Any] = {
    "kind": "timesheet",
    "location": "in",
    "format": "generic",
    "columns": {
        "project": "Project",
        "hours": "Hours",
        "day": "Day",
        "role": "Role",
        "name": "Who",
    },
    "dates": "%Y-%m-%d",
    "rates": "rates.yaml",
    "smallest_group": 1,
}


@dataclass
class Office:
    """Timesheets read with settings that a test may change."""

    home: Path
    given: dict[str, Any] = field(default_factory=lambda: deepcopy({**GIVEN}))

    @property
    def source(self) -> Timesheets:
        settings = Settings.model_validate(self.given)
        return Timesheets(name="timesheets", settings=settings, folder=self.home)

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    def secret(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.home / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def put(self, name: str, text: str | bytes) -> Path:
        path = self.home / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def rows(self, *rows: str, name: str = "sheet.csv") -> Path:
        """Write rows of day, project, role, who and hours."""
        return self.put(name, "".join(f"{row}\n" for row in ("Day,Project,Role,Who,Hours", *rows)))

    def found(
        self, periods: Sequence[Month] = YEAR, known: Mapping[Month, str] | None = None
    ) -> list[Delivery | SourceError]:
        return list(self.source.fetch(periods, self.archive, known or {}))

    def deliveries(self) -> list[Delivery]:
        return [each for each in self.found() if isinstance(each, Delivery)]

    def error(self, month: Month = YEAR[1]) -> SourceError:
        (found,) = self.found([month])
        assert isinstance(found, SourceError), found
        return found

    @property
    def broken(self) -> type[SourceError]:
        return BrokenError

    def month(self, day: str) -> Month:
        return Month.of(date.fromisoformat(day))

    def document(self, delivery: Delivery) -> str:
        return self.archive.path(delivery.documents[0].sha256).read_text()

    def load(self, delivery: Delivery) -> LoadedDelivery:
        return load_delivery(self.source, delivery, self.archive, self.lake)

    def converted(self, delivery: Delivery) -> tuple[Conversion, pl.DataFrame]:
        """Return what a document becomes, and its charges, once the second reader agrees."""
        document = delivery.documents[0]
        path, source = self.archive.path(document.sha256), self.source
        conversion = source.convert(path, document, delivery)
        control, charges = source.control(path, document, delivery), conversion.charges.collect()
        rows = len(conversion.summed) + len(conversion.rejected)
        assert control.rows == rows
        assert sum(exact(total.effective_cost) for total in control.totals) == sum(
            charges["effective_cost"]
        )
        return conversion, charges

    def charges(self, delivery: Delivery) -> pl.DataFrame:
        return self.converted(delivery)[1]

    def usage(self, delivery: Delivery) -> pl.DataFrame:
        return self.converted(delivery)[0].beside["usage"].collect()

    def costs(self) -> dict[tuple[str, str, str], Decimal]:
        """Return the cost of each month, project and role."""
        return {
            (str(delivery.period), row["sub_account_id"] or "", row["sku_id"]): row[
                "effective_cost"
            ]
            for delivery in self.deliveries()
            for row in self.charges(delivery).iter_rows(named=True)
        }

    def hours(self) -> dict[tuple[str, str, str], Decimal]:
        """Return the hours of each month, project and role."""
        return {
            (str(delivery.period), row["unit"], row["detail"]): row["quantity"]
            for delivery in self.deliveries()
            for row in self.usage(delivery).iter_rows(named=True)
        }

    def told(self) -> list[str]:
        """Return rule and detail of every finding, and what is wrong with rejected rows."""
        found = [self.converted(delivery)[0] for delivery in self.deliveries()]
        return [
            *(f"{rule}: {detail}" for each in found for rule, detail in each.notes),
            *(
                f"rejected: {row['column']}: {row['reason']}{row['value']}"
                for each in found
                for row in each.rejected.iter_rows(named=True)
            ),
        ]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.secret("rates.yaml", CARD)
    return made


@pytest.fixture(scope="session")
def settings() -> Callable[..., Settings]:
    """Return settings with some changed."""

    def build(**changes: Any) -> Settings:
        return Settings.model_validate({**GIVEN, **changes})

    return build
