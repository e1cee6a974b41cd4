"""A server that answers the real client: our own SQL, translated, over rows in DuckDB.

Translated are names of types and functions, the pseudo-column, and lists as tables; each rule
of TRANSLATION is one of these. What it cannot show is whether the real service accepts the
text: that rests on the forms of its own documentation, which the rules name.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlparse

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from ingest.source import Delivery
from ingest.sources.gcp_bigquery import Settings, UsageCostTable
from models.archive import Archive
from models.errors import SourceError
from models.period import Month

TABLE: Final = "llm-billing.costs.gcp_billing_export_resource_v1_012345_567890_ABCDEF"
OCTOBER: Final = Month(2026, 10)

# what the service writes: what DuckDB writes
TRANSLATION: Final = (
    (r"`[^`]+`", "export"),
    # a list as a table, joined to its row, with the place of each entry
    (
        r"LEFT JOIN UNNEST\((\S+)\) AS (\w+) WITH OFFSET AS (\w+)",
        r"LEFT JOIN LATERAL (SELECT UNNEST(\1) AS \2, "  # noqa: ISC004 - one text
        r"generate_subscripts(\1, 1) - 1 AS \3) ON TRUE",
    ),
    (r"FROM UNNEST\(([\w.]+)\) AS (\w+)", r"FROM (SELECT UNNEST(\1) AS \2)"),
    (r"IN UNNEST\(@(\w+)\)", r"IN (SELECT UNNEST($\1))"),
    # a record: STRUCT(value AS name)
    (r"(pair\.\w+) AS (\w+)", r"\2 := \1"),
    (r"STRUCT\(", "struct_pack("),
    (r"TO_JSON_STRING\(", "to_json("),
    # days of an instant: in a named zone, else in the project's own, which may be any
    (r"DATE\((\w+), 'UTC'\)", r"CAST(\1 AS DATE)"),
    (r"\bDATE\((\w+)\)", r"CAST(\1 - INTERVAL 8 HOURS AS DATE)"),
    (r"\bNUMERIC\b", "DECIMAL(38, 9)"),
    (r"@(\w+)", r"$\1"),
)

_PAIR: Final = pa.list_(pa.struct({"key": pa.string(), "value": pa.string()}))
_PRICE: Final = pa.decimal128(38, 9)
_INSTANT: Final = pa.timestamp("us")
FORM: Final[dict[str, pa.DataType]] = {
    "_PARTITIONTIME": _INSTANT,
    "billing_account_id": pa.string(),
    "invoice": pa.struct({"month": pa.string(), "publisher_type": pa.string()}),
    "cost_type": pa.string(),
    "service": pa.struct({"id": pa.string(), "description": pa.string()}),
    "sku": pa.struct({"id": pa.string(), "description": pa.string()}),
    "usage_start_time": _INSTANT,
    "usage_end_time": _INSTANT,
    "project": pa.struct(
        {"id": pa.string(), "number": pa.string(), "name": pa.string(), "labels": _PAIR}
    ),
    "labels": _PAIR,
    "system_labels": _PAIR,
    "location": pa.struct({"location": pa.string(), "region": pa.string()}),
    "resource": pa.struct({"name": pa.string(), "global_name": pa.string()}),
    "currency": pa.string(),
    "currency_conversion_rate": pa.float64(),
    "cost": pa.float64(),
    "cost_at_list": pa.float64(),
    "usage": pa.struct({"amount_in_pricing_units": pa.float64(), "pricing_unit": pa.string()}),
    "price": pa.struct({"list_price": _PRICE, "effective_price": _PRICE}),
    "credits": pa.list_(
        pa.struct({"type": pa.string(), "name": pa.string(), "amount": pa.float64()})
    ),
    "export_time": _INSTANT,
}


def line(**changes: Any) -> dict[str, Any]:
    """Return a row of the export: an hour of a GPU, but for the changes."""
    start = changes.get("usage_start_time", datetime(2026, 10, 5, 3))  # noqa: DTZ001 - as stored
    arrived = changes.get("export_time", start + timedelta(hours=5))
    ordinary = {
        "_PARTITIONTIME": datetime.combine(arrived, datetime.min.time()),
        "billing_account_id": "012345-567890-ABCDEF",
        "invoice": {"month": "202610", "publisher_type": "GOOGLE"},
        "cost_type": "regular",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "AAAA-0001", "description": "Nvidia A100 GPU running in Americas"},
        "usage_start_time": start,
        "usage_end_time": start + timedelta(hours=1),
        "project": {"id": "llm-ft", "number": "1", "name": "LLM", "labels": []},
        "labels": [{"key": "run", "value": "r1"}],
        "system_labels": [],
        "location": {"location": "us-central1", "region": "us-central1"},
        "resource": {"name": "vm-1", "global_name": "//compute/vm-1"},
        "currency": "USD",
        "currency_conversion_rate": 1.0,
        "cost": 2.933,
        "cost_at_list": 3.5,
        "usage": {"amount_in_pricing_units": 1.0, "pricing_unit": "hour"},
        "price": {"list_price": Decimal("3.5"), "effective_price": Decimal("2.933")},
        "credits": [],
        "export_time": arrived,
    }
    return {**ordinary, **changes}


Trouble = int | str | tuple[int, str]


@dataclass(repr=False)
class Warehouse:
    """The server's state: its rows, what it was asked, and the troubles that are due.

    `troubles` are by request (table, insert, results): a status, a status with its reason,
    `cut` for half an answer, `hang` for none in time. Each is used once.
    """

    form: dict[str, pa.DataType] = field(default_factory=lambda: dict(FORM))
    table: dict[str, Any] = field(default_factory=dict)
    page: int = 3
    bytes_a_row: int = 100
    failures: list[str] = field(default_factory=list)
    may: list[str] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    always: dict[str, Trouble] = field(default_factory=dict)
    message: str = "canary-message of someone@example.com"
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    configurations: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    before_query: Callable[[int], None] = lambda _n: None
    pause: threading.Event = field(default_factory=threading.Event)
    endpoint: str = ""
    base: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def fill(self, *rows: Mapping[str, Any]) -> None:
        """Make these the rows of the table."""
        self.rows = [dict(row) for row in rows]
        arrays = {
            name: pa.array([row.get(name) for row in rows], dtype)
            for name, dtype in self.form.items()
        }
        self.base.register("given", pa.table(arrays))
        self.base.execute("CREATE OR REPLACE TABLE export AS FROM given")

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Append rows, as the provider does."""
        self.fill(*self.rows, *rows)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Day of arrival and invoice month of each question for rows."""
        given = [
            {p["name"]: p["parameterValue"].get("value", "") for p in c["query"]["queryParameters"]}
            for c in self.configurations
        ]
        return [(each["start"][:10], each["month"]) for each in given if "month" in each]

    def run(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """Run a query, or say why not, as the service does in the state of a job."""
        self.configurations.append(dict(configuration))
        self.before_query(len(self.configurations))
        query = configuration["query"]
        if lacking := self.lacking(configuration):
            return {"error": ("invalid", lacking)}
        if self.failures:
            return {"error": (self.failures.pop(0), self.message)}
        if len(self.rows) * self.bytes_a_row > int(query["maximumBytesBilled"]):
            return {"error": ("bytesBilledLimitExceeded", self.message)}
        if configuration.get("dryRun"):
            return {}
        given = {p["name"]: _parameter(p) for p in query["queryParameters"]}
        try:
            found = self.base.cursor().sql(translated(query["query"]), params=given)
            return {"answer": found.to_arrow_table()}
        except duckdb.Error as error:
            return {"error": ("invalidQuery", str(error))}

    def lacking(self, configuration: Mapping[str, Any]) -> str:
        """Say which bound of a job is not there; a table of a careful owner asks for them."""
        query = configuration["query"]
        bound = "_PARTITIONTIME >= @start AND _PARTITIONTIME < @end"
        checks = {
            "maximumBytesBilled": int(query.get("maximumBytesBilled", 0)) > 0,
            "useLegacySql": query.get("useLegacySql") is False,
            "partition filter": bound in query["query"],
            "parameterMode": query.get("parameterMode") == "NAMED",
            "jobTimeoutMs": int(configuration.get("jobTimeoutMs", 0)) > 0,
            "labels": configuration.get("labels", {}).get("trueup") == "gcp",
        }
        return next((name for name, sound in checks.items() if not sound), "")


def translated(sql: str) -> str:
    for pattern, replacement in TRANSLATION:
        sql = re.sub(pattern, replacement, sql)
    return sql


def _parameter(given: Mapping[str, Any]) -> object:
    kind, value = given["parameterType"]["type"], given["parameterValue"]
    if kind == "ARRAY":
        return [each["value"] for each in value["arrayValues"]]
    if kind == "TIMESTAMP":
        return datetime.fromisoformat(value["value"]).astimezone(UTC).replace(tzinfo=None)
    return value["value"]


_TYPES: Final = {
    pa.string(): "STRING",
    pa.float64(): "FLOAT",
    pa.int64(): "INTEGER",
    pa.date32(): "DATE",
    _INSTANT: "TIMESTAMP",
}


def _type(found: pa.DataType) -> str:
    return "NUMERIC" if pa.types.is_decimal(found) else _TYPES[found]


def _wire(value: object) -> str | None:
    if isinstance(value, datetime):
        return str(int(value.replace(tzinfo=UTC).timestamp()) * 1_000_000 + value.microsecond)
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)


def _column(name: str, found: pa.DataType) -> dict[str, Any]:
    repeated = pa.types.is_list(found)
    inner = found.value_type if repeated else found
    mode = "REPEATED" if repeated else "NULLABLE"
    if pa.types.is_struct(inner):
        fields = [_column(member.name, member.type) for member in inner]
        return {"name": name, "type": "RECORD", "mode": mode, "fields": fields}
    return {"name": name, "type": _type(inner), "mode": mode}


class Handler(BaseHTTPRequestHandler):
    warehouse: Warehouse

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "testIamPermissions" in self.path:
            self.say(200, {"permissions": self.warehouse.may} if self.warehouse.may else {})
        elif not self.troubled("insert"):
            name = body["jobReference"]["jobId"]
            self.warehouse.jobs[name] = self.warehouse.run(body["configuration"])
            self.say(200, self.job(name))

    def do_GET(self) -> None:
        url = urlparse(self.path)
        last = url.path.rpartition("/")[2]
        if "/queries/" in url.path:
            if not self.troubled("results"):
                self.say(200, self.results(last, parse_qs(url.query)))
        elif "/jobs/" in url.path:
            self.say(200, self.job(last))
        elif not self.troubled("table"):
            self.say(200, self.table(last))

    def table(self, name: str) -> dict[str, Any]:
        columns = {n: t for n, t in self.warehouse.form.items() if not n.startswith("_")}
        return {
            "tableReference": {"projectId": "p", "datasetId": "d", "tableId": name},
            "schema": {"fields": [_column(name, dtype) for name, dtype in columns.items()]},
            "type": "TABLE",
            "location": "EU",
            "timePartitioning": {"type": "DAY"},
            **self.warehouse.table,
        }

    def job(self, name: str) -> dict[str, Any]:
        status: dict[str, Any] = {"state": "DONE"}
        if error := self.warehouse.jobs[name].get("error"):
            reason = {"reason": error[0], "message": error[1]}
            status |= {"errorResult": reason, "errors": [reason]}
        reference = {"projectId": "p", "jobId": name, "location": "EU"}
        size = str(len(self.warehouse.rows) * self.warehouse.bytes_a_row)
        statistics = {"query": {"statementType": "SELECT", "totalBytesProcessed": size}}
        return {
            "jobReference": reference,
            "status": status,
            "configuration": {"query": {}},
            "statistics": statistics,
        }

    def results(self, name: str, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        answer: pa.Table = self.warehouse.jobs[name]["answer"]
        start = int(query.get("pageToken", ["0"])[0])
        end = start + min(self.warehouse.page, int(query.get("maxResults", ["1000"])[0]))
        rows = answer.slice(start, end - start).to_pylist()
        more = {"pageToken": str(end)} if end < answer.num_rows else {}
        return {
            "jobReference": {"projectId": "p", "jobId": name, "location": "EU"},
            "jobComplete": True,
            "schema": {"fields": [_column(each.name, each.type) for each in answer.schema]},
            "totalRows": str(answer.num_rows),
            "rows": [{"f": [{"v": _wire(value)} for value in row.values()]} for row in rows],
            **more,
        }

    def troubled(self, request: str) -> bool:
        self.warehouse.requests.append(request)
        due = self.warehouse.troubles.get(request) or []
        trouble = due.pop(0) if due else self.warehouse.always.get(request)
        if trouble is None:
            return False
        if trouble == "hang":
            self.warehouse.pause.wait(5)
        elif trouble == "cut":
            self.say(200, {"rows": []}, cut=5)
        elif isinstance(trouble, (int, tuple)):
            self.refuse(*(trouble if isinstance(trouble, tuple) else (trouble, "backendError")))
        return True

    def refuse(self, status: int, reason: str) -> None:
        each = {"reason": reason, "message": self.warehouse.message, "domain": "global"}
        error = {"code": status, "message": self.warehouse.message, "errors": [each]}
        self.say(status, {"error": error})

    def say(self, status: int, content: object, cut: int | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = cut is not None


@pytest.fixture
def warehouse(served: Any) -> Iterator[Warehouse]:
    state = Warehouse()
    with served(type("Bound", (Handler,), {"warehouse": state})) as endpoint:
        state.endpoint = endpoint
        state.fill(line())
        yield state
        state.pause.set()
    state.base.close()


Row = Callable[..., dict[str, Any]]
Build = Callable[..., UsageCostTable]
Fetch = Callable[..., list[Delivery | SourceError]]
Read = Callable[[Delivery], pl.DataFrame]


@pytest.fixture(scope="session")
def row() -> Row:
    return line


@pytest.fixture
def build(warehouse: Warehouse, tmp_path: Path) -> Build:
    def built(**settings: Any) -> UsageCostTable:
        given = {
            "kind": "gcp_bigquery",
            "project": "llm-billing",
            "dataset": "costs",
            "billing_account": "012345-567890-ABCDEF",
            "endpoint": warehouse.endpoint,
            "retry_seconds": 1,
            **settings,
        }
        return UsageCostTable("gcp", Settings.model_validate(given), tmp_path)

    return built


@pytest.fixture
def fetch(build: Build, archive: Archive) -> Fetch:
    def fetched(
        *periods: Month, known: Mapping[Month, str] | None = None, **settings: Any
    ) -> list[Delivery | SourceError]:
        return list(build(**settings).fetch(periods or (OCTOBER,), archive, known or {}))

    return fetched


@pytest.fixture
def read(archive: Archive) -> Read:
    """Return all reduced rows of a delivery."""
    return lambda delivery: pl.concat(
        pl.read_parquet(archive.path(each.sha256), glob=False) for each in delivery.documents
    )
