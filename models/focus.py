"""Charges out as FOCUS: one Parquet file in the specification's own names and null rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args

import polars as pl

from models.charge import COLUMNS, JSON
from models.durable import part_in, place, storing

Version = Literal["1.2", "1.4"]
VERSIONS: Final[tuple[Version, ...]] = get_args(Version)

# 1.4 has other columns for who sells and runs what is billed, and one for the line of the invoice.
# A publisher is no longer told apart from the seller; ours keeps its name.
_IN_1_4: Final = {
    "provider_name": "ServiceProviderName",
    "publisher_name": "x_PublisherName",
    "x_host_provider_name": "HostProviderName",
    "x_invoice_detail_id": "InvoiceDetailId",
}
DELIVERY: Final = "x_delivery"  # no column of a charge: only the shelf knows its delivery

PRICED: Final = (
    "list_unit_price",
    "contracted_unit_price",
    "pricing_quantity",
    "pricing_unit",
    "pricing_category",
    "sku_id",
    "sku_price_id",
)
CONSUMED: Final = ("consumed_quantity", "consumed_unit")
COMMITMENT: Final = tuple(c.name for c in COLUMNS if c.name.startswith("commitment_discount_"))

# FOCUS 1.2: the column is null exactly where the other one is; for people, not for sums.
NAMED: Final = {
    "resource_type": "resource_id",
    "sub_account_name": "sub_account_id",
    "sub_account_type": "sub_account_id",
    "region_name": "region_id",
    "capacity_reservation_status": "capacity_reservation_id",
}

IN_CURRENCY: Final = tuple(c.name for c in COLUMNS if c.name.startswith("pricing_currency"))

_ALWAYS = pl.lit(value=True)
_TAX = pl.col("charge_category") == "Tax"
_CORRECTION = pl.col("charge_class").eq_missing(pl.lit("Correction"))
_SOLD = pl.col("charge_category").is_in(["Usage", "Purchase"]) & ~_CORRECTION
_METERED = (pl.col("charge_category") == "Usage") & pl.col("commitment_discount_status").ne_missing(
    pl.lit("Unused")
)


def export(charges: pl.LazyFrame, path: Path, version: Version) -> None:
    """Write the charges as one FOCUS Parquet file; streams, and replaces the file whole.

    Costs and quantities are the charges' own. Where the specification wants a value that
    a bill does not state, the row says the same thing in its terms: a charge without
    a unit price is one unit at its cost.

    Args:
        charges: CHARGE frames, which may have an `x_delivery`.
        path: The file.
        version: Of the specification.

    Raises:
        StoreError: when the file cannot be written; what was there before stays.
    """
    present = charges.collect_schema().names()
    with storing(path), part_in(path.parent) as part:
        rows = conforming(charges, version).select(
            pl.col(name).alias(called)
            for name, called in columns(version).items()
            if name in present
        )
        rows.sink_parquet(part, metadata={"FocusVersion": version})
        place(part, path)


def columns(version: Version) -> dict[str, str]:
    """Return the columns of a file in order, by column of a charge: FOCUS by name, then ours."""
    renamed = _IN_1_4 if version == "1.4" else {}
    named = {column.name: renamed.get(column.name, column.focus_name) for column in COLUMNS}
    named[DELIVERY] = "x_Delivery"
    if version == "1.2":
        return named
    return dict(sorted(named.items(), key=lambda pair: (pair[1].startswith("x_"), pair[1])))


def conforming(charges: pl.LazyFrame, version: Version = "1.2") -> pl.LazyFrame:
    """Return CHARGE frames with the null rules of FOCUS kept and objects as JSON text."""
    charges = charges.with_columns(**_in_stated_currency(version))
    if version == "1.4":
        charges = charges.with_columns(**_hosted())
    for step in (_without_noise(), _flat(), _identified(), _in_pricing_currency(), _as_text()):
        charges = charges.with_columns(**step)
    return charges


def _hosted() -> Mapping[str, pl.Expr]:
    """Say who runs what a publisher sells itself; for others nobody knows."""
    own = pl.when(pl.col("publisher_name") == pl.col("provider_name")).then("provider_name")
    return {"x_host_provider_name": pl.coalesce("x_host_provider_name", own)}


def _in_stated_currency(version: Version) -> Mapping[str, pl.Expr]:
    """Leave out a pricing currency in which no cost is stated; 1.4 knows national ones alone."""
    stated = pl.col("pricing_currency_effective_cost").is_not_null()
    if version == "1.4":
        stated &= pl.col("pricing_currency").str.contains("^[A-Z]{3}$")
    return {name: pl.when(stated).then(pl.col(name)).alias(name) for name in IN_CURRENCY}


def json_text(column: pl.Expr) -> pl.Expr:
    """Turn a map of text into a JSON object with sorted keys; null stays null."""
    pair = pl.element().struct
    pairs = column.map.entries().list.eval(
        pl.concat_str(_quoted(pair.field("key")), pl.lit(":"), _quoted(pair.field("value")))
    )
    return pl.concat_str(pl.lit("{"), pairs.list.sort().list.join(","), pl.lit("}"))


def _quoted(text: pl.Expr) -> pl.Expr:
    encoded = pl.struct(text.alias("v")).struct.json_encode()
    return encoded.str.strip_prefix('{"v":').str.strip_suffix("}")


def _without_noise() -> Mapping[str, pl.Expr]:
    """Empty what must be null: prices of taxes, meters of what is not metered."""
    noise = dict.fromkeys(PRICED, _TAX)
    noise |= dict.fromkeys(CONSUMED, ~_METERED)
    noise |= {name: pl.col("commitment_discount_id").is_null() for name in COMMITMENT}
    noise |= {name: pl.col(other).is_null() for name, other in NAMED.items()}
    # Usage of a reservation says whether it used it, or names none.
    used = pl.col("capacity_reservation_status").is_not_null()
    noise["capacity_reservation_id"] = (pl.col("charge_category") == "Usage") & ~used
    unsold = {"sku_meter": "sku_id", "sku_price_details": "sku_price_id"}
    noise |= {name: _TAX | (~_SOLD & pl.col(of).is_null()) for name, of in unsold.items()}
    return {
        name: pl.when(drop).then(None).otherwise(pl.col(name)).alias(name)
        for name, drop in noise.items()
    }


def _flat() -> Mapping[str, pl.Expr]:
    """State a sale without a unit price, or with a negative one, as one unit at its cost.

    Prices are never negative in FOCUS: what is given back is a quantity of -1.
    """
    stated = pl.all_horizontal(pl.col(PRICED[:4]).is_not_null())
    negative = pl.any_horizontal(pl.col(PRICED[:2]) < 0)
    flat = (_SOLD & ~stated) | negative
    back = pl.min_horizontal("list_cost", "contracted_cost") < 0
    sign = pl.when(back).then(-1).otherwise(1)
    values = {
        "list_unit_price": pl.col("list_cost") * sign,
        "contracted_unit_price": pl.col("contracted_cost") * sign,
        "pricing_quantity": sign,
        "pricing_unit": pl.lit("Units"),
    }
    return {
        name: pl.when(flat).then(value).otherwise(pl.col(name)) for name, value in values.items()
    }


def _identified() -> Mapping[str, pl.Expr]:
    """Name what was sold where the bill does not: by its usage type, else by its service."""
    own = pl.coalesce("x_usage_type", "service_name")
    sku = pl.coalesce("sku_id", "sku_price_id", own)
    metered = _METERED & ~_CORRECTION & pl.col("consumed_quantity").is_null()
    resource, account = pl.col("resource_id"), pl.col("sub_account_id")
    committed = pl.col("commitment_discount_id").is_not_null()
    spent = pl.col("commitment_discount_unit") == pl.col("billing_currency")
    kind = pl.when(spent).then(pl.lit("Spend")).otherwise(pl.lit("Usage"))
    fills = {
        "commitment_discount_category": (committed, kind),
        "commitment_discount_type": (committed, pl.lit("Commitment")),
        "sku_id": (_SOLD, sku),
        "sku_price_id": (_SOLD, sku),
        "sku_meter": (_SOLD | pl.col("sku_id").is_not_null(), own),
        "pricing_category": (_SOLD, pl.lit("Other")),
        "resource_type": (resource.is_not_null(), pl.col("service_name")),
        "sub_account_type": (account.is_not_null(), pl.lit("Account")),
        "sub_account_name": (account.is_not_null(), account),
        "billing_account_name": (_ALWAYS, pl.col("billing_account_id")),
        "region_name": (_ALWAYS, pl.col("region_id")),
        "charge_description": (_ALWAYS, own),
        "consumed_quantity": (metered, pl.col("pricing_quantity")),
        "consumed_unit": (metered, pl.col("pricing_unit")),
    }
    return {
        name: pl.when(where & pl.col(name).is_null()).then(value).otherwise(pl.col(name))
        for name, (where, value) in fills.items()
    }


def _in_pricing_currency() -> Mapping[str, pl.Expr]:
    """Repeat prices and cost in the pricing currency where it is the billing currency."""
    same = pl.col("pricing_currency").is_null() | (
        pl.col("pricing_currency") == pl.col("billing_currency")
    )
    pairs = ("contracted_unit_price", "effective_cost", "list_unit_price")
    repeated = {
        f"pricing_currency_{name}": pl.when(same)
        .then(pl.col(name))
        .otherwise(pl.col(f"pricing_currency_{name}"))
        for name in pairs
    }
    return {"pricing_currency": pl.coalesce("pricing_currency", "billing_currency"), **repeated}


def _as_text() -> Mapping[str, pl.Expr]:
    """Write JSON objects as text, which is how FOCUS files carry them in Parquet."""
    return {c.name: json_text(pl.col(c.name)) for c in COLUMNS if c.dtype == JSON}
