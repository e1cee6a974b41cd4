"""Registers of assets in a folder, with hours beside them, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from ingest.hardware.asset import Asset
from ingest.source import Control, Conversion, Delivery, Source
from ingest.sources.asset_register import AssetRegister, Settings
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

JANUARY: Final = Month(2026, 1)
COLUMNS: Final = (
    *("asset_id", "cost", "currency", "in_service_date", "life_months", "convention"),
    *("cluster", "gpu_count", "project", "residual", "disposal_date", "disposal_proceeds"),
    *("funding", "capacity_hours_per_month", "gpu_type"),
)
SERVER: Final[Mapping[str, Any]] = {
    "asset_id": "dgx-1",
    "cost": "48000",
    "currency": "USD",
    "in_service_date": "2025-12-01",
    "life_months": "48",
    "convention": "full_month",
    "cluster": "c1",
    "gpu_count": "8",
}
HOURS: Final[Mapping[str, Any]] = {
    "kind": "usage_csv",
    "location": "hours",
    "driver": "gpu_hours",
    "columns": {"day": "day", "unit": "unit", "quantity": "hours", "cluster": "cluster"},
}


@dataclass
class Company:
    """A register, hours, and the settings that a test may change."""

    home: Path
    given: dict[str, Any]

    @property
    def source(self) -> Source:
        settings = Settings.model_validate(self.given)
        return AssetRegister(name="hardware", settings=settings, folder=self.home)

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    def register(self, *changes: Mapping[str, Any]) -> None:
        """Write a register of servers, each like SERVER but for its changes."""
        rows = [{**SERVER, **change} for change in changes]
        lines = [",".join(COLUMNS), *(",".join(str(r.get(c, "")) for c in COLUMNS) for r in rows)]
        self.write("assets.csv", "".join(f"{line}\n" for line in lines))

    def hours(self, *rows: tuple[str, str, Any] | tuple[str, str, Any, str]) -> None:
        """Write hours: day, unit, hours, and the cluster if it is another."""
        self.given["hours"] = dict(HOURS)
        lines = [",".join(map(str, (*row, *("c1",)[len(row) - 3 :]))) for row in rows]
        self.write(
            "hours/h.csv", "".join(f"{each}\n" for each in ("day,unit,hours,cluster", *lines))
        )

    def write(self, name: str, content: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())

    def fetched(
        self, *months: Month, known: Mapping[Month, str] | None = None
    ) -> list[Delivery | SourceError]:
        return list(
            self.source.fetch(months or (JANUARY,), self.archive, {} if known is None else known)
        )

    def delivery(self, month: Month = JANUARY) -> Delivery:
        (found,) = self.fetched(month)
        assert isinstance(found, Delivery), found
        return found

    def error(self, month: Month = JANUARY) -> SourceError:
        (found,) = self.fetched(month)
        assert isinstance(found, SourceError), found
        return found

    def converted(self, month: Month = JANUARY) -> Conversion:
        """Return what a register becomes in a month, once the second reader agrees."""
        source, delivery = self.source, self.delivery(month)
        (document,) = delivery.documents
        path = self.archive.path(document.sha256)
        found = source.convert(path, document, delivery)
        agree(found, source.control(path, document, delivery), month)
        return found

    def charges(self, month: Month = JANUARY) -> pl.DataFrame:
        return self.converted(month).charges.collect()

    def parts(self, month: Month = JANUARY) -> list[tuple[Any, ...]]:
        """Return asset, unit, kind and cost of each charge."""
        columns = ("resource_id", "sub_account_id", "x_line_type", "effective_cost")
        return self.charges(month).select(columns).rows()

    def assets(self, month: Month = JANUARY) -> list[dict[str, Any]]:
        return self.converted(month).beside["assets"].collect().to_dicts()

    def told(self, month: Month = JANUARY) -> dict[str, str]:
        return dict(self.converted(month).notes)


def agree(found: Conversion, stated: Control, month: Month) -> None:
    """Prove charges and assets as a load does."""
    charges, assets = found.charges.collect(), found.beside["assets"].collect()
    totals = {
        (currency, category): (rows, billed, effective)
        for currency, category, rows, billed, effective in charges.group_by(
            "billing_currency", "charge_category"
        )
        .agg(pl.len(), pl.col("billed_cost", "effective_cost").sum())
        .iter_rows()
    }
    assert totals == {
        (t.currency, t.charge_category): (t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in stated.totals
    }
    sums = assets.group_by("currency").agg(pl.len(), pl.col("cost").sum())
    assert {currency: (rows, cost) for currency, rows, cost in sums.iter_rows()} == {
        each.key: (each.rows, Decimal(each.amount)) for each in stated.beside
    }
    assert stated.rows == assets.height
    assert {stated.first, stated.last} == {str(month.first) if charges.height else ""}


@pytest.fixture
def company(tmp_path: Path) -> Callable[..., Company]:
    """Return the maker of companies, with a register of servers and other settings."""

    def build(*servers: Mapping[str, Any], **given: Any) -> Company:
        made = Company(tmp_path, {"kind": "asset_register", "file": "assets.csv", **given})
        made.register(*(servers or ({},)))
        return made

    return build


@pytest.fixture
def asset() -> Callable[..., Asset]:
    """Return the maker of assets that are in no register."""

    def build(**changes: Any) -> Asset:
        plain: dict[str, Any] = {
            "row": 1,
            "asset_id": "dgx-1",
            "description": "",
            "serial": "",
            "project": "",
            "cost": Decimal(48000),
            "currency": "USD",
            "residual": Decimal(0),
            "in_service": date(2026, 1, 15),
            "life_months": 48,
            "convention": "full_month",
            "cluster": "c1",
            "gpus": 8,
            "gpu_type": "",
            "disposal": None,
            "hours": None,
            "proceeds": Decimal(0),
            "funding": "owned",
            "invoice_id": "",
        }
        return Asset(**{**plain, **changes})

    return build
