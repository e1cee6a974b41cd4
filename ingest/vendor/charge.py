"""Lines of a vendor as charges, and what they measure as usage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from models.beside import BESIDE
from models.charge import CHARGE
from models.period import Month

CATEGORY: Final = "AI and Machine Learning"
SUBCATEGORY: Final = "Generative AI"
_COSTS: Final = ("billed_cost", "effective_cost", "contracted_cost", "x_tco_cost")
_OWN: Final = ("x_source", "x_document")
_CHARGE: Final = {name: dtype for name, dtype in CHARGE.items() if name not in _OWN}
_USAGE: Final = {name: t for name, t in BESIDE["usage"].schema.items() if name not in _OWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who bills, for what, and whom: in every charge the same."""

    issuer: str
    service: str
    account: str
    account_type: str = "Organization"
    category: str = CATEGORY
    subcategory: str = SUBCATEGORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One charge to be: a negative cost is a credit, and measures nothing.

    Attributes:
        row: Row of the document.
        start, end: When it was used, UTC; the end is exclusive.
        cost: What it costs, in `currency`.
        list_cost: Before discounts, where it is said.
        quantity: What was consumed, and its unit.
        priced: What was priced, and its unit.
        unit_price: Of the priced unit, where it times the quantity is the cost exactly.
        columns: Other columns of a charge.
    """

    row: int
    start: datetime
    end: datetime
    cost: Decimal
    currency: str
    list_cost: Decimal | None = None
    quantity: tuple[Decimal, str] | None = None
    priced: tuple[Decimal, str] | None = None
    unit_price: Decimal | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One row of usage to be; see `models.beside.USAGE`."""

    row: int
    unit: str
    driver: str
    day: date
    quantity: Decimal
    tags: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)


def charges(items: Sequence[Item], vendor: Vendor, period: Month) -> pl.LazyFrame:
    """Return items as charges, without the columns that the loader adds."""
    shared = {
        "billing_account_id": vendor.account,
        "billing_account_name": vendor.account,
        "billing_account_type": vendor.account_type,
        "billing_period_start": period.start,
        "billing_period_end": period.end,
        "charge_frequency": "Usage-Based",
        "service_category": vendor.category,
        "service_name": vendor.service,
        "service_subcategory": vendor.subcategory,
        "x_period_basis": "line",
        **dict.fromkeys(("invoice_issuer_name", "provider_name", "publisher_name"), vendor.issuer),
    }
    rows = [{**shared, **_charge(item)} for item in items]
    return pl.LazyFrame(rows, schema=_CHARGE)


def no_charges() -> pl.LazyFrame:
    """Return the charges of a document that states usage alone."""
    return pl.LazyFrame(schema=_CHARGE)


def category(cost: Decimal) -> str:
    """Return the charge category of an amount: what is given back is no usage."""
    return "Credit" if cost < 0 else "Usage"


def _charge(item: Item) -> dict[str, Any]:
    return {
        **dict.fromkeys(_COSTS, item.cost),
        "list_cost": item.cost if item.list_cost is None else item.list_cost,
        "billing_currency": item.currency,
        "charge_category": category(item.cost),
        "charge_period_start": item.start,
        "charge_period_end": item.end,
        "tags": dict(item.tags),
        "x_row": item.row,
        **item.columns,
        **(_measured(item) if item.cost >= 0 else {}),
    }


def _measured(item: Item) -> dict[str, Any]:
    consumed, priced = item.quantity or (None, None), item.priced or (None, None)
    return {
        "consumed_quantity": consumed[0],
        "consumed_unit": consumed[1],
        "pricing_quantity": priced[0],
        "pricing_unit": priced[1],
        "pricing_category": "Standard" if item.priced else None,
        **dict.fromkeys(("list_unit_price", "contracted_unit_price"), item.unit_price),
    }


def usage(uses: Iterable[Use]) -> pl.LazyFrame:
    """Return usage, without the columns that the loader adds."""
    rows = [
        {
            "x_row": use.row,
            "unit": use.unit,
            "driver": use.driver,
            "day": use.day,
            "quantity": use.quantity,
            "tags": dict(use.tags),
            **use.columns,
        }
        for use in uses
    ]
    return pl.LazyFrame(rows, schema=_USAGE)
