from __future__ import annotations

import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from ingest.gcp.convert import convert
from models.focus import conforming

GOLDEN: Final = Path(__file__).parent / "golden"
CASES: Final = tuple(sorted(path.stem for path in GOLDEN.glob("*.json")))


def rows_of(case: str) -> list[dict[str, Any]]:
    return list(json.loads((GOLDEN / f"{case}.json").read_text()))


def every_row() -> list[dict[str, Any]]:
    return [row for case in CASES for row in rows_of(case)]


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_row_becomes_the_charges_of_its_golden_file(
    case: str, bench: Any, plain: Callable[[pl.DataFrame], str]
) -> None:
    path = bench.put("part.parquet", rows_of(case))

    conversion = convert(path, bench.month, tax_recoverable=False)

    notes = "".join(f"note {rule}: {detail}\n" for rule, detail in conversion.notes)
    text = plain(conversion.charges.collect()) + (f"\n{notes}" if notes else "")
    expected = GOLDEN / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text)
    assert text == expected.read_text()


@pytest.mark.parametrize("form", ["json", "csv.gz"])
def test_the_same_rows_are_the_same_charges_in_every_form(form: str, bench: Any) -> None:
    rows = every_row()
    parquet = bench.put("part.parquet", rows)
    bench.put(f"all.{form}", rows)

    charges = bench.charges(pattern="all.*")  # loaded: both readers agree, and none is rejected

    expected = convert(parquet, bench.month, tax_recoverable=False).charges.collect()
    same = charges.select(name for name in expected.columns)
    assert same.to_dicts() == expected.to_dicts()


def test_what_is_billed_is_the_cost_with_all_credits_to_the_last_digit(bench: Any) -> None:
    rows = every_row()
    bench.put("part.parquet", rows)

    loaded = bench.loaded()

    cost = sum((Decimal(repr(row.get("cost", 0.031611))) for row in rows), Decimal(0))
    amounts = [Decimal(repr(e["amount"])) for row in rows for e in row.get("credits", ())]
    total = (cost + sum(amounts, Decimal(0))).quantize(Decimal("1e-12"))
    charges = bench.of(loaded)
    assert charges["billed_cost"].sum() == total
    assert charges["effective_cost"].sum() == total
    own = charges.filter(pl.col("x_derived").is_null())
    assert own["x_row"].to_list() == list(range(1, len(rows) + 1))
    assert [(each.control.rows, each.rejected_rows) for each in loaded.documents] == [
        (len(rows), 0)
    ]


def test_a_promotion_is_a_charge_of_its_own_beside_the_full_price(bench: Any) -> None:
    path = bench.put(
        "part.parquet", [{"cost": 10, "credits": [{"type": "PROMOTION", "amount": -10}]}]
    )

    charges = convert(path, bench.month, tax_recoverable=False).charges.collect()

    assert charges.select("x_row", "charge_category", "billed_cost", "x_derived").rows() == [
        (1, "Usage", Decimal(10), None),
        (1, "Credit", Decimal(-10), "credit"),
    ]


def test_recoverable_tax_is_no_cost_of_a_project(bench: Any) -> None:
    path = bench.put("part.parquet", [{"cost": 19, "cost_type": "tax"}, {"cost": 100}])

    charges = convert(path, bench.month, tax_recoverable=True).charges.collect()

    assert charges["effective_cost"].to_list() == [Decimal(19), Decimal(100)]
    assert charges["x_tco_cost"].to_list() == [Decimal(0), Decimal(100)]
    assert bench.source(tax_recoverable=True).fingerprint != bench.source().fingerprint


def test_labels_of_resources_are_what_rules_name_and_others_have_prefixes(bench: Any) -> None:
    labels = {
        "labels": [{"key": "project", "value": "bot"}],
        "project": {"labels": [{"key": "project", "value": "other"}]},
        "system_labels": [{"key": "project", "value": "system"}],
        "tags": [{"key": "project", "value": "tag", "namespace": "1"}],
    }
    path = bench.put("part.parquet", [labels])

    charges = convert(path, bench.month, tax_recoverable=False).charges.collect()

    assert charges["tags"].to_list() == [
        {
            "project": "bot",
            "system/project": "system",
            "tag/project": "tag",
            "project/project": "other",
            "resource_manager/ancestry": "/1000/2000/",
        }
    ]


def test_every_kind_of_charge_leaves_as_focus(bench: Any) -> None:
    path = bench.put("part.parquet", every_row())
    charges = convert(path, bench.month, tax_recoverable=False).charges

    sent = conforming(charges.with_columns(x_source=pl.lit("g"), x_document=pl.lit("d"))).collect()

    sold = sent.filter(pl.col("charge_category").is_in(["Usage", "Purchase"]))
    fixed = sold.filter(pl.col("charge_class").is_null())
    assert fixed.select("list_unit_price", "sku_id", "pricing_unit").null_count().row(0) == (
        0,
        0,
        0,
    )
    committed = sent.filter(pl.col("commitment_discount_id").is_not_null())
    assert committed["commitment_discount_status"].to_list() == [None, None, "Used"]
