"""XML from strangers: document types, entities, disguises and bombs end in a named refusal."""

from __future__ import annotations

import codecs
from typing import Any

import pytest

from ingest.einvoice.control import SecondReaderError, totals
from ingest.einvoice.document import read
from ingest.einvoice.xml import LIMIT, EinvoiceError, parsed

DOCTYPE = (
    "declares a document type (<!DOCTYPE); no e-invoice needs one, and entities in it can read "
    "files or fill memory"
)
LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(10)
)


def typed(declared: str, body: str = "") -> str:
    return f"<!DOCTYPE Invoice {declared}><Invoice>{body}</Invoice>"


ENTITIES = {
    "billion laughs": typed(f"[{LAUGHS}]", "&l9;"),
    "billion laughs in an attribute": typed(f"[{LAUGHS}]", '<a b="&l9;"/>'),
    "quadratic": typed(f'[<!ENTITY a "{"a" * 50_000}">]', "&a;" * 50_000),
    "a file": typed('[<!ENTITY a SYSTEM "file:///etc/passwd">]', "&a;"),
    "an address": typed('[<!ENTITY a SYSTEM "http://127.0.0.1:1/">]', "&a;"),
    "a public name": typed('[<!ENTITY a PUBLIC "x" "http://127.0.0.1:1/">]', "&a;"),
    "parameter entities": typed('[<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]'),
    "entities that make entities": typed("""[<!ENTITY % a "<!ENTITY b 'c'>"> %a;]""", "&b;"),
    "an outer document type": typed('SYSTEM "http://127.0.0.1:1/a.dtd"'),
    "a public document type": typed('PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x.dtd"'),
    "default attributes": typed('[<!ATTLIST Invoice a CDATA "b">]'),
    "an entity that names itself": typed('[<!ENTITY a "&a;">]', "&a;"),
    "an unparsed entity": typed('[<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "b" NDATA n>]'),
    "nothing declared": typed(""),
    "behind a comment": f"<!-- <Invoice/> -->\n<?x y?>\n{typed('')}",
    "behind a declaration": f'<?xml version="1.0" standalone="no"?>{typed("")}',
}
ENCODINGS = {
    "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "declared latin-1": "latin-1",
    "declared windows-1252": "cp1252",
}


@pytest.mark.failure("H12")
@pytest.mark.parametrize("payload", ENTITIES.values(), ids=ENTITIES)
def test_a_document_type_is_refused_by_both_readers(payload: str) -> None:
    with pytest.raises(EinvoiceError) as caught:
        read(payload.encode(), "a.xml")
    assert caught.value.detail == DOCTYPE

    with pytest.raises(SecondReaderError, match="declares a document type"):
        totals(payload.encode())


@pytest.mark.failure("H12")
@pytest.mark.parametrize("name", ENCODINGS)
def test_no_encoding_hides_a_document_type(name: str) -> None:
    declared = name.removeprefix("declared ")
    said = f'<?xml version="1.0" encoding="{declared}"?>' if declared != name else ""
    data = (said + ENTITIES["billion laughs"]).encode(ENCODINGS[name])

    with pytest.raises(EinvoiceError) as caught:
        read(data, "a.xml")
    assert caught.value.detail == DOCTYPE

    with pytest.raises(SecondReaderError, match=r"document type|is not readable"):
        totals(data)


READ = "utf-8, utf-16, ascii, iso8859-1, iso8859-15, cp1252 are read"


