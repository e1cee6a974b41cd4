"""Exports written by our own code, the places they lie in, and servers that give them out."""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import boto3
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.loaders import Loader

from ingest import table
from ingest.aws import columns
from ingest.focus import convert as focus_export
from ingest.source import Delivery, Document
from ingest.sources.aws_data_export import DataExport, Settings
from models.archive import Archive
from models.errors import SourceError
from models.period import Month

Line = Mapping[str, Any]
OCTOBER: Final = Month(2026, 10)

_TEXT_MAP: Final = pa.map_(pa.string(), pa.string())
_ARROW: Final = {
    table.TEXT.name: pa.string(),
    table.NUMBER.name: pa.float64(),
    table.RATE.name: pa.string(),
    table.MOMENT.name: pa.timestamp("ns"),  # as real files have them: INT96
    table.MAP.name: _TEXT_MAP,
}
_CUR_LINE: Final = {
    "bill_billing_entity": "AWS",
    "bill_billing_period_end_date": "2026-11-01",
    "bill_billing_period_start_date": "2026-10-01",
    "bill_invoice_id": "",
    "bill_payer_account_id": "000123456789",
    "line_item_currency_code": "USD",
    "line_item_line_item_description": "$98.32 per On Demand Linux p5.48xlarge Instance Hour",
    "line_item_line_item_type": "Usage",
    "line_item_operation": "RunInstances",
    "line_item_product_code": "AmazonEC2",
    "line_item_unblended_cost": 98.32,
    "line_item_unblended_rate": "98.32",
    "line_item_usage_account_id": "000000000001",
    "line_item_usage_amount": 1.0,
    "line_item_usage_end_date": "2026-10-05T04:00:00",
    "line_item_usage_start_date": "2026-10-05T03:00:00",
    "line_item_usage_type": "USE2-BoxUsage:p5.48xlarge",
    "pricing_unit": "Hrs",
    "resource_tags": {"user_project": "support-bot"},
}
_FOCUS_LINE: Final = {
    "BilledCost": 98.32,
    "BillingAccountId": "000123456789",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-11-01",
    "BillingPeriodStart": "2026-10-01",
    "ChargeCategory": "Usage",
    "ChargeDescription": "On demand p5.48xlarge",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-10-05T04:00:00",
    "ChargePeriodStart": "2026-10-05T03:00:00",
    "ConsumedQuantity": 1.0,
    "ConsumedUnit": "Hours",
    "ContractedCost": 98.32,
    "EffectiveCost": 98.32,
    "ListCost": 98.32,
    "PricingCategory": "Standard",
    "ProviderName": "AWS",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "ServiceSubcategory": "Virtual Machines",
    "SubAccountId": "000000000001",
    "Tags": {"user_project": "support-bot"},
    "x_ServiceCode": "AmazonEC2",
    "x_UsageType": "USE2-BoxUsage:p5.48xlarge",
}


def _value(value: object, dtype: pa.DataType) -> object:
    if pa.types.is_timestamp(dtype) and isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    return list(value.items()) if isinstance(value, Mapping) else value


def _arrow(
    lines: Sequence[Line], fields: Sequence[table.Field], base: Line, types: Mapping[str, Any]
) -> pa.Table:
    rows = [{**base, **line} for line in lines]
    arrays = {}
    for each in fields:
        dtype = types.get(each.name, _ARROW[each.kind.name])
        arrays[each.name] = pa.array([_value(row.get(each.name), dtype) for row in rows], dtype)
    extra = {name: dtype for name, dtype in types.items() if name not in arrays}
    for name, dtype in extra.items():
        arrays[name] = pa.array([_value(row.get(name), dtype) for row in rows], dtype)
    return pa.table(arrays)


