"""PDFs: the e-invoice inside, and the text of one without; opened in a child process alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import Base64Bytes, TypeAdapter, ValidationError

from ingest.einvoice.child import GARBAGE, LIMITS, Limits, asked
from ingest.einvoice.document import FORMS
from ingest.einvoice.xml import EinvoiceError, parsed

LIMIT: Final = 32 << 20  # bytes
# names by which Factur-X, ZUGFeRD and XRechnung know their XML, in whatever case
KNOWN: Final = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml")
_MAGIC: Final = b"%PDF-"
_HEAD: Final = 1024  # a PDF may begin behind so many bytes of something else


@dataclass(frozen=True, slots=True)
class Attachment:
    """An e-invoice inside a PDF."""

    name: str
    data: bytes


def is_pdf(data: bytes) -> bool:
    """Say whether bytes claim to be a PDF."""
    return _MAGIC in data[:_HEAD]


def attached(data: bytes, limits: Limits = LIMITS) -> list[Attachment]:
    """Return the e-invoices inside a PDF, those of known names first; often one, or none.

    Any other XML counts when its root is that of an invoice.

    Raises:
        EinvoiceError: when it is no PDF, encrypted, without pages, damaged or a bomb.
    """
    found = _attachments(asked("attached", _sound(data), limits))
    known = [each for each in found if each.name.casefold() in KNOWN]
    others = [each for each in found if each not in known and _is_invoice(each.data)]
    return [*known, *others]


def text(data: bytes, limits: Limits = LIMITS) -> str:
    """Return the text of a PDF, a form feed between two pages; a draft for a person.

    Raises:
        EinvoiceError: as `attached` does.
    """
    said = asked("text", _sound(data), limits)
    if not isinstance(said, str):
        raise EinvoiceError(GARBAGE)
    return said


def _sound(data: bytes) -> bytes:
    if not is_pdf(data):
        raise EinvoiceError("is no PDF")
    if len(data) > LIMIT:
        raise EinvoiceError(f"has {len(data)} bytes, more than {LIMIT}; no invoice needs so many")
    return data


def _attachments(said: object) -> list[Attachment]:
    """Return what a child found; it may have fallen to the file, so nothing is believed."""
    try:
        pairs = TypeAdapter(list[tuple[str, Base64Bytes]]).validate_python(said)
    except ValidationError as error:
        raise EinvoiceError(GARBAGE) from error
    return [Attachment(name, data) for name, data in pairs]


def _is_invoice(data: bytes) -> bool:
    try:
        return parsed(data).tag in FORMS
    except EinvoiceError:
        return False
