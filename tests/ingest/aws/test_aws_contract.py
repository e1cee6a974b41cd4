from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import table
from ingest.aws import columns
from ingest.focus import convert as focus_export
from ingest.source import Conversion, Delivery, Document
from ingest.sources.aws_data_export import DataExport
from ingest.table import Field
from models.charge import CHARGE
from models.errors import BrokenError

DOCUMENT: Final = Document("ft-00001.snappy.parquet", "0" * 64, 1)
PLAN: Final = {
    "line_item_line_item_type": "SavingsPlanCoveredUsage",
    "savings_plan_savings_plan_a_r_n": "arn:plan/1",
    "savings_plan_savings_plan_effective_cost": 1.0,
}

PERIOD: Final = ("bill_billing_period_start_date", "bill_billing_period_end_date")

Convert = Callable[..., Conversion]


@pytest.fixture
def convert(
    make: Any, build: Callable[..., DataExport], delivery: Callable[[str], Delivery]
) -> Convert:
    def converted(content: pa.Table | bytes, kind: str = "cur2", name: str = "document") -> Any:
        path = make.folder / name
        path.write_bytes(content if isinstance(content, bytes) else make.bytes(content))
        return build().convert(path, DOCUMENT, delivery(kind))

    return converted


def required(fields: tuple[Field, ...]) -> list[str]:
    return [field.name for field in fields if field.required]


@pytest.mark.failure("B02")
@pytest.mark.parametrize("name", required(columns.FIELDS))
def test_a_required_column_that_is_missing_is_named(name: str, make: Any, convert: Convert) -> None:
    with pytest.raises(BrokenError) as error:
        convert(make.cur([{}]).drop_columns([name]))

    assert f"aws: ft-00001.snappy.parquet: has no column {name}" in str(error.value)
    assert str(error.value).endswith("select it in the export's query")


@pytest.mark.failure("B02")
@pytest.mark.parametrize("name", required(focus_export.FIELDS))
def test_a_required_focus_column_that_is_missing_is_named(
    name: str, make: Any, convert: Convert
) -> None:
    with pytest.raises(BrokenError, match=f"has no column {name}"):
        convert(make.focus([{}]).drop_columns([name]), "focus")


@pytest.mark.failure("B02")
def test_a_renamed_column_is_shown_the_nearest_name(make: Any, convert: Convert) -> None:
    content = make.cur([{}])
    names = [n.replace("unblended_cost", "unblendedcost") for n in content.column_names]

    with pytest.raises(BrokenError) as error:
        convert(content.rename_columns(names))

    assert str(error.value) == (
        "aws: ft-00001.snappy.parquet: has no column line_item_unblended_cost; "
        "the nearest one is line_item_unblendedcost; select it in the export's query"
    )


@pytest.mark.failure("B02")
@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in columns.NEEDED.items() for name in names]
)
def test_lines_that_need_a_column_to_be_costed_are_refused_without_it(
    kind: str, name: str, make: Any, convert: Convert
) -> None:
    content = make.cur([{"line_item_line_item_type": kind}])

    with pytest.raises(BrokenError) as error:
        convert(content.drop_columns([name]))

    assert f"holds lines of type {kind} but no column {name}, without which" in str(error.value)


def test_columns_of_commitments_may_be_missing_where_there_are_none(
    make: Any, convert: Convert
) -> None:
    optional = [field.name for field in columns.FIELDS if not field.required]

    conversion = convert(make.cur([{}]).drop_columns(optional))

    assert conversion.charges.collect()["billed_cost"].to_list() == [Decimal("98.32")]
    assert conversion.notes == (
        ("no_tags", "the export selects no tags, so no rule can match on one"),
    )


@pytest.mark.failure("B01")
@pytest.mark.parametrize("position", [0, 7, -1])
def test_a_new_column_is_loaded_past_and_told(position: int, make: Any, convert: Convert) -> None:
    content = make.cur([{}])
    where = position if position >= 0 else content.num_columns
    new = content.add_column(where, "line_item_shiny", pa.array(["x"]))

    conversion = convert(new)

    assert conversion.notes == (("new_column", "not known and not used: line_item_shiny (String)"),)
    assert conversion.charges.collect().equals(convert(content).charges.collect())


def test_columns_that_are_known_and_not_used_are_not_new(make: Any, convert: Convert) -> None:
    content = make.cur([{}])
    for name in columns.UNUSED:
        content = content.append_column(name, pa.nulls(1))

    assert convert(content).notes == ()


