"""Who, what, where and when: the columns of a charge that are neither money nor price."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.azure import gpu, line
from models.charge import JSON

PROVIDER: Final = "Microsoft"
# Columns that people spread costs by; they join the tags under the names of the FOCUS export.
TAGGED: Final = {
    "resource_group": "x_ResourceGroupName",
    "cost_center": "x_CostCenter",
    "invoice_section": "x_InvoiceSectionName",
}
_MARKETPLACE: Final = "marketplace"
_PROVIDER: Final = r"(?i)^.*/providers/([^/]+/[^/]+)"


def of_line() -> dict[str, pl.Expr]:
    """Return the words of a charge from its row."""
    resource = pl.col("resource_id")
    identity = pl.coalesce(resource, pl.when(line.UNUSED).then(_commitment_id()))
    return {
        **_account(),
        **_commitments(),
        "availability_zone": pl.col("availability_zone"),
        "charge_category": line.category(),
        "charge_class": _charge_class(),
        "charge_description": pl.coalesce("product", "meter_name"),
        "charge_frequency": line.frequency(),
        "charge_period_start": pl.col("date"),
        "charge_period_end": pl.col("date").dt.offset_by("1d"),
        "publisher_name": _publisher(),
        "region_id": pl.col("location").str.to_lowercase(),
        "region_name": pl.col("location"),
        "resource_id": identity,
        "resource_name": pl.when(identity.is_not_null()).then(
            pl.coalesce("resource_name", resource.str.split("/").list.last())
        ),
        "resource_type": resource.str.extract(_PROVIDER),
        "tags": _tags(),
        "x_line_type": pl.col("charge_type"),
        "x_operation": pl.col("meter_subcategory"),
        "x_service_code": pl.col("meter_category"),
        "x_usage_type": pl.col("meter_name"),
        "x_workload": _workload(),
    }


def _account() -> dict[str, pl.Expr]:
    """Return payer and subscription; files of 2019 name no payer but the subscription."""
    subscription = pl.col("subscription_id")
    return {
        "billing_account_id": pl.coalesce("account_id", subscription),
        "billing_account_name": pl.coalesce("account_name", "subscription_name"),
        "billing_account_type": pl.lit("Billing Account"),
        "billing_currency": pl.col("currency"),
        "invoice_id": pl.col("invoice_id"),
        "invoice_issuer_name": pl.lit(PROVIDER),
        "provider_name": pl.lit(PROVIDER),
        "sub_account_id": subscription,
        "sub_account_name": pl.col("subscription_name"),
        "sub_account_type": pl.when(subscription.is_not_null()).then(pl.lit("Subscription")),
        "x_period_basis": pl.lit("line"),
    }


def _charge_class() -> pl.Expr:
    earlier = pl.col("date") < pl.col("period_start")
    return pl.when((pl.col("kind") == "refund") & earlier).then(pl.lit("Correction"))


def _publisher() -> pl.Expr:
    sold = pl.col("publisher_type").str.to_lowercase() == _MARKETPLACE
    return pl.coalesce(pl.when(sold).then(pl.col("publisher_name")), pl.lit(PROVIDER))


def _commitment_id() -> pl.Expr:
    return pl.when(line.COMMITTED).then(pl.coalesce("benefit_id", "reservation_id"))


def _commitments() -> dict[str, pl.Expr]:
    """Return the commitment of a row; usage that it covered is Used, and its rest Unused."""
    named, plan = _commitment_id().is_not_null(), pl.col("commitment") == "plan"
    used = pl.when(line.UNUSED).then(pl.lit("Unused")).otherwise(pl.lit("Used"))
    return {
        "commitment_discount_id": _commitment_id(),
        "commitment_discount_name": pl.when(named).then(
            pl.coalesce("benefit_name", "reservation_name")
        ),
        "commitment_discount_category": pl.when(named & plan)
        .then(pl.lit("Spend"))
        .when(named)
        .then(pl.lit("Usage")),
        "commitment_discount_type": pl.when(named & plan)
        .then(pl.lit("Savings Plan"))
        .when(named)
        .then(pl.lit("Reservation")),
        "commitment_discount_status": pl.when(named & line.USAGE).then(used),
    }


def _tags() -> pl.Expr:
    """Return the tags of the resource, with the columns of TAGGED that say something."""
    own = _members(pl.col("tags").str.strip_chars())
    texts = [
        pl.when(own.str.strip_chars() != "").then(own),
        *(_member(name, key) for name, key in TAGGED.items()),
    ]
    joined = pl.concat_str(*texts, separator=",", ignore_nulls=True)
    return pl.concat_str(pl.lit("{"), joined, pl.lit("}")).str.json_decode(JSON)


def _member(column: str, key: str) -> pl.Expr:
    value = pl.col(column)
    return pl.when(value.is_not_null()).then(
        _members(pl.struct(value.alias(key)).struct.json_encode())
    )


def _members(text: pl.Expr) -> pl.Expr:
    """Return what stands between the braces of a JSON object."""
    return text.str.slice(1).str.head(-1)


def _workload() -> pl.Expr:
    info, category, meter = map(pl.col, ("additional_info", "meter_category", "meter_name"))
    words = pl.concat_str(category, "meter_subcategory", meter, separator=" ", ignore_nulls=True)
    return gpu.workload(
        gpu.size(info, category, meter).is_not_null(),
        words,
        pl.col("consumed_service"),
        pl.col("resource_id"),
    )
