"""XML from strangers: parsed without entities, network or code, or refused by name."""

from __future__ import annotations

import codecs
import re
from typing import Any, Final, Self

import lxml.etree

LIMIT: Final = 20 << 20  # bytes
MAX_TAGS: Final = 2_000_000  # opening and closing; a tree needs about 150 bytes for each
SHOWN: Final = 300  # characters of a message
MAX_DEPTH: Final = 64  # an invoice with all extensions has about 15
# what Python decodes, strictly, so that no disguise reaches the parser (UTF-7 is one)
ENCODINGS: Final = ("utf-8", "utf-16", "ascii", "iso8859-1", "iso8859-15", "cp1252")

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, with whose mark it begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),  # without a mark
    (b"\0<", "utf-16-be"),
)
_ENCODING: Final = re.compile(rb"""\A<\?xml\s[^<>]*?encoding\s*=\s*["']([\w.-]{1,40})["']""")
_DECLARATION: Final = re.compile(r"\A<\?xml\s[^<>]*\?>")
_ASIDE: Final = (("<!--", "-->"), ("<?", "?>"))
_SPACE: Final = re.compile(r"\s*")
_DEEP: Final = lxml.etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")

Element = Any  # lxml publishes no types


class EinvoiceError(ValueError):
    """There is no invoice to read; line and column count from 1, 0 for all of it."""

    def __init__(self, detail: str, line: int = 0, column: int = 0, name: str = "") -> None:
        """Keep the place apart from what is wrong there, which may quote the file: in short."""
        self.detail, self.line, self.column, self.name = shortened(detail), line, column, name
        super().__init__(": ".join(part for part in (self.place(name), self.detail) if part))

    def place(self, name: str) -> str:
        """Return `file:line:column`, as far as it is known."""
        return ":".join([name, *(str(part) for part in (self.line, self.column) if part)])

    def of(self, name: str) -> Self:
        """Return the same error with the name of the file."""
        return type(self)(self.detail, self.line, self.column, name)


def shortened(text: str) -> str:
    """Return a text from a file as one line that a person can read."""
    plain = "".join(each if each.isprintable() else "?" for each in text[: SHOWN + 1])
    return plain if len(text) <= SHOWN else f"{plain[:SHOWN]}..."


def parsed(data: bytes) -> Element:
    """Return the root element, without comments and processing instructions.

    Raises:
        EinvoiceError: for anything but well-formed XML of a sane size, depth and encoding
            without a document type.
    """
    text = _text(data)
    refuse_doctype(text)
    try:
        root = lxml.etree.fromstring(text.encode(), _parser())
    except lxml.etree.XMLSyntaxError as error:
        line, column = error.position
        said = error.msg.partition(", line ")[0]
        raise EinvoiceError(f"is not well-formed XML: {said}", line, column) from error
    if _DEEP(root):
        raise EinvoiceError(f"nests elements deeper than {MAX_DEPTH}; no invoice does")
    return root


def _parser() -> lxml.etree.XMLParser:
    # a second line: what was refused above could do nothing here either
    return lxml.etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _text(data: bytes) -> str:
    """Return the text without its XML declaration, whose lines are kept."""
    if len(data) > LIMIT:
        raise EinvoiceError(f"has {len(data)} bytes, more than {LIMIT}; split the invoice")
    name = next((name for mark, name in _MARKS if data.startswith(mark)), "") or _declared(data)
    if name.removesuffix("-le").removesuffix("-be") not in ENCODINGS:
        raise EinvoiceError(f"is in encoding {name!r}; {', '.join(ENCODINGS)} are read", 1)
    try:
        text = data.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EinvoiceError(f"is not {name}, as it says: {error.reason}", line) from error
    if text.count("<") > MAX_TAGS:
        raise EinvoiceError(f"has more than {MAX_TAGS} tags; split the invoice")
    found = _DECLARATION.match(text)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


def _declared(data: bytes) -> str:
    """Return the declared encoding in Python's spelling, or as it is declared."""
    found = _ENCODING.search(data, 0, 1000)
    declared = found[1].decode() if found else "utf-8"
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return declared


def refuse_doctype(text: str) -> None:
    """Refuse a document type, whose entities can read files or fill memory.

    It can stand before the root alone, among comments and processing instructions;
    anywhere else it is no XML, which the parser says.

    Raises:
        EinvoiceError: when there is one.
    """
    at = _skipped(text)
    if text[at : at + 9].upper() == "<!DOCTYPE":
        raise EinvoiceError(
            "declares a document type (<!DOCTYPE); no e-invoice needs one, and entities in it "
            "can read files or fill memory",
            text.count("\n", 0, at) + 1,
        )


def _skipped(text: str) -> int:
    """Return where space, comments and processing instructions before the root end."""
    at = _space(text, 0)
    while end := next((end for start, end in _ASIDE if text.startswith(start, at)), ""):
        close = text.find(end, at + 2)
        if close < 0:
            break
        at = _space(text, close + len(end))
    return at


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
