from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ingest.load import load_delivery
from ingest.source import Delivery
from ingest.sources.invoice_csv import InvoiceFolder, Settings
from models.archive import Archive
from models.lake import Lake
from models.period import Month
from models.yamlfile import read

GOLDEN = Path(__file__).parent / "golden"
SHOWN = (
    "x_row", "x_derived", "invoice_id", "charge_category", "charge_class", "charge_period_start",
    "charge_period_end", "billed_cost", "x_tco_cost", "billing_currency", "consumed_quantity",
    "consumed_unit", "list_unit_price", "tags", "x_purchase_order", "x_line_type", "x_period_basis",
    "charge_description",
)  # fmt: skip


def text(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value).removesuffix(" 00:00:00+00:00")


def told(case: Path, home: Path) -> Iterator[str]:
    """Yield, for each delivery and document, its charges and what was found."""
    settings = read(case / "settings.yaml").validated(Settings)
    source = InvoiceFolder(name=case.name, settings=settings, folder=case)
    archive, lake = Archive(home / "archive"), Lake(home / "lake")
    for found in source.fetch([Month(2026, 10), Month(2026, 11)], archive, {}):
        assert isinstance(found, Delivery), found
        for loaded in load_delivery(source, found, archive, lake).documents:
            yield f"== {found.scope} {loaded.document.name}"
            charges = pl.read_parquet(lake.path("charges", loaded.charges), glob=False)
            yield from (" | ".join(map(text, row)) for row in charges.select(SHOWN).rows())
            yield from (f"{each.severity}: {each}" for each in loaded.problems)


@pytest.mark.parametrize("case", sorted(path.parent.name for path in GOLDEN.glob("*/*.yaml")))
def test_invoices_become_the_charges_a_person_has_read(case: str, tmp_path: Path) -> None:
    expected = GOLDEN / case / "expected.txt"

    found = "".join(f"{line}\n" for line in told(GOLDEN / case, tmp_path))

    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text("utf-8")
