"""Sources of usage over folders, and what their files become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Control, Conversion, Delivery, Source, build, settings_model
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

JANUARY = Month(2026, 1)


@dataclass
class Meter:
    """A source of one kind over a folder that a test fills."""

    home: Path
    given: dict[str, Any]

    @property
    def source(self) -> Source:
        kind = self.given["kind"]
        settings = settings_model(kind).model_validate(self.given)
        return build("meter", kind, settings, self.home)

    @property
    def archive(self) -> Archive:
        return Archive(self.home / "archive")

    @property
    def lake(self) -> Lake:
        return Lake(self.home / "lake")

    def put(self, name: str, content: str) -> None:
        path = self.home / "in" / name
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

    def error(self, *months: Month) -> SourceError:
        (found,) = self.fetched(*months)
        assert isinstance(found, SourceError), found
        return found

    def loaded(self, month: Month = JANUARY) -> LoadedDelivery:
        return load_delivery(self.source, self.delivery(month), self.archive, self.lake)

    def converted(self, month: Month = JANUARY) -> list[Conversion]:
        """Return what the documents of a month become, once the second reader agrees."""
        source, delivery = self.source, self.delivery(month)
        found = []
        for document in delivery.documents:
            path = self.archive.path(document.sha256)
            found.append(source.convert(path, document, delivery))
            agree(found[-1], source.control(path, document, delivery))
        return found

    def usage(self, month: Month = JANUARY) -> pl.DataFrame:
        return pl.concat(each.beside["usage"].collect() for each in self.converted(month))

    def told(self, month: Month = JANUARY) -> dict[str, str]:
        """Return what is told about a month, by its rule."""
        return {rule: said for each in self.converted(month) for rule, said in each.notes}


def agree(found: Conversion, stated: Control) -> None:
    """Prove usage as a load does."""
    usage = found.beside["usage"].collect()
    sums = {
        driver: (rows, total)
        for driver, rows, total in usage.group_by("driver")
        .agg(pl.len(), pl.col("quantity").sum())
        .iter_rows()
    }
    assert {each.key: (each.rows, Decimal(each.amount)) for each in stated.beside} == sums
    assert stated.rows == usage["x_row"].n_unique() + found.rejected["x_row"].n_unique()


@pytest.fixture
def meter(tmp_path: Path) -> Callable[..., Meter]:
    """Return the maker of sources, of the settings given."""

    def build_meter(**given: Any) -> Meter:
        return Meter(tmp_path, given)

    return build_meter
