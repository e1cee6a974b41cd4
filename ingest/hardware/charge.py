"""Parts of assets as charges of one month, and assets as rows of their table.

Nobody bills depreciation: its billed cost is zero, and its effective cost what is written off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from ingest.hardware.depreciation import accumulated, book_value, depreciation, gain
from ingest.hardware.part import Books, Part
from ingest.hardware.share import available
from models.beside import BESIDE
from models.charge import CHARGE
from models.money import SCALE, ZERO, rounded

OWN: Final = "Internal"  # who provides and invoices what is ours
UNIT: Final = "GPU-Hours"
_LOADERS: Final = frozenset(("x_source", "x_document"))
_CHARGE: Final = {name: dtype for name, dtype in CHARGE.items() if name not in _LOADERS}
_ASSETS: Final = {n: t for n, t in BESIDE["assets"].schema.items() if n not in _LOADERS}
_SAID: Final = {
    "depreciation": "Depreciation of",
    "idle": "Depreciation of idle",
    "disposal": "Gain or loss of the disposal of",
}


def charges(books: Books) -> pl.DataFrame:
    """Return the charges of all assets, CHARGE columns without those that the loader adds."""
    rows = [
        {**_charge(part, books), "x_derived": "usage_part" if number else None}
        for asset in books.assets
        for number, part in enumerate(books.parts(asset))
    ]
    return pl.DataFrame(rows, schema=_CHARGE)


def table(books: Books) -> pl.DataFrame:
    """Return the assets as they stand at the end of the month."""
    return pl.DataFrame([*_rows(books)], schema=_ASSETS)


def _charge(part: Part, books: Books) -> dict[str, Any]:
    asset, month = part.asset, books.month
    costs = ("effective_cost", "list_cost", "contracted_cost", "x_tco_cost")
    return {
        **dict.fromkeys(costs, part.cost),
        "billed_cost": ZERO,
        "billing_account_id": OWN,
        "billing_account_type": "Register",
        "billing_currency": asset.currency,
        **dict.fromkeys(("billing_period_start", "charge_period_start"), month.start),
        **dict.fromkeys(("billing_period_end", "charge_period_end"), month.end),
        "charge_category": "Usage",
        "charge_description": f"{_SAID[part.kind]} {asset.description or asset.asset_id}",
        "charge_frequency": "Recurring",
        "consumed_quantity": part.hours,
        "consumed_unit": None if part.hours is None else UNIT,
        **dict.fromkeys(("invoice_issuer_name", "provider_name", "publisher_name"), OWN),
        "resource_id": asset.asset_id,
        "resource_name": asset.description or None,
        "resource_type": "Asset",
        "service_category": "Compute",
        "service_name": books.settings.service,
        "service_subcategory": "Other (Compute)",
        "sub_account_id": part.unit or None,
        "sub_account_name": part.unit or None,
        "tags": dict(_tags(part)),
        "x_row": asset.row,
        "x_line_type": part.kind,
        "x_gpu_type": asset.gpu_type or None,
        "x_gpu_count": asset.gpus or None,
    }


def _tags(part: Part) -> Iterator[tuple[str, str]]:
    asset = part.asset
    yield "asset", asset.asset_id
    yield "basis", part.basis
    named = {
        "cluster": asset.cluster,
        "gpu_type": asset.gpu_type,
        "unit": part.unit,
        "project": part.project,
        "idle": "true" if part.kind == "idle" else "",
        "invoice": asset.invoice_id,
    }
    yield from ((key, value) for key, value in named.items() if value)


def _rows(books: Books) -> Iterator[dict[str, Any]]:
    for asset in books.assets:
        hours = available(asset, books.month)
        used = sum(books.hours(asset).values(), ZERO)
        yield {
            "x_row": asset.row,
            "asset_id": asset.asset_id,
            "month": str(books.month),
            "description": asset.description or None,
            "cluster": asset.cluster or None,
            "gpu_type": asset.gpu_type or None,
            "gpu_count": asset.gpus or None,
            "funding": asset.funding,
            "currency": asset.currency,
            "cost": asset.cost,
            "residual": asset.residual,
            "convention": asset.convention,
            "life_months": asset.life_months,
            "in_service": asset.in_service,
            "disposal": asset.disposal,
            "depreciation": depreciation(asset, books.month),
            "accumulated": accumulated(asset, books.month),
            "net_book_value": book_value(asset, books.month),
            "gain": gain(asset, books.month),
            "available_hours": rounded(hours, SCALE) if hours else None,
            "used_hours": used if hours else None,
        }
