"""One small delivery of each kind of source in each form, and what became of it.

The documents are made by the builders beside the tests of each kind.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import shutil
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple
from uuid import UUID

import polars as pl
import pytest

from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Delivery, Source, build, settings_model
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month

OCTOBER: Final = Month(2026, 10)
Row = Mapping[str, Any]
COSTS: Final = ("billed_cost", "effective_cost")


@cache
def builders(kind: str) -> ModuleType:
    """Return the builders beside the tests of a kind."""
    path = Path(__file__).parent.parent / kind / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"_builders_{kind.replace('/', '_')}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


Rows = tuple[tuple[str, str], ...]  # cost, and when it was caused


def lines(*costs: str, month: Month = OCTOBER) -> Rows:
    return tuple((cost, f"{month}-{5 + n:02d}T03:00:00") for n, cost in enumerate(costs))


def _used(content: Any) -> Any:
    """Return a table without the columns in which nothing stands."""
    return content.drop_columns(
        [n for n in content.column_names if content.column(n).null_count == len(content)]
    )


def _cur(rows: Rows, month: Month = OCTOBER) -> Any:
    made = (
        builders("aws")
        .Maker(Path())
        .cur(
            [
                {
                    "line_item_unblended_cost": float(cost),
                    "line_item_usage_start_date": start,
                    "line_item_usage_end_date": start.replace("T03", "T04"),
                    "bill_billing_period_start_date": str(month.first),
                    "bill_billing_period_end_date": str((month + 1).first),
                }
                for cost, start in rows
            ]
        )
    )
    return _used(made)


def _aws_focus(rows: Rows, month: Month = OCTOBER) -> Any:
    return (
        builders("aws")
        .Maker(Path())
        .focus(
            [
                {
                    **{f"{name}Cost": float(cost) for name in ("Billed", "Effective")},
                    "ChargePeriodStart": start,
                    "ChargePeriodEnd": start.replace("T03", "T04"),
                    "BillingPeriodStart": str(month.first),
                    "BillingPeriodEnd": str((month + 1).first),
                }
                for cost, start in rows
            ]
        )
    )


_GCP_NAMES: Final = (
    *("billing_account_id", "service", "sku", "usage_start_time", "usage_end_time", "project"),
    *("labels", "cost", "currency", "credits", "invoice", "cost_type"),
)


def _gcp(rows: Rows, form: str, month: Month = OCTOBER) -> bytes:
    given = builders("gcp")
    every = [
        {
            **{name: given.ROW[name] for name in _GCP_NAMES},
            "project": {"id": "ft"},
            "cost": float(cost),
            "usage_start_time": f"{start}Z",
            "usage_end_time": f"{start.replace('T03', 'T04')}Z",
            "invoice": {"month": str(month).replace("-", "")},
        }
        for cost, start in rows
    ]
    if form == "csv":
        return bytes(given.as_csv(every, _GCP_NAMES))
    if form == "json":
        return bytes(given.as_json(every))
    schema = given.TABLE.empty_table().select(_GCP_NAMES).schema
    return bytes(given.as_parquet(every, schema))


def _days(month: Month) -> str:
    last = (month + 1).first.toordinal() - 1
    return f"{month.first:%Y%m%d}-{month.first.fromordinal(last):%Y%m%d}"


_AZURE_NAMES: Final = (
    *("BillingAccountId", "BillingPeriodStartDate", "BillingPeriodEndDate", "SubscriptionId"),
    *("Date", "ProductName", "MeterCategory", "MeterName", "Quantity", "CostInBillingCurrency"),
    *("BillingCurrencyCode", "ResourceId", "Tags", "UnitOfMeasure", "ReservationId"),
    *("ChargeType", "Frequency", "PublisherType", "PricingModel", "benefitId"),
)


def _azure(rows: Rows, month: Month = OCTOBER) -> bytes:
    made: bytes = builders("azure")._csv(
        [
            {
                "CostInBillingCurrency": cost,
                "Date": f"{start[5:7]}/{start[8:10]}/{start[:4]}",
                "BillingPeriodStartDate": f"{month.first:%m/%d/%Y}",
                "BillingPeriodEndDate": f"{_days(month)[13:15]}/{_days(month)[15:]}/{month.year}",
            }
            for cost, start in rows
        ],
        "ea",
        _AZURE_NAMES,
    )
    return made


def _azure_focus(rows: Rows, month: Month = OCTOBER) -> bytes:
    made = builders("azure")._csv(
        [
            {
                **{f"{name}Cost": cost for name in ("Billed", "Effective")},
                "ChargePeriodStart": f"{start[:10]}T00:00:00Z",
                "ChargePeriodEnd": f"{start[:10]}T23:00:00Z",
                "BillingPeriodStart": f"{month.first}T00:00:00Z",
                "BillingPeriodEnd": f"{(month + 1).first}T00:00:00Z",
            }
            for cost, start in rows
        ],
        "focus",
    )
    return bytes(builders("azure")._parquet(made))


_FOCUS_NAMES: Final = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeFrequency"),
    *("ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "ListCost"),
    *("ProviderName", "ServiceCategory", "ServiceName", "Tags"),
)


def _focus(rows: Rows, form: str, month: Month = OCTOBER) -> bytes:
    make = builders("focus").Maker()
    every = [
        make.row(
            **{f"{name}Cost": cost for name in ("Billed", "Effective")},
            ChargePeriodStart=f"{start}Z",
            ChargePeriodEnd=f"{start.replace('T03', 'T04')}Z",
            BillingPeriodStart=f"{month.first}T00:00:00Z",
            BillingPeriodEnd=f"{(month + 1).first}T00:00:00Z",
        )
        for cost, start in rows
    ]
    write = make.parquet if form == "parquet" else make.csv
    return bytes(write(every, _FOCUS_NAMES))


def _parquet(content: Any) -> bytes:
    return bytes(builders("aws").Maker.bytes(content))


def _text(content: Any) -> bytes:
    return bytes(builders("aws/forms").Text.csv(content))


def _legacy(content: Any) -> bytes:
    """Return a legacy report without the columns in which nothing stands."""
    return bytes(builders("aws/forms").Text.legacy(content))


def squeeze(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def pack(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("hourly-1.csv"), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _version(content: bytes) -> str:
    """Return an id of a delivery, as the provider gives each its own."""
    return str(UUID(hashlib.sha256(content).hexdigest()[:32]))


def _export(content: bytes, suffix: str, month: Month, *, focus: bool = False) -> dict[str, bytes]:
    columns = ("BilledCost",) if focus else ("line_item_line_item_type",)
    made = builders("aws").Export(
        (content,), period=month, columns=columns, version=_version(content)
    )
    (key,) = made.data_keys
    data = key.replace("snappy.parquet", suffix)
    manifest = made.manifest.replace(key.encode(), data.encode())
    return {data: content, made.manifest_key: manifest}


def _report(content: bytes, suffix: str, month: Month) -> dict[str, bytes]:
    made = builders("aws/forms").Report((content,), suffix, "overwrite", period=month)
    return dict(made.objects)


def _run(content: bytes, month: Month, rows: int = 0, **given: Any) -> dict[str, bytes]:
    run = builders("azure").Run(
        (content,), days=_days(month), rows=(rows,) if rows else (), guid=_version(content)
    )
    return dict(run.but(**given).objects)


def _pair(content: bytes, month: Month, _rows: int) -> dict[str, bytes]:
    """Return both datasets, of which the ordinary rows are the same."""
    amortized = content.replace(b"NC24ads A100 v4 - US East", b"NC24ads A100 v4 - US east")
    runs = {"actual": (content, "ActualCost"), "amortized": (amortized, "AmortizedCost")}
    return {
        f"{folder}/{key}": data
        for folder, (part, kind) in runs.items()
        for key, data in _run(part, month, type=kind).items()
    }


ROWS: Final = lines("98.32", "1.25")


@dataclass(frozen=True)
class Case:
    """One kind of source in one form.

    Attributes:
        name: What it is, for people.
        kind: Name of the source.
        settings: What the user says about it.
        text: Returns the table of these rows and this month, before it is wrapped.
        wrap: Wraps a table as the form has it.
        lay: Returns the objects of a delivery: the document, and what stands beside it.
        knows: What damage the form itself can tell: `all`, `cuts` (each but at the end of a
            row) or `counts` (each cut, by what the manifest states).
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    table: Callable[[Rows, Month], bytes]
    wrap: Callable[[bytes], bytes]
    lay: Callable[[bytes, Month, int], Mapping[str, bytes]]
    knows: str = "all"
    is_text: bool = True

    def document(self, rows: Rows = ROWS, month: Month = OCTOBER) -> bytes:
        return self.wrap(self.table(rows, month))

    def unwrapped(self) -> bytes:
        return self.table(ROWS, OCTOBER)

    def objects(
        self, document: bytes, month: Month = OCTOBER, rows: int = len(ROWS)
    ) -> dict[str, bytes]:
        """Return a document of so many rows and what stands beside it, by key."""
        return dict(self.lay(document, month, rows))

    def source(self, folder: Path) -> Source:
        given = settings_model(self.kind).model_validate({"kind": self.kind, **self.settings})
        return build("acme", self.kind, given, folder)


