from __future__ import annotations

import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq
import pytest

from ingest.source import Delivery, Document
from ingest.sources.aws_data_export import DataExport

GOLDEN: Final = Path(__file__).parent / "golden"
CASES: Final = tuple(sorted(path.stem for path in GOLDEN.glob("*.json")))
DOCUMENT: Final = Document("ft-00001.snappy.parquet", "0" * 64, 1)


def table_of(case: str) -> str:
    return "focus" if case.startswith("focus") else "cur2"


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(case: str, make: Any) -> Path:
    lines = json.loads((GOLDEN / f"{case}.json").read_text())
    written = make.focus(lines) if table_of(case) == "focus" else make.cur(lines)
    return Path(make.written(written))


@pytest.mark.failure("C07")
def test_each_kind_of_line_becomes_the_charges_of_its_golden_file(
    case: str,
    path: Path,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    plain: Callable[[pl.LazyFrame], str],
) -> None:
    conversion = build().convert(path, DOCUMENT, delivery(table_of(case)))

    notes = "".join(f"note {rule}: {detail}\n" for rule, detail in conversion.notes)
    text = plain(conversion.charges) + (f"\n{notes}" if notes else "")
    expected = GOLDEN / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text)
    assert text == expected.read_text()


def test_the_second_reader_states_the_same_totals(
    case: str,
    path: Path,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    totals: Callable[[pl.LazyFrame], list[tuple[object, ...]]],
) -> None:
    source = build()

    charges = source.convert(path, DOCUMENT, delivery(table_of(case))).charges
    control = source.control(path, DOCUMENT, delivery(table_of(case)))

    stated = [
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in control.totals
    ]
    assert totals(charges) == stated
    days = charges.select(pl.col("charge_period_start").dt.date().cast(pl.String)).collect()
    assert (control.first, control.last) == (days.min().item(), days.max().item())
    assert control.rows == pq.ParquetFile(path).metadata.num_rows


@pytest.mark.failure("N05")
def test_the_second_reader_tells_what_each_row_comes_to(
    case: str,
    path: Path,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    rows_agree: Callable[..., int],
) -> None:
    assert rows_agree(build(), path, DOCUMENT, delivery(table_of(case))) > 0


def test_no_row_disappears(
    case: str, path: Path, build: Callable[..., DataExport], delivery: Callable[[str], Delivery]
) -> None:
    charges = build().convert(path, DOCUMENT, delivery(table_of(case))).charges

    rows = charges.filter(pl.col("x_derived").is_null()).select("x_row").collect().to_series()
    assert rows.sort().to_list() == list(range(1, pq.ParquetFile(path).metadata.num_rows + 1))


def test_recoverable_tax_is_no_cost_of_a_project(
    build: Callable[..., DataExport], delivery: Callable[[str], Delivery], make: Any
) -> None:
    lines = [{"line_item_line_item_type": "Tax", "line_item_unblended_cost": 19.0}, {}]
    path = make.written(make.cur(lines))
    focus = make.written(make.focus([{"ChargeCategory": "Tax"}, {}]), "focus")
    source = build(tax_recoverable=True)

    cur = source.convert(path, DOCUMENT, delivery("cur2")).charges.collect()
    other = source.convert(focus, DOCUMENT, delivery("focus")).charges.collect()

    assert cur["x_tco_cost"].to_list() == [Decimal(0), Decimal("98.32")]
    assert cur["effective_cost"].to_list() == [Decimal(19), Decimal("98.32")]
    assert other["x_tco_cost"].to_list() == [Decimal(0), Decimal("98.32")]
    assert source.fingerprint != build().fingerprint