@pytest.mark.failure("H12")
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'<?xml version="1.0" encoding="UTF-7"?>' + typed("").encode("utf-7"), f"'utf-7'; {READ}"),
        (codecs.BOM_UTF32_LE + typed("").encode("utf-32-le"), f"'utf-32'; {READ}"),
        (b'<?xml version="1.0" encoding="IBM037"?><a/>', f"'cp037'; {READ}"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', f"'klingon'; {READ}"),
        (b'<?xml version="1.0" encoding="hex"?><a/>', f"'hex'; {READ}"),
    ],
)
def test_an_encoding_that_could_be_a_disguise_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(EinvoiceError) as caught:
        read(data, "a.xml")

    assert str(caught.value) == f"a.xml:1: is in encoding {said}"
    with pytest.raises(SecondReaderError):
        totals(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "a.xml:1:1: is not well-formed XML: Document is empty"),
        (b"%PDF-1.7", "a.xml:1:1: is not well-formed XML: Start tag expected"),
        (b"<a>\n<b></a>", "a.xml:2:8: is not well-formed XML: Opening and ending tag mismatch"),
        (b"<a>&x;</a>", "a.xml:1:7: is not well-formed XML: Entity 'x' not defined"),
        (b"<a/><!DOCTYPE a>", "a.xml:1:5: is not well-formed XML: Extra content"),
        (b"<!-- <a/>", "a.xml:1:10: is not well-formed XML: Comment not terminated"),
        (b"<a>\n\xff</a>", "a.xml:2: is not utf-8, as it says: invalid start byte"),
        (b"<a>\0</a>", "a.xml:1:4: is not well-formed XML"),
        (b"\x4c\x6f\xa7\x94", "a.xml:1: is not utf-8, as it says: invalid start byte"),
        (b"<a>" * 100 + b"</a>" * 100, "a.xml: nests elements deeper than 64; no invoice does"),
        (b"<a>" * 70_000, "a.xml:1:"),
    ],
)
def test_broken_xml_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(EinvoiceError) as caught:
        read(data, "a.xml")

    assert str(caught.value).startswith(said)


def test_the_line_of_a_fault_counts_the_declaration() -> None:
    with pytest.raises(EinvoiceError) as caught:
        parsed(b'<?xml version="1.0"\n encoding="utf-8"?>\n<a>\n<b></a>')

    assert caught.value.line == 4


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(EinvoiceError) as caught:
        parsed(b" " * (LIMIT + 1))

    assert str(caught.value) == f"has {LIMIT + 1} bytes, more than {LIMIT}; split the invoice"


def test_more_tags_than_fit_into_memory_are_refused() -> None:
    with pytest.raises(EinvoiceError, match="has more than 2000000 tags; split the invoice"):
        parsed(b"<a>" + b"<b/>" * 2_000_000)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "ascii", "iso-8859-1", "ISO-8859-15", "Cp1252"]
)
def test_a_sound_invoice_reads_in_every_usual_encoding(
    sketch: Any, drawn: Any, encoding: str
) -> None:
    text = drawn(sketch(), "ubl").decode().replace("Acme", "Äcme" if encoding != "ascii" else "A")
    name = encoding.removesuffix("-sig")
    data = f"<?xml version='1.0' encoding='{name}'?>\n{text}".encode(encoding)

    invoice = read(data, "a.xml")

    assert invoice.head
    assert invoice.head.issuer in {"Äcme Labels", "A Labels"}
    assert totals(data).net == 1000


def test_comments_and_instructions_do_not_change_a_figure(sketch: Any, drawn: Any) -> None:
    data = drawn(sketch(), "ubl").replace(b">1000.00<", b">10<!-- 9 -->00<?x y?>.00<")

    assert not read(data, "a.xml").faults


def test_a_message_quotes_little_of_a_file() -> None:
    with pytest.raises(EinvoiceError) as caught:
        read(b"<" + b"a" * 1000 + b"/>", "a.xml")

    assert caught.value.detail == f"has the root <{'a' * 286}..."


def test_a_message_is_one_printable_line(sketch: Any, drawn: Any) -> None:
    data = drawn(sketch(), "ubl").replace(b'"EUR">1190.00<', '"EUR">\u202e0911<'.encode(), 1)

    (fault,) = read(data, "a.xml").faults

    assert fault.value == "?0911"
