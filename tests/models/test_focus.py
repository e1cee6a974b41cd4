from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.charge import CHARGE, COLUMNS, FOCUS
from models.errors import StoreError
from models.focus import DELIVERY, VERSIONS, Version, columns, export, json_text

OCTOBER = {
    "billing_period_start": datetime(2026, 10, 1, tzinfo=UTC),
    "billing_period_end": datetime(2026, 11, 1, tzinfo=UTC),
    "charge_period_start": datetime(2026, 10, 3, tzinfo=UTC),
    "charge_period_end": datetime(2026, 10, 4, tzinfo=UTC),
}
USAGE = OCTOBER | {
    "billed_cost": Decimal("12.5"),
    "contracted_cost": Decimal("12.5"),
    "effective_cost": Decimal("12.5"),
    "list_cost": Decimal(15),
    "x_tco_cost": Decimal("12.5"),
    "billing_account_id": "004711",
    "billing_account_type": "Payer",
    "billing_currency": "USD",
    "charge_category": "Usage",
    "charge_frequency": "Usage-Based",
    "invoice_issuer_name": "Acme Cloud",
    "provider_name": "Acme Cloud",
    "publisher_name": "Acme Cloud",
    "service_category": "Compute",
    "service_name": "Acme Machines",
    "service_subcategory": "Virtual Machines",
    "x_source": "acme",
    "x_document": "ab" * 32,
    "x_row": 1,
}
PRICED: dict[str, Any] = {
    "list_unit_price": Decimal(6),
    "contracted_unit_price": Decimal(5),
    "pricing_quantity": Decimal("2.5"),
    "pricing_unit": "Hours",
    "sku_id": "GPU8",
}


def exported(folder: Path, version: Version = "1.2", **values: object) -> dict[str, Any]:
    frame = pl.DataFrame([USAGE | values], schema=CHARGE)
    export(frame.lazy(), folder / "focus.parquet", version)
    return pl.read_parquet(folder / "focus.parquet").row(0, named=True)


def test_the_file_has_the_57_columns_of_the_specification_and_ours_marked_with_x(
    tmp_path: Path,
) -> None:
    names = list(exported(tmp_path))

    assert names == [column.focus_name for column in COLUMNS]
    assert len(FOCUS) == 57
    assert {"BilledCost", "SkuPriceDetails", "PricingCurrencyEffectiveCost"} < set(names)
    assert all(name.startswith("x_") for name in names[57:])
    assert {"x_Source", "x_TcoCost"} < set(names)


def test_money_stays_decimal_and_instants_stay_utc(tmp_path: Path) -> None:
    exported(tmp_path, billed_cost=Decimal("0.123456789012345678"))

    schema = pl.read_parquet_schema(tmp_path / "focus.parquet")
    frame = pl.read_parquet(tmp_path / "focus.parquet")

    assert schema["BilledCost"] == pl.Decimal(38, 18)
    assert schema["ChargePeriodStart"] == pl.Datetime("us", "UTC")
    assert frame["BilledCost"].item() == Decimal("0.123456789012345678")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_file_names_its_version(version: Version, tmp_path: Path) -> None:
    exported(tmp_path, version)

    assert pl.read_parquet_metadata(tmp_path / "focus.parquet")["FocusVersion"] == version


def test_version_1_4_has_its_own_columns_for_who_sells_and_runs_what_is_billed(
    tmp_path: Path,
) -> None:
    row = exported(
        tmp_path,
        "1.4",
        publisher_name="Studio",
        x_host_provider_name="Acme Metal",
        x_invoice_detail_id="INV-1-2",
    )

    own = [name for name in row if not name.startswith("x_")]
    assert own == sorted(own)
    assert {column.focus_name for column in FOCUS} ^ {*own} == {
        *("ProviderName", "PublisherName"),
        *("ServiceProviderName", "HostProviderName", "InvoiceDetailId"),
    }
    assert row["ServiceProviderName"] == "Acme Cloud"
    assert (row["HostProviderName"], row["x_PublisherName"]) == ("Acme Metal", "Studio")
    assert row["InvoiceDetailId"] == "INV-1-2"
    assert not {"x_HostProviderName", "x_InvoiceDetailId"} & {*row}


@pytest.mark.parametrize(("publisher", "host"), [("Acme Cloud", "Acme Cloud"), ("Studio", None)])
def test_version_1_4_says_who_runs_what_its_seller_publishes(
    publisher: str, host: str | None, tmp_path: Path
) -> None:
    assert exported(tmp_path, "1.4", publisher_name=publisher)["HostProviderName"] == host


