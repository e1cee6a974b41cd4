"""The expressions that make CUR 2.0 lines into charges."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.aws import line, service
from ingest.aws.table import Table
from models.charge import CHARGE, JSON
from models.money import MONEY, ZERO

OWNED: Final = ("x_source", "x_document")  # the loader's
SCHEMA: Final = {name: dtype for name, dtype in CHARGE.items() if name not in OWNED}
PROVIDER: Final = "AWS"
_MARKETPLACE: Final = "AWS Marketplace"
_NOTHING: Final = pl.lit(ZERO, dtype=MONEY)
_PIECE: Final = pl.lit(1, dtype=MONEY)
_BETWEEN: Final = "\0"  # in no key and no value: Parquet text of tags is printable
_COMMITMENTS: Final = {
    "plan": ("savings_plan_savings_plan_a_r_n", "Spend", "Savings Plan"),
    "reservation": ("reservation_reservation_a_r_n", "Usage", "Reserved Instance"),
}


def lines(table: Table, *, net: bool) -> pl.LazyFrame:
    """Return the lines with their kind, their cost, and what of a fee nothing used."""
    return (
        table.frame.with_columns(line.kind(), _tags(table).alias("tags"))
        .with_columns(_cost(net=net).alias("cost"), _unused(net=net).alias("unused"))
        .with_columns(_plan_cost(net=net).alias("plan"), _reserved_cost(net=net).alias("reserved"))
    )


def _cost(*, net: bool) -> pl.Expr:
    gross = pl.col("line_item_unblended_cost")
    if not net:
        return gross
    folded = pl.when(line.is_kind(["discount"])).then(_NOTHING).otherwise(gross)
    return pl.coalesce("line_item_net_unblended_cost", folded)


def _plan_cost(*, net: bool) -> pl.Expr:
    gross = pl.col("savings_plan_savings_plan_effective_cost")
    return pl.coalesce("savings_plan_net_savings_plan_effective_cost", gross) if net else gross


def _reserved_cost(*, net: bool) -> pl.Expr:
    gross = pl.col("reservation_effective_cost")
    return pl.coalesce("reservation_net_effective_cost", gross) if net else gross


def _unused(*, net: bool) -> pl.Expr:
    """Return what a commitment cost without being used; there is no net form for plans."""
    plan = pl.col("savings_plan_total_commitment_to_date") - pl.col("savings_plan_used_commitment")
    upfront = _unused_part("unused_amortized_upfront_fee_for_billing_period", net=net)
    reservation = upfront + _unused_part("unused_recurring_fee", net=net)
    return (
        pl.when(line.is_kind(["plan_fee"]))
        .then(plan)
        .when(line.is_kind(["reservation_fee"]))
        .then(reservation)
    )


def _unused_part(name: str, *, net: bool) -> pl.Expr:
    gross = pl.col(f"reservation_{name}")
    return pl.coalesce(f"reservation_net_{name}", gross, _NOTHING) if net else gross.fill_null(ZERO)


def _tags(table: Table) -> pl.Expr:
    """Return all maps as one; keys stay as delivered, so prefixes keep them apart.

    Where two still agree on a key, the later one counts: resource tags last.
    """
    prefixes = {"cost_category": "costCategory/", "tags": "", "resource_tags": ""}
    there = [name for name in prefixes if name in table.present]
    if there in ([], ["resource_tags"], ["tags"]):
        return pl.coalesce("resource_tags", "tags")
    joined = pl.concat_list(_joined(name, prefixes[name]) for name in there)
    parts = pl.element().str.splitn(_BETWEEN, 2).struct.rename_fields(["key", "value"])
    return joined.list.eval(parts).cast(JSON)


def _joined(name: str, prefix: str) -> pl.Expr:
    """Return a map's entries as texts: lists of structs take ten times as long to join."""
    fields = pl.element().struct
    key, value = pl.lit(prefix) + fields.field("key"), fields.field("value")
    text = pl.concat_str(key, value, separator=_BETWEEN, ignore_nulls=True)
    return pl.col(name).map.entries().list.eval(text).fill_null([])


