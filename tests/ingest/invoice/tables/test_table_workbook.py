"""Workbooks: the same table as a CSV file, whatever types its cells have, or refused by name."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.invoice import workbook as engine
from ingest.invoice.grid import letters
from ingest.invoice.recount import recounted
from ingest.invoice.settings import Settings
from ingest.invoice.sheet import SheetError, read, rows
from ingest.load import load_delivery
from models.errors import BrokenError

HEADINGS = ["Invoice", "Date", "Net", "Currency", "Tax", "From", "To", "Type"]
DAY = dt.date(2026, 10, 5)
FIRST, LAST = dt.date(2026, 9, 20), dt.date(2026, 10, 19)
ROW: list[Any] = ["R-1", DAY, 100.5, "EUR", 19, FIRST, LAST, "Invoice"]
SAID = [
    "Tax 6.97 2026-09-20",
    "Usage 36.85 2026-09-20",
    "Tax 12.03 2026-10-01",
    "Usage 63.65 2026-10-01",
]
Book = Callable[..., bytes]


def test_typed_cells_below_a_title_on_the_second_sheet_are_charges(
    vendor: Any, workbook: Book
) -> None:
    vendor.put_bytes(
        "a.xlsx", workbook(Notes=[["Hello"]], Bills=[["Statement"], [], HEADINGS, ROW])
    )

    assert vendor.costs() == SAID
    assert vendor.problems() == []


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**9), 10**9, places=2, allow_nan=False),
            st.decimals(0, 10**6, places=2, allow_nan=False),
            st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
            st.integers(0, 60),
            st.sampled_from(["Invoice", "Credit note"]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_a_table_gives_equal_charges_as_csv_and_as_a_workbook(
    vendor: Any, workbook: Book, lines: list[tuple[Any, ...]], typed: bool
) -> None:
    cells = [
        [
            *(f"R-{number}", DAY, net if kind == "Invoice" else abs(net), "EUR", tax),
            *(day, day + dt.timedelta(days), kind),
        ]
        for number, (net, tax, day, days, kind) in enumerate(lines)
    ]
    text = [[str(cell) for cell in row] for row in cells]
    vendor.put("a.csv", *(",".join(row) for row in text), headings=",".join(HEADINGS)).rename(
        vendor.home / "in" / "b.csv"
    )
    as_csv = vendor.charges().drop("x_document")
    (vendor.home / "in" / "b.csv").unlink()
    path = vendor.put_bytes("a.xlsx", workbook(Bills=[HEADINGS, *(cells if typed else text)]))

    as_workbook = vendor.charges().drop("x_document")
    path.unlink()

    assert as_workbook.equals(as_csv)


NUMBERS: tuple[tuple[Any, str], ...] = (
    (1.234, "1.234"),
    ("1.234", "1234"),
    (0.1 + 0.2, "0.3"),
    (3703.6799999999998, "3703.68"),
    (12345678901.23, "12345678901.23"),
    (-450, "-450"),
    (1e-7, "0.0000001"),
    ("1.234,56", "1234.56"),
)


@pytest.mark.failure("H06")
def test_a_number_by_type_has_no_locale_and_text_has_the_one_declared(
    vendor: Any, workbook: Book
) -> None:
    vendor.given |= {"decimal": ",", "thousands": "."}
    lines = [[f"R-{at}", DAY, printed, "EUR"] for at, (printed, _) in enumerate(NUMBERS)]
    vendor.put_bytes("a.xlsx", workbook(Bills=[HEADINGS, *lines]))

    assert vendor.charges()["billed_cost"].to_list() == [Decimal(number) for _, number in NUMBERS]


BAD: tuple[tuple[int, Any, str], ...] = (
    (2, "1OO", "'1OO': is not a number written like 1234.56, at Bills:C5"),
    (2, DAY, "'2026-10-05': is a date by its type, not a number, at Bills:C6"),
    (2, True, "'true': is not a number written like 1234.56, at Bills:C7"),
    (5, 46000, "'46000': is no date by its type; format it as one, at Bills:F8"),
    (
        5,
        dt.datetime(2026, 10, 1, 14, 22),  # noqa: DTZ001 - a cell has no zone
        "'2026-10-01 14:22:00': is no date by its type; format it as one, at Bills:F9",
    ),
    (2, None, "is not a number written like 1234.56, at Bills:C10"),
    (2, "=1+1", "is not a number written like 1234.56, at Bills:C11"),
)


@pytest.mark.failure("H06")
@pytest.mark.failure("H13")
def test_a_cell_of_another_type_sets_its_invoice_aside_with_its_place(
    vendor: Any, workbook: Book
) -> None:
    lines = [
        [f"B-{at}", *ROW[1:place], value, *ROW[place + 1 :]]
        for at, (place, value, _) in enumerate(BAD)
    ]
    vendor.put_bytes("a.xlsx", workbook(Bills=[["Statement"], [], HEADINGS, ROW, *lines]))

    assert vendor.problems() == [detail for _, _, detail in BAD]
    assert set(vendor.charges()["invoice_id"]) == {"R-1"}


@pytest.mark.failure("H13")
def test_a_total_without_a_value_is_no_line_where_that_is_declared(
    vendor: Any, workbook: Book
) -> None:
    vendor.given |= {"total_rows": {"Invoice": ["Total", "Summe"]}}
    total = ["TOTAL", None, "=SUM(C2:C2)"]
    vendor.put_bytes("a.xlsx", workbook(Bills=[HEADINGS, ROW, total]))

    assert vendor.costs() == SAID
    assert vendor.problems() == ["1 rows that `total_rows` names are no lines"]


def test_a_rule_of_total_rows_names_a_heading_that_is_there(vendor: Any) -> None:
    vendor.given |= {"total_rows": {"Invoices": ["Total"]}}
    vendor.put("a.csv", ",".join(map(str, ROW)))

    assert vendor.error().detail == (
        "has no heading 'Invoices' for total_rows; the nearest is 'Invoice'"
    )


def test_a_name_that_was_typed_as_a_number_is_told(vendor: Any, workbook: Book) -> None:
    more = {"purchase_order": "PO", "line": "Line"}  # lines are numbers
    vendor.given["columns"] = vendor.given["columns"] | more
    rows_ = [[*HEADINGS, "PO", "Line"], [*ROW, 123, 1], ["R-2", DAY, 7, *ROW[3:], "000123", 2]]
    vendor.put_bytes("a.xlsx", workbook(Bills=rows_))

    assert set(vendor.charges()["x_purchase_order"]) == {"123", "000123"}
    assert vendor.problems() == [
        (
            "purchase_order is a number by its type in 1 rows, such as 123 at Bills:I2; zeros in "
            "front of it are lost: format the column as text"
        )
    ]


@pytest.mark.parametrize(
    ("sheets", "sheet", "detail"),
    [
        (
            {"A": [HEADINGS, ROW], "B": [HEADINGS, ROW]},
            None,
            "has the headings on A, B; set `sheet` of the source",
        ),
        ({"A": [HEADINGS, ROW]}, "B", "has no sheet 'B'; there are A"),
        (
            {"A": [HEADINGS[:-1], ROW[:-1]]},
            None,
            "has no heading 'Type' for kind; there are Invoice, Date, Net, Currency, Tax, From, To",
        ),
        ({"A": []}, None, "holds nothing; deliver it again"),
        (
            {"A": [[*HEADINGS, "net"], ROW]},
            None,
            "heading 'Net' is there 2 times, capitals or not; rename one",
        ),
    ],
)
def test_a_workbook_in_which_no_one_sheet_has_the_headings_stops_the_folder(
    vendor: Any, workbook: Book, sheets: dict[str, Any], sheet: str | None, detail: str
) -> None:
    vendor.given |= {"sheet": sheet}
    vendor.put_bytes("a.xlsx", workbook(**sheets))

    assert vendor.error().detail == detail


def test_one_of_several_sheets_is_read_where_it_is_named(vendor: Any, workbook: Book) -> None:
    vendor.given |= {"sheet": "B"}
    vendor.put_bytes("a.xlsx", workbook(A=[HEADINGS, ["R-2", *ROW[1:]]], B=[HEADINGS, ROW]))

    assert set(vendor.charges()["invoice_id"]) == {"R-1"}


PARTS: Mapping[str, tuple[dict[str, bytes | str | None], str]] = {
    "macros": ({"xl/vbaProject.bin": b"x"}, "holds macros; save it as .xlsx without them"),
    "old macros": (
        {"xl/macrosheets/sheet1.xml": "<a/>"},
        "holds macros; save it as .xlsx without them",
    ),
    "links": (
        {"xl/externalLinks/externalLink1.xml": "<a/>"},
        "has links to other workbooks; paste the values, and save it again",
    ),
    "binary": ({"xl/workbook.bin": b"x"}, "is a binary workbook (.xlsb); save it as .xlsx"),
    "document": (
        {"content.xml": "<a/>", "xl/workbook.xml": None},
        "is an OpenDocument sheet; save it as .xlsx",
    ),
    "archive": (
        {"xl/workbook.xml": None},
        "is an archive and no workbook; put the files themselves there",
    ),
    "up": ({"xl/../a": b"x"}, "has a part whose name is no file name: 'xl/../a'"),
}


@pytest.mark.failure("H13")
@pytest.mark.parametrize(("changes", "detail"), PARTS.values(), ids=PARTS.keys())
def test_a_workbook_that_holds_more_than_values_is_refused(
    workbook: Book, repacked: Book, changes: dict[str, Any], detail: str
) -> None:
    with pytest.raises(SheetError) as refused:
        engine.grid(repacked(workbook(A=[HEADINGS]), changes), None, lambda _: True)

    assert refused.value.detail == detail


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.failure("H13")
@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (OLE, "is a workbook of the old form (.xls); save it as .xlsx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "is encrypted; save it without a password"),
        (b"%PDF-1.7", "is a PDF, and no table; see docs/invoice-tables.md for what reads it"),
        (b"<?xml version", "is XML, and no table; see docs/invoice-tables.md for what reads it"),
        (b'{"id": 1}', "is JSON, and no table; see docs/invoice-tables.md for what reads it"),
        (b"\x1f\x8b\x08", "is gzip; unpack it"),
    ],
)
def test_what_a_file_is_its_first_bytes_tell_and_not_its_name(
    vendor: Any, data: bytes, detail: str
) -> None:
    vendor.put_bytes("a.csv", data)

    assert vendor.error().detail == detail


@pytest.mark.failure("H14")
def test_a_workbook_that_is_far_too_large_is_refused_before_it_is_opened(
    workbook: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LIMIT", 1 << 10)

    with pytest.raises(SheetError, match="is larger than 0 MiB; deliver one file a month"):
        engine.grid(workbook(A=[HEADINGS]) + bytes(1 << 10), None, lambda _: True)


def test_a_first_reader_that_reads_an_amount_wrong_is_found_out(
    vendor: Any, workbook: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.put_bytes("a.xlsx", workbook(Bills=[HEADINGS, ROW]))
    (delivery,) = vendor.deliveries()
    monkeypatch.setattr(engine, "plain", lambda number: f"{number + 1:f}")

    with pytest.raises(BrokenError, match="second reader"):
        load_delivery(vendor.source, delivery, vendor.archive, vendor.lake)


def test_what_the_second_reader_cannot_read_is_refused(
    workbook: Book, repacked: Book, reading: Callable[..., Settings]
) -> None:
    data = repacked(workbook(A=[HEADINGS, ROW]), {"xl/styles.xml": "<styleSheet><fonts>"})

    with pytest.raises(SheetError, match=r"^cannot be read by a second reader .*; save it again$"):
        recounted(data, reading())


def test_columns_that_begin_further_right_keep_their_letters(
    reading: Callable[..., Settings],
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for column, (heading, value) in enumerate(zip(HEADINGS, ROW, strict=True), start=3):
        sheet.cell(4, column, heading)
        sheet.cell(5, column, value)
    data = io.BytesIO()
    book.save(data)

    (row,) = rows(data.getvalue(), reading())

    assert (row.place("number"), row.place("kind")) == ("Sheet:C5", "Sheet:J5")
    assert recounted(data.getvalue(), reading())[1].cells["issued"] == DAY


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (16383, "XFD")])
def test_a_column_is_called_as_a_sheet_does(column: int, name: str) -> None:
    assert letters(column) == name


@pytest.mark.failure("H16")
@settings(max_examples=15)
@given(st.text(max_size=60), st.integers(0, 50_000))
def test_any_text_in_a_description_leaves_the_amounts_alone(words: str, length: int) -> None:
    named = {"number": "No", "issued": "Date", "amount": "Net", "currency": "C"}
    given = {"kind": "invoice_csv", "folder": "in", "issuer": "A", "service": "B"}
    own = Settings.model_validate({**given, "columns": {**named, "description": "D"}})
    said = (words + "x" * length).replace("\0", "").replace("\r", "").replace('"', '""')

    line = f'1,2026-10-05,1.00,EUR,"{said}"'
    data = f"No,Date,Net,C,D\n{line}\n".encode("utf-8", "replace")

    (row,) = read(data, own).rows

    assert (row.cells["number"], row.cells["amount"]) == ("1", "1.00")
    assert recounted(data, own)[1].cells["description"] == row.cells["description"]
