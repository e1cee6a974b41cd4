"""Who, what, where and when: the columns of a charge that are neither money nor price."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from ingest.aws import line, service, usage
from ingest.aws.profile import Profile

PROVIDER: Final = "AWS"
_MARKETPLACE: Final = "AWS Marketplace"
_COMMITMENTS: Final = {
    "plan": ("savings_plan_savings_plan_a_r_n", "Spend", "Savings Plan"),
    "reservation": ("reservation_reservation_a_r_n", "Usage", "Reserved Instance"),
}


def of_line(found: Profile) -> dict[str, pl.Expr]:
    """Return the words of a charge from its line."""
    return {
        **account(),
        **_period(),
        **_commitments(),
        **_service(found),
        **_capacity(found),
        "charge_category": line.text("category"),
        "charge_frequency": line.text("frequency"),
        "charge_description": pl.col("line_item_line_item_description"),
        "publisher_name": _publisher(),
        "sub_account_id": pl.col("line_item_usage_account_id"),
        "sub_account_name": pl.col("line_item_usage_account_name"),
        "sub_account_type": pl.lit("Account"),
        "availability_zone": pl.col("line_item_availability_zone"),
        "region_id": pl.col("product_region_code"),
        "region_name": pl.col("product_location"),
        "resource_id": pl.col("line_item_resource_id"),
        "resource_type": pl.when(pl.col("line_item_resource_id").is_not_null()).then(
            pl.coalesce("product_product_family", "line_item_product_code")
        ),
        "x_line_type": pl.col("line_item_line_item_type"),
        "x_service_code": pl.col("line_item_product_code"),
        "x_usage_type": pl.col("line_item_usage_type"),
        "x_operation": pl.col("line_item_operation"),
    }


def _service(found: Profile) -> dict[str, pl.Expr]:
    """Return name, category and subcategory of the service, one of each for a product."""
    names = ("service_name", "service_category", "service_subcategory")
    static = {
        name: found.codes.chosen(partial(_described, found, part), pl.String())
        for part, name in enumerate(names)
    }
    if not found.several:
        return static
    own = pl.coalesce(pl.col("product").map.get("product_name"), "line_item_product_code")
    named = found.codes.where(lambda code: code in service.SERVICES or code in found.names)
    bedrock = own.str.contains("Bedrock", literal=True)
    asked = (
        own,
        pl.when(bedrock).then(pl.lit(service.AI)).otherwise(pl.lit("Other")),
        pl.when(bedrock).then(pl.lit("Generative AI")).otherwise(pl.lit("Other (Other)")),
    )
    return {
        name: pl.when(named).then(static[name]).otherwise(of_line)
        for name, of_line in zip(names, asked, strict=True)
    }


def _described(found: Profile, part: int, code: str) -> str:
    return service.described(code, found.name(code))[part]


def _capacity(found: Profile) -> dict[str, pl.Expr]:
    """Return the capacity reservation of a line, and whether the line used it.

    Without the columns of reservations only lines of unused capacity name theirs.
    """
    status = pl.col("capacity_reservation_capacity_reservation_status").str.to_titlecase()
    unused = found.usages.where(usage.unused)
    own = pl.when(unused).then(pl.col("line_item_resource_id"))
    known = pl.when(status.is_in(["Used", "Unused"])).then(status)
    return {
        "capacity_reservation_id": pl.coalesce(
            "capacity_reservation_capacity_reservation_arn", own
        ),
        "capacity_reservation_status": pl.coalesce(
            known, pl.when(own.is_not_null()).then(pl.lit("Unused"))
        ),
    }


def account() -> dict[str, pl.Expr]:
    """Return the payer, the bill and its currency."""
    return {
        "billing_account_id": pl.col("bill_payer_account_id"),
        "billing_account_name": pl.col("bill_payer_account_name"),
        "billing_account_type": pl.lit("Payer"),
        "billing_currency": pl.col("line_item_currency_code"),
        "billing_period_start": pl.col("bill_billing_period_start_date"),
        "billing_period_end": pl.col("bill_billing_period_end_date"),
        "invoice_id": pl.col("bill_invoice_id"),
        "invoice_issuer_name": pl.lit(PROVIDER),
        "provider_name": pl.lit(PROVIDER),
        "pricing_currency": pl.col("line_item_currency_code"),
        "x_period_basis": pl.lit("line"),
    }


def _period() -> dict[str, pl.Expr]:
    """Return when a line was incurred; an instant, as of some fees, lasts one second."""
    start, end = pl.col("line_item_usage_start_date"), pl.col("line_item_usage_end_date")
    earlier = start < pl.col("bill_billing_period_start_date")
    refunds = line.is_kind(name for name in line.KINDS if name.startswith("refund"))
    return {
        "charge_period_start": start,
        "charge_period_end": pl.when(end == start)
        .then(end + pl.duration(seconds=1))
        .otherwise(end),
        "charge_class": pl.when(refunds & earlier).then(pl.lit("Correction")),
    }


def _publisher() -> pl.Expr:
    sold = pl.col("bill_billing_entity") == _MARKETPLACE
    seller = pl.when(sold).then(pl.col("line_item_legal_entity"))
    return pl.coalesce(seller, pl.lit(PROVIDER))


def _commitments() -> dict[str, pl.Expr]:
    """Return the commitment a line belongs to; usage that it covered is Used."""
    parts = {
        kind: commitment(*words) | {"commitment_discount_status": pl.lit("Used")}
        for kind, words in _COMMITMENTS.items()
    }
    plan, reservation = parts["plan"], parts["reservation"]
    chosen: dict[str, pl.Expr] = {
        name: pl.when(line.where("commitment", "plan"))
        .then(plan[name])
        .when(line.where("commitment", "reservation"))
        .then(reservation[name])
        for name in plan
    }
    covered = line.is_kind(["covered", "reserved"])
    status = "commitment_discount_status"
    return chosen | {status: pl.when(covered).then(chosen[status])}


def commitment(arn: str, category: str, kind: str) -> dict[str, pl.Expr]:
    """Return the commitment that an ARN column names; null where it is empty."""
    there = pl.col(arn).is_not_null()
    return {
        "commitment_discount_id": pl.col(arn),
        "commitment_discount_name": pl.col(arn).str.split("/").list.last(),
        "commitment_discount_category": pl.when(there).then(pl.lit(category)),
        "commitment_discount_type": pl.when(there).then(pl.lit(kind)),
    }