@pytest.mark.parametrize(
    ("currency", "effective", "expected"),
    [
        ("EUR", Decimal(11), ("EUR", Decimal(11))),
        ("EUR", None, ("USD", Decimal("12.5"))),
        ("Credits", Decimal(1000), ("USD", Decimal("12.5"))),
        (None, None, ("USD", Decimal("12.5"))),
    ],
)
def test_version_1_4_knows_national_currencies_alone(
    currency: str | None, effective: Decimal | None, expected: tuple[Any, ...], tmp_path: Path
) -> None:
    row = exported(
        tmp_path, "1.4", pricing_currency=currency, pricing_currency_effective_cost=effective
    )

    assert (row["PricingCurrency"], row["PricingCurrencyEffectiveCost"]) == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_each_column_of_a_charge_has_one_of_the_file(version: Version) -> None:
    named = columns(version)

    assert {*named} == {*CHARGE, DELIVERY}
    assert len({*named.values()}) == len(named)


def test_a_delivery_that_is_known_stands_on_its_charges(tmp_path: Path) -> None:
    frame = pl.DataFrame([USAGE], schema=CHARGE).with_columns(pl.lit("d1").alias(DELIVERY))
    export(frame.lazy(), tmp_path / "focus.parquet", "1.2")

    assert pl.read_parquet(tmp_path / "focus.parquet")["x_Delivery"].to_list() == ["d1"]


def test_objects_are_json_text(tmp_path: Path) -> None:
    row = exported(tmp_path, tags={"team": 'a "b"', "project": "x"}, **PRICED)

    assert row["Tags"] == '{"project":"x","team":"a \\"b\\""}'
    assert row["SkuPriceDetails"] is None


@given(st.none() | st.dictionaries(st.text(), st.text(), max_size=4))
def test_json_text_reads_back_as_the_map_it_was(tags: dict[str, str] | None) -> None:
    frame = pl.DataFrame({"tags": [tags]}, schema={"tags": CHARGE["tags"]})

    text = frame.select(json_text(pl.col("tags"))).item()

    assert (None if text is None else json.loads(text)) == tags


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            {"charge_category": "Tax", **PRICED, "pricing_category": "Standard"},
            {
                "ListUnitPrice": None,
                "ContractedUnitPrice": None,
                "PricingQuantity": None,
                "PricingUnit": None,
                "PricingCategory": None,
                "SkuId": None,
                "SkuPriceId": None,
                "SkuMeter": None,
            },
            id="a tax has no price",
        ),
        pytest.param(
            {**PRICED, "consumed_quantity": Decimal(20), "consumed_unit": "GPU-Hours"},
            {"ConsumedQuantity": Decimal(20), "ConsumedUnit": "GPU-Hours"},
            id="usage keeps its meter",
        ),
        pytest.param(
            {"charge_category": "Purchase", "consumed_quantity": Decimal(20), "consumed_unit": "h"},
            {"ConsumedQuantity": None, "ConsumedUnit": None},
            id="a purchase consumes nothing",
        ),
        pytest.param(
            {
                "commitment_discount_id": "plan",
                "commitment_discount_status": "Unused",
                "consumed_quantity": Decimal(20),
                "consumed_unit": "h",
            },
            {"ConsumedQuantity": None, "ConsumedUnit": None, "CommitmentDiscountStatus": "Unused"},
            id="what a commitment leaves unused is not consumed",
        ),
        pytest.param(
            {"commitment_discount_status": "Used", "commitment_discount_quantity": Decimal(1)},
            {"CommitmentDiscountStatus": None, "CommitmentDiscountQuantity": None},
            id="no commitment, no status",
        ),
        pytest.param(
            PRICED,
            {
                "PricingQuantity": Decimal("2.5"),
                "ListUnitPrice": Decimal(6),
                "SkuPriceId": "GPU8",
                "PricingCategory": "Other",
                "ConsumedQuantity": Decimal("2.5"),
                "ConsumedUnit": "Hours",
            },
            id="a stated price is kept",
        ),
        pytest.param(
            {**PRICED, "pricing_category": "Standard", "sku_meter": "hours"},
            {"PricingCategory": "Standard", "SkuMeter": "hours"},
            id="a stated meter is kept",
        ),
        pytest.param(
            {"sku_meter": "hours", "charge_category": "Credit"},
            {"SkuMeter": None, "SkuId": None},
            id="nothing sold has no meter",
        ),
        pytest.param(
            {"sku_meter": "hours", "sku_price_details": {"CoreCount": "8"}},
            {"SkuMeter": "hours", "SkuId": "Acme Machines", "SkuPriceDetails": '{"CoreCount":"8"}'},
            id="a stated meter outlives a missing sku",
        ),
        pytest.param(
            {"x_usage_type": "BoxUsage"},
            {
                "PricingQuantity": Decimal(1),
                "PricingUnit": "Units",
                "ListUnitPrice": Decimal(15),
                "ContractedUnitPrice": Decimal("12.5"),
                "SkuId": "BoxUsage",
                "SkuMeter": "BoxUsage",
            },
            id="no stated price is one unit at its cost",
        ),
        pytest.param(
            {"list_cost": Decimal(-15), "contracted_cost": Decimal("-12.5")},
            {
                "PricingQuantity": Decimal(-1),
                "ListUnitPrice": Decimal(15),
                "SkuId": "Acme Machines",
            },
            id="a refund returns one unit, prices stay positive",
        ),
        pytest.param(
            {
                "list_cost": Decimal(0),
                "contracted_cost": Decimal(-5),
                **PRICED,
                "list_unit_price": Decimal(0),
                "contracted_unit_price": Decimal(-5),
            },
            {
                "PricingQuantity": Decimal(-1),
                "PricingUnit": "Units",
                "ListUnitPrice": Decimal(0),
                "ContractedUnitPrice": Decimal(5),
            },
            id="a negative price is a unit given back",
        ),
        pytest.param(
            {"charge_class": "Correction"},
            {"PricingQuantity": None, "ConsumedQuantity": None, "SkuId": None},
            id="a correction need not state a price",
        ),
        pytest.param(
            {"charge_class": "Correction", "sku_id": "GPU8", "x_usage_type": "BoxUsage"},
            {"SkuId": "GPU8", "SkuMeter": "BoxUsage", "SkuPriceId": None},
            id="what is sold is metered, corrected or not",
        ),
        pytest.param(
            {"charge_category": "Credit"},
            {"PricingQuantity": None, "ConsumedQuantity": None},
            id="a credit need not state a price",
        ),
        pytest.param(
            {"commitment_discount_id": "plan", "commitment_discount_unit": "USD"},
            {"CommitmentDiscountCategory": "Spend", "CommitmentDiscountType": "Commitment"},
            id="a commitment counted in money is one to spend",
        ),
        pytest.param(
            {"commitment_discount_id": "plan", "commitment_discount_unit": "Hours"},
            {"CommitmentDiscountCategory": "Usage"},
            id="a commitment counted otherwise is one to use",
        ),
        pytest.param(
            {"resource_type": "GPU", "region_name": "East", "sub_account_type": "Account"},
            {"ResourceType": None, "RegionName": None, "SubAccountType": None},
            id="no kind without the thing",
        ),
        pytest.param(
            {"resource_id": "i-1", "sub_account_id": "42"},
            {
                "ResourceType": "Acme Machines",
                "SubAccountName": "42",
                "BillingAccountName": "004711",
            },
            id="a thing without a name is named by its id",
        ),
        pytest.param(
            PRICED,
            {
                "PricingCurrency": "USD",
                "PricingCurrencyEffectiveCost": Decimal("12.5"),
                "PricingCurrencyListUnitPrice": Decimal(6),
            },
            id="the pricing currency is the billing currency unless stated",
        ),
        pytest.param(
            {"pricing_currency": "EUR", "pricing_currency_list_unit_price": Decimal(11)},
            {
                "PricingCurrency": "USD",
                "PricingCurrencyEffectiveCost": Decimal("12.5"),
                "PricingCurrencyListUnitPrice": Decimal(15),
            },
            id="a pricing currency without a cost in it is left out",
        ),
        pytest.param(
            {"pricing_currency": "EUR", "pricing_currency_effective_cost": Decimal(11)},
            {"PricingCurrency": "EUR", "PricingCurrencyEffectiveCost": Decimal(11)},
            id="a stated pricing currency is kept",
        ),
    ],
)
def test_null_rules_of_the_specification(
    tmp_path: Path, values: dict[str, Any], expected: dict[str, Any]
) -> None:
    row = exported(tmp_path, **values)

    assert {name: row[name] for name in expected} == expected


