"""The rules every charge must keep, as expressions; a row that breaks one is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from models.charge import CHARGE_CATEGORIES, REQUIRED


@dataclass(frozen=True, slots=True)
class RowRule:
    """A statement about one charge; `holds` is true where the charge keeps it."""

    name: str
    holds: pl.Expr
    meaning: str


def _present(column: str) -> RowRule:
    return RowRule(f"{column}_present", pl.col(column).is_not_null(), f"{column} must not be empty")


ROW_RULES: Final = (
    *map(_present, REQUIRED),
    RowRule(
        "charge_category_known",
        pl.col("charge_category").is_in(CHARGE_CATEGORIES),
        "charge_category must be one of " + ", ".join(CHARGE_CATEGORIES),
    ),
    RowRule(
        "billing_currency_code",
        pl.col("billing_currency").str.contains(r"^[A-Z]{3}$"),
        "billing_currency must be an ISO 4217 code of three capital letters",
    ),
    RowRule(
        "charge_period_forward",
        pl.col("charge_period_start") < pl.col("charge_period_end"),
        "charge_period_end must lie after charge_period_start",
    ),
    RowRule(
        "billing_period_forward",
        pl.col("billing_period_start") < pl.col("billing_period_end"),
        "billing_period_end must lie after billing_period_start",
    ),
    RowRule(
        "charge_class_known",
        pl.col("charge_class").is_null() | (pl.col("charge_class") == "Correction"),
        "charge_class must be empty or Correction",
    ),
)


def broken() -> pl.Expr:
    """Return the names of the rules a row breaks, comma separated; null when it keeps all."""
    names = [
        pl.when(rule.holds.fill_null(value=False)).then(None).otherwise(pl.lit(rule.name))
        for rule in ROW_RULES
    ]
    text = pl.concat_str(names, separator=",", ignore_nulls=True)
    return pl.when(text == "").then(None).otherwise(text)
