"""The generated month as a legacy CUR: the one form that other converters read too.

python benchmarks/legacy.py --month bench-data/1m --out bench-data/1m-legacy
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import polars as pl

REPORT: Final = "month"
# CUR 2.0 column: legacy heading
HEADINGS: Final = {
    "identity_line_item_id": "identity/LineItemId",
    "identity_time_interval": "identity/TimeInterval",
    "bill_invoice_id": "bill/InvoiceId",
    "bill_invoicing_entity": "bill/InvoicingEntity",
    "bill_billing_entity": "bill/BillingEntity",
    "bill_bill_type": "bill/BillType",
    "bill_payer_account_id": "bill/PayerAccountId",
    "bill_billing_period_start_date": "bill/BillingPeriodStartDate",
    "bill_billing_period_end_date": "bill/BillingPeriodEndDate",
    "line_item_usage_account_id": "lineItem/UsageAccountId",
    "line_item_line_item_type": "lineItem/LineItemType",
    "line_item_usage_start_date": "lineItem/UsageStartDate",
    "line_item_usage_end_date": "lineItem/UsageEndDate",
    "line_item_product_code": "lineItem/ProductCode",
    "line_item_usage_type": "lineItem/UsageType",
    "line_item_operation": "lineItem/Operation",
    "line_item_availability_zone": "lineItem/AvailabilityZone",
    "line_item_resource_id": "lineItem/ResourceId",
    "line_item_usage_amount": "lineItem/UsageAmount",
    "line_item_currency_code": "lineItem/CurrencyCode",
    "line_item_unblended_rate": "lineItem/UnblendedRate",
    "line_item_unblended_cost": "lineItem/UnblendedCost",
    "line_item_blended_cost": "lineItem/BlendedCost",
    "line_item_line_item_description": "lineItem/LineItemDescription",
    "line_item_tax_type": "lineItem/TaxType",
    "line_item_legal_entity": "lineItem/LegalEntity",
    "product_product_family": "product/productFamily",
    "product_region_code": "product/region",
    "product_sku": "product/sku",
    "pricing_rate_code": "pricing/RateCode",
    "pricing_public_on_demand_cost": "pricing/publicOnDemandCost",
    "pricing_public_on_demand_rate": "pricing/publicOnDemandRate",
    "pricing_term": "pricing/term",
    "pricing_unit": "pricing/unit",
    "reservation_effective_cost": "reservation/EffectiveCost",
    "reservation_reservation_a_r_n": "reservation/ReservationARN",
    "reservation_unused_amortized_upfront_fee_for_billing_period": (
        "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"
    ),
    "reservation_unused_recurring_fee": "reservation/UnusedRecurringFee",
    "savings_plan_total_commitment_to_date": "savingsPlan/TotalCommitmentToDate",
    "savings_plan_savings_plan_a_r_n": "savingsPlan/SavingsPlanARN",
    "savings_plan_savings_plan_effective_cost": "savingsPlan/SavingsPlanEffectiveCost",
    "savings_plan_used_commitment": "savingsPlan/UsedCommitment",
}
# columns without which the FinOps Foundation's converter waits for ever
EMPTY: Final = (
    "lineItem/NetUnblendedCost",
    "pricing/RateId",
    "product/PurchaseOption",
    "reservation/TotalReservedUnits",
)
TAGS: Final = ("project", "team", "app")
MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"


def lines(files: str) -> pl.LazyFrame:
    """Return the month's lines under legacy headings, moments as text."""
    scan = pl.scan_parquet(files, hive_partitioning=False)
    moments = [name for name, dtype in scan.collect_schema().items() if dtype.is_temporal()]
    tags = pl.col("resource_tags").map
    return scan.with_columns(pl.col(moments).dt.strftime(MOMENT)).select(
        *(pl.col(name).alias(heading) for name, heading in HEADINGS.items()),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in EMPTY),
        *(tags.get(f"user_{tag}").alias(f"resourceTags/user:{tag}") for tag in TAGS),
    )


def write(month: Path, out: Path) -> None:
    """Write one report: `OUT/month/20261001-20261101/`, CSV beside its gzip, and a manifest."""
    control = json.loads((month / "control.json").read_text("utf-8"))
    year, number = map(int, control["month"].split("-"))
    after = (year + number // 12, number % 12 + 1)
    span = f"{year}{number:02}01-{after[0]}{after[1]:02}01"
    folder = out / REPORT / span
    folder.mkdir(parents=True)
    frame = lines(f"{month}/{control['export']}/data/*/*.parquet")
    plain = out / f"{REPORT}-1.csv"
    frame.sink_csv(plain)
    packed = folder / f"{REPORT}-1.csv.gz"
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    manifest = stated(frame.collect_schema().names(), f"{REPORT}/{span}", packed.name, span)
    (folder / f"{REPORT}-Manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")


def stated(names: list[str], prefix: str, file: str, span: str) -> dict[str, Any]:
    """Return the manifest of the report."""
    start, end = span.split("-")
    headings = (name.split("/", 1) for name in names)
    return {
        "assemblyId": "00000000-0000-4000-8000-000000000001",
        "account": "999999999999",
        "reportId": "0" * 64,
        "reportName": REPORT,
        "billingPeriod": {"start": f"{start}T000000.000Z", "end": f"{end}T000000.000Z"},
        "bucket": "generated",
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "columns": [{"category": group, "name": name} for group, name in headings],
        "reportKeys": [f"{prefix}/{file}"],
        "additionalArtifactKeys": [],
    }


def main(argv: list[str]) -> None:
    """Write the report that the arguments describe."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--month", type=Path, required=True, help="what generate.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(argv)
    write(given.month, given.out)


if __name__ == "__main__":
    main(sys.argv[1:])
