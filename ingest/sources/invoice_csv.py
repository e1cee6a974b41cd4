"""A vendor's invoices as CSV files in a folder, with the user's own headings and locale.

The month of issue is the billing period: a delivery is all files with an invoice issued in
that month, and `convert` takes those invoices alone. One unreadable file stops the whole
folder, since nobody knows which months it would have changed. Inside a file an invoice counts
whole or not at all. The same invoice in two files counts once, in the file whose name comes
first; the same number with other content counts nowhere, until a person decides.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import localcontext
from pathlib import Path
from typing import Final

import polars as pl

from ingest.invoice import charge, decision, inbox
from ingest.invoice.control import control
from ingest.invoice.decision import File
from ingest.invoice.doubt import doubts
from ingest.invoice.gathering import invoices
from ingest.invoice.invoice import Invoice
from ingest.invoice.reading import Lines
from ingest.invoice.settings import Settings
from ingest.invoice.sheet import NoLineError, SheetError, rows
from ingest.probe import failed
from ingest.source import (
    REJECTED,
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
)
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "InvoiceFolder", "Settings"]

VERSION: Final = 1  # of the reading; raise it whenever the same bytes become other charges


@dataclass(frozen=True, slots=True)
class InvoiceFolder:
    """One vendor's folder."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes it."""
        return f"invoice_csv {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """Two weeks: a vendor's corrections of the last month have mostly come by then."""
        return Settlement(after=timedelta(days=14), invoiced=True)

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the invoice of a month is expected."""
        if self.settings.expected_by_day is None:
            return None
        day = (period + 1).first + timedelta(days=self.settings.expected_by_day)
        return datetime.combine(day, time(), UTC)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring all files into the archive; yield the deliveries asked for, or what is wrong."""
        try:
            paths = inbox.files(
                self.name, self.folder / self.settings.folder, self.settings.pattern
            )
        except SourceError as error:
            yield error
            return
        read = [self._attempt(path, archive) for path in paths]
        errors = [each for each in read if isinstance(each, SourceError)]
        yield from errors
        if errors:
            return
        vanished = set(known) & set(periods)
        for delivery in self._deliveries([f for f in read if isinstance(f, tuple)], archive):
            manifest = delivery.manifest.sha256 if delivery.manifest else ""
            vanished.discard(delivery.period)
            if delivery.period in periods and known.get(delivery.period) != manifest:
                yield delivery
        for period in sorted(vanished):
            detail = f"holds no invoice of {period}"
            yield AbsentError(self.name, self.settings.folder, detail).of(period)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Say whether the folder can be read, and what lies in it."""
        del periods, at  # an invoice says its month inside
        try:
            paths = inbox.files(
                self.name, self.folder / self.settings.folder, self.settings.pattern
            )
        except SourceError as error:
            yield failed("list", error)
            return
        yield Finding("list", "ok", "allowed")
        closed = [path.name for path in paths if not os.access(path, os.R_OK)]
        if closed:
            fix = "let the user that runs trueup read it"
            yield Finding("read", "fail", f"{closed[0]}: may not be read", fix)
        elif paths:
            yield Finding("read", "ok", "allowed")
        yield Finding("delivery", "ok" if paths else "warn", f"{len(paths)} files")

    def grants(self) -> Iterator[Grant]:
        """Yield nothing: a folder is read as whoever runs this."""
        yield from ()

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the invoices that were issued in the delivery's month into charges."""
        with localcontext(prec=WIDE):
            taken = self._taken(path.read_bytes(), document, delivery)
            lines = [line for invoice in taken for line in invoice.lines]
            frame = charge.frame(lines, self.settings, delivery.period)
            faults = [fault for invoice in taken for fault in invoice.faults]
        rejected = [(f.row, self._heading(f.column), f.reason, f.value) for f in faults]
        return Conversion(
            charges=frame.lazy(),
            rejected=pl.DataFrame(rejected, schema=REJECTED, orient="row"),
            notes=tuple(_notes(taken, decision.of_document(delivery.table, document.sha256))),
        )

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.invoice.control`."""
        with localcontext(prec=WIDE):
            data = path.read_bytes()
            taken = self._taken(data, document, delivery)
            return control(
                data,
                self.settings,
                counting={row for each in taken if not each.faults for row in each.rows},
                aside={row for each in taken if each.faults for row in each.rows},
            )

    def _read(self, data: bytes, name: str) -> tuple[Invoice, ...]:
        try:
            return tuple(invoices(rows(data, self.settings), Lines(self.settings)))
        except NoLineError as error:
            raise EmptyError(self.name, error.place(name), error.detail) from error
        except SheetError as error:
            raise BrokenError(self.name, error.place(name), error.detail) from error

    def _attempt(self, path: Path, archive: Archive) -> tuple[File, int] | SourceError:
        try:
            data = inbox.content(self.name, path)
            with localcontext(prec=WIDE):
                found = self._read(data, path.name)
        except SourceError as error:
            return error
        stored = archive.put([data])
        return File(path.name, stored.sha256, found), stored.size

    def _taken(self, data: bytes, document: Document, delivery: Delivery) -> list[Invoice]:
        """Return the invoices of a document that the delivery is about, conflicts set aside."""
        said = decision.of_document(delivery.table, document.sha256)
        found = self._read(data, document.name)
        return [
            _disputed(invoice, said.conflict) if invoice.number in said.conflict else invoice
            for invoice in found
            if invoice.period == delivery.period and invoice.number not in said.skipped
        ]

    def _deliveries(self, read: Sequence[tuple[File, int]], archive: Archive) -> Iterator[Delivery]:
        names: dict[str, list[str]] = {}
        for file, _ in read:
            names.setdefault(file.sha256, []).append(file.name)
        sizes = {file.sha256: size for file, size in read}
        files = [file for file, _ in read if names[file.sha256][0] == file.name]
        decisions = decision.decided(files)
        for period in sorted({invoice.period for file in files for invoice in file.invoices}):
            own = [f for f in files if any(each.period == period for each in f.invoices)]
            table = decision.table(decisions, [file.sha256 for file in own], period)
            documents = tuple(
                Document(" = ".join(names[f.sha256]), f.sha256, sizes[f.sha256]) for f in own
            )
            yield self._delivery(period, documents, table, archive)

    def _delivery(
        self, period: Month, documents: tuple[Document, ...], table: str, archive: Archive
    ) -> Delivery:
        shas = sorted(document.sha256 for document in documents)
        manifest = json.dumps({"documents": shas, "decisions": table}, sort_keys=True)
        kept = archive.put([manifest.encode()])
        return Delivery(
            source=self.name,
            period=period,
            version=kept.sha256,
            documents=tuple(sorted(documents, key=lambda document: document.sha256)),
            manifest=Document(f"what lies in the folder for {period}", kept.sha256, kept.size),
            table=table,
        )

    def _heading(self, field: str) -> str:
        return dict(self.settings.columns.named()).get(field, field)


def _disputed(invoice: Invoice, conflict: Mapping[str, str]) -> Invoice:
    return invoice.refused(
        f"is also in {conflict[invoice.number]} with other content; neither is booked: remove "
        "one, or give the correction a number of its own"
    )


def _notes(taken: Sequence[Invoice], said: decision.Decision) -> Iterator[tuple[str, str]]:
    for number, other in sorted(said.skipped.items()):
        yield "duplicate", f"invoice {number} is the same as in {other}; it counts there, once"
    for number, other in sorted(said.similar.items()):
        yield "similar_number", f"invoice {number} has nearly the number of {other}; both count"
    yield from doubts(taken)


SOURCE: type[Source] = InvoiceFolder
