"""A place with documents of two vendors, and messages as small as can be."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pypdf import PdfWriter

from ingest.einvoice import child, pdf
from ingest.einvoice.child import Limits
from ingest.invoice.verdict import Verdict, write
from ingest.load import LoadedDelivery, load_delivery
from ingest.paper.settings import Settings
from ingest.source import Delivery
from ingest.sources.invoice_document import InvoiceDocuments
from models.archive import Archive
from models.errors import SourceError
from models.lake import Lake
from models.period import Month, between

ORACLES = Path(__file__).parents[2] / "oracles"
MONTHS = tuple(between(Month(2026, 1), Month(2026, 4)))
VENDORS = {
    "annotators": {
        "issuer": "Example Annotators GmbH",
        "ids": ["vat:DE 123456789"],
        "service": "Data labeling",
        "tax_recoverable": True,
    },
    "acme": {"unnamed": True, "service": "Data labeling"},
}


def text_pdf(*lines: str) -> bytes:
    """Draw a page of text, and nothing else, as a PDF."""
    shown = [f"({line.replace('(', '').replace(')', '')}) Tj T*" for line in lines]
    stream = "BT /F1 12 Tf 72 800 Td 14 TL " + " ".join(shown) + " ET"
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        (
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            "/Resources<</Font<</F1 5 0 R>>>>>>"
        ),
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += f"{number} 0 obj{part}endobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(parts) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n"
    return out + f"{tail}startxref\n{len(out)}\n%%EOF\n".encode()


PLAIN = text_pdf(
    "Acme Labels Ltd",
    "Invoice number: P-2026-7",
    "Invoice date: 2026-03-05",
    "Service period: 2026-02-01 to 2026-02-28",
    "Subtotal 6,000.00",
    "VAT 19% 1,140.00",
    "Total due EUR 7,140.00",
)


@dataclass
class Desk:
    """One source, and what its deliveries become."""

    home: Path
    settings: dict[str, Any] = field(default_factory=dict)
    loaded: dict[Any, list[LoadedDelivery]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.home / "inbox").mkdir(parents=True, exist_ok=True)
        self.archive, self.lake = Archive(self.home / "archive"), Lake(self.home / "lake")

    @property
    def source(self) -> InvoiceDocuments:
        given = {"location": "inbox", "vendors": VENDORS, **self.settings}
        settings = Settings(kind="invoice_document", **given)
        return InvoiceDocuments("labels", settings, self.home)

    def put(self, name: str, data: bytes | str) -> Path:
        path = self.home / "inbox" / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        written = datetime(2026, 3, 20, tzinfo=UTC).timestamp()
        os.utime(path, (written, written))
        return path

    def decide(self, **said: Any) -> Path:
        """Write a decision of Ann."""
        given = {"name": "x", "by": "Ann", "reason": "asked the vendor", **said}
        at = said.get("at", datetime(2026, 3, 20, 12, tzinfo=UTC))
        verdict = Verdict.model_validate({**given, "at": at})
        return write(self.home / "invoice-decisions", verdict)

    def found(
        self, months: Sequence[Month] = MONTHS, known: Mapping[Month, str] | None = None
    ) -> list[Delivery | SourceError]:
        return list(self.source.fetch(months, self.archive, {} if known is None else known))

    def deliveries(self) -> list[Delivery]:
        found = self.found()
        assert not [each for each in found if isinstance(each, SourceError)], found
        return [each for each in found if isinstance(each, Delivery)]

    def errors(self) -> list[str]:
        return [str(each) for each in self.found() if isinstance(each, SourceError)]

    def loads(self) -> list[LoadedDelivery]:
        """Load all deliveries, or say again what was loaded when nothing has changed."""
        files = (path for part in ("inbox", "invoice-decisions") for path in self._files(part))
        state = repr(self.settings), *((path.name, path.read_bytes()) for path in files)
        if state not in self.loaded:
            found = self.deliveries()
            loaded = [load_delivery(self.source, d, self.archive, self.lake) for d in found]
            self.loaded = {state: loaded}
        return self.loaded[state]

    def _files(self, part: str) -> list[Path]:
        return sorted(path for path in (self.home / part).glob("*") if path.is_file())

    def tables(self, name: str) -> Iterator[pl.DataFrame]:
        for load in self.loads():
            for document in load.documents:
                path = self.lake.path(name, document.charges)
                if path.exists():
                    yield pl.read_parquet(path, glob=False)

    def statuses(self) -> list[tuple[str, str]]:
        """Return number and status of every invoice."""
        found = [f.select("invoice_id", "status").rows() for f in self.tables("invoice_headers")]
        return sorted(row for rows in found for row in rows)

    def notes(self) -> list[str]:
        found = [f["note"].to_list() for f in self.tables("invoice_headers")]
        return sorted(note for notes in found for note in notes if note)

    def problems(self) -> list[str]:
        return [str(problem) for load in self.loads() for problem in load.problems]

    def costs(self, column: str = "x_tco_cost") -> dict[str, Decimal]:
        """Return what is spent by month of the work."""
        result: dict[str, Decimal] = {}
        month = pl.col("charge_period_start").dt.strftime("%Y-%m")
        for frame in self.tables("charges"):
            for key, cost in frame.select(month, column).iter_rows():
                result[key] = result.get(key, Decimal(0)) + cost
        return {month: cost for month, cost in sorted(result.items()) if cost}


@pytest.fixture(scope="session")
def answers() -> dict[tuple[str, bytes], object]:
    """Return what child processes said, by task and file."""
    return {}


@pytest.fixture(autouse=True)
def one_child_a_file(
    answers: dict[tuple[str, bytes], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open each PDF in a child process once; what it said then is said again."""

    def asked(task: str, data: bytes, limits: Limits) -> object:
        if (task, data) not in answers:
            answers[task, data] = child.asked(task, data, limits)
        return answers[task, data]

    monkeypatch.setattr(pdf, "asked", asked)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], Any]:
    """Return a reader of oracles: figures of a group, or the bytes of an invoice."""

    def read(name: str) -> Any:
        if (path := ORACLES / "invoices" / name).exists():
            return path.read_bytes()
        return json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def plain_pdf() -> bytes:
    return PLAIN


@pytest.fixture(scope="session")
def draw_pdf() -> Callable[..., bytes]:
    return text_pdf


@pytest.fixture(scope="session")
def hybrid() -> Callable[[Mapping[str, bytes]], bytes]:
    """Return a maker of PDFs with files inside, by name."""

    def made(files: Mapping[str, bytes]) -> bytes:
        writer, out = PdfWriter(), BytesIO()
        writer.add_blank_page(100, 100)
        for name, data in files.items():
            writer.add_attachment(name, data)
        writer.write(out)
        return out.getvalue()

    return made


@pytest.fixture(scope="session")
def message() -> Callable[..., bytes]:
    """Return a maker of messages with attachments by name."""

    def made(
        files: Mapping[str, bytes],
        sender: str = "Billing <billing@annotators.example>",
        **headers: str,
    ) -> bytes:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "us@example.org", "Your invoice"
        mail["Date"] = "Thu, 12 Mar 2026 10:00:00 +0000"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("Kind regards")
        for name, data in files.items():
            mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        return bytes(mail)

    return made
