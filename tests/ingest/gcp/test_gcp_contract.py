from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from ingest.gcp.convert import convert
from ingest.gcp.schema import COLUMNS
from ingest.table import ContractError

REQUIRED = tuple(cell.name for cell in COLUMNS if cell.required)
OPTIONAL = tuple(
    cell.name for cell in COLUMNS if not cell.required and cell.leaf not in {"count", "day"}
)


def complaint(path: Any, month: Any) -> str:
    with pytest.raises(ContractError) as error:
        convert(path, month, tax_recoverable=False)
    return str(error.value)


def renamed_csv(data: bytes, name: str, other: str) -> bytes:
    header, _, rest = data.decode().partition("\r\n")
    names = [other if each == name else each for each in header.split(",")]
    return f"{','.join(names)}\r\n{rest}".encode()


@pytest.mark.failure("B02")
@pytest.mark.parametrize("name", REQUIRED)
def test_a_column_that_must_be_there_is_missed_by_name(
    name: str, bench: Any, write: Any, table: pa.Schema
) -> None:
    near = f"{name}s"
    renamed = pa.schema([f.with_name(near) if f.name == name else f for f in table])
    line = json.loads(write([{}], "json"))
    line[near] = line.pop(name)
    hint = f"has no column {name}; the nearest one is {near}"

    for file, data in (
        ("part.parquet", write([{}], "parquet", renamed)),
        ("part.json", json.dumps(line).encode() + b"\n"),
        ("part.csv", renamed_csv(write([{}], "csv"), name, near)),
    ):
        if (file, name) == ("part.json", "project"):
            continue  # left out of JSON where it is null
        assert complaint(bench.put(file, data), bench.month).startswith(hint)


@pytest.mark.failure("B01")
def test_a_new_column_loads_and_is_told_once(bench: Any, write: Any, table: pa.Schema) -> None:
    wider = table.insert(3, pa.field("carbon", pa.float64())).append(
        pa.field("zone_tax", pa.string())
    )

    parquet = convert(
        bench.put("part.parquet", write([{}, {}], "parquet", wider)),
        bench.month,
        tax_recoverable=False,
    )
    lines = convert(bench.put("part.json", [{"carbon": 1}]), bench.month, tax_recoverable=False)

    assert parquet.notes == (
        ("new_column", "not known and not used: carbon (Float64), zone_tax (String)"),
    )
    assert lines.notes == (("new_column", "not known and not used: carbon"),)


@pytest.mark.failure("B01")
def test_a_new_member_of_a_record_changes_nothing(bench: Any, write: Any, table: pa.Schema) -> None:
    at = table.get_field_index("service")
    wider = pa.struct([*table.field("service").type, ("tier", pa.string())])

    grown = bench.put(
        "part.parquet", write([{}], "parquet", table.set(at, table.field(at).with_type(wider)))
    )

    first, other = (
        convert(path, bench.month, tax_recoverable=False).charges.collect()
        for path in (grown, bench.put("other.parquet", [{}]))
    )
    assert first.equals(other)


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_only_some_exports_have_may_be_absent(
    name: str, bench: Any, write: Any, table: pa.Schema
) -> None:
    fewer = pa.schema([field for field in table if field.name != name])
    path = bench.put("part.parquet", write([{}], "parquet", fewer))

    charges = convert(path, bench.month, tax_recoverable=False).charges.collect()

    assert charges.height == 1
    assert charges.select("billed_cost", "list_cost", "service_name").null_count().row(0) == (
        0,
        0,
        0,
    )


