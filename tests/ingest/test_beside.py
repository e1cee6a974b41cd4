"""What a document states beside charges is written, proved and counted like charges are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ingest.load import load_delivery
from ingest.source import Source, Sum
from models.beside import BESIDE, USAGE, beside_frame
from models.errors import BrokenError

Build = Callable[..., Source]


def test_a_document_of_usage_alone_is_loaded_and_has_no_charge(stores: Any, meter: Build) -> None:
    delivery = stores.delivery([["ft-001", "32.5"], ["ft-002", "4"]])
    loaded = load_delivery(meter(), delivery, stores.archive, stores.lake)
    (document,) = loaded.documents
    assert (document.rows, document.rejected_rows, document.beside) == (0, 0, ("usage",))
    usage = pl.read_parquet(stores.lake.path("usage", document.charges))
    assert usage.columns == [column.name for column in USAGE]
    assert usage["quantity"].to_list() == [Decimal("32.5"), Decimal(4)]
    assert set(usage["x_source"]) == {"bill"}
    assert set(usage["x_document"]) == {delivery.documents[0].sha256}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": 3}, "rows: 2 here, 3 by the second reader, -1 apart"),
        (
            {"beside": (Sum("usage", "gpu_hours", 2, "36.50001"),)},
            "usage gpu_hours: 2 rows, sum 36.5 here, 2 rows, sum 36.50001 by the second reader",
        ),
        (
            {"beside": ()},
            "usage gpu_hours: 2 rows, sum 36.5 here, 0 rows, sum 0 by the second reader",
        ),
    ],
)
def test_usage_that_two_readers_do_not_agree_on_is_refused(
    stores: Any, meter: Build, change: dict[str, Any], said: str
) -> None:
    delivery = stores.delivery([["ft-001", "32.5"], ["ft-002", "4"]])
    source = meter(stated=lambda control: replace(control, **change))
    with pytest.raises(BrokenError) as caught:
        load_delivery(source, delivery, stores.archive, stores.lake)
    assert said in str(caught.value)


def test_columns_that_may_be_empty_may_be_absent() -> None:
    whole = beside_frame("usage", pl.LazyFrame({c.name: [None] for c in USAGE if not c.null}))
    assert whole.collect_schema() == BESIDE["usage"].schema