_EXPORT: Final = {"location": "bills", "export": "ft"}
_REPORT: Final = {"location": "bills", "report": "hourly"}
_GCP: Final = {"location": "bills", "pattern": "*{yyyymm}*"}
_FOCUS: Final = {"location": "bills", "pattern": "*{month}*"}
_PAIR: Final = {"actual": "bills/actual", "amortized": "bills/amortized"}


def _file(suffix: str, *, compact: bool = False) -> Callable[..., dict[str, bytes]]:
    def laid(content: bytes, month: Month, _rows: int) -> dict[str, bytes]:
        return {f"{str(month).replace('-', '') if compact else month}.{suffix}": content}

    return laid


CASES: Final = (
    Case(
        "CUR 2.0 Parquet",
        "aws_data_export",
        _EXPORT,
        lambda rows, month: _parquet(_cur(rows, month)),
        bytes,
        lambda content, month, _: _export(content, "snappy.parquet", month),
        is_text=False,
    ),
    Case(
        "CUR 2.0 CSV.gz",
        "aws_data_export",
        _EXPORT,
        lambda rows, month: _text(_cur(rows, month)),
        squeeze,
        lambda content, month, _: _export(content, "csv.gz", month),
    ),
    Case(
        "legacy CUR gz",
        "aws_cur",
        _REPORT,
        lambda rows, month: _legacy(_cur(rows, month)),
        squeeze,
        lambda content, month, _: _report(content, "csv.gz", month),
    ),
    Case(
        "legacy CUR zip",
        "aws_cur",
        _REPORT,
        lambda rows, month: _legacy(_cur(rows, month)),
        pack,
        lambda content, month, _: _report(content, "csv.zip", month),
    ),
    Case(
        "AWS FOCUS CSV.gz",
        "aws_data_export",
        _EXPORT,
        lambda rows, month: _text(_aws_focus(rows, month)),
        squeeze,
        lambda content, month, _: _export(content, "csv.gz", month, focus=True),
    ),
    Case(
        "GCP Parquet",
        "gcp_billing_export",
        _GCP,
        lambda rows, month: _gcp(rows, "parquet", month),
        bytes,
        _file("parquet", compact=True),
        is_text=False,
    ),
    Case(
        "GCP NDJSON",
        "gcp_billing_export",
        _GCP,
        lambda rows, month: _gcp(rows, "json", month),
        bytes,
        _file("json", compact=True),
        knows="cuts",
    ),
    Case(
        "GCP CSV",
        "gcp_billing_export",
        _GCP,
        lambda rows, month: _gcp(rows, "csv", month),
        bytes,
        _file("csv", compact=True),
        knows="cuts",
    ),
    Case(
        "Azure actual and amortised CSV",
        "azure_export",
        _PAIR,
        _azure,
        bytes,
        _pair,
        knows="counts",
    ),
    Case(
        "Azure FOCUS Parquet",
        "azure_export",
        {"focus": "bills"},
        _azure_focus,
        bytes,
        lambda content, month, rows: _run(
            content, month, rows, type="FocusCost", suffix=".parquet"
        ),
        is_text=False,
    ),
    Case(
        "FOCUS CSV",
        "focus",
        _FOCUS,
        lambda rows, month: _focus(rows, "csv", month),
        bytes,
        _file("csv"),
        knows="cuts",
    ),
    Case(
        "FOCUS Parquet",
        "focus",
        _FOCUS,
        lambda rows, month: _focus(rows, "parquet", month),
        bytes,
        _file("parquet"),
        is_text=False,
    ),
)
NAMED: Final = {case.name: case for case in CASES}


