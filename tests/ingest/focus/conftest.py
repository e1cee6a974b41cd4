"""FOCUS documents written by our own code: each version, as Parquet and as CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Delivery
from ingest.sources.focus import FocusFiles, Settings
from models.archive import Archive
from models.charge import FOCUS, JSON, TIME
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

Row = Mapping[str, str | None]
OCTOBER: Final = Month(2026, 10)

LATER: Final = {
    "1.1": {
        *("CapacityReservationId", "CapacityReservationStatus", "CommitmentDiscountQuantity"),
        *("CommitmentDiscountUnit", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails"),
    },
    "1.2": {
        *("BillingAccountType", "InvoiceId", "PricingCurrency", "SubAccountType"),
        *("PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost"),
        "PricingCurrencyListUnitPrice",
    },
}
V1_3: Final = (
    *("AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId"),
    *("AllocatedResourceName", "AllocatedTags", "ContractApplied"),
    *("HostProviderName", "ServiceProviderName"),
)
V1_4: Final = ("CommitmentProgramEligibilityDetails", "InvoiceDetailId")
NAMES: Final = tuple(column.focus_name for column in FOCUS)


def names(version: str) -> tuple[str, ...]:
    """Return the columns of a version, in its order: by name."""
    if version.startswith("1.3"):
        return tuple(sorted((*NAMES, *V1_3)))
    if version == "1.4":
        sold = {"ProviderName", "PublisherName"}
        return tuple(sorted({*NAMES, *V1_3, *V1_4} - sold))
    missing: set[str] = set()
    if version < "1.1":
        missing |= LATER["1.1"]
    if version < "1.2":
        missing |= LATER["1.2"]
    if version == "1.2-preview":
        missing |= {name for name in LATER["1.2"] if name.startswith("PricingCurrency")}
        missing -= {"PricingCurrency"}
    return tuple(name for name in NAMES if name not in missing)


_ORDINARY: Final[dict[str, str]] = {
    "BilledCost": "98.32",
    "BillingAccountId": "000123",
    "BillingAccountName": "Acme",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "Eight GPUs for an hour",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-10-05T04:00:00Z",
    "ChargePeriodStart": "2026-10-05T03:00:00Z",
    "ConsumedQuantity": "8",
    "ConsumedUnit": "GPU-Hours",
    "ContractedCost": "98.32",
    "ContractedUnitPrice": "12.29",
    "EffectiveCost": "98.32",
    "HostProviderName": "Acme Metal",
    "InvoiceDetailId": "INV-1-1",
    "InvoiceId": "INV-1",
    "InvoiceIssuerName": "Acme GPU Cloud",
    "ListCost": "98.32",
    "ListUnitPrice": "12.29",
    "PricingCategory": "Standard",
    "PricingCurrency": "USD",
    "PricingQuantity": "8",
    "PricingUnit": "GPU-Hours",
    "ProviderName": "Acme GPU Cloud",
    "PublisherName": "Acme GPU Cloud",
    "ResourceId": "job-7",
    "ServiceCategory": "Compute",
    "ServiceName": "GPU Jobs",
    "ServiceProviderName": "Acme GPU Cloud",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "GPU8",
    "SkuMeter": "H100 hours",
    "SkuPriceId": "GPU8.1",
    "SubAccountId": "0042",
    "Tags": '{"project": "support-bot"}',
}
_DTYPES: Final = {column.focus_name: column.dtype for column in FOCUS}


def row(**values: str | None) -> dict[str, str | None]:
    """Return an ordinary row of every version; `values` say what differs."""
    return {**_ORDINARY, **values}


def as_csv(rows: Sequence[Row], header: Sequence[str], null: str = "") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for each in rows:
        writer.writerow([null if each.get(name) is None else each[name] for name in header])
    return out.getvalue().encode()


def _typed(name: str, text: str | None) -> object:
    dtype = _DTYPES.get(name, pl.String)
    if text is None or dtype == pl.String:
        return text
    if dtype == TIME:
        return datetime.fromisoformat(text).astimezone(UTC)
    if dtype == JSON:
        return {k: v if isinstance(v, str) else json.dumps(v) for k, v in json.loads(text).items()}
    return Decimal(text)


def as_parquet(rows: Sequence[Row], header: Sequence[str]) -> bytes:
    schema = {name: _DTYPES.get(name, pl.String) for name in header}
    content = [{name: _typed(name, each.get(name)) for name in header} for each in rows]
    out = io.BytesIO()
    pl.DataFrame(content, schema=schema).write_parquet(out)
    return out.getvalue()


@dataclass(frozen=True)
class Maker:
    """Makes rows and documents; a row says only what differs from an ordinary one."""

    row = staticmethod(row)
    names = staticmethod(names)
    csv = staticmethod(as_csv)
    parquet = staticmethod(as_parquet)

    @staticmethod
    def of(
        rows: Sequence[Row], version: str = "1.2", form: str = "csv", more: Sequence[str] = ()
    ) -> bytes:
        """Return a document of a version and a form: parquet, csv or csv.gz."""
        header = (*names(version), *more)
        if form == "parquet":
            return as_parquet(rows, header)
        text = as_csv(rows, header)
        return gzip.compress(text, mtime=0) if form == "csv.gz" else text


@pytest.fixture(scope="session")
def make() -> Maker:
    return Maker()


Build = Callable[..., FocusFiles]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    (tmp_path / "bills").mkdir(exist_ok=True)

    def built(**settings: Any) -> FocusFiles:
        given = {"kind": "focus", "location": "bills", "pattern": "*{month}*", **settings}
        return FocusFiles("acme", Settings.model_validate(given), tmp_path)

    return built


@dataclass(frozen=True)
class Bench:
    """A place for files, and the stores they are loaded into."""

    folder: Path
    archive: Archive
    lake: Lake

    def lay(self, name: str, content: bytes) -> Path:
        path = self.folder / "bills" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def fetch(self, source: FocusFiles, *periods: Month) -> list[Delivery | SourceError]:
        return list(source.fetch(periods or [OCTOBER], self.archive, {}))

    def load(self, source: FocusFiles, period: Month = OCTOBER) -> LoadedDelivery:
        """Load what a source has of a month; raises what it says instead."""
        (found,) = self.fetch(source, period)
        if isinstance(found, SourceError):
            raise found
        return load_delivery(source, found, self.archive, self.lake)

    def charges(self, loaded: LoadedDelivery) -> pl.DataFrame:
        paths = [self.lake.path("charges", document.charges) for document in loaded.documents]
        return pl.concat(pl.read_parquet(path, glob=False) for path in paths)

    def document(
        self, content: bytes, source: FocusFiles, name: str = "2026-10.csv"
    ) -> tuple[LoadedDelivery, pl.DataFrame]:
        """Load one document as October; return what became of it."""
        for path in (self.folder / "bills").iterdir():
            path.unlink()
        self.lay(name, content)
        loaded = self.load(source)
        return loaded, self.charges(loaded)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "bills").mkdir(exist_ok=True)
    return Bench(tmp_path, Archive(tmp_path / "archive"), Lake(tmp_path / "lake"))


def _json(entries: Any) -> str:
    pairs = entries if isinstance(entries, dict) else {e["key"]: e["value"] for e in entries}
    return json.dumps(pairs, sort_keys=True)


def _plain(frame: pl.DataFrame) -> Iterator[str]:
    for charge in frame.drop("x_document", "x_source").iter_rows(named=True):
        for name, value in charge.items():
            if value is None:
                continue
            if isinstance(value, Decimal):
                yield f"{name}: {value.normalize():f}"
            elif isinstance(value, datetime):
                yield f"{name}: {value:%Y-%m-%dT%H:%M:%SZ}"
            else:
                yield f"{name}: {_json(value) if name in _MAPS else value}"
        yield ""


_MAPS: Final = ("tags", "sku_price_details")


@pytest.fixture(scope="session")
def plain() -> Callable[[pl.DataFrame], str]:
    """Show charges for a person, one block a charge, without what is empty."""
    return lambda frame: "\n".join(_plain(frame))