@pytest.mark.failure("B03")
@given(seed=st.randoms(use_true_random=False))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_are_read_by_name_in_any_order(seed: Any, make: Any, convert: Convert) -> None:
    content = make.cur([{}, PLAN])
    names = list(content.column_names)
    seed.shuffle(names)

    assert (
        convert(content.select(names)).charges.collect().equals(convert(content).charges.collect())
    )


TYPES: Final = {
    "text": pa.array(["1"]),
    "double": pa.array([1.5]),
    "decimal": pa.array([Decimal("1.5")], pa.decimal128(20, 10)),
    "fine decimal": pa.array([Decimal("1.5")], pa.decimal128(38, 20)),
    "integer": pa.array([1]),
    "boolean": pa.array([True]),
    "timestamp": pa.array([dt.datetime(2026, 10, 5)], pa.timestamp("us")),  # noqa: DTZ001
    "zoned": pa.array([dt.datetime(2026, 10, 5)], pa.timestamp("ms", "UTC")),  # noqa: DTZ001
    "elsewhere": pa.array([dt.datetime(2026, 10, 5)], pa.timestamp("us", "Asia/Tokyo")),  # noqa: DTZ001
    "date": pa.array([dt.date(2026, 10, 5)]),
    "list": pa.array([["x"]]),
    "map": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
    "null": pa.nulls(1),
}
ALLOWED: Final = {
    table.TEXT.name: {"text", "null"},
    table.NUMBER.name: {"double", "decimal", "null"},
    table.RATE.name: {"text", "double", "decimal", "null"},
    table.MOMENT.name: {"timestamp", "zoned", "null"},
    table.MAP.name: {"text", "map", "null"},
}


@pytest.mark.failure("B04")
@pytest.mark.failure("B06")
@pytest.mark.parametrize("field", columns.FIELDS, ids=lambda field: field.name)
def test_each_column_has_its_declared_type_or_the_document_is_refused(
    field: Field, make: Any
) -> None:
    content = make.cur([{}])
    at, allowed = content.column_names.index(field.name), ALLOWED[field.kind.name]

    for kind, values in TYPES.items():
        path = make.written(content.set_column(at, field.name, values))
        if kind in allowed:
            assert field.name in table.read(path, columns.FIELDS).present
        else:
            complaint = f"column {field.name} must be {field.kind.name}, but it is"
            with pytest.raises(table.ContractError, match=complaint):
                table.read(path, columns.FIELDS)


@pytest.mark.failure("B04")
@pytest.mark.parametrize("kind", ["double", "decimal", "timestamp", "zoned", "map"])
def test_all_types_that_a_column_may_have_are_read_alike(
    kind: str, make: Any, convert: Convert
) -> None:
    content = make.cur([{}])
    for field in columns.FIELDS:
        if kind in ALLOWED[field.kind.name] and field.name not in PERIOD:
            at = content.column_names.index(field.name)
            content = content.set_column(at, field.name, TYPES[kind])

    charge = convert(content).charges.collect().row(0, named=True)

    assert charge["billed_cost"] == (
        Decimal("1.5") if kind in {"double", "decimal"} else Decimal("98.32")
    )
    assert charge["charge_period_start"] == (
        dt.datetime(2026, 10, 5, tzinfo=dt.UTC)
        if kind in {"timestamp", "zoned"}
        else dt.datetime(2026, 10, 5, 3, tzinfo=dt.UTC)
    )


@pytest.mark.failure("B04")
def test_a_document_of_the_wrong_type_refuses_the_delivery(make: Any, convert: Convert) -> None:
    content = make.cur([{}])
    at = content.column_names.index("bill_payer_account_id")

    with pytest.raises(BrokenError) as error:
        convert(content.set_column(at, "bill_payer_account_id", pa.array([123456789])))

    assert str(error.value) == (
        "aws: ft-00001.snappy.parquet: column bill_payer_account_id must be text, but it is Int64"
    )


@pytest.mark.failure("B05")
@pytest.mark.parametrize("value", ["N/A", "", "1,5", "0.1"])
def test_text_in_a_money_column_is_refused(value: str, make: Any, convert: Convert) -> None:
    content = make.cur(
        [{"line_item_unblended_cost": value}], {"line_item_unblended_cost": pa.string()}
    )

    with pytest.raises(BrokenError) as error:
        convert(content)

    assert str(error.value).endswith(
        "column line_item_unblended_cost must be a double or a decimal, but it is String"
    )


@pytest.mark.failure("B05")
@pytest.mark.failure("C12")
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e19, -1e30])
@pytest.mark.parametrize("name", ["line_item_unblended_cost", "line_item_usage_amount"])
def test_a_number_that_money_cannot_hold_is_refused_with_its_row(
    name: str, value: float, make: Any, convert: Convert
) -> None:
    with pytest.raises(BrokenError) as error:
        convert(make.cur([{}, {name: value}]))

    assert f"row 2: column {name} holds " in str(error.value)
    assert str(error.value).endswith("which cannot be read as a number")


