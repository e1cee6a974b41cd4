"""The lines of the golden files in every form that the provider writes them in."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from ingest.source import Delivery
from ingest.sources.aws_cur import CostReport, Settings
from models.archive import Archive
from models.errors import SourceError
from models.period import Month

OCTOBER: Final = Month(2026, 10)

# As the "Data dictionary" of the Cost and Usage Reports user guide spells them, by what the
# one of CUR 2.0 calls them.
LEGACY: Final = {
    "bill_billing_entity": "bill/BillingEntity",
    "bill_billing_period_end_date": "bill/BillingPeriodEndDate",
    "bill_billing_period_start_date": "bill/BillingPeriodStartDate",
    "bill_invoice_id": "bill/InvoiceId",
    "bill_payer_account_id": "bill/PayerAccountId",
    "bill_payer_account_name": "bill/PayerAccountName",
    "capacity_reservation_capacity_reservation_arn": "capacityReservation/CapacityReservationArn",
    "capacity_reservation_capacity_reservation_status": (
        "capacityReservation/CapacityReservationStatus"
    ),
    "discount_total_discount": "discount/TotalDiscount",
    "line_item_availability_zone": "lineItem/AvailabilityZone",
    "line_item_currency_code": "lineItem/CurrencyCode",
    "line_item_legal_entity": "lineItem/LegalEntity",
    "line_item_line_item_description": "lineItem/LineItemDescription",
    "line_item_line_item_type": "lineItem/LineItemType",
    "line_item_net_unblended_cost": "lineItem/NetUnblendedCost",
    "line_item_operation": "lineItem/Operation",
    "line_item_product_code": "lineItem/ProductCode",
    "line_item_resource_id": "lineItem/ResourceId",
    "line_item_unblended_cost": "lineItem/UnblendedCost",
    "line_item_unblended_rate": "lineItem/UnblendedRate",
    "line_item_usage_account_id": "lineItem/UsageAccountId",
    "line_item_usage_account_name": "lineItem/UsageAccountName",
    "line_item_usage_amount": "lineItem/UsageAmount",
    "line_item_usage_end_date": "lineItem/UsageEndDate",
    "line_item_usage_start_date": "lineItem/UsageStartDate",
    "line_item_usage_type": "lineItem/UsageType",
    "pricing_public_on_demand_cost": "pricing/publicOnDemandCost",
    "pricing_public_on_demand_rate": "pricing/publicOnDemandRate",
    "pricing_rate_code": "pricing/RateCode",
    "pricing_rate_id": "pricing/RateId",
    "pricing_unit": "pricing/unit",
    "product_location": "product/location",
    "product_product_family": "product/productFamily",
    "product_region_code": "product/regionCode",
    "product_sku": "product/sku",
    "reservation_effective_cost": "reservation/EffectiveCost",
    "reservation_net_effective_cost": "reservation/NetEffectiveCost",
    "reservation_net_unused_amortized_upfront_fee_for_billing_period": (
        "reservation/NetUnusedAmortizedUpfrontFeeForBillingPeriod"
    ),
    "reservation_net_unused_recurring_fee": "reservation/NetUnusedRecurringFee",
    "reservation_reservation_a_r_n": "reservation/ReservationARN",
    "reservation_unused_amortized_upfront_fee_for_billing_period": (
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"
    ),
    "reservation_unused_recurring_fee": "reservation/UnusedRecurringFee",
    "savings_plan_net_savings_plan_effective_cost": "savingsPlan/NetSavingsPlanEffectiveCost",
    "savings_plan_savings_plan_a_r_n": "savingsPlan/SavingsPlanARN",
    "savings_plan_savings_plan_effective_cost": "savingsPlan/SavingsPlanEffectiveCost",
    "savings_plan_total_commitment_to_date": "savingsPlan/TotalCommitmentToDate",
    "savings_plan_used_commitment": "savingsPlan/UsedCommitment",
}
_PREFIXES: Final = {"cost_category": "costCategory/", "resource_tags": "resourceTags/"}


@pytest.fixture
def spelt() -> dict[str, str]:
    return LEGACY


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):  # twelve places, as doubles are read
        return f"{Decimal(repr(value)):.12f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return json.dumps(dict(value))
    text = str(value)
    return f"{text[:10]}T{text[11:19]}Z" if hasattr(value, "year") else text


def _csv(names: Sequence[str], rows: Iterable[Mapping[str, Any]], end: str = "\n") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode()


def _rows(content: pa.Table) -> list[dict[str, Any]]:
    named = content.set_column(0, content.column_names[0], content.column(0))
    moments = [f.name for f in named.schema if pa.types.is_timestamp(f.type)]
    for name in moments:
        at = named.column_names.index(name)
        named = named.set_column(at, name, named.column(name).cast(pa.timestamp("s")))
    return list(named.to_pylist())


def _legacy_rows(content: pa.Table) -> list[dict[str, Any]]:
    """Return rows under legacy names, with a column for each tag and cost category."""
    return [
        {LEGACY[name]: value for name, value in row.items() if name in LEGACY}
        | {
            f"{prefix}{key}": value
            for name, prefix in _PREFIXES.items()
            for key, value in dict(row.get(name) or ()).items()
        }
        | {"product/ProductName": dict(row.get("product") or ()).get("product_name")}
        for row in _rows(content)
    ]


class Text:
    """Writes a table of CUR 2.0 or FOCUS, made for Parquet, as other forms."""

    @staticmethod
    def csv(content: pa.Table, end: str = "\n") -> bytes:
        return _csv(content.column_names, _rows(content), end)

    @staticmethod
    def legacy(content: pa.Table, end: str = "\n") -> bytes:
        rows = _legacy_rows(content)
        names = dict.fromkeys([*LEGACY.values(), *(name for row in rows for name in row)])
        there = {name for name in LEGACY if name in content.column_names}
        absent = {LEGACY[name] for name in LEGACY if name not in there}
        return _csv([name for name in names if name not in absent], rows, end)

    @staticmethod
    def queried(content: pa.Table) -> pa.Table:
        """Return the form for queries: the names of CUR 2.0, and a column for each tag."""
        maps = [name for name in ("cost_category", "resource_tags") if name in content.column_names]
        rows = _rows(content)
        for of in maps:
            for key in dict.fromkeys(key for row in rows for key in dict(row[of] or ())):
                values = [dict(row[of] or ()).get(key) for row in rows]
                content = content.append_column(f"{of}_{key}", pa.array(values, pa.string()))
        names = [dict(row.get("product") or ()).get("product_name") for row in rows]
        content = content.append_column("product_product_name", pa.array(names, pa.string()))
        others = [name for name in ("product", "tags") if name in content.column_names]
        return content.drop_columns([*maps, *others])


@pytest.fixture
def text() -> Text:
    return Text()


@dataclass(frozen=True)
class Report:
    """One delivery of a legacy report: keys relative to the place, and their bytes."""

    files: tuple[bytes, ...]
    suffix: str = "csv.gz"
    mode: str = "new"  # or overwrite, or queried
    name: str = "hourly"
    period: Month = OCTOBER
    version: str = "11111111-2222-3333-4444-555555555555"
    prefix: str = "billing/reports"  # of the bucket, that keys of the manifest begin with
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> str:
        days = f"{self.period.first:%Y%m%d}-{(self.period + 1).first:%Y%m%d}"
        return f"{self.name}/{days}/"

    @property
    def manifest_key(self) -> str:
        return f"{self.home}{self.name}-Manifest.json"

    @property
    def data_keys(self) -> tuple[str, ...]:
        month = f"year={self.period.year}/month={self.period.month}/"
        folders = {
            "new": f"{self.home}{self.version}/",
            "overwrite": self.home,
            "queried": f"{self.name}/{self.name}/{month}",
        }
        home = folders[self.mode]
        return tuple(f"{home}{self.name}-{n}.{self.suffix}" for n, _ in enumerate(self.files, 1))

    @property
    def manifest(self) -> bytes:
        start, end = self.period.first, (self.period + 1).first
        content = {
            "assemblyId": self.version,
            "account": "000123456789",
            "columns": [{"category": "lineItem", "name": "UnblendedCost"}],
            "charset": "UTF-8",
            "compression": "GZIP",
            "contentType": "text/csv",
            "reportId": "a" * 64,
            "reportName": self.name,
            "billingPeriod": {
                "start": f"{start:%Y%m%d}T000000.000Z",
                "end": f"{end:%Y%m%d}T000000.000Z",
            },
            "bucket": "billing",
            "reportKeys": [f"{self.prefix}/{key}".lstrip("/") for key in self.data_keys],
            "additionalArtifactKeys": [],
            **self.members,
        }
        return json.dumps(content).encode()

    @property
    def objects(self) -> dict[str, bytes]:
        data = dict(zip(self.data_keys, self.files, strict=True))
        own = {f"{self.home}{self.version}/{self.name}-Manifest.json": self.manifest}
        return {**data, **(own if self.mode == "new" else {}), self.manifest_key: self.manifest}

    def lay(self, folder: Path) -> None:
        for key, content in self.objects.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@pytest.fixture
def report() -> type[Report]:
    return Report


@pytest.fixture
def build_report(tmp_path: Path) -> Callable[..., CostReport]:
    def built(location: str = "bills", name: str = "aws", **settings: Any) -> CostReport:
        given = {"kind": "aws_cur", "location": location, "report": "hourly", **settings}
        return CostReport(name, Settings.model_validate(given), tmp_path)

    return built


@pytest.fixture
def ask(archive: Archive) -> Callable[..., Delivery | SourceError]:
    """Return the one thing a report has to say about October."""

    def asked(source: CostReport, period: Month = OCTOBER) -> Delivery | SourceError:
        (answer,) = source.fetch([period], archive, {})
        return answer

    return asked


@pytest.fixture
def packed() -> Callable[..., bytes]:
    def zipped(members: Mapping[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in members.items():
                file.writestr(name, content)
        return out.getvalue()

    return zipped


@pytest.fixture(params=["plain", "gzip"])
def wrap(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    return gzip.compress if request.param == "gzip" else bytes
