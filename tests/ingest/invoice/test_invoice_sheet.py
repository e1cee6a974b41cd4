from __future__ import annotations

from typing import Any

import pytest

from ingest.source import Delivery
from models.errors import BrokenError, EmptyError
from models.period import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
LINE = "R-1,2026-10-05,100.00,EUR,19.00,2026-10-01,2026-10-31,Invoice"


@pytest.mark.failure("A05")
@pytest.mark.failure("B08")
@pytest.mark.failure("B10")
@pytest.mark.failure("B11")
@pytest.mark.parametrize(
    ("data", "place", "detail"),
    [
        (b"", "x.csv", "is empty (0 bytes); deliver it again"),
        (b"A,B\n1", "x.csv:2", "ends in the middle of a line; deliver the whole file again"),
        (
            "A,B\n1,2\n".encode("utf-16"),
            "x.csv:1:1",
            "is UTF-16; save it as UTF-8, or set `encoding` of the source",
        ),
        (
            "A,B\n1,\xe4\n".encode("latin-1"),
            "x.csv:2:3",
            "byte 0xe4 is not UTF-8; save the file as UTF-8, or set `encoding` of the source",
        ),
        ("A,B\n1,2\n".encode("utf-16-be"), "x.csv:1:1", "holds a NUL; save the file as plain CSV"),
        (b"A,B\n1,\x002\n", "x.csv:2:3", "holds a NUL; save the file as plain CSV"),
        (b"A,B\r1,2\n", "x.csv:1:4", "holds a lone carriage return; save the file as plain CSV"),
        (
            b"Net,net\n1,2\n",
            "x.csv:1:1",
            "heading 'Net' is there 2 times, capitals or not; rename one",
        ),
        (b"A,B\n1,2\n", "x.csv:1", "has no heading 'Invoice' for number; there are A, B"),
        (
            b"Invoic,Date\n1,2\n",
            "x.csv:1",
            "has no heading 'Invoice' for number; the nearest is 'Invoic'",
        ),
        (
            b"Invoice,Date,Net,Currency,Tax,From,To,Type\n1;2\n",
            "x.csv:2",
            "has 1 cells where the headings are 8; is the delimiter ','?",
        ),
        (
            b'Invoice,Date,Net,Currency,Tax,From,To,Type\n1,"2\n',
            "x.csv",
            "is not CSV: unexpected end of data; deliver it again",
        ),
        (
            b"Invoice,Date,Net,Currency,Tax,From,To,Type\n1,5.10.2026,1,EUR,,,,\n",
            "x.csv",
            (
                "no line has a date of issue as declared; the first holds '5.10.2026'; "
                "set `dates` of the source"
            ),
        ),
    ],
)
def test_a_file_that_cannot_be_read_as_declared_stops_the_folder(
    vendor: Any, data: bytes, place: str, detail: str
) -> None:
    vendor.put("a.csv", LINE)
    vendor.put_bytes("x.csv", data)

    error = vendor.error()

    assert isinstance(error, BrokenError)
    assert str(error) == f"labeling: {place}: {detail}"


def test_a_quotation_mark_inside_a_cell_is_named(vendor: Any) -> None:
    vendor.put("a.csv", LINE.replace("Invoice", '15" screens'))

    assert "a quotation mark stands inside a cell; put the cell" in str(vendor.error())


@pytest.mark.failure("H14")
def test_a_file_that_is_far_too_large_is_refused(
    vendor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("separated", "inbox"):
        monkeypatch.setattr(f"ingest.invoice.{module}.LIMIT", 1 << 20)
    vendor.put("a.csv", LINE, "x" * (1 << 20))

    assert vendor.error().detail == "is larger than 1 MiB; take it out of there"


@pytest.mark.failure("A05")
def test_a_file_of_headings_alone_is_empty(vendor: Any) -> None:
    vendor.put("a.csv")

    error = vendor.error()

    assert isinstance(error, EmptyError)
    assert error.detail == "has headings and no line; deliver it again, or remove it"


@pytest.mark.failure("B10")
def test_a_file_cut_at_any_byte_is_refused_or_whole_in_its_lines(vendor: Any) -> None:
    whole = vendor.put("a.csv", LINE, LINE.replace("R-1", "R-2")).read_bytes()

    for cut in range(len(whole)):
        vendor.put_bytes("a.csv", whole[:cut])
        (found,) = vendor.found()
        assert isinstance(found, Delivery) == (
            whole[:cut].count(b"\n") == 2 and whole[cut - 1] == 10
        )


@pytest.mark.failure("B11")
def test_a_byte_order_mark_windows_lines_and_empty_lines_change_nothing(vendor: Any) -> None:
    path = vendor.put("a.csv", LINE)
    before = vendor.costs()
    data = path.read_bytes().replace(b"\n", b"\r\n").replace(b"\r\n", b"\r\n\r\n,,,,,,,\r\n", 1)
    vendor.put_bytes("a.csv", b"\xef\xbb\xbf" + data + b"\r\n")

    assert vendor.costs() == before


@pytest.mark.failure("B03")
def test_columns_are_found_by_heading_and_not_by_place(vendor: Any) -> None:
    vendor.put(
        "a.csv",
        "x,Invoice,,,19.00,EUR,100.00,2026-10-05,R-1",
        headings="More,Type,To,From,Tax,Currency,Net,Date,Invoice",
    )

    assert vendor.costs() == ["Tax 19.00 2026-10-05", "Usage 100.00 2026-10-05"]
