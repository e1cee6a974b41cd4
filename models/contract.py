"""The rules every charge must keep, as expressions; a row that breaks one is set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.charge import CHARGE_CATEGORIES, REQUIRED, WORKLOADS

CONTRACT_VERSION: Final = "4"  # rises whenever the same conversion would load otherwise


@dataclass(frozen=True, slots=True)
class RowRule:
    """A statement about one charge, told by one column; `holds` is true where it is kept."""

    name: str
    column: str
    holds: pl.Expr
    meaning: str

    @property
    def fails(self) -> pl.Expr:
        """Where the charge breaks the rule; what cannot be told is broken."""
        return ~self.holds.fill_null(value=False)


def _present(column: str) -> RowRule:
    return RowRule(
        f"{column}_present", column, pl.col(column).is_not_null(), f"{column} must not be empty"
    )


ROW_RULES: Final = (
    *map(_present, REQUIRED),
    RowRule(
        "charge_category_known",
        "charge_category",
        pl.col("charge_category").is_in(CHARGE_CATEGORIES),
        "charge_category must be one of " + ", ".join(CHARGE_CATEGORIES),
    ),
    RowRule(
        "billing_currency_code",
        "billing_currency",
        pl.col("billing_currency").str.contains(r"^[A-Z]{3}$"),
        "billing_currency must be an ISO 4217 code of three capital letters",
    ),
    RowRule(
        "charge_period_forward",
        "charge_period_end",
        pl.col("charge_period_start") < pl.col("charge_period_end"),
        "charge_period_end must lie after charge_period_start",
    ),
    RowRule(
        "billing_period_forward",
        "billing_period_end",
        pl.col("billing_period_start") < pl.col("billing_period_end"),
        "billing_period_end must lie after billing_period_start",
    ),
    RowRule(
        "charge_class_known",
        "charge_class",
        pl.col("charge_class").is_null() | (pl.col("charge_class") == "Correction"),
        "charge_class must be empty or Correction",
    ),
    RowRule(
        "workload_known",
        "x_workload",
        pl.col("x_workload").is_null() | pl.col("x_workload").is_in(list(WORKLOADS)),
        "x_workload must be empty or one of " + ", ".join(WORKLOADS),
    ),
)


def kept() -> pl.Expr:
    """Return whether a row keeps every rule."""
    return ~pl.any_horizontal(rule.fails for rule in ROW_RULES)


def first_broken(shown: Callable[[RowRule], pl.Expr]) -> pl.Expr:
    """Return what `shown` says about the first rule a row breaks; null when it keeps all."""
    return pl.coalesce(pl.when(rule.fails).then(shown(rule)) for rule in ROW_RULES)
