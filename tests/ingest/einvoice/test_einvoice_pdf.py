"""The e-invoice inside a PDF is found by name or by its root; no other file is opened."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfWriter

from ingest.einvoice import pdf, worker
from ingest.einvoice.document import read
from ingest.einvoice.xml import EinvoiceError


def hybrid(files: dict[str, bytes], *, pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(9, 9)
    for name, data in files.items():
        writer.add_attachment(name, data)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    body = io.BytesIO()
    writer.write(body)
    return body.getvalue()


def test_the_invoice_inside_is_found_by_name_or_root(sketch: Any, drawn: Any) -> None:
    ours = drawn(sketch(), "cii")
    files = {
        "a.xml": drawn(sketch(), "ubl"),
        "b.xml": b"<html/>",
        "broken.XML": b"<a>",
        "hours.csv": b"1,2",
        "ZUGFeRD-invoice.xml": ours,
    }

    known, other = pdf.attached(hybrid(files))

    assert (known.name, other.name) == ("ZUGFeRD-invoice.xml", "a.xml")
    assert read(known.data, known.name).number == "INV-1"
    assert other.data == files["a.xml"]


def test_no_file_but_xml_is_opened() -> None:
    said = worker.answer("attached", hybrid({"a.bin": b"x", "b.Xml": b"y"}))

    assert said == {"answer": [("b.Xml", "eQ==")]}


def test_the_text_of_a_pdf_is_a_draft() -> None:
    assert worker.answer("text", hybrid({}, pages=2)) == {"answer": "\f"}
    assert pdf.text(hybrid({})) == ""


@pytest.mark.parametrize(
    ("task", "data", "said"),
    [
        (
            "attached",
            hybrid({}, password="x"),
            "is encrypted; ask the vendor for one without a password",
        ),
        ("attached", hybrid({}, pages=0), "has no pages"),
        ("text", hybrid({}, pages=201), "has 201 pages, more than 200"),
        ("text", b"%PDF-1.7", "is damaged: Stream has ended unexpectedly"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(task: str, data: bytes, said: str) -> None:
    assert worker.answer(task, data) == {"refusal": said}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RecursionError(), "is damaged: it nests without end"),
        (MemoryError(), "needs too much memory to read"),
    ],
)
def test_a_reader_that_runs_out_says_so(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    def exhausted(_: object) -> None:
        raise error

    monkeypatch.setattr(worker, "TASKS", {"text": exhausted})

    assert worker.answer("text", hybrid({})) == {"refusal": said}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no PDF"),
        (b" " * 1024 + b"%PDF-1.7", "is no PDF"),
        (
            b"%PDF-" + b" " * pdf.LIMIT,
            f"has {pdf.LIMIT + 5} bytes, more than {pdf.LIMIT}; no invoice needs so many",
        ),
    ],
)
def test_what_is_no_pdf_starts_no_reader(
    monkeypatch: pytest.MonkeyPatch, data: bytes, said: str
) -> None:
    monkeypatch.delattr("ingest.einvoice.child._run")

    for task in (pdf.attached, pdf.text):
        with pytest.raises(EinvoiceError) as caught:
            task(data)
        assert caught.value.detail == said


@pytest.mark.parametrize("said", [None, "text", [["a"]], [["a", "not base64!"]], [[1, "eQ=="]]])
def test_what_a_reader_says_is_not_believed(monkeypatch: pytest.MonkeyPatch, said: object) -> None:
    monkeypatch.setattr(pdf, "asked", lambda *_: said)

    with pytest.raises(EinvoiceError, match="is damaged: its reader gave no answer"):
        pdf.attached(b"%PDF-")


def test_a_text_that_is_none_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "asked", lambda *_: [])

    with pytest.raises(EinvoiceError, match="is damaged: its reader gave no answer"):
        pdf.text(b"%PDF-")