@dataclass(frozen=True)
class Maker:
    """Makes documents of both tables; lines say only what differs from an ordinary one."""

    folder: Path

    def cur(self, lines: Sequence[Line], types: Mapping[str, Any] | None = None) -> pa.Table:
        return _arrow(lines, columns.FIELDS, _CUR_LINE, types or {})

    def focus(self, lines: Sequence[Line], types: Mapping[str, Any] | None = None) -> pa.Table:
        return _arrow(lines, focus_export.FIELDS, _FOCUS_LINE, types or {})

    def written(self, content: pa.Table, name: str = "document") -> Path:
        path = self.folder / name
        path.write_bytes(self.bytes(content))
        return path

    @staticmethod
    def bytes(content: pa.Table) -> bytes:
        out = io.BytesIO()
        pq.write_table(content, out, compression="snappy", use_deprecated_int96_timestamps=True)
        return out.getvalue()


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@dataclass(frozen=True)
class Export:
    """One delivery of an export: keys relative to the place, and their bytes."""

    files: tuple[bytes, ...]
    name: str = "ft"
    period: Month = OCTOBER
    version: str = "11111111-2222-3333-4444-555555555555"
    root: str = "s3://billing/exports"
    columns: tuple[str, ...] = ("line_item_line_item_type",)
    members: Mapping[str, Any] = field(default_factory=dict)
    run: str = ""  # create-new mode has a folder for each run

    @property
    def manifest_key(self) -> str:
        return f"{self.name}/metadata/BILLING_PERIOD={self.period}/{self.name}-Manifest.json"

    @property
    def data_keys(self) -> tuple[str, ...]:
        home = f"{self.name}/data/BILLING_PERIOD={self.period}/{self.run}"
        return tuple(
            f"{home}{self.name}-{n:05d}.snappy.parquet" for n in range(1, len(self.files) + 1)
        )

    @property
    def manifest(self) -> bytes:
        content = {
            "executionId": self.version,
            "exportArn": f"arn:aws:bcm-data-exports:us-east-1:000123456789:export/{self.name}",
            "columns": [{"name": name, "type": "string"} for name in self.columns],
            "dataFiles": [f"{self.root}/{key}" for key in self.data_keys],
            **self.members,
        }
        return json.dumps(content).encode()

    @property
    def objects(self) -> dict[str, bytes]:
        data = dict(zip(self.data_keys, self.files, strict=True))
        return {**data, self.manifest_key: self.manifest}

    def lay(self, folder: Path) -> None:
        for key, content in self.objects.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@pytest.fixture
def export() -> type[Export]:
    return Export


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


Build = Callable[..., DataExport]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def built(location: str = "bills", **settings: Any) -> DataExport:
        given = {"kind": "aws_data_export", "location": location, "export": "ft", **settings}
        return DataExport("aws", Settings.model_validate(given), tmp_path)

    return built


Fetch = Callable[..., Delivery | SourceError]


@pytest.fixture
def fetch(archive: Archive) -> Fetch:
    """Return the one thing a source has to say about October."""

    def fetched(source: DataExport, period: Month = OCTOBER) -> Delivery | SourceError:
        (answer,) = source.fetch([period], archive, {})
        return answer

    return fetched


@pytest.fixture
def delivery() -> Callable[[str], Delivery]:
    def made(table_name: str) -> Delivery:
        document = Document("ft-00001.snappy.parquet", "0" * 64, 1)
        return Delivery(
            source="aws", period=OCTOBER, version="1", documents=(document,), table=table_name
        )

    return made


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame as text, without columns in which nothing stands."""
    full = frame.select(s for s in frame if s.null_count() < len(s) or s.name == "x_row")
    maps = [name for name, dtype in full.schema.items() if isinstance(dtype, pl.Map)]
    decimals = [name for name, dtype in full.schema.items() if isinstance(dtype, pl.Decimal)]
    times = [name for name, dtype in full.schema.items() if isinstance(dtype, pl.Datetime)]
    return full.with_columns(
        *(pl.col(n).map_elements(_json, return_dtype=pl.String) for n in maps),
        *(
            pl.col(n).cast(pl.String).str.strip_chars_end("0").str.strip_suffix(".")
            for n in decimals
        ),
        *(pl.col(n).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for n in times),
    )


def _json(entries: Any) -> str:
    pairs = entries if isinstance(entries, dict) else {e["key"]: e["value"] for e in entries}
    return json.dumps(pairs, sort_keys=True)


@pytest.fixture
def plain() -> Callable[[pl.LazyFrame], str]:
    """Show charges for a person: what all have in common first, then what tells them apart."""

    def shown(charges: pl.LazyFrame) -> str:
        rows = _plain(charges.collect(engine="streaming")).rows(named=True)
        common = {n: v for n, v in rows[0].items() if all(row[n] == v for row in rows[1:])}
        blocks = [common, *({n: v for n, v in row.items() if n not in common} for row in rows)]
        texts = ("".join(f"{n}: {v}\n" for n, v in b.items() if v is not None) for b in blocks)
        return "\n".join(texts)

    return shown


@dataclass
class Bucket:
    """A bucket on a server of our own, with a client of its own."""

    endpoint: str
    client: Any
    name: str = "billing"
    prefix: str = "exports"

    def put(self, exported: Export) -> None:
        for key, content in exported.objects.items():
            self.client.put_object(Bucket=self.name, Key=f"{self.prefix}/{key}", Body=content)


@pytest.fixture(scope="session")
def loader() -> Loader:
    return Loader()


@pytest.fixture(autouse=True)
def _models_are_read_once(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all clients share the service models, which take most of the time to make one."""
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: loader)


