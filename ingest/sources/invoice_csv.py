"""Invoices as tables, CSV files and workbooks, with the user's own headings and locale.

The month of issue is the billing period: a delivery is all files with an invoice issued in
that month, and `convert` takes those invoices alone. One unreadable file stops the whole
folder, since nobody knows which months it would have changed. Inside a file an invoice counts
whole or not at all. The same invoice in two files counts once, in the file whose name comes
first; the same number with other content counts nowhere, until a person decides. One file may
hold invoices of several vendors; then only known ones count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import localcontext
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeVar

from ingest.bucket import grants
from ingest.invoice import doctor, proof
from ingest.invoice.control import amounts, by_row, control
from ingest.invoice.gathering import invoices
from ingest.invoice.held import File
from ingest.invoice.inbox import MAILS, Inbox, Item
from ingest.invoice.invoice import Invoice
from ingest.invoice.post import Post
from ingest.invoice.reading import Lines
from ingest.invoice.recount import recounted
from ingest.invoice.remark import remarks
from ingest.invoice.settings import Settings
from ingest.invoice.sheet import NoLineError, SheetError, Table, read
from ingest.invoice.terms import Terms
from ingest.invoice.trust import refusal
from ingest.invoice.verdict import amendments, verdicts
from ingest.source import (
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
    expected,
)
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, EmptyError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "InvoiceFolder", "Settings"]

Read = TypeVar("Read")
VERSION: Final = 4  # of the reading; raise it whenever the same bytes become other charges


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
        return expected(period, self.settings.expected_by_day)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring all files into the archive; yield the deliveries asked for, or what is wrong."""
        try:
            decided = verdicts(self.name, self.folder / self.settings.decisions)
            items = list(self._inbox.items())
        except SourceError as error:
            yield error
            return
        yield from self._refused(items)
        read = [self._attempt(each, archive) for each in items if self._is_table(each)]
        errors = [each for each in read if isinstance(each, SourceError)]
        yield from errors
        if errors:
            return
        files = [each for each in read if isinstance(each, File)]
        with localcontext(prec=WIDE):
            post = replace(self._post, amendments=amendments(decided))
            yield from post.arrived(files, periods, known, archive)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Say whether the place can be read, and what lies in it."""
        del periods  # an invoice says its month inside
        yield from doctor.findings(self._inbox, at)

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the files needs; nothing for a folder."""
        yield from grants(self.settings.where, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn the invoices that were issued in the delivery's month into charges."""
        with localcontext(prec=WIDE):
            table, found = self._read(path.read_bytes(), document.name)
            taken = self._post.taken(found, document, delivery)
            made = self._post.conversion(taken, document, delivery, self._heading)
        rows = {row for each in taken for row in each.invoice.rows}
        return replace(made, notes=(*remarks(table, rows), *made.notes))

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.invoice.control`."""
        with localcontext(prec=WIDE):
            data = path.read_bytes()
            _, found = self._read(data, document.name)
            taken = self._post.taken(found, document, delivery)
            rows = self._sound(document.name, lambda: recounted(data, self.settings))
            stated = control(
                rows,
                self.settings,
                counting={row for each in taken if each.counts for row in each.invoice.rows},
                aside={row for each in taken if each.is_aside for row in each.invoice.rows},
            )
            beside = proof.beside(taken, lambda each: amounts(rows, self.settings, each))
            return replace(stated, beside=beside)

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.invoice.control`."""
        data = path.read_bytes()
        taken = self._post.taken(self._read(data, document.name)[1], document, delivery)
        rows = self._sound(document.name, lambda: recounted(data, self.settings))
        counting = {row for each in taken if each.counts for row in each.invoice.rows}
        return by_row(rows, self.settings, counting)

    @property
    def _inbox(self) -> Inbox:
        mails = [f"*{end}" for end in MAILS] if self.settings.senders else []
        patterns = [*self.settings.pattern, *mails]
        return Inbox(self.name, self.settings, self.folder, patterns)

    def _refused(self, items: Sequence[Item | SourceError]) -> Iterator[SourceError]:
        """Yield messages that nobody who may send any has sent; they stop nothing else."""
        mails = [each for each in items if isinstance(each, Item) and each.message and each.sender]
        for mail in mails:
            if mail.sender and (why := refusal(mail.sender, self.settings.senders)):
                yield BrokenError(self.name, mail.name, why)

    def _is_table(self, item: Item | SourceError) -> bool:
        """Say whether an item is to be read: a file, or what came from an allowed sender."""
        if isinstance(item, SourceError):
            return True
        if item.message:
            return False
        if item.sender and refusal(item.sender, self.settings.senders):
            return False
        name = item.name.rpartition("!")[2].lower()
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.settings.pattern)

    @property
    def _post(self) -> Post:
        return Post(source=self.name, place=self.settings.where, terms=self._terms)

    def _terms(self, invoice: Invoice) -> Terms | None:
        """Return what holds for the vendor of an invoice; None for one that nobody declared."""
        printed = invoice.head.issuer if invoice.head else self.settings.issuer
        issuer = self.settings.known_issuer(printed)
        if not issuer:
            return None
        return Terms(
            issuer=issuer,
            service=self.settings.service,
            tax_recoverable=self.settings.tax_recoverable,
        )

    def _read(self, data: bytes, name: str) -> tuple[Table, tuple[Invoice, ...]]:
        def found() -> tuple[Table, tuple[Invoice, ...]]:
            table = read(data, self.settings)
            return table, tuple(invoices(table.rows, Lines(self.settings)))

        return self._sound(name, found)

    def _sound(self, name: str, reading: Callable[[], Read]) -> Read:
        """Return what is read; what is wrong with a file is told as of this source."""
        try:
            return reading()
        except NoLineError as error:
            raise EmptyError(self.name, error.place(name), error.detail) from error
        except SheetError as error:
            raise BrokenError(self.name, error.place(name), error.detail) from error

    def _attempt(self, item: Item | SourceError, archive: Archive) -> File | SourceError:
        if isinstance(item, SourceError):
            return item
        try:
            with localcontext(prec=WIDE):
                _, found = self._read(item.data, item.name)
        except SourceError as error:
            return error
        stored = archive.put([item.data])
        return File(item.name, stored.sha256, stored.size, found)

    def _heading(self, field: str) -> str:
        return dict(self.settings.columns.named()).get(field, field)


SOURCE: type[Source] = InvoiceFolder