class Figures(NamedTuple):
    """What became charges, and what was set aside."""

    rows: int
    sums: tuple[Decimal, ...]
    keys: str
    rejected: int


@dataclass(frozen=True)
class Refused:
    """Nothing became a charge, for this reason."""

    said: str


Outcome = Figures | Refused
_KEYS: Final = ("billing_account_id", "sub_account_id", "service_name", "charge_period_start")


@dataclass(frozen=True)
class Trial:
    """Lays deliveries into a folder, and loads them as a run does."""

    folder: Path
    archive: Archive
    lake: Lake

    def lay(self, objects: Mapping[str, bytes]) -> None:
        """Put objects into the folder, in place of all that was there."""
        shutil.rmtree(self.folder / "bills", ignore_errors=True)
        for key, content in objects.items():
            path = self.folder / "bills" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def put(self, key: str, content: bytes) -> None:
        """Replace one object, and leave the others."""
        (self.folder / "bills" / key).write_bytes(content)

    def fetched(self, case: Case, objects: Mapping[str, bytes] | None = None) -> Delivery | Refused:
        """Return what a source has to say of what lies there, or of these objects instead."""
        if objects is not None:
            self.lay(objects)
        (answer,) = case.source(self.folder).fetch([OCTOBER], self.archive, {})
        return answer if isinstance(answer, Delivery) else Refused(str(answer))

    def loaded(self, case: Case, delivery: Delivery) -> Outcome:
        """Load, and return what counts; both readers agree on it."""
        try:
            found = load_delivery(case.source(self.folder), delivery, self.archive, self.lake)
        except SourceError as error:
            return Refused(str(error))
        return self.figures(found)

    def outcome(self, case: Case, objects: Mapping[str, bytes]) -> Outcome:
        answer = self.fetched(case, objects)
        return answer if isinstance(answer, Refused) else self.loaded(case, answer)

    def charges(self, loaded: LoadedDelivery) -> pl.DataFrame:
        names = [document.charges for document in loaded.documents]
        return pl.concat(
            pl.read_parquet(self.lake.path("charges", name), glob=False) for name in names
        )

    def figures(self, loaded: LoadedDelivery) -> Figures:
        charges = self.charges(loaded)
        keys = charges.select(_KEYS).sort(pl.all()).write_json()
        sums = tuple(Decimal(charges[cost].sum()) for cost in COSTS)
        rejected = sum(document.rejected_rows for document in loaded.documents)
        return Figures(charges.height, sums, keys, rejected)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def named() -> Mapping[str, Case]:
    return NAMED


@pytest.fixture
def refused() -> type[Refused]:
    return Refused


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path, Archive(tmp_path / "archive"), Lake(tmp_path / "lake"))


@pytest.fixture(scope="session", name="builders")
def _builders() -> Callable[[str], ModuleType]:
    """Return what finds the builders beside the tests of a kind."""
    return builders


@pytest.fixture
def keys_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret-in-no-message")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


# a server that answers as told, and what it says
script, answer = builders("aws").script, builders("aws").answer


@pytest.fixture(scope="session", name="lines")
def _lines() -> Callable[..., Rows]:
    """Return rows of these costs, each of another day of a month."""
    return lines
