"""The expressions that make CUR 2.0 lines into charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from ingest.aws import block, cost, line, price, service, usage, words, workload
from ingest.aws.block import Window
from ingest.aws.profile import Profile
from ingest.shape import shaped
from ingest.table import Table
from models.charge import JSON
from models.money import ZERO

_NOTHING: Final = cost.NOTHING
_PREFIXES: Final = {"cost_category": "costCategory/", "tags": "", "resource_tags": ""}
NO_WINDOWS: Final[Mapping[str, Window]] = {}
_BETWEEN: Final = "\0"  # in no key and no value: Parquet text of tags is printable


def lines(table: Table, found: Profile, windows: Mapping[str, Window] = NO_WINDOWS) -> pl.LazyFrame:
    """Return the lines with their kind, their cost, and what of a fee nothing used.

    Args:
        table: The document.
        found: Its profile.
        windows: Windows of capacity blocks by the id of their reservation.
    """
    net = found.net
    blocks = found.usages.where(usage.block)
    known = block.window(blocks, windows) if found.has_blocks else block.nowhere()
    return (
        table.frame.with_columns(
            *(texts.numbered(pl.col(column)) for texts, column in found.texts()),
            tags=_tags(found.maps),
        )
        .with_columns(**known, **workload.spot(found))
        .with_columns(line.kind(found.types, unamortised=found.unamortised > 0))
        .with_columns(cost=cost.invoiced(net=net), unused=cost.unused(net=net))
        .with_columns(plan=cost.of_plan(net=net), reserved=cost.of_reservation(net=net))
    )


def _tags(maps: Sequence[str]) -> pl.Expr:
    """Return the maps that hold anything as one.

    Keys stay as delivered, so prefixes keep them apart. Where two still agree on a key, the
    later one counts: resource tags last.
    """
    if not maps:
        return pl.lit(None, dtype=JSON)
    if list(maps) in (["resource_tags"], ["tags"]):
        return pl.col(maps[0])
    joined = pl.concat_list(_joined(name, _PREFIXES[name]) for name in maps)
    parts = pl.element().str.splitn(_BETWEEN, 2).struct.rename_fields(["key", "value"])
    return joined.list.eval(parts).cast(JSON)


def _joined(name: str, prefix: str) -> pl.Expr:
    """Return a map's entries as texts: lists of structs take ten times as long to join."""
    fields = pl.element().struct
    key, value = pl.lit(prefix) + fields.field("key"), fields.field("value")
    text = pl.concat_str(key, value, separator=_BETWEEN, ignore_nulls=True)
    return pl.col(name).map.entries().list.eval(text).fill_null([])


def of_lines(frame: pl.LazyFrame, found: Profile, *, tax_recoverable: bool) -> pl.LazyFrame:
    """Return one charge for each line."""
    money = cost.of_line(tax_recoverable=tax_recoverable)
    return shaped(
        frame.with_columns(**money, **workload.of_line(found)).with_columns(
            **words.of_line(found), **price.of_line(found)
        )
    )


def unused(frame: pl.LazyFrame, found: Profile) -> pl.LazyFrame:
    """Return one charge for each fee whose commitment was not used up."""
    fees = frame.filter(pl.col("unused") != ZERO)
    amounts = dict.fromkeys(("effective_cost", "x_tco_cost"), pl.col("unused"))
    zeros = ("billed_cost", "list_cost", "contracted_cost")
    prices = ("list_unit_price", "contracted_unit_price", "pricing_quantity")
    return shaped(
        fees.with_columns(**dict.fromkeys(zeros, _NOTHING), **amounts)
        .with_columns(**words.of_line(found))
        .with_columns(
            **dict.fromkeys(prices, _NOTHING),
            charge_category=pl.lit("Usage"),
            charge_frequency=pl.lit("Usage-Based"),
            commitment_discount_status=pl.lit("Unused"),
            pricing_category=pl.lit("Committed"),
            pricing_unit=service.unit(found.units),
            resource_id=pl.col("commitment_discount_id"),
            x_derived=pl.lit("unused_commitment"),
        )
    )


def blocks(frame: pl.LazyFrame, found: Profile) -> pl.LazyFrame:
    """Return one charge for each day of each capacity block: what of its fee the day bears."""
    fees = (
        frame.filter(line.is_kind(["block", "refund_of_block"]) & (pl.col("cost") != ZERO))
        .with_columns(**workload.of_line(found))
        .with_columns(**words.of_line(found))
        .collect(engine="streaming")
    )
    days = block.days(fees)
    whole = fees.drop(days.columns, strict=False)[days["fee"]].hstack(days)
    return shaped(
        whole.lazy().with_columns(
            **dict.fromkeys(("billed_cost", "list_cost", "contracted_cost"), _NOTHING),
            **dict.fromkeys(("list_unit_price", "contracted_unit_price"), _NOTHING),
            pricing_quantity=_NOTHING,
            pricing_unit=pl.lit("Hours"),
            pricing_category=pl.lit("Other"),
            x_tco_cost=pl.col("effective_cost"),
            charge_category=pl.lit("Usage"),
            charge_frequency=pl.lit("Usage-Based"),
            capacity_reservation_id=pl.lit(None, dtype=pl.String),
            capacity_reservation_status=pl.lit(None, dtype=pl.String),
            x_derived=pl.lit("capacity_block"),
        )
    )


def residual(frame: pl.LazyFrame, _found: Profile) -> pl.LazyFrame:
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
    return shaped(
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
            **words.commitment(plan, "Spend", "Savings Plan"),
            **words.account(),
            publisher_name=pl.lit(words.PROVIDER),
            service_name=pl.lit(service.SERVICES["ComputeSavingsPlans"][0]),
            service_category=pl.lit(service.SERVICES["ComputeSavingsPlans"][1]),
            service_subcategory=pl.lit(service.SERVICES["ComputeSavingsPlans"][2]),
            x_service_code=pl.lit("ComputeSavingsPlans"),
            x_line_type=pl.lit("SavingsPlanNegation"),
            x_derived=pl.lit("offset_residual"),
            x_row=pl.lit(0, dtype=pl.Int64),
        )
    )
