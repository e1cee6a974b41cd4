"""Kinds of cost details rows, and what each means as a charge."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.azure.role import Role
from models.money import MONEY, ZERO

_NOTHING: Final = pl.lit(ZERO, dtype=MONEY)


def _word(column: str) -> pl.Expr:
    """Return a word of theirs in lower case without spaces: `Savings Plan` is `savingsplan`."""
    return pl.col(column).fill_null("").str.to_lowercase().str.replace_all(" ", "", literal=True)


def kinds() -> dict[str, pl.Expr]:
    """Return what tells kinds of rows apart; the other functions use these columns."""
    kind, model = _word("charge_type"), _word("pricing_model")
    reserved = pl.col("reservation_id").is_not_null() & (model == "")
    plan = (model == "savingsplan") | (kind == "unusedsavingsplan")
    reservation = (model == "reservation") | (kind == "unusedreservation") | reserved
    return {
        "kind": pl.when(kind == "").then(pl.lit("usage")).otherwise(kind),
        "commitment": pl.when(plan)
        .then(pl.lit("plan"))
        .when(reservation)
        .then(pl.lit("reservation")),
        "is_spot": model == "spot",
    }


_KIND: Final = pl.col("kind")
COMMITTED: Final = pl.col("commitment").is_not_null()
UNUSED: Final = _KIND.str.starts_with("unused")
USAGE: Final = (_KIND == "usage") | UNUSED
BOUGHT: Final = _KIND.is_in(["purchase", "refund"])
COVERED: Final = COMMITTED & USAGE
KNOWN_KINDS: Final = (
    *("usage", "purchase", "refund", "tax", "roundingadjustment"),
    *("unusedreservation", "unusedsavingsplan"),
)


def taken(role: Role) -> pl.Expr:
    """Say which rows are charges: not those that the other document of a pair states.

    Usage that is covered costs nothing in actual cost. Should it cost something there, the
    invoice is right, and the row stays.
    """
    ordinary = pl.lit(role.billed or role.effective)
    covered = pl.lit(role.commitment_effective) | (pl.col("cost") != ZERO).fill_null(value=True)
    bought = pl.lit(role.commitment_billed) | (pl.col("cost") != ZERO).fill_null(value=True)
    committed = pl.when(USAGE).then(covered).otherwise(bought)
    return pl.when(COMMITTED).then(committed).otherwise(ordinary)


def costs(role: Role) -> dict[str, pl.Expr]:
    """Return billed and effective cost, in the billing currency."""

    def stated(ordinary: bool, committed: bool) -> pl.Expr:  # noqa: FBT001 - a pair of answers
        counts = pl.when(COMMITTED).then(pl.lit(committed)).otherwise(pl.lit(ordinary))
        return pl.when(counts).then(pl.col("cost")).otherwise(_NOTHING)

    return {
        "billed_cost": stated(role.billed, role.commitment_billed),
        "effective_cost": stated(role.effective, role.commitment_effective),
    }


def measured(role: Role) -> pl.Expr:
    """Say where a row's quantity and prices count: once in a pair, with the effective cost."""
    used = pl.when(COMMITTED).then(pl.lit(role.commitment_effective))
    return pl.when(USAGE).then(used.otherwise(pl.lit(role.effective))).otherwise(
        pl.lit(value=True)
    ) & _KIND.is_in(["usage", "purchase", "refund", "unusedreservation", "unusedsavingsplan"])


def category() -> pl.Expr:
    """Return the charge category; what is refunded keeps the category it had (FOCUS 1.2)."""
    metered = (pl.col("frequency") == "UsageBased") & ~COMMITTED
    return (
        pl.when(USAGE | ((_KIND == "refund") & metered))
        .then(pl.lit("Usage"))
        .when(BOUGHT)
        .then(pl.lit("Purchase"))
        .when(_KIND == "tax")
        .then(pl.lit("Tax"))
        .otherwise(pl.lit("Adjustment"))
    )


def frequency() -> pl.Expr:
    """Return the charge frequency; a purchase is never by usage."""
    recurring = _word("frequency") == "recurring"
    return (
        pl.when(category() == "Usage")
        .then(pl.lit("Usage-Based"))
        .when(recurring)
        .then(pl.lit("Recurring"))
        .otherwise(pl.lit("One-Time"))
    )


def pricing_category() -> pl.Expr:
    """Return the pricing category; FOCUS wants none on taxes and adjustments."""
    return (
        pl.when(COVERED)
        .then(pl.lit("Committed"))
        .when(USAGE & pl.col("is_spot"))
        .then(pl.lit("Dynamic"))
        .when(USAGE | BOUGHT)
        .then(pl.lit("Standard"))
    )
