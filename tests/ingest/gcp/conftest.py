"""Rows of a usage cost export written by our own code, in each form that they come in."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Delivery
from ingest.sources.gcp_billing_export import BillingExport, Settings
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

Row = Mapping[str, Any]
AUGUST: Final = Month(2026, 8)
FORMS: Final = ("parquet", "json", "csv", "json.gz", "csv.gz")

_TEXT, _DOUBLE, _NUMERIC = pa.string(), pa.float64(), pa.decimal128(38, 9)
_TIME: Final = pa.timestamp("us", "UTC")
_PAIRS: Final = pa.list_(pa.struct([("key", _TEXT), ("value", _TEXT)]))


def _texts(*names: str) -> pa.DataType:
    return pa.struct([(name, _TEXT) for name in names])


# The detailed table, as "Structure of Detailed data export" lists it.
TABLE: Final = pa.schema(
    [
        ("billing_account_id", _TEXT),
        ("service", _texts("id", "description")),
        ("sku", _texts("id", "description")),
        ("usage_start_time", _TIME),
        ("usage_end_time", _TIME),
        (
            "project",
            pa.struct(
                [
                    *((name, _TEXT) for name in ("id", "number", "name")),
                    ("labels", _PAIRS),
                    ("ancestry_numbers", _TEXT),
                    ("ancestors", pa.list_(_texts("resource_name", "display_name"))),
                ]
            ),
        ),
        ("labels", _PAIRS),
        ("system_labels", _PAIRS),
        ("location", _texts("location", "country", "region", "zone")),
        ("export_time", _TIME),
        ("cost", _DOUBLE),
        ("currency", _TEXT),
        ("currency_conversion_rate", _DOUBLE),
        (
            "usage",
            pa.struct(
                [
                    ("amount", _DOUBLE),
                    ("unit", _TEXT),
                    ("amount_in_pricing_units", _DOUBLE),
                    ("pricing_unit", _TEXT),
                ]
            ),
        ),
        (
            "credits",
            pa.list_(
                pa.struct(
                    [
                        *(("name", _TEXT), ("amount", _DOUBLE), ("full_name", _TEXT)),
                        *(("id", _TEXT), ("type", _TEXT)),
                    ]
                )
            ),
        ),
        ("invoice", _texts("month", "publisher_type")),
        ("cost_type", _TEXT),
        ("adjustment_info", _texts("id", "description", "mode", "type")),
        (
            "tags",
            pa.list_(
                pa.struct(
                    [
                        *(("key", _TEXT), ("value", _TEXT)),
                        *(("inherited", pa.bool_()), ("namespace", _TEXT)),
                    ]
                )
            ),
        ),
        ("cost_at_list", _DOUBLE),
        ("transaction_type", _TEXT),
        ("seller_name", _TEXT),
        ("subscription", _texts("instance_id")),
        (
            "price",
            pa.struct(
                [
                    *(("effective_price", _NUMERIC), ("tier_start_amount", _NUMERIC)),
                    *(("unit", _TEXT), ("pricing_unit_quantity", _NUMERIC)),
                    *(("list_price", _NUMERIC), ("effective_price_default", _NUMERIC)),
                    ("list_price_consumption_model", _NUMERIC),
                ]
            ),
        ),
        ("cost_at_effective_price_default", _NUMERIC),
        ("cost_at_list_consumption_model", _NUMERIC),
        ("consumption_model", _texts("id", "description")),
        ("resource", _texts("name", "global_name")),
    ]
)

ROW: Final[Row] = {
    "billing_account_id": "012345-567890-ABCDEF",
    "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
    "sku": {"id": "CF4E-A0C7-E3BF", "description": "N1 Predefined Instance Core running in Iowa"},
    "usage_start_time": "2026-08-05T03:00:00Z",
    "usage_end_time": "2026-08-05T04:00:00Z",
    "project": {
        "id": "ft-support",
        "number": "112233445566",
        "name": "Fine tuning",
        "labels": [],
        "ancestry_numbers": "/1000/2000/",
        "ancestors": [],
    },
    "labels": [],
    "system_labels": [],
    "location": {
        "location": "us-central1-a",
        "country": "US",
        "region": "us-central1",
        "zone": "us-central1-a",
    },
    "export_time": "2026-08-05T09:11:12.123456Z",
    "cost": 0.031611,
    "currency": "USD",
    "currency_conversion_rate": 1.0,
    "usage": {
        "amount": 3600.0,
        "unit": "seconds",
        "amount_in_pricing_units": 1.0,
        "pricing_unit": "hour",
    },
    "credits": [],
    "invoice": {"month": "202608", "publisher_type": "GOOGLE"},
    "cost_type": "regular",
    "tags": [],
    "cost_at_list": 0.031611,
    "transaction_type": "GOOGLE",
    "price": {
        "effective_price": "0.031611",
        "tier_start_amount": "0",
        "unit": "hour",
        "pricing_unit_quantity": "1",
        "list_price": "0.031611",
        "effective_price_default": "0.031611",
    },
    "cost_at_effective_price_default": "0.031611",
    "consumption_model": {"id": "7754-699E-0EBF", "description": "Default"},
}


def full(row: Row) -> dict[str, Any]:
    """Return a row that says only what differs from an ordinary one, of records as well."""
    result = dict(ROW)
    for name, value in row.items():
        base = ROW.get(name)
        if isinstance(value, Mapping) and isinstance(base, Mapping):
            result[name] = {**base, **value}
        else:
            result[name] = value
    return result


def _typed(value: Any, dtype: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(dtype):
        return {field.name: _typed(value.get(field.name), field.type) for field in dtype}
    if pa.types.is_list(dtype):
        return [_typed(each, dtype.value_type) for each in value]
    if pa.types.is_timestamp(dtype):
        return dt.datetime.fromisoformat(value)
    return Decimal(value) if pa.types.is_decimal(dtype) else value


def as_parquet(rows: Sequence[Row], schema: pa.Schema = TABLE) -> bytes:
    """Write rows as `EXPORT DATA` does."""
    arrays = [
        pa.array([_typed(row.get(field.name), field.type) for row in rows], field.type)
        for field in schema
    ]
    out = io.BytesIO()
    pq.write_table(pa.table(arrays, schema), out)
    return out.getvalue()


def as_json(rows: Sequence[Row]) -> bytes:
    """Write rows as an extract does: one object a line, nulls left out, NUMERIC as text."""
    return b"".join(
        json.dumps({k: v for k, v in row.items() if v is not None}).encode() + b"\n" for row in rows
    )


def as_csv(rows: Sequence[Row], names: Sequence[str] = TABLE.names) -> bytes:
    """Write rows with records as JSON in a cell, and moments as the console shows them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_cell(name, row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode()


def _cell(name: str, value: Any) -> Any:
    if name.endswith("_time") and value:
        return value.replace("T", " ").replace("Z", " UTC")
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def as_bytes(rows: Sequence[Row], form: str, schema: pa.Schema = TABLE) -> bytes:
    """Write rows that say only what differs, in one of FORMS."""
    every = [full(row) for row in rows]
    written: dict[str, Callable[[], bytes]] = {
        "parquet": lambda: as_parquet(every, schema),
        "json": lambda: as_json(every),
        "csv": lambda: as_csv(every),
    }
    data = written[form.removesuffix(".gz")]()
    return gzip.compress(data, mtime=0) if form.endswith(".gz") else data


@dataclass(frozen=True)
class Bench:
    """A folder of files, a source that reads it, and stores to load it into."""

    folder: Path
    archive: Archive
    lake: Lake
    month: Month = AUGUST

    def put(self, name: str, rows: Sequence[Row] | bytes) -> Path:
        """Write a file whose form its name says."""
        path = self.folder / "bills" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        form = name.partition(".")[2]
        path.write_bytes(rows if isinstance(rows, bytes) else as_bytes(rows, form))
        return path

    def source(self, **settings: Any) -> BillingExport:
        given = {"kind": "gcp_billing_export", "location": "bills", "pattern": "*", **settings}
        return BillingExport("gcp", Settings.model_validate(given), self.folder)

    def fetched(
        self, *periods: Month, known: Mapping[Month, str] | None = None, **settings: Any
    ) -> list[Delivery | SourceError]:
        source = self.source(**settings)
        return list(source.fetch(periods or (AUGUST,), self.archive, known or {}))

    def loaded(self, period: Month = AUGUST, **settings: Any) -> LoadedDelivery:
        """Load what lies in the folder for a month; both readers must agree on it."""
        (delivery,) = self.fetched(period, **settings)
        if isinstance(delivery, SourceError):
            raise delivery
        return load_delivery(self.source(**settings), delivery, self.archive, self.lake)

    def charges(self, period: Month = AUGUST, **settings: Any) -> pl.DataFrame:
        """Return all charges of a month, loaded as `loaded` does."""
        return self.of(self.loaded(period, **settings))

    def of(self, loaded: LoadedDelivery) -> pl.DataFrame:
        """Return the charges of a delivery, in the order of documents and rows."""
        return pl.concat(
            pl.read_parquet(self.lake.path("charges", each.charges), glob=False)
            for each in loaded.documents
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, Archive(tmp_path / "archive"), Lake(tmp_path / "lake"))


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") or "0"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value)


@pytest.fixture(scope="session")
def plain() -> Callable[[pl.DataFrame], str]:
    """Show charges for a person: what all have in common first, then what tells them apart."""

    def shown(charges: pl.DataFrame) -> str:
        rows = [
            {name: _shown(value) for name, value in row.items() if value is not None}
            for row in charges.rows(named=True)
        ]
        common = {n: v for n, v in rows[0].items() if all(row.get(n) == v for row in rows)}
        blocks = [common, *({n: v for n, v in row.items() if n not in common} for row in rows)]
        return "\n".join("".join(f"{n}: {v}\n" for n, v in block.items()) for block in blocks)

    return shown


@pytest.fixture(scope="session")
def write() -> Callable[..., bytes]:
    """Return rows that say only what differs, in one of FORMS."""
    return as_bytes


@pytest.fixture(scope="session")
def table() -> pa.Schema:
    """Return the detailed table."""
    return TABLE