@pytest.mark.failure("B05")
def test_a_focus_number_that_money_cannot_hold_is_refused_with_its_row(
    make: Any, convert: Convert
) -> None:
    with pytest.raises(BrokenError, match=r"row 2: column EffectiveCost holds .* cannot be read"):
        convert(make.focus([{}, {"EffectiveCost": float("inf")}]), "focus")


@pytest.mark.failure("B06")
def test_account_ids_keep_their_leading_zeros(make: Any, convert: Convert) -> None:
    cur = convert(make.cur([{"bill_payer_account_id": "000123456789"}])).charges.collect()
    focus = convert(make.focus([{}]), "focus").charges.collect()

    for charges in (cur, focus):
        assert charges["billing_account_id"].item() == "000123456789"
        assert charges["sub_account_id"].item() == "000000000001"


@pytest.mark.failure("B07")
def test_a_column_that_fills_late_is_read_like_any_other(make: Any, convert: Convert) -> None:
    early = [{"line_item_unblended_cost": 1.0, "bill_invoice_id": None}] * 5_000
    late = [{"line_item_unblended_cost": 0.123456789012, "bill_invoice_id": "007"}]

    last = convert(make.cur([*early, *late])).charges.collect().row(-1, named=True)

    assert (last["invoice_id"], last["billed_cost"]) == ("007", Decimal("0.123456789012"))


@pytest.mark.failure("B08")
def test_a_column_that_occurs_twice_is_refused(make: Any, convert: Convert) -> None:
    content = make.cur([{}])
    name = "line_item_unblended_cost"

    with pytest.raises(BrokenError, match=r"has a column twice: .*line_item_unblended_cost"):
        convert(content.append_column(name, content.column(name)))


@pytest.mark.failure("B08")
def test_columns_equal_but_for_case_are_refused(make: Any, convert: Convert) -> None:
    content = make.cur([{}])
    twin = content.append_column("Line_Item_Unblended_Cost", pa.array([5.0]))

    with pytest.raises(BrokenError) as error:
        convert(twin)

    assert str(error.value).endswith(
        "has columns that differ only in case: line_item_unblended_cost, Line_Item_Unblended_Cost"
    )


def test_focus_columns_may_be_in_lower_case_as_catalogues_write_them(
    make: Any, convert: Convert
) -> None:
    content = make.focus([{"x_UsageType": "Train", "SkuMeter": "other"}])
    lower = content.rename_columns([name.lower() for name in content.column_names])

    assert (
        convert(lower, "focus")
        .charges.collect()
        .equals(convert(content, "focus").charges.collect())
    )


KEYS: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
MAPS: Final = st.dictionaries(KEYS, st.none() | KEYS, max_size=4)


@pytest.mark.failure("B09")
@given(maps=st.lists(st.tuples(st.none() | MAPS, st.none() | MAPS, st.none() | MAPS), min_size=1))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_tag_maps_become_one_with_keys_and_values_as_they_came(
    maps: list[tuple[dict[str, str], dict[str, str], dict[str, str]]], make: Any, convert: Convert
) -> None:
    names = ("cost_category", "tags", "resource_tags")
    content = make.cur([dict(zip(names, row, strict=True)) for row in maps])

    found = convert(content).charges.collect()["tags"].to_list()

    for tags, (category, other, resource) in zip(found, maps, strict=True):
        prefixed = {f"costCategory/{key}": value for key, value in (category or {}).items()}
        assert dict(tags or {}) == {**prefixed, **(other or {}), **(resource or {})}


@pytest.mark.failure("B09")
@pytest.mark.parametrize("name", ["resource_tags", "tags"])
def test_one_tag_map_alone_is_taken_as_it_is(name: str, make: Any, convert: Convert) -> None:
    lines = [{name: tags} for tags in ({"User_Project": "A", "user_project": "b"}, {}, None)]
    others = [each for each in ("cost_category", "tags", "resource_tags") if each != name]

    found = convert(make.cur(lines).drop_columns(others)).charges.collect()["tags"]

    assert [tags and dict(tags) for tags in found.to_list()] == [line[name] for line in lines]