def test_costs_are_never_touched(tmp_path: Path) -> None:
    costs = ("billed_cost", "effective_cost", "list_cost", "contracted_cost", "x_tco_cost")
    for category in ("Usage", "Purchase", "Tax", "Credit", "Adjustment"):
        row = exported(tmp_path, charge_category=category)

        assert [row[c.focus_name] for c in COLUMNS if c.name in costs] == [
            USAGE[c.name] for c in COLUMNS if c.name in costs
        ]


def test_a_second_export_replaces_the_first_and_leaves_nothing_else(tmp_path: Path) -> None:
    exported(tmp_path, x_row=1)

    row = exported(tmp_path, x_row=2)

    assert row["x_Row"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["focus.parquet"]


def test_a_failed_export_keeps_the_file_of_before(tmp_path: Path) -> None:
    exported(tmp_path, x_row=1)
    broken = pl.DataFrame([USAGE], schema=CHARGE).lazy().with_columns(x_row=pl.lit("x").cast(int))

    with pytest.raises(pl.exceptions.InvalidOperationError):
        export(broken, tmp_path / "focus.parquet", "1.2")

    assert pl.read_parquet(tmp_path / "focus.parquet")["x_Row"].to_list() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["focus.parquet"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match=r"/file: cannot be written: File exists; free space"):
        export(pl.LazyFrame(schema=CHARGE), tmp_path / "file" / "focus.parquet", "1.2")
