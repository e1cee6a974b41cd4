"""Every version of FOCUS, in every form, becomes the same charges."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.focus.columns import REQUIRED
from ingest.focus.convert import convert
from ingest.focus.dialect import Dialect
from ingest.table import ContractError

GOLDEN: Final = Path(__file__).parent / "golden"
LINES: Final = json.loads((GOLDEN / "lines.json").read_text("utf-8"))
VERSIONS: Final = ("1.0", "1.1", "1.2-preview", "1.2", "1.3", "1.4")


@pytest.fixture
def rows(make: Any) -> list[dict[str, Any]]:
    return [make.row(**line) for line in LINES]


def charges_of(path: Path, dialect: Dialect | None = None) -> pl.DataFrame:
    conversion = convert(path, dialect or Dialect(), tax_recoverable=False)
    return conversion.charges.collect(engine="streaming")


@pytest.mark.failure("C07")
@pytest.mark.parametrize("version", VERSIONS)
def test_rows_of_each_version_become_the_charges_of_its_golden_file(
    version: str,
    rows: Any,
    make: Any,
    build: Any,
    bench: Any,
    plain: Callable[[pl.DataFrame], str],
) -> None:
    loaded, charges = bench.document(make.of(rows, version), build())

    notes = "".join(f"note {rule}: {detail}\n" for rule, detail in loaded.documents[0].notes)
    text = f"{plain(charges)}\n{notes}"
    expected = GOLDEN / f"{version}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(text, "utf-8")
    assert text == expected.read_text("utf-8")


@pytest.mark.failure("B16")
@pytest.mark.parametrize("form", ["parquet", "csv.gz"])
@pytest.mark.parametrize("version", VERSIONS)
def test_parquet_and_compressed_text_say_the_same_as_text(
    version: str, form: str, rows: Any, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "text").write_bytes(make.of(rows, version))
    (tmp_path / "other").write_bytes(make.of(rows, version, form))

    assert charges_of(tmp_path / "other").equals(charges_of(tmp_path / "text"))


@pytest.mark.failure("B03")
@given(seed=st.integers(0, 2**32), version=st.sampled_from(VERSIONS))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_order_and_the_case_of_columns_say_nothing(
    seed: int, version: str, rows: Any, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "text").write_bytes(make.of(rows, version))
    chance = random.Random(seed)  # noqa: S311 - a test's own
    header = list(make.names(version))
    chance.shuffle(header)
    renamed = {name: chance.choice([name, name.lower(), name.upper()]) for name in header}
    mixed = [{renamed[name]: row.get(name) for name in header} for row in rows]
    (tmp_path / "mixed").write_bytes(make.csv(mixed, [renamed[name] for name in header]))

    assert charges_of(tmp_path / "mixed").equals(charges_of(tmp_path / "text"))


@pytest.mark.failure("B02")
@pytest.mark.parametrize("name", [*REQUIRED, "ProviderName"])
@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_a_document_without_a_column_that_figures_need_is_refused(
    name: str, version: str, make: Any, tmp_path: Path
) -> None:
    header = [f"{each}s" if each == name else each for each in make.names(version)]
    path = tmp_path / "document"
    path.write_bytes(make.csv([make.row()], header))

    with pytest.raises(ContractError) as error:
        charges_of(path)

    assert str(error.value) == (
        f"has no column {name}; the nearest one is {name}s; select it in the export's query"
    )


@pytest.mark.failure("B02")
def test_a_document_of_1_4_must_name_the_service_provider(make: Any, tmp_path: Path) -> None:
    header = [name for name in make.names("1.4") if name != "ServiceProviderName"]
    (tmp_path / "document").write_bytes(make.csv([make.row()], header))

    with pytest.raises(ContractError, match="has no column ServiceProviderName"):
        charges_of(tmp_path / "document")


def test_who_sold_it_may_be_said_by_the_configuration(make: Any, build: Any, bench: Any) -> None:
    header = [name for name in make.names("1.2") if name not in {"ProviderName", "PublisherName"}]
    rows = [make.row(), make.row(InvoiceIssuerName=None)]

    loaded, charges = bench.document(make.csv(rows, header), build(provider="Acme Platform"))

    assert charges["provider_name"].to_list() == ["Acme Platform"] * 2
    assert charges["invoice_issuer_name"].to_list() == ["Acme GPU Cloud", "Acme Platform"]
    assert dict(loaded.documents[0].notes)["missing_column"] == (
        "FOCUS 1.2 has a column ProviderName, PublisherName"
    )


@pytest.mark.failure("B01")
def test_columns_that_nobody_knows_are_told_once(make: Any, build: Any, bench: Any) -> None:
    rows = [make.row(Id="1", x_Rack="a")] * 3
    content = make.of(rows, "1.2", "csv", more=["Id", "x_Rack"])

    loaded, charges = bench.document(content, build())

    assert charges.height == 3
    assert [note for note in loaded.documents[0].notes if note[0] == "new_column"] == [
        ("new_column", "not known and not used: Id (String), x_Rack (String)")
    ]


def test_columns_may_become_tags(make: Any, build: Any, bench: Any) -> None:
    rows = [
        make.row(x_CostCenter="4711", x_Section="Unassigned"),
        make.row(x_CostCenter=None, x_Section="b", Tags=None),
    ]
    content = make.of(rows, "1.2", "csv", more=["x_CostCenter", "x_Section"])
    source = build(tag_columns=["x_CostCenter", "x_Section"], placeholders=["Unassigned"])

    loaded, charges = bench.document(content, source)

    assert [dict(tags) for tags in charges["tags"].to_list()] == [
        {"project": "support-bot", "x_CostCenter": "4711"},
        {"x_Section": "b"},
    ]
    assert "new_column" not in dict(loaded.documents[0].notes)


def test_words_of_a_text_file_that_stand_for_nothing_are_null(
    make: Any, build: Any, bench: Any
) -> None:
    content = make.csv([make.row(Tags=None, ChargeClass=None)], make.names("1.2"), null="NULL")

    _, charges = bench.document(content, build())

    assert charges.select("tags", "charge_class", "commitment_discount_quantity").row(0) == (
        None,
        None,
        None,
    )


@pytest.mark.failure("B05")
@pytest.mark.failure("C12")
@pytest.mark.failure("C13")
@pytest.mark.parametrize("value", ["N/A", "1,5", "1_000", "٣", "NaN", "1e999"])
def test_text_where_money_should_stand_is_refused_with_its_row(
    value: str, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "document").write_bytes(make.of([make.row(), make.row(BilledCost=value)]))

    with pytest.raises(ContractError) as error:
        charges_of(tmp_path / "document")

    assert str(error.value) == (
        f"row 2: column BilledCost holds {value!r}, which cannot be read as a number"
    )


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2026-10-05T03:00:00Z", ()),
        ("2026-10-05T03:00Z", ()),
        ("2026-10-05 03:00:00", ()),
        ("2026-10-05 03:00:00 UTC", ()),
        ("2026-10-05T03:00:00.000+00:00", ()),
        ("10/05/2026 03:00", ("%m/%d/%Y %H:%M",)),
    ],
)
def test_moments_are_read_in_the_forms_that_exports_have(
    text: str, dates: tuple[str, ...], make: Any, build: Any, bench: Any
) -> None:
    content = make.of([make.row(ChargePeriodStart=text)])

    _, charges = bench.document(content, build(dates=dates))

    assert str(charges["charge_period_start"].item()) == "2026-10-05 03:00:00+00:00"


@pytest.mark.parametrize("text", ["2026-10-05T03:00:00+02:00", "05.10.2026", "yesterday"])
def test_a_moment_in_another_form_refuses_the_document(
    text: str, make: Any, tmp_path: Path
) -> None:
    (tmp_path / "document").write_bytes(make.of([make.row(ChargePeriodStart=text)]))

    with pytest.raises(ContractError, match="row 1: column ChargePeriodStart holds"):
        charges_of(tmp_path / "document")


def test_a_dialect_fills_a_column_from_what_its_exporter_has_instead(
    make: Any, tmp_path: Path
) -> None:
    rows = [
        make.row(x_Meter="a", x_Bill="B1", x_Name=None),
        make.row(x_Meter="-2", x_Name="n", InvoiceId="I2", x_Bill="B2"),
        make.row(x_Meter=None, x_Name=None, InvoiceId=None, x_Bill="B3"),
    ]
    content = make.of(rows, "1.2", "csv", more=["x_Meter", "x_Name", "x_Bill"])
    (tmp_path / "document").write_bytes(content)
    dialect = Dialect(
        stand_ins={"x_usage_type": ("x_Meter", "x_Name"), "invoice_id": ("x_Bill",)},
        placeholders=("-2",),
    )

    charges = charges_of(tmp_path / "document", dialect)

    assert charges["x_usage_type"].to_list() == ["a", "n", "H100 hours"]
    assert charges["invoice_id"].to_list() == ["INV-1", "I2", "B3"]


def test_a_dialect_may_ask_for_more_columns(make: Any, tmp_path: Path) -> None:
    header = [name for name in make.names("1.2") if name != "Tags"]
    (tmp_path / "document").write_bytes(make.csv([make.row()], header))

    with pytest.raises(ContractError, match="has no column Tags"):
        charges_of(tmp_path / "document", Dialect(required=("Tags",)))
    assert charges_of(tmp_path / "document")["tags"].to_list() == [None]


def test_a_recoverable_tax_is_no_cost_of_a_project(make: Any, tmp_path: Path) -> None:
    rows = [make.row(), make.row(ChargeCategory="Tax", EffectiveCost="3")]
    (tmp_path / "document").write_bytes(make.of(rows))

    costs = {
        recoverable: convert(tmp_path / "document", tax_recoverable=recoverable)
        .charges.collect()["x_tco_cost"]
        .cast(pl.String)
        .str.strip_chars_end("0")
        .to_list()
        for recoverable in (True, False)
    }

    assert costs == {True: ["98.32", "0."], False: ["98.32", "3."]}