@pytest.mark.failure("B09")
def test_maps_may_be_lists_of_pairs_or_json_text(make: Any, convert: Convert) -> None:
    content = make.cur([{"resource_tags": {"user_project": "a"}}, {"resource_tags": {}}])
    at = content.column_names.index("resource_tags")
    pairs = pa.array(
        [[{"key": "user_project", "value": "a"}], []],
        pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])),
    )
    text = pa.array(['{"user_project": "a"}', "{}"])

    expected = convert(content).charges.collect()
    for other in (pairs, text):
        found = convert(content.set_column(at, "resource_tags", other)).charges.collect()
        assert found["tags"].to_list() == expected["tags"].to_list()


def test_text_that_is_no_json_object_is_refused_where_tags_should_stand(
    make: Any, convert: Convert
) -> None:
    content = make.cur([{}, {}])
    at = content.column_names.index("resource_tags")

    with pytest.raises(BrokenError, match=r"row 2: column resource_tags holds .* cannot be read"):
        convert(content.set_column(at, "resource_tags", pa.array(["{}", "user_project=a"])))


def test_text_as_dictionary_is_text(make: Any, convert: Convert) -> None:
    content = make.cur([{}, PLAN])
    coded = content
    for index, name in enumerate(content.column_names):
        if content.schema.field(name).type == pa.string():
            coded = coded.set_column(index, name, content.column(name).dictionary_encode())

    assert convert(coded).charges.collect().equals(convert(content).charges.collect())


@pytest.mark.failure("B13")
@pytest.mark.parametrize(
    "name", ["x[1].parquet", "x*.parquet", "x?.parquet", "year=2026", "**", "x%20"]
)
def test_a_name_is_never_a_pattern(
    name: str,
    make: Any,
    convert: Convert,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
) -> None:
    for other in ("x1.parquet", "xy.parquet", "2026"):
        (make.folder / other).write_bytes(make.bytes(make.cur([{"line_item_unblended_cost": 1.0}])))

    conversion = convert(make.cur([{}]), "cur2", name)
    control = build().control(make.folder / name, DOCUMENT, delivery("cur2"))

    assert conversion.charges.collect()["billed_cost"].to_list() == [Decimal("98.32")]
    assert control.totals[0].billed_cost == "98.320000000000000000"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"<html>PAR1", b"PAR1" + bytes(40) + b"PAR1"])
def test_what_is_no_parquet_file_is_refused(
    content: bytes,
    make: Any,
    convert: Convert,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
) -> None:
    read = r"aws: ft-00001\.snappy\.parquet: (holds no table|is a page|%s)"
    with pytest.raises(BrokenError, match=read % "is not a readable Parquet file"):
        convert(content)
    with pytest.raises(BrokenError, match=read % "cannot be read as Parquet"):
        build().control(make.folder / "document", DOCUMENT, delivery("cur2"))


def test_a_document_without_lines_has_no_charges(
    make: Any,
    convert: Convert,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
) -> None:
    conversion = convert(make.cur([]))

    assert conversion.charges.collect().height == 0
    control = build().control(make.folder / "document", DOCUMENT, delivery("cur2"))
    assert (control.rows, control.totals, control.first) == (0, (), "")


def test_charges_have_the_columns_of_the_contract(make: Any, convert: Convert) -> None:
    for charges in (
        convert(make.cur([{}, PLAN])).charges,
        convert(make.focus([{}]), "focus").charges,
    ):
        found = dict(charges.collect_schema())
        assert found == {n: t for n, t in CHARGE.items() if n not in ("x_source", "x_document")}


def test_the_mapping_holds_in_batches_as_large_as_row_groups(
    tmp_path: Path, make: Any, build: Callable[..., DataExport], delivery: Callable[[str], Delivery]
) -> None:
    content = make.cur([{"line_item_unblended_cost": n / 8} for n in range(1_000)])
    path = tmp_path / "groups"
    pq.write_table(content, path, row_group_size=64)

    charges = build().convert(path, DOCUMENT, delivery("cur2")).charges.collect(engine="streaming")

    assert charges["x_row"].to_list() == list(range(1, 1_001))
    assert charges.select(pl.col("billed_cost").sum()).item() == Decimal(999 * 1000) / 16


NODES: Final = re.compile(r'label="([a-z-]+)')
BY_BATCH: Final = {"select", "with-columns", "with-row-index", "multi-scan", "filter"}


@pytest.mark.parametrize("kind", ["cur2", "focus"])
def test_no_step_of_the_conversion_waits_for_all_rows(
    kind: str, make: Any, convert: Convert
) -> None:
    """Memory may not grow with a document, so each step takes batches as they come."""
    content = make.cur([{}]) if kind == "cur2" else make.focus([{}])

    plan = convert(content, kind).charges.show_graph(
        engine="streaming", plan_stage="physical", raw_output=True, show=False
    )

    assert set(NODES.findall(str(plan))) <= BY_BATCH
