from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.table import ContractError, Field, Table, lines, read, refuse_unsound, unsound
from models.money import from_text
from models.scan import ScanError, columns, money, rows

Put = Callable[..., Path]
AsCsv = Callable[..., bytes]
Fields = tuple[Field, ...]
Wrap = Callable[[bytes], bytes]

QUICK: Final = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def sound(path: Path, fields: Fields, **words: Any) -> pl.DataFrame:
    """Return a document that keeps its contract, as a source reads it."""
    table = read(path, fields, **words)
    _refuse(table, fields)
    return table.frame.collect(engine="streaming")


def _refuse(table: Table, fields: Fields) -> None:
    found = table.raw.select(*unsound(table, fields)).collect(engine="streaming")
    refuse_unsound(found, table)


def test_a_table_of_text_is_read_by_its_contract(
    wrap: Wrap, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    frame = sound(put(wrap(as_csv({}, {"cost": "-4E-7", "rate": "", "tags": ""}))), fields)

    first, second = frame.rows(named=True)
    assert first == {
        "x_row": 1,
        "account": "000123456789",
        "cost": Decimal("98.32"),
        "rate": Decimal("0.10"),
        "start": dt.datetime(2026, 10, 5, 3, tzinfo=dt.UTC),
        "tags": {"user_project": "bot"},
    }
    assert (second["x_row"], second["cost"]) == (2, Decimal("-4E-7"))
    assert (second["rate"], second["tags"]) == (None, None)


@pytest.mark.failure("B03")
@given(order=st.permutations(["account", "cost", "rate", "start", "tags"]))
@QUICK
def test_columns_of_text_are_read_by_name_in_any_order(
    order: list[str], put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    assert sound(put(as_csv({}, names=order)), fields).equals(sound(put(as_csv({})), fields))


@pytest.mark.failure("B01")
@pytest.mark.parametrize("at", [0, 2, 5])
def test_a_new_column_of_text_is_told(at: int, put: Put, as_csv: AsCsv, fields: Fields) -> None:
    names = ["account", "cost", "rate", "start", "tags"]
    path = put(as_csv({"Shiny": "1"}, names=[*names[:at], "Shiny", *names[at:]]))

    assert read(path, fields).unknown == ("Shiny (String)",)
    assert read(path, fields, ["shiny"]).unknown == ()
    assert sound(path, fields).equals(sound(put(as_csv({}), "plain"), fields))


@pytest.mark.failure("B02")
@pytest.mark.parametrize("name", ["account", "cost"])
def test_a_required_column_of_text_that_is_missing_is_named(
    name: str, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    names = [f"{each}s" if each == name else each for each in ("account", "cost", "rate")]

    with pytest.raises(ContractError, match=f"has no column {name}; the nearest one is {name}s"):
        read(put(as_csv({}, names=names, extrasaction="ignore")), fields)


@pytest.mark.failure("B08")
@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("account,cost,cost", "has a column twice: cost"),
        ("account,cost,Cost", "has columns that differ only in case: cost, Cost"),
        ("account,cost,", "has no name for column 3"),
        ("account", "is no table: its first line is 'account'"),
        ('account,"cost', "has a header that is not CSV: unexpected end of data"),
        ('account,"cost"x', "has a header that is not CSV: ',' expected after '\"'"),
    ],
)
def test_a_header_that_does_not_name_each_column_once_is_refused(
    header: str, complaint: str, wrap: Wrap, put: Put, fields: Fields
) -> None:
    path = put(wrap(f"{header}\n1,2,3\n".encode()))

    with pytest.raises(ContractError) as error:
        read(path, fields)

    assert str(error.value) == complaint


@pytest.mark.failure("B08")
def test_the_second_reader_is_not_given_a_column_twice_either(put: Put) -> None:
    with pytest.raises(ScanError, match="has a column twice: cost"):
        columns(put(b"account,cost,cost\n1,2,3\n"))


BAD_NUMBERS: Final = (
    *("N/A", "1,5", " 1", "1 ", "1_000", "NaN", "inf", "-Infinity", "0x10", "1e", "--1", "."),
    *("$1", "1.2.3", "\u0661", "1e19", "1e400", "-99999999999999999999", "None", "NULL"),
)


@pytest.mark.failure("B04")
@pytest.mark.failure("B05")
@pytest.mark.failure("C12")
@pytest.mark.failure("C13")
@pytest.mark.parametrize("value", BAD_NUMBERS)
@pytest.mark.parametrize("name", ["cost", "rate"])
def test_text_in_a_number_column_refuses_the_document(
    name: str, value: str, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    path = put(as_csv({}, {}, {name: value}, {name: "x"}))

    with pytest.raises(ContractError) as error:
        sound(path, fields)

    assert str(error.value) == (
        f"row 3: column {name} holds {value!r}, which cannot be read as a number"
    )


@pytest.mark.failure("B07")
def test_a_number_column_whose_text_comes_late_refuses_the_document(
    wrap: Wrap, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    early = [{"cost": "1"}] * 5_000

    with pytest.raises(ContractError, match=r"row 5001: column cost holds 'N/A', which"):
        sound(put(wrap(as_csv(*early, {"cost": "N/A"}))), fields)


@pytest.mark.failure("B06")
@pytest.mark.failure("B07")
def test_a_column_of_text_that_looks_like_numbers_stays_text(
    wrap: Wrap, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    early = [{"account": "000000000001", "cost": ""}] * 5_000
    late = {"account": "007", "cost": "0.123456789012345678"}

    frame = sound(put(wrap(as_csv(*early, late))), fields)

    assert frame["account"][0] == "000000000001"
    assert (frame["account"][-1], frame["cost"][-1]) == ("007", Decimal("0.123456789012345678"))


@pytest.mark.failure("B15")
@pytest.mark.parametrize("text", ["4E-7", "4e-07", "0.0000004", ".0000004", "+4.0e-7"])
def test_scientific_notation_is_exact(text: str, put: Put, as_csv: AsCsv, fields: Fields) -> None:
    assert sound(put(as_csv({"cost": text})), fields)["cost"].item() == Decimal("4E-7")


NUMBERS: Final = st.one_of(
    st.decimals(-(10**13), 10**13, places=2).map(str),
    st.decimals(-1, 1, places=22).map(lambda number: f"{number:f}"),
    st.floats(-1e12, 1e12).map(repr),
    st.integers(0, 10**18).map(lambda digits: f"0.{digits:018d}5"),
    st.integers(-(10**19) + 1, 10**19 - 1).map(str),
)


@pytest.mark.failure("B16")
@pytest.mark.failure("C02")
@given(texts=st.lists(NUMBERS, min_size=1, max_size=30))
@QUICK
def test_three_readers_of_any_numbers_agree_to_the_last_digit(
    texts: list[str], put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    path = put(as_csv(*({"cost": text} for text in texts)))
    with localcontext(prec=60):
        exact = [Decimal(t).quantize(Decimal("1e-18"), ROUND_HALF_UP) for t in texts]

    sql = f"SELECT {money('cost')} FROM document"  # noqa: S608 - our own text

    assert sound(path, fields)["cost"].to_list() == exact
    assert [row[0] for row in rows(path, sql)] == exact


def test_money_of_text_that_is_no_number_is_null() -> None:
    texts = pl.DataFrame({"t": [*BAD_NUMBERS[:14], "", None]})

    assert texts.select(from_text(pl.col("t"))).to_series().null_count() == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-01T01:02:03Z",
        "2026-08-01T01:02:03.000Z",
        "2026-08-01T01:02:03",
        "2026-08-01 01:02:03",
        "2026-08-01 01:02:03.000000",
        "2026-08-01 01:02:03 UTC",
        "2026-08-01T01:02:03+00:00",
        "2026-08-01 01:02:03+00:00",
    ],
)
def test_moments_of_text_are_utc(text: str, put: Put, as_csv: AsCsv, fields: Fields) -> None:
    (found,) = sound(put(as_csv({"start": text})), fields)["start"]

    assert found == dt.datetime(2026, 8, 1, 1, 2, 3, tzinfo=dt.UTC)


@pytest.mark.failure("B04")
@pytest.mark.parametrize(
    "text",
    [
        *("2026-08-01T01:02:03+02:00", "2026-08-01T01:02:03 CET", "2026-02-30T01:02:03Z"),
        *("2026-08-01", "08/01/2026", "1785546123", "2026-08-01T24:00:00Z", "x"),
        *("2026-08-01T01:02:03-00:30", "2026-08-01T01:02:03 America/Denver"),
    ],
)
def test_a_moment_of_text_that_is_not_utc_refuses_the_document(
    text: str, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    with pytest.raises(ContractError) as error:
        sound(put(as_csv({}, {"start": text})), fields)

    assert str(error.value) == (
        f"row 2: column start holds {text!r}, which cannot be read as a moment in UTC"
    )


def test_other_forms_of_moments_are_read_where_they_are_declared(
    put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    path = put(as_csv({"start": "10/05/2026"}, {"start": "2026-10-05"}, {}))

    found = sound(path, fields, moments=["%m/%d/%Y", "%Y-%m-%d"])["start"]

    assert {moment.date() for moment in found} == {dt.date(2026, 10, 5)}


def test_words_for_null_are_null_where_they_are_declared(
    put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    words = dict.fromkeys(("account", "cost", "rate", "start", "tags"), "NULL")
    path = put(as_csv(words, {}))

    first = sound(path, fields, nulls=["NULL"]).row(0, named=True)

    assert first == dict.fromkeys(words) | {"x_row": 1}
    sql = "SELECT count(account), count(cost), count(*) FROM document"
    assert rows(path, sql, nulls=["NULL"]) == [(1, 1, 2)]


KEYS: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
VALUES: Final = st.none() | KEYS


@pytest.mark.failure("B09")
@given(maps=st.lists(st.dictionaries(KEYS, VALUES, max_size=4), min_size=1, max_size=8))
@QUICK
def test_maps_of_text_keep_each_key_and_value(
    maps: list[dict[str, str]], put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    path = put(as_csv(*({"tags": json.dumps(each)} for each in maps)))

    assert sound(path, fields)["tags"].to_list() == maps


@pytest.mark.failure("B05")
@pytest.mark.failure("B09")
@pytest.mark.failure("C12")
@pytest.mark.parametrize(
    "text",
    [
        *('{"a": {"b": "c"}}', '{"a": ["b"]}', '{"a": "b"', '{"a": "1", "a": "2"}', "[]", "a=b"),
        *('{"a": NaN}', '"text"', "1", '{"a": "b"} x', "{'a': 'b'}", '{"a": Infinity}'),
    ],
)
def test_a_cell_that_is_no_flat_json_object_refuses_the_document(
    text: str, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    with pytest.raises(ContractError) as error:
        sound(put(as_csv({}, {"tags": text})), fields)

    assert str(error.value) == (
        f"row 2: column tags holds {text!r}, which cannot be read as a flat JSON object"
    )


TEXTS: Final = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r") | st.sampled_from('",\n{}'), max_size=12
)


@pytest.mark.failure("B12")
@given(texts=st.lists(TEXTS, min_size=1, max_size=12), end=st.sampled_from(["\n", "\r\n"]))
@QUICK
def test_quotes_commas_and_line_ends_in_text_are_kept_by_all_readers(
    texts: list[str], end: str, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    content = as_csv(*({"account": text} for text in texts), end=end)
    path = put(content)

    python = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    expected = [row["account"] or None for row in python]
    assert expected == [text or None for text in texts]
    assert sound(path, fields)["account"].to_list() == expected
    assert [row[0] for row in rows(path, "SELECT account FROM document")] == expected


HOSTILE: Final = ("x[1].csv", "a*.csv", "b?.csv", "c{1,2}.csv", "'d'.csv", "e f.csv", "gz", "BOM=1")


@pytest.mark.failure("B13")
@pytest.mark.parametrize("name", HOSTILE)
def test_only_the_named_document_is_read(
    name: str, wrap: Wrap, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    for other in ("x1.csv", "ab.csv", "bb.csv", "c1.csv"):
        put(wrap(as_csv({"cost": "666"})), other)
    path = put(wrap(as_csv({"cost": "5"})), name)

    assert sound(path, fields)["cost"].to_list() == [Decimal(5)]
    assert rows(path, "SELECT cost FROM document") == [("5",)]


def test_a_byte_order_mark_is_no_part_of_the_first_name(
    wrap: Wrap, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    path = put(wrap(b"\xef\xbb\xbf" + as_csv({})))

    assert sound(path, fields)["account"].to_list() == ["000123456789"]
    assert rows(path, "SELECT account FROM document") == [("000123456789",)]


def test_a_document_without_rows_has_its_columns(
    wrap: Wrap, put: Put, as_csv: AsCsv, fields: Fields
) -> None:
    path = put(wrap(as_csv()))

    assert sound(path, fields).height == 0
    assert rows(path, "SELECT count(*) FROM document") == [(0,)]
    assert columns(path) == dict.fromkeys(("account", "cost", "rate", "start", "tags"), "VARCHAR")


def test_columns_of_the_second_reader_may_be_given_names(put: Put) -> None:
    path = put(b"bill/Cost,bill/cost,Tag\n1,2,3\n")

    sql = "SELECT * FROM document"

    assert rows(path, sql, names={"bill/cost": "cost", "absent": "x"}) == [("2",)]


@pytest.mark.failure("B10")
@pytest.mark.parametrize("row", ["1,2", "1,2,3,4", "1", '1,"2,3'])
@pytest.mark.parametrize("column", ["*", "a", "c", "count(*)"])
def test_the_second_reader_takes_no_row_of_another_width(row: str, column: str, put: Put) -> None:
    path = put(f"a,b,c\n1,2,3\n{row}\n7,8,9\n".encode())

    with pytest.raises(ScanError, match=r"cannot be read as CSV: .*CSV Error on Line: 3"):
        rows(path, f"SELECT {column} FROM document")  # noqa: S608 - our own text


OBJECTS: Final[list[Mapping[str, Any]]] = [
    {"cost": 0.1, "name": "a"},
    {"cost": None, "name": "b\nc"},
    {"more": 1},
]


def objects(values: list[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(value)}\n" for value in values).encode()


def test_objects_are_read_line_by_line(wrap: Wrap, put: Put) -> None:
    frame = lines(put(wrap(objects(OBJECTS)), "x[1]")).collect(engine="streaming")

    assert frame["x_row"].to_list() == [1, 2, 3]
    assert [json.loads(line) for line in frame["line"]] == OBJECTS


def test_the_second_reader_reads_declared_members_of_objects(wrap: Wrap, put: Put) -> None:
    path = put(wrap(objects(OBJECTS)), "x[1]")

    found = rows(path, "SELECT * FROM document", members={"name": "VARCHAR", "cost": "VARCHAR"})

    assert found == [("a", "0.1"), ("b\nc", None), (None, None)]


@pytest.mark.parametrize("content", [objects(OBJECTS), gzip.compress(objects(OBJECTS), mtime=0)])
def test_objects_are_no_table_of_a_contract(content: bytes, put: Put, fields: Fields) -> None:
    with pytest.raises(ContractError, match="is neither Parquet nor CSV, of which this table"):
        read(put(content), fields)
    with pytest.raises(ScanError, match="has one JSON object a line, and this table is not"):
        columns(put(content))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "holds no table; it begins with ''"),
        (b"<html>", "is a page or XML, not a table; it begins with '<html>'"),
        (b"\x1f\x8b", "is not readable gzip: Compressed file ended before"),
        (b"\x1f\x8b" + b"x" * 9, "is not readable gzip: Unknown compression method"),
        (gzip.compress(b"<html>", mtime=0), "is a page or XML"),
        (b"a,\xff\n1,2\n", "has no readable header: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_what_is_no_table_is_refused_by_both_readers(
    content: bytes, complaint: str, put: Put, fields: Fields
) -> None:
    for reader, kind in ((lambda path: read(path, fields), ContractError), (columns, ScanError)):
        with pytest.raises(kind) as error:
            reader(put(content))
        assert complaint in str(error.value)
