"""FOCUS 1.2 lines to charges: the columns already have their meaning, and little is added.

What FOCUS wants and the export is documented to leave empty is filled: issuer and publisher
with the provider, list and contracted cost with the billed cost, the pricing currency with
the billing currency, the account types and the subcategory with a general word. `x_UsageType`
is not in every export; `SkuMeter` stands in.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from ingest.shape import shaped
from ingest.source import Conversion
from ingest.table import (
    MAP,
    MOMENT,
    NUMBER,
    TEXT,
    Field,
    Kind,
    Table,
    read,
    refuse_unsound,
    unsound,
)
from models.charge import COLUMNS, FOCUS, JSON, TIME
from models.money import MONEY, ZERO

_KINDS: Final[dict[object, Kind]] = {MONEY: NUMBER, TIME: MOMENT, JSON: MAP}
_NAMES: Final = {column.name: column.focus_name for column in COLUMNS}

# A column that FOCUS 1.2 or every later step needs; what is null in it is a row's own fault.
REQUIRED: Final = (
    *("billing_account_id", "billing_currency", "billing_period_end", "billing_period_start"),
    *("charge_category", "charge_class", "charge_description", "charge_frequency"),
    *("charge_period_end", "charge_period_start", "invoice_id", "provider_name", "resource_id"),
    *("billed_cost", "contracted_cost", "effective_cost", "list_cost"),
    *("service_category", "service_name", "sub_account_id", "tags"),
)
_CUSTOM: Final = {
    "x_operation": "x_Operation",
    "x_service_code": "x_ServiceCode",
    "x_usage_type": "x_UsageType",
}
_UNUSED: Final = ("x_Discounts", "x_CostCategories")

FIELDS: Final = (
    *(
        Field(column.focus_name, _KINDS.get(column.dtype, TEXT), column.name in REQUIRED)
        for column in FOCUS
    ),
    *(Field(name, TEXT) for name in _CUSTOM.values()),
)


def convert(path: Path, *, tax_recoverable: bool) -> Conversion:
    """Turn one document into charges.

    Raises:
        ContractError: when the document breaks its contract.
    """
    table = read(path, FIELDS, _UNUSED)
    refuse_unsound(table.raw.select(*unsound(table, FIELDS)).collect(engine="streaming"))
    named = table.frame.select(
        "x_row",
        *(pl.col(column.focus_name).alias(column.name) for column in FOCUS),
        *(pl.col(actual).alias(name) for name, actual in _CUSTOM.items()),
    )
    charges = named.with_columns(**_filled()).with_columns(
        x_tco_cost=_tco_cost(tax_recoverable=tax_recoverable), x_period_basis=pl.lit("line")
    )
    return Conversion(charges=shaped(charges), notes=tuple(_notes(table)))


def _filled() -> dict[str, pl.Expr]:
    general = pl.concat_str(pl.lit("Other ("), pl.col("service_category"), pl.lit(")"))
    return {
        "invoice_issuer_name": pl.coalesce("invoice_issuer_name", "provider_name"),
        "pricing_currency": pl.coalesce("pricing_currency", "billing_currency"),
        "publisher_name": pl.coalesce("publisher_name", "provider_name"),
        "list_cost": pl.coalesce("list_cost", "billed_cost"),
        "contracted_cost": pl.coalesce("contracted_cost", "billed_cost"),
        "billing_account_type": pl.col("billing_account_type").fill_null("Payer"),
        "sub_account_type": pl.coalesce(
            "sub_account_type",
            pl.when(pl.col("sub_account_id").is_not_null()).then(pl.lit("Account")),
        ),
        "service_subcategory": pl.coalesce("service_subcategory", general),
        "x_usage_type": pl.coalesce("x_usage_type", "sku_meter"),
    }


def _tco_cost(*, tax_recoverable: bool) -> pl.Expr:
    effective = pl.col("effective_cost")
    if not tax_recoverable:
        return effective
    tax = pl.col("charge_category") == "Tax"
    return pl.when(tax).then(pl.lit(ZERO, dtype=MONEY)).otherwise(effective)


def _notes(table: Table) -> Iterable[tuple[str, str]]:
    if table.unknown:
        yield "new_column", f"not known and not used: {', '.join(table.unknown)}"
