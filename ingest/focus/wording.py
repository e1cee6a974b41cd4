"""The expressions that make FOCUS rows into charges: their names, and what they leave out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from ingest.focus.columns import ALL_FIELDS, CUSTOM, KEPT, OWN_MARK, OWN_NAMES, PUBLISHER
from ingest.focus.dialect import Dialect
from ingest.table import ROW, TEXT
from models.charge import FOCUS, JSON
from models.money import MONEY, ZERO

_BETWEEN: Final = "\0"  # between key and value of a tag; in neither of them
_FREQUENCIES: Final = ("One-Time", "Recurring", "Usage-Based")

# Columns of charges and their names in the specification.
_NAMES: Final = {c.name: c.focus_name for c in FOCUS if c.name != "tags"} | {
    **CUSTOM,
    **KEPT,
}
# Where these say nothing, that stands in; a dialect's own words come before.
_STAND_INS: Final = {
    "provider_name": ("ServiceProviderName",),
    **{name: (later,) for name, later in KEPT.items()},
    "publisher_name": (PUBLISHER,),
}
# Not in documents of our own: there the meter may be made up from what the charge is for.
_METER: Final = {"x_usage_type": ("SkuMeter",)}
_MUST_SPEAK: Final = frozenset(c.focus_name for c in FOCUS if not c.null)


def named(frame: pl.LazyFrame, present: Collection[str], dialect: Dialect) -> pl.LazyFrame:
    """Return the rows under the names of charges, and nothing made up.

    Args:
        frame: The document, in the columns of its contract.
        present: Those it really has.
        dialect: How its exporter writes.
    """
    if dialect.placeholders:
        frame = frame.with_columns(_spoken(name, dialect) for name in _mute(dialect))
    ours = OWN_NAMES if OWN_MARK in present else {}
    basis = [] if ours else [pl.lit("line").alias("x_period_basis")]
    usual = _STAND_INS if ours else _STAND_INS | _METER
    names = _NAMES | ours
    others = {name: (*dialect.stand_ins.get(name, ()), *usual.get(name, ())) for name in names}
    return frame.select(
        ROW,
        *(pl.coalesce(actual, *others[name]).alias(name) for name, actual in names.items()),
        _tags(present, dialect).alias("tags"),
        *basis,
    )


def _mute(dialect: Dialect) -> list[str]:
    """Return the columns of text that may be empty."""
    own = [f.name for f in ALL_FIELDS if f.kind == TEXT and f.name not in _MUST_SPEAK]
    more = [name for names in dialect.stand_ins.values() for name in names]
    return list(dict.fromkeys([*own, *more, *dialect.tagged]))


def _spoken(name: str, dialect: Dialect) -> pl.Expr:
    said = pl.col(name)
    return pl.when(~said.is_in(dialect.placeholders)).then(said).alias(name)


def _tags(present: Collection[str], dialect: Dialect) -> pl.Expr:
    """Return the tags, with those of an allocation and the columns that a dialect adds.

    Keys of the consumer that a split cost was allocated to keep a prefix of their own.
    """
    more = [name for name in dialect.tagged if name in present]
    allocated = "AllocatedTags" in present
    if not more and not allocated:
        return pl.col("Tags")
    texts = [_entries("Tags", "")]
    texts += [_entries("AllocatedTags", "allocated/")] if allocated else []
    texts += [pl.concat_list(pl.lit(f"{name}{_BETWEEN}") + pl.col(name)) for name in more]
    parts = pl.element().str.splitn(_BETWEEN, 2).struct.rename_fields(["key", "value"])
    return pl.concat_list(texts).list.drop_nulls().list.eval(parts).cast(JSON)


def _entries(name: str, prefix: str) -> pl.Expr:
    """Return a map's entries as texts: lists of structs take ten times as long to join."""
    fields = pl.element().struct
    key, value = pl.lit(prefix) + fields.field("key"), fields.field("value")
    text = pl.concat_str(key, value, separator=_BETWEEN, ignore_nulls=True)
    return pl.col(name).map.entries().list.eval(text).fill_null([])


def filled(rows: pl.LazyFrame, dialect: Dialect, *, tax_recoverable: bool) -> pl.LazyFrame:
    """Return the rows with a word wherever a charge must have one."""
    provider = pl.coalesce("provider_name", pl.lit(dialect.provider or None, dtype=pl.String))
    return rows.with_columns(provider_name=provider).with_columns(
        **_words(dialect),
        **_costs(tax_recoverable=tax_recoverable),
        charge_frequency=_frequency(),
    )


def _words(dialect: Dialect) -> dict[str, pl.Expr]:
    general = pl.concat_str(pl.lit("Other ("), pl.col("service_category"), pl.lit(")"))
    account = pl.when(pl.col("sub_account_id").is_not_null()).then(pl.lit(dialect.sub_account_type))
    return {
        "invoice_issuer_name": pl.coalesce("invoice_issuer_name", "provider_name"),
        "publisher_name": pl.coalesce("publisher_name", "provider_name"),
        "pricing_currency": pl.coalesce("pricing_currency", "billing_currency"),
        "billing_account_type": pl.col("billing_account_type").fill_null(dialect.account_type),
        "sub_account_type": pl.coalesce("sub_account_type", account),
        "service_subcategory": pl.coalesce("service_subcategory", general),
    }


def _costs(*, tax_recoverable: bool) -> dict[str, pl.Expr]:
    effective = pl.col("effective_cost")
    tax = pl.col("charge_category") == "Tax"
    without = pl.when(tax).then(pl.lit(ZERO, dtype=MONEY)).otherwise(effective)
    return {
        "list_cost": pl.coalesce("list_cost", "billed_cost"),
        "contracted_cost": pl.coalesce("contracted_cost", "billed_cost"),
        "x_tco_cost": without if tax_recoverable else effective,
    }


def _frequency() -> pl.Expr:
    """Return the frequency in the specification's spelling; by the category where none is."""
    said = pl.col("charge_frequency")
    spelled = [
        pl.when(said.str.to_lowercase() == text.lower()).then(pl.lit(text)) for text in _FREQUENCIES
    ]
    usage = pl.col("charge_category") == "Usage"
    general = pl.when(usage).then(pl.lit("Usage-Based")).otherwise(pl.lit("One-Time"))
    return pl.coalesce(*spelled, said, general)
