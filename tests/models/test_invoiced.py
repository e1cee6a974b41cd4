from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.invoiced import INVOICED, invoiced

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]

LINES = st.fixed_dictionaries(
    {
        "billed_cost": st.decimals(-10, 10, places=12),
        "invoice_id": st.sampled_from([None, "", "A", "B"]),
        "charge_category": st.sampled_from(["Usage", "Tax"]),
        "billing_currency": st.sampled_from(["EUR", "USD"]),
    }
)


def test_rows_and_cost_are_summed_by_invoice_category_and_service(charges: Charges) -> None:
    lines: list[dict[str, Any]] = [
        {"invoice_id": "A", "billed_cost": Decimal("1.10"), "service_name": "Compute"},
        {"invoice_id": "A", "billed_cost": Decimal("-0.10"), "service_name": "Compute"},
        {"invoice_id": "A", "charge_category": "Tax", "billed_cost": Decimal(2)},
        {"invoice_id": None, "billed_cost": Decimal(3)},
        {"invoice_id": "", "billed_cost": Decimal(0)},
    ]

    found = invoiced(charges(lines))

    assert found.schema == INVOICED
    assert found.drop("billing_account_id", "invoice_issuer_name").rows() == [
        ("A", "USD", "Tax", "x", 1, 1, Decimal(2)),
        ("A", "USD", "Usage", "Compute", 2, 2, Decimal(1)),
        (None, "USD", "Usage", "x", 2, 1, Decimal(3)),
    ]


@given(data=st.data(), lines=st.lists(LINES, max_size=20))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cent_is_lost_and_order_does_not_matter(
    charges: Charges, data: st.DataObject, lines: list[dict[str, Any]]
) -> None:
    shuffled = data.draw(st.permutations(lines))

    found = invoiced(charges(lines))

    assert found.equals(invoiced(charges(shuffled)))
    assert found["billed_cost"].sum() == sum((line["billed_cost"] for line in lines), Decimal(0))
    assert found["rows"].sum() == len(lines)
    assert found["charged"].sum() == sum(line["billed_cost"] != 0 for line in lines)


def test_charges_without_a_line_give_no_row(charges: Charges) -> None:
    assert invoiced(charges([])).equals(pl.DataFrame(schema=INVOICED))