def of_lines(frame: pl.LazyFrame, *, tax_recoverable: bool) -> pl.LazyFrame:
    """Return one charge for each line."""
    money = _money(tax_recoverable=tax_recoverable)
    return _shaped(frame.with_columns(**money).with_columns(**_words(), **_prices()))


def unused(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return one charge for each fee whose commitment was not used up."""
    fees = frame.filter(pl.col("unused") != ZERO)
    amounts = dict.fromkeys(("effective_cost", "x_tco_cost"), pl.col("unused"))
    zeros = ("billed_cost", "list_cost", "contracted_cost")
    prices = ("list_unit_price", "contracted_unit_price", "pricing_quantity")
    return _shaped(
        fees.with_columns(**dict.fromkeys(zeros, _NOTHING), **amounts)
        .with_columns(**_words())
        .with_columns(
            **dict.fromkeys(prices, _NOTHING),
            charge_category=pl.lit("Usage"),
            charge_frequency=pl.lit("Usage-Based"),
            commitment_discount_status=pl.lit("Unused"),
            pricing_category=pl.lit("Committed"),
            pricing_unit=service.unit(),
            resource_id=pl.col("commitment_discount_id"),
            x_derived=pl.lit("unused_commitment"),
        )
    )


def residual(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return, for each plan whose covered usage and negation do not cancel, what is left."""
    plan, currency = "savings_plan_savings_plan_a_r_n", "line_item_currency_code"
    names = ("bill_payer_account_id", "bill_payer_account_name")
    period = ("bill_billing_period_start_date", "bill_billing_period_end_date")
    left = (
        frame.filter(line.is_kind(["covered", "negation"]))
        .group_by(plan, currency)
        .agg(pl.col("cost").sum(), pl.col(*names, *period, "bill_invoice_id").min())
        .filter(pl.col("cost") != ZERO)
        .sort(plan, currency)
    )
    start, end = (pl.col(name) for name in period)
    return _shaped(
        left.with_columns(
            charge_category=pl.lit("Adjustment"),
            charge_frequency=pl.lit("One-Time"),
            charge_description=pl.lit("Covered usage and its negation do not cancel"),
            charge_period_start=start,
            charge_period_end=end,
            billed_cost=pl.col("cost"),
            **dict.fromkeys(
                ("effective_cost", "x_tco_cost", "list_cost", "contracted_cost"), _NOTHING
            ),
            **_commitment(plan, "Spend", "Savings Plan"),
            **_account(),
            publisher_name=pl.lit(PROVIDER),
            service_name=pl.lit(service.SERVICES["ComputeSavingsPlans"][0]),
            service_category=pl.lit(service.SERVICES["ComputeSavingsPlans"][1]),
            service_subcategory=pl.lit(service.SERVICES["ComputeSavingsPlans"][2]),
            x_service_code=pl.lit("ComputeSavingsPlans"),
            x_line_type=pl.lit("SavingsPlanNegation"),
            x_derived=pl.lit("offset_residual"),
            x_row=pl.lit(0, dtype=pl.Int64),
        )
    )


def _shaped(frame: pl.LazyFrame) -> pl.LazyFrame:
    present = set(frame.collect_schema().names())
    return frame.select(
        pl.col(name).cast(dtype) if name in present else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in SCHEMA.items()
    )


def _money(*, tax_recoverable: bool) -> dict[str, pl.Expr]:
    cost, gross = pl.col("cost"), pl.col("line_item_unblended_cost")
    public = pl.coalesce("pricing_public_on_demand_cost", gross)
    listed = (
        pl.when(line.where("list", "usage"))
        .then(public)
        .when(line.where("list", "cost"))
        .then(cost)
        .otherwise(_NOTHING)
    )
    contracted = (
        pl.when(line.is_kind(["reserved"]))
        .then(public)
        .when(line.where("list", "usage"))
        .then(gross)
        .when(line.where("list", "cost") | line.is_kind(["discount"]))
        .then(cost)
        .otherwise(_NOTHING)
    )
    effective = _effective()
    recovered = pl.when(line.is_kind(["tax"])).then(_NOTHING).otherwise(effective)
    return {
        "billed_cost": pl.when(line.where("billed", "zero")).then(_NOTHING).otherwise(cost),
        "effective_cost": effective,
        "list_cost": listed,
        "contracted_cost": contracted,
        "x_tco_cost": recovered if tax_recoverable else effective,
    }


def _effective() -> pl.Expr:
    return (
        pl.when(line.where("effective", "plan"))
        .then(pl.col("plan"))
        .when(line.where("effective", "reservation"))
        .then(pl.col("reserved"))
        .when(line.where("effective", "cost"))
        .then(pl.col("cost"))
        .otherwise(_NOTHING)
    )


def _words() -> dict[str, pl.Expr]:
    name = service.name()
    return {
        **_account(),
        **_period(),
        **_commitments(),
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
        "service_name": name,
        "service_category": service.category(name),
        "service_subcategory": service.subcategory(name),
        "x_line_type": pl.col("line_item_line_item_type"),
        "x_service_code": pl.col("line_item_product_code"),
        "x_usage_type": pl.col("line_item_usage_type"),
        "x_operation": pl.col("line_item_operation"),
    }


def _account() -> dict[str, pl.Expr]:
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
        kind: _commitment(*words) | {"commitment_discount_status": pl.lit("Used")}
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


def _commitment(arn: str, category: str, kind: str) -> dict[str, pl.Expr]:
    there = pl.col(arn).is_not_null()
    return {
        "commitment_discount_id": pl.col(arn),
        "commitment_discount_name": pl.col(arn).str.split("/").list.last(),
        "commitment_discount_category": pl.when(there).then(pl.lit(category)),
        "commitment_discount_type": pl.when(there).then(pl.lit(kind)),
    }


def _prices() -> dict[str, pl.Expr]:
    """Return quantities and unit prices, which FOCUS wants empty on tax, and sku ids."""
    metered, piece = line.where("price", "usage"), line.where("price", "piece")
    quantity = pl.when(metered).then(pl.col("line_item_usage_amount"))
    listed = pl.col("pricing_public_on_demand_rate")
    charged = pl.coalesce(
        pl.when(line.is_kind(["reserved"])).then(listed), "line_item_unblended_rate"
    )
    return {
        "pricing_category": _pricing_category(),
        "pricing_quantity": pl.when(piece).then(_PIECE).otherwise(quantity),
        "pricing_unit": pl.when(metered).then(service.unit()).when(piece).then(pl.lit("Units")),
        "list_unit_price": pl.when(metered)
        .then(pl.coalesce(listed, "line_item_unblended_rate"))
        .when(piece)
        .then(pl.col("list_cost")),
        "contracted_unit_price": pl.when(metered)
        .then(charged)
        .when(piece)
        .then(pl.col("contracted_cost")),
        "consumed_quantity": quantity,
        "consumed_unit": pl.when(metered).then(service.unit()),
        "sku_id": pl.when(metered | piece).then(pl.col("product_sku")),
        "sku_price_id": pl.when(metered | piece).then(
            pl.coalesce("pricing_rate_code", "pricing_rate_id")
        ),
    }


def _pricing_category() -> pl.Expr:
    spot = pl.col("line_item_usage_type").fill_null("").str.contains("SpotUsage:", literal=True)
    return (
        pl.when(line.is_kind(["covered", "reserved"]))
        .then(pl.lit("Committed"))
        .when(line.is_kind(["usage"]) & spot)
        .then(pl.lit("Dynamic"))
        .when(line.where("price", "usage") | line.where("price", "piece"))
        .then(pl.lit("Standard"))
    )
