"""Invoices that count in two sources are told; nothing else is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.beside import BESIDE
from models.period import Month
from reconcile.twice import twice

MARCH = Month(2026, 3)
ONE = {
    "period": "2026-03",
    "x_source": "bills",
    "x_document": "b" * 64,
    "x_row": 1,
    "invoice_id": "R-1",
    "invoice_issuer_name": "Acme",
    "kind": "invoice",
    "status": "counted",
    "currency": "EUR",
    "gross": Decimal(119),
}


def told(**changes: Any) -> list[str]:
    """Return what is told of an invoice and of another one in a second source."""
    other = {**ONE, "x_source": "labels", "x_document": "a" * 64, **changes}
    schema = {"period": pl.String(), **BESIDE["invoice_headers"].schema}
    rows = [{name: row.get(name) for name in schema} for row in (ONE, other)]
    return [str(each) for each in twice(pl.DataFrame(rows, schema=schema), MARCH)]


@pytest.mark.failure("H01")
@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({}, "R-1 of Acme"),
        ({"invoice_id": "r 1", "gross": Decimal(100)}, "r 1 of Acme"),
        ({"invoice_issuer_name": "Acme Labels Ltd"}, "R-1 of Acme Labels Ltd"),
        ({"period": "2026-04"}, "R-1 of Acme"),
    ],
)
def test_an_invoice_that_counts_in_two_sources_is_told(changes: dict[str, Any], who: str) -> None:
    said = f"invoice {who} counts here and as R-1 of Acme in source 'bills'"
    place = "labels: aaaaaaaaaaaa:1"
    way = "take it out of one of them [invoice_in_two_sources]"
    assert told(**changes) == [f"{place}: {said}; {way}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"x_source": "bills"},
        {"status": "duplicate"},
        {"invoice_id": "R-01"},
        {"gross": Decimal(-119), "kind": "credit_note"},
        {"invoice_issuer_name": "Other", "gross": Decimal(7)},
        {"invoice_issuer_name": "Other", "currency": "USD"},
    ],
)
def test_what_is_another_invoice_or_does_not_count_is_not_told(changes: dict[str, Any]) -> None:
    assert told(**changes) == []
