"""What a line costs: invoiced, by accrual, at list price, and what of a fee nothing used."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.aws import line
from models.money import MONEY, ZERO

NOTHING: Final = pl.lit(ZERO, dtype=MONEY)


def invoiced(*, net: bool) -> pl.Expr:
    """Return what the invoice says, in the representation of discounts that counts."""
    gross = pl.col("line_item_unblended_cost")
    if not net:
        return gross
    folded = pl.when(line.is_kind(["discount"])).then(NOTHING).otherwise(gross)
    return pl.coalesce("line_item_net_unblended_cost", folded)


def of_plan(*, net: bool) -> pl.Expr:
    """Return the amortised cost of usage that a savings plan covers."""
    gross = pl.col("savings_plan_savings_plan_effective_cost")
    return pl.coalesce("savings_plan_net_savings_plan_effective_cost", gross) if net else gross


def of_reservation(*, net: bool) -> pl.Expr:
    """Return the amortised cost of reserved usage; hosts have none, and are worth their cost."""
    name = "effective_cost"
    forms = [f"reservation_net_{name}"] * net + [f"reservation_{name}", "cost"]
    return pl.coalesce(forms)


def unused(*, net: bool) -> pl.Expr:
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
    return pl.coalesce(f"reservation_net_{name}", gross, NOTHING) if net else gross.fill_null(ZERO)


def of_line(*, tax_recoverable: bool) -> dict[str, pl.Expr]:
    """Return the costs of a charge, of lines that have `cost`, `plan` and `reserved`."""
    cost, gross = pl.col("cost"), pl.col("line_item_unblended_cost")
    public = pl.coalesce("pricing_public_on_demand_cost", gross)
    listed = (
        pl.when(line.where("list", "usage"))
        .then(public)
        .when(line.where("list", "cost"))
        .then(cost)
        .otherwise(NOTHING)
    )
    contracted = (
        pl.when(line.is_kind(["reserved"]))
        .then(public)
        .when(line.where("list", "usage"))
        .then(gross)
        .when(line.where("list", "cost") | line.is_kind(["discount"]))
        .then(cost)
        .otherwise(NOTHING)
    )
    effective = _effective()
    recovered = pl.when(line.is_kind(["tax"])).then(NOTHING).otherwise(effective)
    return {
        "billed_cost": pl.when(line.where("billed", "zero")).then(NOTHING).otherwise(cost),
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
        .otherwise(NOTHING)
    )