@pytest.mark.failure("B04")
@pytest.mark.parametrize(
    ("name", "dtype", "message"),
    [
        ("cost", pa.int64(), "column cost must be a double or a decimal, but it is Int64"),
        ("cost", pa.string(), "column cost must be a double or a decimal, but it is String"),
        ("currency", pa.float64(), "column currency must be text, but it is Float64"),
        (
            "usage_start_time",
            pa.date32(),
            "column usage_start_time must be a timestamp in UTC, but it is Date",
        ),
        (
            "invoice",
            pa.struct([("year", pa.string())]),
            "column invoice must be a record with month, but it is Struct({'year': String})",
        ),
        (
            "credits",
            pa.list_(pa.struct([("type", pa.string())])),
            (
                "column credits must be a list of records with amount, "
                "but it is List(Struct({'type': String}))"
            ),
        ),
        (
            "credits",
            pa.struct([("amount", pa.float64())]),
            (
                "column credits must be a list of records with amount, "
                "but it is Struct({'amount': Float64})"
            ),
        ),
    ],
)
def test_a_type_that_changed_is_refused(
    name: str, dtype: pa.DataType, message: str, bench: Any, write: Any, table: pa.Schema
) -> None:
    at = table.get_field_index(name)
    changed = table.set(at, pa.field(name, dtype))
    empty = write([], "parquet", changed)

    assert complaint(bench.put("part.parquet", empty), bench.month) == message


@pytest.mark.failure("B05")
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"cost": float("nan")}, "row 2: column cost holds what cannot be read as declared"),
        ({"cost": 1e19}, "row 2: column cost holds what cannot be read as declared"),
        (
            {"credits": [{"type": "DISCOUNT", "amount": float("inf")}]},
            "row 2: column credits holds what cannot be read as declared",
        ),
        (
            {"credits": [{"type": "DISCOUNT", "amount": None}]},
            "row 2: column credits holds what cannot be read as declared",
        ),
        (
            {"usage": {"amount_in_pricing_units": float("-inf")}},
            "row 2: column usage holds what cannot be read as declared",
        ),
        (
            {"invoice": {"month": "202613"}},
            (
                "row 2: invoice.month holds '202613', which is no month such as 202608; "
                "without it nobody knows which invoice the row is on"
            ),
        ),
        (
            {"invoice": {"month": None}},
            (
                "row 2: invoice.month holds '', which is no month such as 202608; "
                "without it nobody knows which invoice the row is on"
            ),
        ),
    ],
)
def test_a_value_that_cannot_be_read_refuses_the_file(
    row: dict[str, Any], message: str, bench: Any
) -> None:
    path = bench.put("part.parquet", [{}, row])

    assert complaint(path, bench.month) == message


@pytest.mark.failure("B05")
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cost", "N/A", "row 1: column cost holds what cannot be read as declared"),
        ("cost", "1,5", "row 1: column cost holds what cannot be read as declared"),
        ("usage_end_time", "yesterday", "row 1: column usage_end_time holds what cannot be read"),
        (
            "usage_end_time",
            "2026-08-05T04:00:00+02:00",
            "row 1: column usage_end_time holds what cannot be read",
        ),
        ("price", {"list_price": "free"}, "row 1: column price holds what cannot be read"),
        ("credits", [{"typo": "DISCOUNT"}], "row 1: column credits holds what cannot be read"),
        ("credits", {"amount": -1}, "holds JSON that is not of its column: error deserializing"),
        ("invoice", "202608", "holds JSON that is not of its column: error deserializing"),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_text_that_cannot_be_read_refuses_the_file(
    name: str, value: Any, message: str, form: str, bench: Any
) -> None:
    row = {name: value}
    if form == "csv" and name == "invoice":
        row = {name: ["202608"]}
    path = bench.put(f"part.{form}", [row])

    assert complaint(path, bench.month).startswith(message)


def test_rows_without_money_are_set_aside_with_their_reason(bench: Any) -> None:
    bench.put("part.parquet", [{"cost": None}, {"currency": "dollars"}, {}])

    (loaded,) = bench.loaded().documents

    assert (loaded.rows, loaded.rejected_rows, loaded.control.rows) == (1, 2, 3)
    assert [problem.detail for problem in loaded.problems] == [
        "billed_cost must not be empty",
        "'dollars': billing_currency must be an ISO 4217 code of three capital letters",
    ]


def test_a_document_that_is_no_table_says_what_it_is(bench: Any) -> None:
    for data, message in (
        (b"%PDF-1.4 invoice", "is a PDF document"),
        (b"{broken\n", "the first line is not JSON; it begins with '{broken'"),
    ):
        path = bench.put("part.bin", data)
        assert complaint(path, bench.month).startswith(message)
