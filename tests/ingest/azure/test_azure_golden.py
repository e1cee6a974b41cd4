from __future__ import annotations

import json
import os
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from ingest.source import Delivery
from ingest.sources.azure_export import AzureExport

GOLDEN: Final = Path(__file__).parent / "golden"
CASES: Final = tuple(sorted(path.stem for path in GOLDEN.glob("*.json")))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def given(case: str) -> dict[str, Any]:
    return dict(json.loads((GOLDEN / f"{case}.json").read_text()))


@pytest.fixture
def path(given: dict[str, Any], make: Any, tmp_path: Path) -> Path:
    written = tmp_path / "document"
    written.write_bytes(make.csv(given["lines"], given["form"]))
    return written


@pytest.fixture
def made(given: dict[str, Any], delivery: Callable[[str], Delivery]) -> Delivery:
    return delivery(given.get("role", ""))


def shown(charges: pl.LazyFrame) -> str:
    """Show charges for a person: what all have in common first, then what tells them apart."""
    rows = [
        {name: text(value) for name, value in row.items()}
        for row in charges.collect(engine="streaming").iter_rows(named=True)
    ]
    common = {n: v for n, v in rows[0].items() if all(row[n] == v for row in rows) and n != "x_row"}
    blocks = [common, *({n: v for n, v in row.items() if n not in common} for row in rows)]
    return "\n".join("".join(f"{n}: {v}\n" for n, v in b.items() if v) for b in blocks)


def text(value: Any) -> str:
    if isinstance(value, Decimal):
        with localcontext(prec=60):
            return f"{value.normalize():f}"
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    return "" if value is None else str(value)


@pytest.mark.failure("C07")
def test_each_kind_of_row_becomes_the_charges_of_its_golden_file(
    case: str, path: Path, made: Delivery, build: Callable[..., AzureExport]
) -> None:
    conversion = build().convert(path, made.documents[0], made)

    notes = "".join(f"note {rule}: {detail}\n" for rule, detail in conversion.notes)
    found = shown(conversion.charges) + (f"\n{notes}" if notes else "")
    expected = GOLDEN / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.failure("B16")
def test_the_second_reader_states_the_same_totals(
    path: Path, made: Delivery, build: Callable[..., AzureExport]
) -> None:
    charges = build().convert(path, made.documents[0], made).charges.collect(engine="streaming")
    control = build().control(path, made.documents[0], made)

    ours = charges.group_by("billing_currency", "charge_category").agg(
        pl.len(), pl.col("billed_cost", "effective_cost").sum()
    )
    assert sorted(ours.rows()) == sorted(
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in control.totals
    )
    assert control.rows == charges.height
    days = charges["charge_period_start"].dt.date()
    assert (control.first, control.last) == (str(days.min()), str(days.max()))


@pytest.mark.failure("N05")
def test_the_second_reader_tells_what_each_row_comes_to(
    path: Path, made: Delivery, build: Callable[..., AzureExport], rows_agree: Callable[..., int]
) -> None:
    assert rows_agree(build(), path, made.documents[0], made) > 0
