"""Public samples of UBL, CII and Factur-X, where their folder is: each reads as its XML states."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from ingest.einvoice import pdf
from ingest.einvoice.control import totals
from ingest.einvoice.document import read
from ingest.einvoice.xml import EinvoiceError

HOME: Final = Path(os.environ.get("TRUEUP_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))
FOLDER: Final = HOME / "einvoice"
FILES: Final = sorted(path for path in FOLDER.rglob("*") if path.suffix.lower() == ".xml")
PDFS: Final = sorted(FOLDER.rglob("*.pdf"))
ROOTS: Final = ("Invoice", "CreditNote", "CrossIndustryInvoice")

pytestmark = pytest.mark.skipif(not FILES, reason="the public samples are not there")


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def stated(root: ET.Element) -> tuple[Decimal, Decimal | None, int]:
    """Return payable amount, sum of lines and their number, by names of elements alone."""
    lines = [e for e in root.iter() if local(e).endswith("LineItem") or local(e) in LINES]
    totals = [e for e in root.iter() if local(e) in {"PayableAmount", "DuePayableAmount"}]
    names = {"LineExtensionAmount", "LineTotalAmount"}
    sums = [e for e in root.iter() if local(e).endswith("MonetarySummation") or local(e) == TOTAL]
    whole = [e for e in sums[-1] if local(e) in names]
    number = Decimal(whole[0].text or "") if whole else None
    return Decimal(totals[0].text or ""), number, len(lines)


LINES: Final = ("InvoiceLine", "CreditNoteLine")
TOTAL: Final = "LegalMonetaryTotal"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_sample_reads_with_the_amounts_that_it_states(path: Path) -> None:
    root = ET.parse(path).getroot()  # noqa: S314 - a sample of our own choice
    if local(root) not in ROOTS:
        with pytest.raises(EinvoiceError, match=r"is ZUGFeRD 1|is an order"):
            read(path.read_bytes(), path.name)
        return
    payable, line_sum, count = stated(root)
    sign = -1 if local(root) == "CreditNote" else 1

    invoice = read(path.read_bytes(), path.name)

    assert not invoice.faults
    assert invoice.head
    assert invoice.head.payable == sign * payable
    if count:
        assert sum(line.amount for line in invoice.lines) == sign * (line_sum or 0)
    assert len(invoice.lines) == max(count, 1)
    assert sum(line.tax for line in invoice.lines) == invoice.tax
    assert invoice.head.issuer
    found = totals(path.read_bytes())
    assert (found.payable, found.lines) == (invoice.head.payable, len(invoice.lines))
    assert found.line_net == sum(line.amount for line in invoice.lines)


@pytest.mark.parametrize("path", PDFS, ids=lambda path: path.name)
def test_the_invoice_inside_each_sample_is_found(path: Path) -> None:
    (found,) = pdf.attached(path.read_bytes())

    assert found.name == "factur-x.xml"
    assert not read(found.data, path.name).faults
