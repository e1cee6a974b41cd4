"""Rules that real exports break are counted and told, and nothing is set aside for them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.focus.convert import convert
from ingest.focus.rules import ROW_RULES

PLAN: Final[dict[str, str | None]] = {
    "CommitmentDiscountId": "plan-1",
    "CommitmentDiscountCategory": "Spend",
    "CommitmentDiscountName": "Plan 1",
    "CommitmentDiscountType": "Savings Plan",
}
USED: Final[dict[str, str | None]] = {
    **PLAN,
    "CommitmentDiscountStatus": "Used",
    "BilledCost": "0",
    "PricingCategory": "Committed",
}
UNUSED: Final[dict[str, str | None]] = {
    **USED,
    "CommitmentDiscountStatus": "Unused",
    "ResourceId": "plan-1",
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
}
BOUGHT: Final[dict[str, str | None]] = {
    **PLAN,
    "ChargeCategory": "Purchase",
    "ChargeFrequency": "Recurring",
    "EffectiveCost": "0",
    "ConsumedQuantity": None,
    "ConsumedUnit": None,
}
TAX: Final[dict[str, str | None]] = {
    "ChargeCategory": "Tax",
    "ChargeFrequency": "One-Time",
    **dict.fromkeys(
        (
            *("ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "SkuId"),
            *("PricingCategory", "SkuPriceId", "ConsumedQuantity", "ConsumedUnit"),
        )
    ),
}
CORRECTION: Final[dict[str, str | None]] = {
    "ChargeClass": "Correction",
    "ChargePeriodStart": "2026-09-30T23:00:00Z",
}

BREAKS: Final[dict[str, list[dict[str, str | None]]]] = {
    "list_price": [{"ListUnitPrice": "12.3"}, {"ListCost": "98.33"}],
    "contracted_price": [{"ContractedCost": "98.33"}, {"ContractedUnitPrice": "0"}],
    "tax_without_price": [{**TAX, "SkuId": "GPU8"}, {**TAX, "PricingCategory": "Standard"}],
    "sale_with_price": [{"SkuPriceId": None}, {"ListUnitPrice": None}],
    "effective_is_billed": [{"EffectiveCost": "98.31"}, {"BilledCost": "0"}],
    "commitment_bought": [{**BOUGHT, "EffectiveCost": "98.32"}],
    "commitment_used": [{**USED, "BilledCost": "1"}, {**USED, "PricingCategory": "Standard"}],
    "commitment_unused": [{**UNUSED, "ResourceId": "job-7"}, {**UNUSED, "ResourceId": None}],
    "commitment_named": [
        {"CommitmentDiscountName": "Plan 1"},
        {**USED, "CommitmentDiscountStatus": None, "BilledCost": "98.32"},
    ],
    "consumption_of_usage": [
        {**UNUSED, "ConsumedQuantity": "8", "ConsumedUnit": "GPU-Hours"},
        {**TAX, "ConsumedQuantity": "8", "ConsumedUnit": "GPU-Hours"},
    ],
    "quantity_with_unit": [{"ConsumedUnit": None}, {"CommitmentDiscountUnit": "USD"}],
    "purchase_frequency": [{**BOUGHT, "ChargeFrequency": "Usage-Based"}],
    "correction_of_earlier": [{"ChargeClass": "Correction"}],
}
KEEPS: Final[tuple[dict[str, str | None], ...]] = (
    {},
    TAX,
    USED,
    UNUSED,
    BOUGHT,
    CORRECTION,
    {"ListCost": "98.3200001"},
)


def test_each_rule_has_rows_that_break_it() -> None:
    assert list(BREAKS) == [rule.name for rule in ROW_RULES]


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.name)
def test_a_broken_rule_is_told_with_its_rows_and_rejects_none(
    rule: Any, make: Any, tmp_path: Path
) -> None:
    bad = [make.row(**values) for values in BREAKS[rule.name]]
    (tmp_path / "document").write_bytes(make.of([make.row(), *bad]))

    conversion = convert(tmp_path / "document", tax_recoverable=False)

    found = [detail for name, detail in conversion.notes if name == f"focus_{rule.name}"]
    assert found == [f"{rule.meaning}: not so in {len(bad)} rows, first in row 2"]
    assert conversion.charges.collect()["x_row"].to_list() == list(range(1, len(bad) + 2))
    assert conversion.rejected.is_empty()


def test_rows_as_the_specification_wants_them_break_no_rule(
    make: Any, build: Any, bench: Any
) -> None:
    loaded, _ = bench.document(make.of([make.row(**values) for values in KEEPS]), build())

    assert loaded.documents[0].notes == (("focus_version", "FOCUS 1.2, by its columns"),)


@pytest.mark.parametrize("price", ["9999999999999999999", "-9999999999999999999"])
def test_prices_and_quantities_too_large_to_multiply_are_left_alone(
    price: str, make: Any, build: Any, bench: Any
) -> None:
    row = make.row(ListUnitPrice=price, PricingQuantity=price, ContractedUnitPrice="0")

    loaded, charges = bench.document(make.of([row]), build())

    assert charges["list_unit_price"].to_list() == [Decimal(price)]
    assert "focus_list_price" not in dict(loaded.documents[0].notes)
