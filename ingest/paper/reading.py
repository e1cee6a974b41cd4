"""A document read by its form, which its first bytes tell; and what a second reader says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Final

from ingest.einvoice import control as einvoice_control
from ingest.einvoice import itemised as einvoice_itemised
from ingest.einvoice.control import SecondReaderError
from ingest.einvoice.document import read as einvoice_read
from ingest.einvoice.pdf import Attachment, attached, is_pdf
from ingest.einvoice.xml import EinvoiceError
from ingest.invoice.invoice import Invoice
from ingest.invoice.itemised import Pieces
from ingest.invoice.printable import WORD, printable
from ingest.invoice.proof import Amounts
from ingest.invoice.sheet import LIMIT
from ingest.stripe import control as stripe_control
from ingest.stripe.document import StripeError
from ingest.stripe.invoice import is_json
from ingest.stripe.invoice import read as stripe_read

_XML: Final = (b"<", b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class PaperError(ValueError):
    """The document is none that is read, or is broken."""


def read(data: bytes, name: str, zone: tzinfo = UTC) -> Invoice | None:
    """Return the invoice of a document; None for a PDF with nothing but pages.

    Args:
        data: UBL, CII, a PDF, or JSON of Stripe.
        name: Of the document, for messages.
        zone: Of the days, where a document states moments.

    Raises:
        PaperError: says what is wrong, and what to do.
    """
    try:
        if is_json(data):
            return stripe_read(data, zone)
        if is_pdf(data):
            return _inside(attached(data), name)
        return einvoice_read(structured(data) or b"", name)
    except (EinvoiceError, StripeError) as error:
        raise PaperError(error.detail) from error


def _inside(found: Sequence[Attachment], name: str) -> Invoice | None:
    """Return the invoice of a PDF, which may hold it in several forms; the first one counts."""
    if not found:
        return None
    invoice = einvoice_read(found[0].data, name)
    for each in found[1:]:
        with suppress(EinvoiceError):  # an order, for example
            if (other := einvoice_read(each.data, name)).similar != invoice.similar:
                numbers = ", ".join(printable(x.number, WORD) for x in (invoice, other))
                raise PaperError(f"holds several e-invoices, {numbers}; deliver each by itself")
    return invoice


def structured(data: bytes) -> bytes | None:
    """Return the XML of a document; None for a PDF without any.

    Raises:
        EinvoiceError: when a PDF cannot be opened.
        PaperError: when it is of no form that is read.
    """
    if is_pdf(data):
        return next((each.data for each in attached(data)), None)
    if not data:
        raise PaperError("is empty (0 bytes); deliver it again")
    if len(data) > LIMIT:
        raise PaperError(f"is larger than {LIMIT >> 20} MiB; no invoice needs so much")
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_XML):
        raise PaperError("is none of UBL, CII, PDF and Stripe's JSON; take it out of there")
    return data


def amounts(data: bytes) -> Amounts:
    """Return what a document states by a second reading; see `ingest.invoice.proof`.

    Raises:
        PaperError: when the second reader cannot read it.
    """
    if is_json(data):
        stated = stripe_control.totals(data)
        return Amounts(
            currency=stated.currency,
            net=stated.net,
            tax=stated.tax,
            payable=stated.payable,
            rows=stated.lines,
        )
    try:
        said = einvoice_control.totals(structured(data) or b"")
    except (EinvoiceError, SecondReaderError) as error:
        raise PaperError(f"{error} (by the second reader)") from error
    return Amounts(
        currency=said.currency,
        net=said.line_net + said.allowances + said.charges,
        tax=said.tax,
        payable=said.payable,
        rows=said.lines,
    )


def pieces(data: bytes) -> Pieces:
    """Return what a document states line by line, by a second reading.

    Raises:
        PaperError: see `amounts`.
    """
    if is_json(data):
        return stripe_control.pieces(data)
    try:
        return einvoice_itemised.pieces(structured(data) or b"")
    except (EinvoiceError, SecondReaderError) as error:
        raise PaperError(f"{error} (by the second reader)") from error
