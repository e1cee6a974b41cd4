"""Whatever a cell holds, both readers of a table read it alike, or it is refused in words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given as examples
from hypothesis import settings as limits
from hypothesis import strategies as st

from ingest.source import Delivery, Document
from ingest.sources.gpu_cloud_csv import GpuCloudTable, Settings
from models.errors import BrokenError
from models.period import Month

HEADINGS: Final = ("begin", "until", "team", "sku", "n", "time", "unit", "cost", "money", "read")
ROW: Final = ("2026-10-30T22:30:00", "2026-11-01", "nlp", "h100", "8", "3", "h", "7.5", "USD", "9")
COLUMNS: Final = {
    "start": "begin",
    "end": "until",
    "project": "team",
    "sku": "sku",
    "gpu_count": "n",
    "quantity": "time",
    "unit": "unit",
    "currency": "money",
    "tokens": {"input": "read"},
}
PRICES: Final = [
    {"sku": "*", "since": "2026-10-01", "price": "3"},
    {"sku": "h*", "since": "2026-10-30", "price": "0.7", "per": "second"},
    {"tokens": "input", "since": "2026-10-01", "price": "0.1", "per": "million tokens"},
]
CELLS: Final[st.SearchStrategy[str]] = st.sampled_from(
    (
        *("", " ", "0", "-1", "1e-7", "0.3333333333333333333335", "1_0", "1/2", "x", "H100 "),
        *("Seconds", "ms", "A10", "ml4", "2026-10-31", "2026-10-31 UTC", "2026-10-30T23:00:00Z"),
        *("31/10/2026", "9999999999999999999", "usd", "[h]*", "\u200bh100", "\u017fec"),
    )
)


def table_of(*, priced: bool) -> GpuCloudTable:
    cost: dict[str, Any] = {} if priced else {"cost": "cost"}
    given = {
        "kind": "gpu_cloud_csv",
        "location": "in",
        "issuer": "Acme",
        "columns": {**COLUMNS, **cost},
        "moments": ["%d/%m/%Y"],
        "prices": PRICES if priced else [],
    }
    return GpuCloudTable(name="v", settings=Settings.model_validate(given), folder=Path())


@pytest.mark.parametrize(
    "changes", [{"n": "9" * 19, "begin": "2026-10-31"}, {"cost": "9" * 19}, {"read": "9" * 19}]
)
def test_a_row_of_more_than_any_bill_is_refused(changes: dict[str, str], tmp_path: Path) -> None:
    priced = "cost" not in changes
    path = tmp_path / "table.csv"
    cells = {**dict(zip(HEADINGS, ROW, strict=True)), **changes}
    path.write_text(f"{','.join(HEADINGS)}\n{','.join(cells.values())}\n")
    document = Document("table.csv", "0" * 64, 1)
    delivery = Delivery(source="v", period=Month(2026, 10), version="1", documents=(document,))
    said = "row 1: costs or counts 1,000,000,000,000,000 or more; mend it"

    with pytest.raises(BrokenError, match=said):
        table_of(priced=priced).convert(path, document, delivery)


@pytest.mark.parametrize("priced", [True, False])
@limits(max_examples=20, deadline=None)
@examples(changes=st.dictionaries(st.sampled_from(HEADINGS), CELLS, max_size=2))
def test_any_table_is_read_alike_or_refused(
    priced: bool, changes: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = table_of(priced=priced)
    path = tmp_path_factory.getbasetemp() / "table.csv"
    cells = {**dict(zip(HEADINGS, ROW, strict=True)), **changes}
    path.write_text(f"{','.join(HEADINGS)}\n{','.join(ROW)}\n{','.join(cells.values())}\n")
    document = Document("table.csv", "0" * 64, 1)
    delivery = Delivery(source="v", period=Month(2026, 10), version="1", documents=(document,))

    try:
        found = made.convert(path, document, delivery)
    except BrokenError:
        return
    said = made.control(path, document, delivery)

    groups = found.charges.group_by("billing_currency", "charge_category")
    costs = groups.agg(pl.len(), pl.col("billed_cost").sum()).collect().rows()
    assert {
        (each.currency, each.charge_category, each.rows, Decimal(each.billed_cost))
        for each in said.totals
    } == set(costs)
    used = found.beside["usage"].group_by("driver").agg(pl.len(), pl.col("quantity").sum())
    assert {(each.key, each.rows, Decimal(each.amount)) for each in said.beside} == set(
        used.collect().rows()
    )
