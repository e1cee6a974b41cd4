"""Documents that keep, bend and break the contract of cost details."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, cast

import polars as pl
import pytest

from ingest.azure import control
from ingest.azure.charges import convert
from ingest.source import Conversion
from ingest.table import ContractError
from models.errors import BrokenError
from models.period import Month

OCTOBER: Final = Month(2026, 10)
COST: Final = "CostInBillingCurrency"
TimeUnit = Literal["ns", "us", "ms"]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Conversion]:
    def converted(content: bytes, role: str = "actual", *, tax: bool = False) -> Conversion:
        path = tmp_path / "document"
        path.write_bytes(content)
        return convert(path, role, OCTOBER, tax_recoverable=tax)

    return converted


@pytest.fixture
def charge(read: Any, make: Any) -> Callable[..., dict[str, Any]]:
    def only(line: Mapping[str, str], form: str = "ea", **options: bool) -> dict[str, Any]:
        found = read(make.csv([line], form), **options).charges.collect()
        return dict(found.row(0, named=True))

    return only


def without(content: bytes, heading: str, renamed: str = "") -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    at = rows[0].index(heading)
    out = io.StringIO(newline="")
    if renamed:
        rows[0][at] = renamed
        csv.writer(out).writerows(rows)
    else:
        csv.writer(out).writerows([row[:at] + row[at + 1 :] for row in rows])
    return out.getvalue().encode()


@pytest.mark.failure("B02")
@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        (COST, "CostInBillingCurrency or Cost or PreTaxCost"),
        ("BillingCurrencyCode", "BillingCurrency or BillingCurrencyCode or Currency"),
        ("Date", "Date or UsageDate or UsageDateTime"),
        ("MeterCategory", "MeterCategory"),
        ("Quantity", "Quantity or UsageQuantity"),
        ("SubscriptionId", "SubscriptionId or SubscriptionGuid"),
        ("ChargeType", "ChargeType"),
        ("PricingModel", "PricingModel"),
    ],
)
def test_a_column_that_a_figure_needs_is_missed_by_name(
    heading: str, wanted: str, read: Any, make: Any
) -> None:
    with pytest.raises(ContractError) as error:
        read(without(make.csv([{}], "ea"), heading))

    assert str(error.value) == f"has no column {wanted}; export the cost details unchanged"


@pytest.mark.parametrize("other", ["Cost", "PreTaxCost", "COSTINBILLINGCURRENCY"])
def test_a_column_may_have_another_of_its_headings(other: str, read: Any, make: Any) -> None:
    content = without(make.csv([{COST: "1.25"}], "ea"), COST, other)

    assert read(content).charges.collect()["billed_cost"].to_list() == [Decimal("1.25")]


def test_every_other_column_may_be_absent(
    read: Any, make: Any, bases: Mapping[str, Mapping[str, str]]
) -> None:
    needed = {COST, "BillingCurrencyCode", "Date", "MeterCategory", "Quantity", "SubscriptionId"}
    needed |= {"ChargeType", "PricingModel"}
    content = make.csv([{}], "ea", sorted(needed))

    (charge,) = read(content).charges.collect().rows(named=True)

    assert charge["billed_cost"] == charge["list_cost"] == Decimal(7)
    assert charge["billing_account_id"] == bases["ea"]["SubscriptionId"]
    assert (charge["billing_period_start"], charge["billing_period_end"]) == (
        OCTOBER.start,
        OCTOBER.end,
    )


@pytest.mark.failure("B03")
def test_columns_may_come_in_any_order(
    read: Any, make: Any, bases: Mapping[str, Mapping[str, str]]
) -> None:
    plain = read(make.csv([{}], "ea")).charges.collect()
    turned = read(make.csv([{}], "ea", sorted(bases["ea"], reverse=True))).charges.collect()

    assert turned.equals(plain)


@pytest.mark.failure("B01")
def test_a_new_column_is_told_once(read: Any, make: Any) -> None:
    found = read(make.csv([{"carbon": "1"}], "ea"))

    assert found.notes == (("new_column", "not known and not used: carbon (String)"),)


@pytest.mark.failure("B05")
@pytest.mark.parametrize(
    ("heading", "value", "meant"),
    [
        (COST, "N/A", "cannot be read as a number"),
        (COST, "1,000.00", "cannot be read as a number"),
        ("Quantity", "two", "cannot be read as a number"),
        ("UnitPrice", "NaN", "cannot be read as a number"),
        ("Date", "31/10/2026", "not a date"),
        ("Date", "2026-10", "not a date"),
        ("BillingPeriodEndDate", "soon", "not a date"),
        ("Tags", '"a": {"b": "c"}', "not a JSON object of plain values"),
        ("Tags", "owner=me", "not a JSON object of plain values"),
    ],
)
def test_what_is_not_as_declared_is_refused_with_its_place(
    heading: str, value: str, meant: str, read: Any, make: Any
) -> None:
    with pytest.raises(ContractError) as error:
        read(make.csv([{}, {heading: value}], "ea"))

    assert str(error.value).startswith(f"row 2: column {heading} holds {value!r}, ")
    assert str(error.value).endswith(meant)


@pytest.mark.failure("B06")
def test_ids_keep_their_leading_zeros(charge: Any) -> None:
    assert charge({"SubscriptionId": "000123"})["sub_account_id"] == "000123"
    assert charge({})["billing_account_id"] == "0012345"


@pytest.mark.failure("B07")
def test_nothing_is_guessed_from_the_first_rows(read: Any, make: Any) -> None:
    lines = [{COST: "", "Quantity": "", "AvailabilityZone": ""}] * 0
    lines += [{COST: "1", "CostCenter": "1"}] * 150 + [{COST: "0.5", "CostCenter": "R&D"}]

    found = read(make.csv(lines, "ea")).charges.collect()

    assert found["billed_cost"].sum() == Decimal("150.5")
    assert found["tags"][150]["x_CostCenter"] == "R&D"


@pytest.mark.failure("B15")
@pytest.mark.failure("C02")
@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5.64902E-05", "0.0000564902"),
        ("0.0000000072922557592391990000", "0.000000007292255759"),
        ("-0.0000000000000000005", "-0.000000000000000001"),
        ("+1", "1"),
    ],
)
def test_costs_are_read_as_printed_by_both_readers(
    text: str, amount: str, read: Any, make: Any, tmp_path: Path
) -> None:
    found = read(make.csv([{COST: text}], "ea")).charges.collect()
    (stated,) = control.details(tmp_path / "document", "actual").totals

    assert found["billed_cost"].to_list() == [Decimal(amount)]
    assert Decimal(stated.billed_cost) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["10/5/2026", "10/05/2026", "2026-10-05", "2026-10-05T00:00:00Z", "10/05/2026 00:00:00"]
)
def test_days_are_read_in_both_ways_of_writing(text: str, charge: Any, tmp_path: Path) -> None:
    found = charge({"Date": text})

    assert found["charge_period_start"] == datetime(2026, 10, 5, tzinfo=UTC)
    assert found["charge_period_end"] == datetime(2026, 10, 6, tzinfo=UTC)
    assert control.details(tmp_path / "document", "actual").first == "2026-10-05"


@pytest.mark.parametrize("end", ["10/31/2026", "11/01/2026"])
def test_the_end_of_the_billing_period_excludes_the_next_month(end: str, charge: Any) -> None:
    assert charge({"BillingPeriodEndDate": end})["billing_period_end"] == OCTOBER.end


@pytest.mark.failure("B09")
@pytest.mark.failure("B12")
@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('{"a":"b"}', {"a": "b"}),
        ('"a": "b"', {"a": "b"}),
        (' "a": "x, \\"y\\"\\n}" ', {"a": 'x, "y"\n}'}),
        ('{"a":null,"b":1,"c":true}', {"a": None, "b": "1", "c": "true"}),
        ("{ }", {}),
        ("", {}),
        ("null", {}),
    ],
)
def test_tags_are_read_with_and_without_braces(
    text: str, tags: dict[str, str], charge: Any
) -> None:
    found = charge({"Tags": text, "CostCenter": 'R&D "7"'})["tags"]

    assert found == {
        **tags,
        "x_ResourceGroupName": "rg-train",
        "x_CostCenter": 'R&D "7"',
        "x_InvoiceSectionName": "Research",
    }


@pytest.mark.parametrize("form", ["ea", "mca"])
def test_parquet_and_gzip_hold_the_same_charges(form: str, read: Any, make: Any) -> None:
    plain = make.csv([{}, {"Tags" if form == "ea" else "tags": ""}], form)

    expected = read(plain).charges.collect()

    assert read(make.gzip(plain)).charges.collect().equals(expected)
    assert read(make.parquet(plain)).charges.collect().equals(expected)


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "zoned", "date"])
def test_days_of_parquet_may_have_any_type(unit: str, make: Any, tmp_path: Path) -> None:
    frame = pl.read_parquet(make.parquet(make.csv([{}], "ea")))
    day = frame["Date"].str.to_date("%m/%d/%Y")
    if unit == "zoned":
        day = day.cast(pl.Datetime("us", "UTC"))
    elif unit != "date":
        day = day.cast(pl.Datetime(cast("TimeUnit", unit)))
    path = tmp_path / "typed"
    frame.with_columns(day.alias("Date")).write_parquet(path)

    found = convert(path, "actual", OCTOBER, tax_recoverable=False).charges.collect()

    assert found["charge_period_start"].to_list() == [datetime(2026, 10, 5, tzinfo=UTC)]
    assert control.details(path, "actual").first == "2026-10-05"


def test_binary_doubles_enter_by_their_shortest_text(make: Any, tmp_path: Path) -> None:
    frame = pl.read_parquet(make.parquet(make.csv([{COST: "0.1"}] * 3, "ea")))
    path = tmp_path / "doubles"
    frame.with_columns(pl.col(COST).cast(pl.Float64)).write_parquet(path)

    found = convert(path, "actual", OCTOBER, tax_recoverable=False).charges.collect()

    assert found["billed_cost"].sum() == Decimal("0.3")
    assert control.details(path, "actual").totals[0].billed_cost == "0.300000000000000000"


def test_recoverable_tax_is_no_cost_of_a_project(charge: Any) -> None:
    line = {"ChargeType": "Tax", COST: "1.9"}

    assert charge(line, tax=True)["x_tco_cost"] == 0
    assert charge(line)["x_tco_cost"] == charge(line, tax=True)["effective_cost"] == Decimal("1.9")


def test_an_unknown_kind_of_charge_is_an_adjustment_and_told(read: Any, make: Any) -> None:
    found = read(make.csv([{}, {"ChargeType": "Rebate"}], "ea"))

    assert found.charges.collect()["charge_category"].to_list() == ["Usage", "Adjustment"]
    assert found.notes == (
        (
            "new_charge_type",
            "'Rebate' in row 2 is not known; charges of new types count as adjustments",
        ),
    )


def test_a_file_of_another_month_is_refused(read: Any, make: Any) -> None:
    line = {
        "Date": "09/05/2026",
        "BillingPeriodStartDate": "09/01/2026",
        "BillingPeriodEndDate": "09/30/2026",
    }

    with pytest.raises(ContractError) as error:
        read(make.csv([line], "ea"))

    assert str(error.value) == (
        "has no row of 2026-10: its days are 2026-09-05 to 2026-09-05; check what it is named"
    )


def test_a_file_without_rows_has_no_charges(read: Any, make: Any, tmp_path: Path) -> None:
    assert read(make.csv([], "ea")).charges.collect().is_empty()
    stated = control.details(tmp_path / "document", "actual")
    assert (stated.rows, stated.totals, stated.first) == (0, (), "")


def test_what_is_no_table_of_costs_is_refused(read: Any) -> None:
    with pytest.raises(ContractError, match="has no column CostInBillingCurrency or Cost"):
        read(b"a,b\r\n1,2\r\n")


def test_the_second_reader_refuses_what_is_no_table_of_costs(
    tmp_path: Path, build: Any, delivery: Any
) -> None:
    path = tmp_path / "document"
    path.write_bytes(b"a,b\r\n1,2\r\n")
    made = delivery("actual")

    with pytest.raises(BrokenError) as error:
        build().control(path, made.documents[0], made)

    assert error.value.detail == "has no column CostInBillingCurrency or Cost or PreTaxCost"


@pytest.mark.failure("B08")
def test_headings_that_differ_only_in_case_are_refused(read: Any, make: Any) -> None:
    content = without(make.csv([{"Other": "1"}], "ea"), "Other", "costcenter")

    with pytest.raises(ContractError, match="differ only in case: CostCenter, costcenter"):
        read(content)
