from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.beside import BESIDE, beside_frame
from models.project import Project, Registry
from models.purchase import Purchases, load

Details = Callable[..., pl.DataFrame]
Usage = Callable[..., pl.DataFrame]
Bought = Callable[[str], Purchases]
DETAILS = BESIDE["invoice_details"].schema
TEXTS = [name for name, dtype in DETAILS.items() if dtype == pl.String]
MOMENTS = [name for name, dtype in DETAILS.items() if isinstance(dtype, pl.Datetime)]


@pytest.fixture
def bought(tmp_path: Path) -> Bought:
    """Read a text as `purchases.yaml` of two projects and the sources `labels` and `acme`."""
    registry = Registry((Project(id="ft-001", aliases=("legal",)), Project(id="ft-002")))

    def read(text: str) -> Purchases:
        path = tmp_path / "purchases.yaml"
        path.write_text(text, "utf-8")
        return load(path, registry, ("labels", "acme"))

    return read


@pytest.fixture(scope="session")
def details() -> Details:
    """Make `invoice_details`: one dict a line, of what matters about it."""

    def made(*lines: dict[str, Any]) -> pl.DataFrame:
        rows = [_detail(number, line) for number, line in enumerate(lines, start=1)]
        return beside_frame("invoice_details", pl.LazyFrame(rows, schema=DETAILS)).collect()

    return made


def _detail(number: int, line: dict[str, Any]) -> dict[str, Any]:
    issued = date.fromisoformat(line.get("issued", "2026-10-31"))
    invoice = line.get("invoice", "A-1")
    span = line.get("service")
    start, end = map(date.fromisoformat, span) if span else (None, None)
    return {
        **dict.fromkeys(TEXTS, ""),
        **dict.fromkeys(MOMENTS, datetime(2026, 10, 1, tzinfo=UTC)),
        "x_source": "acme",
        "x_row": number,
        "billed_cost": Decimal(line["amount"]),
        "billing_currency": line.get("currency", "USD"),
        "charge_category": line.get("category", "Usage"),
        "invoice_detail_id": f"{invoice}#{line.get('line', number)}",
        "invoice_id": invoice,
        "invoice_issue_date": issued,
        "invoice_issuer_name": line.get("issuer", "Acme Labels"),
        "invoice_detail_grain": {},
        "payment_currency_billed_cost": Decimal(line["amount"]),
        "purchase_order_number": line.get("order", "PO-1") or None,
        "x_purchase_order_line": line.get("order_line"),
        "x_quantity": Decimal(line["quantity"]) if "quantity" in line else None,
        "x_unit": line.get("unit"),
        "x_service_start": start,
        "x_service_end": end,
        "x_period_basis": "line" if span else "invoice_date",
        "x_status": line.get("status", "counted"),
    }


@pytest.fixture(scope="session")
def usage() -> Usage:
    """Make usage of labels: (day, quantity) and what else is told about a row."""

    def made(rows: Iterable[tuple[str, str]] = (), **others: Any) -> pl.DataFrame:
        schema = BESIDE["usage"].schema
        data = [
            {
                "x_source": "labels",
                "x_document": "0" * 64,
                "x_row": number,
                "unit": "batch-1",
                "driver": "labels_accepted",
                "day": date.fromisoformat(day),
                "quantity": Decimal(quantity),
                "tags": {},
                **others,
            }
            for number, (day, quantity) in enumerate(rows, start=1)
        ]
        return pl.DataFrame(data, schema=schema)

    return made
