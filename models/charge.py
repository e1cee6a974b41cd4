"""The charge: one row in FOCUS 1.2 shape, declared once for every room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.money import MONEY, QUANTITY

TEXT: Final = pl.String
TIME: Final = pl.Datetime("us", "UTC")
JSON: Final = pl.Map(pl.String, pl.String)  # FOCUS JSON objects with plain values
ROW: Final = pl.Int64


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the charge schema; `null` says whether it may be empty."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    null: bool = False

    @property
    def focus_name(self) -> str:
        """The name in the FOCUS specification: `billed_cost` is `BilledCost`."""
        prefix, rest = ("x_", self.name[2:]) if self.name.startswith("x_") else ("", self.name)
        return prefix + "".join(word.capitalize() for word in rest.split("_"))


# fmt: off
# FOCUS 1.2, Cost and Usage: 57 columns. All *_cost columns are in billing_currency;
# credits and refunds are negative.
FOCUS: Final = (
    Column("availability_zone", TEXT, "Zone inside the region", null=True),
    Column("billed_cost", MONEY, "What the issuer invoices for this row, after discounts, no amortisation"),
    Column("billing_account_id", TEXT, "Payer account"),
    Column("billing_account_name", TEXT, "Payer display name", null=True),
    Column("billing_account_type", TEXT, "Kind of payer account"),
    Column("billing_currency", TEXT, "ISO-4217 currency of the invoice; denominates all *Cost columns"),
    Column("billing_period_end", TIME, "Exclusive end of invoice period (UTC)"),
    Column("billing_period_start", TIME, "Inclusive start of invoice period (UTC)"),
    Column("capacity_reservation_id", TEXT, "Capacity reservation the row relates to", null=True),
    Column("capacity_reservation_status", TEXT, "Used / Unused", null=True),
    Column("charge_category", TEXT, "Usage, Purchase, Tax, Credit, Adjustment"),
    Column("charge_class", TEXT, "Null, or Correction = corrects an earlier, already invoiced period", null=True),
    Column("charge_description", TEXT, "Self-contained text", null=True),
    Column("charge_frequency", TEXT, "One-Time, Recurring, Usage-Based"),
    Column("charge_period_end", TIME, "Exclusive end"),
    Column("charge_period_start", TIME, "Inclusive start of when the cost was incurred"),
    Column("commitment_discount_category", TEXT, "Spend / Usage", null=True),
    Column("commitment_discount_id", TEXT, "RI / savings plan / CUD id", null=True),
    Column("commitment_discount_name", TEXT, "Its display name", null=True),
    Column("commitment_discount_quantity", QUANTITY, "Committed units bought (Purchase) or used/unused (Usage)", null=True),
    Column("commitment_discount_status", TEXT, "Used / Unused on Usage rows", null=True),
    Column("commitment_discount_type", TEXT, "Provider label (Savings Plan, RI, ...)", null=True),
    Column("commitment_discount_unit", TEXT, "Unit of CommitmentDiscountQuantity", null=True),
    Column("consumed_quantity", QUANTITY, "Metered usage (Usage rows only)", null=True),
    Column("consumed_unit", TEXT, "Unit of ConsumedQuantity", null=True),
    Column("contracted_cost", MONEY, "ContractedUnitPrice x PricingQuantity (negotiated price, before commitments)"),
    Column("contracted_unit_price", MONEY, "Negotiated unit price", null=True),
    Column("effective_cost", MONEY, "Accrual cost: discounts applied, commitment purchases amortised into the usage"),
    Column("invoice_id", TEXT, "Invoice (or provisional invoice) holding the row", null=True),
    Column("invoice_issuer_name", TEXT, "Who invoices"),
    Column("list_cost", MONEY, "ListUnitPrice x PricingQuantity"),
    Column("list_unit_price", MONEY, "Published unit price", null=True),
    Column("pricing_category", TEXT, "Standard, Dynamic (spot), Committed, Other", null=True),
    Column("pricing_currency", TEXT, "Currency the price is quoted in (national, or virtual such as credits/tokens in <=1.3)", null=True),
    Column("pricing_currency_contracted_unit_price", MONEY, "Contracted unit price in PricingCurrency", null=True),
    Column("pricing_currency_effective_cost", MONEY, "Effective cost in PricingCurrency", null=True),
    Column("pricing_currency_list_unit_price", MONEY, "List unit price in PricingCurrency", null=True),
    Column("pricing_quantity", QUANTITY, "Quantity priced, in PricingUnit", null=True),
    Column("pricing_unit", TEXT, "E.g. Hours, GB-Months, 1000 Tokens", null=True),
    Column("provider_name", TEXT, "Seller of the service (deprecated 1.3, removed 1.4)"),
    Column("publisher_name", TEXT, "Producer of the service (deprecated 1.3, removed 1.4)"),
    Column("region_id", TEXT, "Region id", null=True),
    Column("region_name", TEXT, "Region display name", null=True),
    Column("resource_id", TEXT, "Resource billed", null=True),
    Column("resource_name", TEXT, "Its display name", null=True),
    Column("resource_type", TEXT, "Kind of resource", null=True),
    Column("service_category", TEXT, "Fixed list of 19"),
    Column("service_name", TEXT, "Provider service name"),
    Column("service_subcategory", TEXT, "Fixed list, one parent category each"),
    Column("sku_id", TEXT, "Stable SKU id", null=True),
    Column("sku_meter", TEXT, "What is metered", null=True),
    Column("sku_price_details", JSON, "JSON; FOCUS keys (CoreCount, ...) or x_ keys", null=True),
    Column("sku_price_id", TEXT, "Price id; one parent SkuId", null=True),
    Column("sub_account_id", TEXT, "Account, project or subscription inside the payer account", null=True),
    Column("sub_account_name", TEXT, "Its name", null=True),
    Column("sub_account_type", TEXT, "Account / Project / Subscription", null=True),
    Column("tags", JSON, "JSON object; user tags unprefixed, provider tags prefixed; valueless tag -> true", null=True),
)

# Ours. Every charge names its source, its document and the row it came from.
CUSTOM: Final = (
    Column("x_source", TEXT, "Name of the configured source"),
    Column("x_document", TEXT, "SHA-256 of the document the row came from"),
    Column("x_row", ROW, "Row in the document, 1 is the first data row; 0 for the whole document"),
    Column("x_derived", TEXT, "Why the row was added beside its source row", null=True),
    Column("x_line_type", TEXT, "The source's own kind of line", null=True),
    Column("x_service_code", TEXT, "The source's own service code", null=True),
    Column("x_usage_type", TEXT, "The source's own usage type", null=True),
    Column("x_operation", TEXT, "The source's own operation", null=True),
    Column("x_workload", TEXT, "What an AI workload does, one of WORKLOADS; null for what is none", null=True),
    Column("x_gpu_type", TEXT, "Model of the accelerators an instance has, such as H100", null=True),
    Column("x_gpu_count", QUANTITY, "How many the instance has; a part of one is a fraction", null=True),
    Column("x_purchase_order", TEXT, "Purchase order the line refers to", null=True),
    Column("x_invoice_detail_id", TEXT, "Line of the invoice that holds the row (FOCUS 1.4 InvoiceDetailId)", null=True),
    Column("x_host_provider_name", TEXT, "Who runs the infrastructure (FOCUS 1.3 HostProviderName)", null=True),
    Column("x_period_basis", TEXT, "What the charge period rests on: delivery, line, header, purchase_order, invoice_date", null=True),
    Column("x_tco_cost", MONEY, "Effective cost without recoverable tax; what a plan is compared to"),
)
# fmt: on

COLUMNS: Final = (*FOCUS, *CUSTOM)
CHARGE: Final = pl.Schema({column.name: column.dtype for column in COLUMNS})
REQUIRED: Final = tuple(column.name for column in COLUMNS if not column.null)

# What the cost of an AI service is for, in x_workload.
WORKLOADS: Final = {
    "training": "training and tuning of models, with what is attached to the job",
    "inference": "endpoints, batch inference, tokens, provisioned throughput",
    "processing": "jobs that prepare data or evaluate models",
    "labeling": "labels made by people or machines",
    "storage": "storage of models and data in an AI service",
    "development": "notebooks, workspaces, experiment tracking",
    "compute": "an instance with accelerators; the bill does not say what for",
    "other": "what else an AI service bills",
}
CHARGE_CATEGORIES: Final = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")


def charge_frame(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return the frame in CHARGE order and types, with absent nullable columns as null.

    Raises:
        polars.exceptions.ColumnNotFoundError: when a required column is absent.
    """
    return arranged(frame, COLUMNS)


def arranged(frame: pl.LazyFrame, columns: Iterable[Column]) -> pl.LazyFrame:
    """Return the frame with these columns in their types, absent nullable ones as null.

    Raises:
        polars.exceptions.ColumnNotFoundError: when a required column is absent.
    """
    present = frame.collect_schema().names()
    return frame.select(
        pl.col(column.name).cast(column.dtype)
        if column.name in present or not column.null
        else pl.lit(None, dtype=column.dtype).alias(column.name)
        for column in columns
    )
