"""A vendor's invoices as CSV files in a folder, with the user's own headings and locale.

The month of issue is the billing period: a delivery is all files with an invoice issued in
that month, and `convert` takes those invoices alone. One unreadable file stops the whole
folder, since nobody knows which months it would have changed. Inside a file an invoice counts
whole or not at all. The same invoice in two files counts once, in the file whose name comes
first; the same number with other content counts nowhere, until a person decides.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import localcontext
from pathlib import Path
from typing import Final

from ingest.invoice import inbox, proof
from ingest.invoice.control import amounts, control
from ingest.invoice.gathering import invoices
from ingest.invoice.held import File
from ingest.invoice.invoice import Invoice
from ingest.invoice.post import Post
from ingest.invoice.reading import Lines
from ingest.invoice.settings import Settings
from ingest.invoice.sheet import NoLineError, SheetError, rows
from ingest.invoice.terms import Terms, share
from ingest.probe import failed
from ingest.source import (
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
from models.errors import BrokenError, EmptyError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "InvoiceFolder", "Settings"]

VERSION: Final = 2  # of the reading; raise it whenever the same bytes become other charges


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
        files = [each for each in read if isinstance(each, File)]
        with localcontext(prec=WIDE):
            yield from self._post.arrived(files, periods, known, archive)

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
            found = self._read(path.read_bytes(), document.name)
            taken = self._post.taken(found, document, delivery)
            return self._post.conversion(taken, document, delivery, self._heading)

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.invoice.control`."""
        with localcontext(prec=WIDE):
            data = path.read_bytes()
            taken = self._post.taken(self._read(data, document.name), document, delivery)
            stated = control(
                data,
                self.settings,
                counting={row for each in taken if each.counts for row in each.invoice.rows},
                aside={row for each in taken if each.is_aside for row in each.invoice.rows},
            )
            beside = proof.beside(taken, lambda each: amounts(data, self.settings, each))
            return replace(stated, beside=beside)

    @property
    def _post(self) -> Post:
        terms = Terms(
            issuer=self.settings.issuer,
            service=self.settings.service,
            tax_recoverable=share(self.settings.tax_recoverable),
        )
        return Post(source=self.name, place=self.settings.folder, terms=lambda _: terms)

    def _read(self, data: bytes, name: str) -> tuple[Invoice, ...]:
        try:
            return tuple(invoices(rows(data, self.settings), Lines(self.settings)))
        except NoLineError as error:
            raise EmptyError(self.name, error.place(name), error.detail) from error
        except SheetError as error:
            raise BrokenError(self.name, error.place(name), error.detail) from error

    def _attempt(self, path: Path, archive: Archive) -> File | SourceError:
        try:
            data = inbox.content(self.name, path)
            with localcontext(prec=WIDE):
                found = self._read(data, path.name)
        except SourceError as error:
            return error
        stored = archive.put([data])
        return File(path.name, stored.sha256, stored.size, found)

    def _heading(self, field: str) -> str:
        return dict(self.settings.columns.named()).get(field, field)


SOURCE: type[Source] = InvoiceFolder
