"""Exports written by our own code, and the folders they lie in."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from ingest.azure.role import Reading
from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Delivery, Document
from ingest.sources.azure_export import AzureExport, Settings
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.money import MONEY
from models.period import Month

Line = Mapping[str, str]
OCTOBER: Final = Month(2026, 10)
SUBSCRIPTION: Final = "11111111-0000-0000-0000-000000000001"
VM: Final = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-train"
    "/providers/Microsoft.Compute/virtualMachines/trainer"
)
RESERVATION: Final = (
    "/providers/Microsoft.Capacity/reservationOrders/22222222-0000-0000-0000-000000000002"
    "/reservations/33333333-0000-0000-0000-000000000003"
)
PLAN: Final = (
    "/providers/Microsoft.BillingBenefits/savingsPlanOrders"
    "/44444444-0000-0000-0000-000000000004/savingsPlans/55555555-0000-0000-0000-000000000005"
)

# An ordinary row as enterprise agreements have it; a test's lines say what differs.
EA: Final = {
    "BillingAccountId": "0012345",
    "BillingAccountName": "Acme",
    "BillingPeriodStartDate": "10/01/2026",
    "BillingPeriodEndDate": "10/31/2026",
    "SubscriptionId": SUBSCRIPTION,
    "SubscriptionName": "ml",
    "Date": "10/05/2026",
    "ProductName": "Virtual Machines NCads A100 v4 Series - NC24ads A100 v4 - US East",
    "PartNumber": "AAH-12345",
    "MeterId": "66666666-0000-0000-0000-000000000006",
    "MeterCategory": "Virtual Machines",
    "MeterSubCategory": "NCads A100 v4 Series",
    "MeterName": "NC24ads A100 v4",
    "Quantity": "2",
    "EffectivePrice": "3.5",
    "CostInBillingCurrency": "7",
    "UnitPrice": "3.5",
    "BillingCurrencyCode": "USD",
    "ResourceLocation": "EastUS",
    "AvailabilityZone": "",
    "ConsumedService": "Microsoft.Compute",
    "ResourceId": VM,
    "ResourceName": "trainer",
    "AdditionalInfo": '{"UsageType":"ComputeHR","ServiceType":"Standard_NC24ads_A100_v4"}',
    "Tags": '"project": "support-bot","team": "ml"',
    "InvoiceSectionName": "Research",
    "CostCenter": "4420",
    "UnitOfMeasure": "1 Hour",
    "ResourceGroup": "rg-train",
    "ReservationId": "",
    "ReservationName": "",
    "ChargeType": "Usage",
    "Frequency": "UsageBased",
    "PublisherType": "Azure",
    "PublisherName": "Microsoft",
    "PayGPrice": "4",
    "PricingModel": "OnDemand",
    "benefitId": "",
    "benefitName": "",
}
# The same row as customer agreements have it: other headings, ISO dates, pricing currency.
MCA: Final = {
    "invoiceId": "G000000001",
    "billingAccountId": "0012345",
    "billingAccountName": "Acme",
    "billingPeriodStartDate": "2026-10-01",
    "billingPeriodEndDate": "2026-10-31",
    "SubscriptionId": SUBSCRIPTION,
    "subscriptionName": "ml",
    "date": "2026-10-05",
    "product": EA["ProductName"],
    "meterId": EA["MeterId"],
    "meterCategory": "Virtual Machines",
    "meterSubCategory": "NCads A100 v4 Series",
    "meterName": "NC24ads A100 v4",
    "quantity": "2",
    "effectivePrice": "3.5",
    "costInBillingCurrency": "6.3",
    "costInPricingCurrency": "7",
    "unitPrice": "3.5",
    "billingCurrency": "EUR",
    "pricingCurrency": "USD",
    "exchangeRatePricingToBilling": "0.9",
    "resourceLocation": "eastus",
    "consumedService": "Microsoft.Compute",
    "ResourceId": VM,
    "additionalInfo": EA["AdditionalInfo"],
    "tags": '{"project":"support-bot","team":"ml"}',
    "invoiceSectionName": "Research",
    "costCenter": "4420",
    "unitOfMeasure": "1 Hour",
    "resourceGroupName": "rg-train",
    "reservationId": "",
    "chargeType": "Usage",
    "frequency": "UsageBased",
    "publisherType": "Microsoft",
    "PayGPrice": "4",
    "paygCostInBillingCurrency": "7.2",
    "pricingModel": "OnDemand",
    "benefitId": "",
}
# A file of 2019, of a pay-as-you-go subscription.
OLDEST: Final = {
    "SubscriptionGuid": SUBSCRIPTION,
    "ResourceGroup": "rg-train",
    "ResourceLocation": "EastUS",
    "UsageDateTime": "2026-10-05T00:00:00",
    "MeterCategory": "Storage",
    "MeterSubcategory": "Tiered Block Blob",
    "MeterId": EA["MeterId"],
    "MeterName": "Hot LRS Data Stored",
    "UsageQuantity": "100",
    "ResourceRate": "0.02",
    "PreTaxCost": "2",
    "ConsumedService": "Microsoft.Storage",
    "InstanceId": VM.replace("Compute/virtualMachines", "Storage/storageAccounts"),
    "Tags": "",
    "Currency": "USD",
    "UnitOfMeasure": "1 GB/Month",
}
FOCUS: Final = {
    "BilledCost": "7",
    "BillingAccountId": "/providers/Microsoft.Billing/billingAccounts/0012345",
    "BillingAccountName": "Acme",
    "BillingAccountType": "Billing Account",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargeDescription": EA["ProductName"],
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2026-10-06T00:00:00Z",
    "ChargePeriodStart": "2026-10-05T00:00:00Z",
    "ConsumedQuantity": "2",
    "ConsumedUnit": "Hours",
    "ContractedCost": "7",
    "EffectiveCost": "7",
    "InvoiceIssuerName": "Microsoft",
    "ListCost": "8",
    "PricingCategory": "Standard",
    "PricingQuantity": "2",
    "PricingUnit": "Hours",
    "ProviderName": "Microsoft",
    "PublisherName": "Microsoft",
    "RegionId": "eastus",
    "ResourceId": VM,
    "ResourceName": "trainer",
    "ResourceType": "Microsoft.Compute/virtualMachines",
    "ServiceCategory": "Compute",
    "ServiceName": "Virtual Machines",
    "SkuId": "66666666",
    "SubAccountId": f"/subscriptions/{SUBSCRIPTION}",
    "SubAccountName": "ml",
    "SubAccountType": "Subscription",
    "Tags": '{"project":"support-bot"}',
    "x_BilledCostInUsd": "7",
    "x_CostCenter": "4420",
    "x_InvoiceSectionName": "Unassigned",
    "x_ResourceGroupName": "rg-train",
    "x_SkuMeterCategory": "Virtual Machines",
    "x_SkuMeterName": "NC24ads A100 v4",
    "x_SkuMeterSubcategory": "NCads A100 v4 Series",
}
_BASES: Final = {"ea": EA, "mca": MCA, "oldest": OLDEST, "focus": FOCUS}


def _csv(lines: Sequence[Line], form: str, order: Sequence[str] = ()) -> bytes:
    base = _BASES[form]
    names = list(order) or list(dict.fromkeys([*base, *(name for line in lines for name in line)]))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**base, **line} for line in lines)
    return "\ufeff".encode() + out.getvalue().encode()


_NUMBERS: Final = (
    *("cost", "quantity", "price", "costinbillingcurrency", "costinpricingcurrency"),
    "exchangeratepricingtobilling",
)
_MOMENTS: Final = ("PeriodStart", "PeriodEnd")


def _parquet(content: bytes) -> bytes:
    """Return a CSV document as Parquet: numbers are decimals, moments of FOCUS timestamps."""
    frame = pl.read_csv(content, infer_schema=False).fill_null("")
    frame = frame.with_columns(
        pl.col(name).replace("", None).cast(MONEY)
        for name in frame.columns
        if name.lower().endswith(_NUMBERS)
    ).with_columns(
        pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ")
        for name in frame.columns
        if name.endswith(_MOMENTS)
    )
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


@dataclass(frozen=True)
class Maker:
    """Makes documents; `lines` say only what differs from an ordinary row."""

    csv: Callable[..., bytes] = _csv
    parquet: Callable[[bytes], bytes] = _parquet
    gzip: Callable[[bytes], bytes] = gzip.compress


@pytest.fixture
def make() -> Maker:
    return Maker()


@pytest.fixture
def bases() -> Mapping[str, Line]:
    return _BASES


@pytest.fixture
def ids() -> Mapping[str, str]:
    return {"vm": VM, "reservation": RESERVATION, "plan": PLAN, "subscription": SUBSCRIPTION}


@dataclass(frozen=True)
class Run:
    """One run of an export: keys relative to its place, and their bytes."""

    parts: tuple[bytes, ...]
    type: str = "ActualCost"
    name: str = "daily"
    days: str = "20261001-20261031"
    time: str = "202610060400"
    guid: str = "aaaaaaaa-0000-0000-0000-00000000000a"
    root: str = "exports"  # the folder of the container that the place may begin below
    scope: str = "/providers/Microsoft.Billing/billingAccounts/0012345"
    suffix: str = ".csv"
    rows: tuple[int, ...] = ()
    old: bool = False  # manifests of 2021 have no configuration
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        return "/".join(filter(None, (self.name, self.days, self.time, self.guid)))

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(f"{self.folder}/part_0_{n:04d}{self.suffix}" for n in range(len(self.parts)))

    @property
    def manifest_key(self) -> str:
        return f"{self.folder}/manifest.json"

    @property
    def manifest(self) -> bytes:
        counts = self.rows or tuple(part.count(b"\r\n") - 1 for part in self.parts)
        blobs = [
            {"blobName": f"{self.root}/{key}", "byteCount": len(part), "dataRowCount": count}
            for key, part, count in zip(self.keys, self.parts, counts, strict=True)
        ]
        first, last = self.days.split("-")
        content: dict[str, Any] = {
            "manifestVersion": "2021-01-01" if self.old else "2024-04-01",
            "byteCount": sum(map(len, self.parts)),
            "blobCount": len(blobs),
            "dataRowCount": sum(counts),
            "blobs": blobs,
        }
        if not self.old:
            export = f"{self.scope}/providers/Microsoft.CostManagement/exports/{self.name}"
            content["exportConfig"] = {
                "exportName": self.name,
                "resourceId": export,
                "dataVersion": "2021-10-01",
                "type": self.type,
            }
            content["deliveryConfig"] = {"partitionData": True, "fileFormat": "Csv"}
            content["runInfo"] = {
                "submittedTime": f"{_iso(self.time or '202610060400')}Z",
                "runId": self.guid,
                "startDate": f"{_iso(first)}",
                "endDate": f"{_iso(last)}",
            }
        return json.dumps({**content, **self.members}).encode()

    @property
    def objects(self) -> dict[str, bytes]:
        return {**dict(zip(self.keys, self.parts, strict=True)), self.manifest_key: self.manifest}

    def lay(self, folder: Path, *, manifest: bool = True) -> None:
        for key, content in self.objects.items():
            if manifest or key != self.manifest_key:
                path = folder / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def but(self, **changes: Any) -> Run:
        return replace(self, **changes)


def _iso(digits: str) -> str:
    day, clock = digits[:8], digits[8:] or "0000"
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:]}:00"


@pytest.fixture
def run() -> type[Run]:
    return Run


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


Build = Callable[..., AzureExport]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def built(**settings: Any) -> AzureExport:
        given = settings or {"actual": "bills"}
        content = {"kind": "azure_export", **given}
        return AzureExport("azure", Settings.model_validate(content), tmp_path)

    return built


@pytest.fixture
def fetch(archive: Archive) -> Callable[..., Delivery | SourceError]:
    """Return the one thing a source has to say about a month."""

    def fetched(source: AzureExport, period: Month = OCTOBER) -> Delivery | SourceError:
        (answer,) = source.fetch([period], archive, {})
        return answer

    return fetched


@pytest.fixture
def delivery() -> Callable[[str], Delivery]:
    """Return a delivery of one document in a role; without one it is FOCUS."""

    def made(role: str) -> Delivery:
        document = Document("part_0_0000.csv", "0" * 64, 1)
        roles = {document.sha256: role} if role else {}
        reading = Reading(dataset="details" if role else "focus", roles=roles)
        return Delivery(
            source="azure", period=OCTOBER, version="1", documents=(document,), table=reading.text
        )

    return made


@dataclass(frozen=True)
class Loaded:
    """A loaded month."""

    loaded: LoadedDelivery
    charges: pl.DataFrame

    @property
    def notes(self) -> dict[str, str]:
        return {rule: detail for each in self.loaded.documents for rule, detail in each.notes}

    def total(self, column: str) -> Decimal:
        return Decimal(self.charges[column].sum())


@pytest.fixture
def load(archive: Archive, tmp_path: Path, fetch: Any) -> Callable[..., Loaded]:
    """Fetch and load a month, by the loader that proves the second reader's totals."""
    lake = Lake(tmp_path / "lake")

    def loaded(source: AzureExport, period: Month = OCTOBER) -> Loaded:
        delivery = fetch(source, period)
        assert isinstance(delivery, Delivery), delivery
        found = load_delivery(source, delivery, archive, lake)
        frames = [
            pl.read_parquet(lake.path("charges", each.charges), glob=False)
            for each in found.documents
        ]
        return Loaded(found, pl.concat(frames))

    return loaded


def _total(content: bytes, heading: str) -> Decimal:
    """Sum a column with csv and Decimal alone; each value as 18 places hold it."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    with localcontext(prec=60):
        unit = Decimal(1).scaleb(-18)
        return sum((Decimal(row[heading] or 0).quantize(unit) for row in rows), Decimal(0))


@pytest.fixture
def total() -> Callable[[bytes, str], Decimal]:
    return _total


@pytest.fixture
def sha() -> Callable[[bytes], str]:
    return lambda content: hashlib.sha256(content).hexdigest()