@pytest.fixture
def keys_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret-in-no-message")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def bucket(played_store: str, keys_in_environment: None) -> Iterator[Bucket]:  # noqa: ARG001
    client = boto3.client("s3", endpoint_url=played_store)
    client.create_bucket(Bucket="billing")
    yield Bucket(played_store, client)
    for item in client.list_objects_v2(Bucket="billing").get("Contents", ()):
        client.delete_object(Bucket="billing", Key=item["Key"])
    client.delete_bucket(Bucket="billing")
    client.close()


@dataclass
class Answer:
    """What the scripted server says to one request.

    `cut` bytes of the body are sent, whatever Content-Length says. `alone` bodies are
    never resumed: a Range is ignored.
    """

    body: bytes = b""
    status: int = 200
    cut: int | None = None
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False


@dataclass
class Script:
    """A server that answers as told: `reply(key, n)`, n counting the requests for the key."""

    reply: Callable[[str, int], Answer] = lambda _key, _n: Answer(status=404)
    endpoint: str = ""
    seen: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)  # method, address, body

    @property
    def asked(self) -> list[str]:
        return [key for key, _ in self.seen]

    def serving(self, objects: Mapping[str, bytes]) -> Callable[[str, int], Answer]:
        """Answer with these objects, and 404 for any other."""

        def reply(key: str, _n: int) -> Answer:
            return Answer(objects[key]) if key in objects else Answer(_code("NoSuchKey"), 404)

        return reply


def _code(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>canary-message</Message></Error>".encode()


@pytest.fixture
def code() -> Callable[[str], bytes]:
    return _code


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def script(keys_in_environment: None) -> Iterator[Script]:  # noqa: ARG001
    state = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].replace("%3D", "=")
            key = path.removeprefix("/billing/").removeprefix("exports/")
            count = state.asked.count(key)
            state.seen.append((key, dict(self.headers)))
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.calls.append((self.command, self.path, body.decode()))
            _send(self, state.reply(key, count))

        do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names of the base

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def _send(handler: BaseHTTPRequestHandler, said: Answer) -> None:
    etag = said.etag or f'"{hash(said.body):x}"'
    wanted, status, body = handler.headers.get("If-Match"), said.status, said.body
    span = handler.headers.get("Range")
    headers = dict(said.headers)
    if status == 200 and wanted and wanted != etag:
        status, body = 412, _code("PreconditionFailed")
    elif status == 200 and span and not said.alone:
        start = int(span.removeprefix("bytes=").rstrip("-"))
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        status, body = 206, body[start:]
    handler.send_response_only(status)
    usual = {"Date": handler.date_time_string(), "ETag": etag, "Content-Length": str(len(body))}
    for name, value in {**usual, **headers}.items():
        handler.send_header(name, value)
    handler.send_header("Connection", "close")
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body if said.cut is None else body[: said.cut])
    handler.close_connection = True


@pytest.fixture
def totals() -> Callable[[pl.LazyFrame], list[tuple[object, ...]]]:
    """Return the totals of charges as a control states them."""

    def summed(charges: pl.LazyFrame) -> list[tuple[object, ...]]:
        groups = charges.group_by("billing_currency", "charge_category").agg(
            pl.len(), pl.col("billed_cost", "effective_cost").sum()
        )
        return sorted(groups.collect(engine="streaming").rows())

    return summed
