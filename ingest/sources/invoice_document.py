"""Documents of many vendors at one place: UBL, CII, PDF, Stripe's JSON, bare or in messages.

What a document is, its first bytes tell; who may invoice, the settings. A PDF with nothing
but pages is a draft that only a person makes an invoice (`trueup invoice confirm`). What an
unknown sender sent is not even opened. The month of issue is the billing period; which of
several equal or conflicting invoices counts is decided as for every other form
(`ingest.invoice.post`). Messages and decisions lie in the delivery beside what they are about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Final

from ingest.bucket import grants
from ingest.invoice import charge, proof
from ingest.invoice.inbox import Inbox
from ingest.invoice.itemised import Piece, Pieces, by_row
from ingest.invoice.post import Post
from ingest.invoice.proof import Amounts
from ingest.invoice.taken import Taken
from ingest.invoice.verdict import Verdict, amendments, verdicts
from ingest.paper import reading
from ingest.paper.bundle import Bundle, Sorted
from ingest.paper.judge import SHORT, Judge, Judged
from ingest.paper.note import UNREADABLE, Note, opened
from ingest.paper.pile import Pile, pile
from ingest.paper.plain import confirmed, shown
from ingest.paper.reading import PaperError
from ingest.paper.settings import Settings
from ingest.paper.vendor import Vendors
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
    expected,
    held,
)
from ingest.verify import Amount
from models.archive import Archive
from models.errors import AbsentError, BrokenError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "InvoiceDocuments", "Settings"]

VERSION: Final = 3  # of the reading; raise it whenever the same bytes become other charges


@dataclass(frozen=True, slots=True)
class InvoiceDocuments:
    """One place."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the reading, and every setting that changes it."""
        return f"invoice_document {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """Two weeks: a vendor's corrections of the last month have mostly come by then."""
        return Settlement(after=timedelta(days=14), invoiced=True)

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the invoices of a month are expected."""
        return expected(period, self.settings.expected_by_day)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring all documents into the archive; yield the deliveries asked for, or what is wrong.

        One document that is none stops the whole place: nobody knows which months it would
        have changed.
        """
        if not periods:
            return
        try:
            decided = verdicts(self.name, self.folder / self.settings.decisions)
            found = pile(self._inbox, archive)
        except SourceError as error:
            yield error
            return
        months = min(periods), sorted(held(known))
        judge = Judge(self._vendors, decided, *months, zone=self.settings.clock)
        with localcontext(prec=WIDE):
            judged, errors = self._judged(found, judge, archive)
            yield from errors
            if not errors:
                bundle = Bundle(self._post(decided), self.settings.decisions, archive)
                sorted_out = Sorted(tuple(judged), found, tuple(decided))
                yield from bundle.arrived(sorted_out, periods, known)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Say whether the place can be read, and how much lies in it."""
        del periods, at  # a document says its month inside
        try:
            keys = self._inbox.keys()
        except AbsentError as error:
            yield Finding("delivery", "warn", error.detail)
            return
        except SourceError as error:
            yield failed("list", error)
            return
        yield Finding("list", "ok", "allowed")
        yield Finding("delivery", "ok", f"{len(keys)} files")

    def grants(self) -> Iterator[Grant]:
        """Yield what reading the place needs; nothing for a folder."""
        yield from grants(self.settings.where, role_arn=self.settings.role_arn)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn a document into charges, a header and details; evidence becomes nothing."""
        with localcontext(prec=WIDE):
            decisions, notes = opened(delivery.table)
            note, inner = notes.get(document.sha256), replace(delivery, table=decisions)
            if note and note.part == "evidence":
                return Conversion(charges=charge.frame([]).lazy())
            found = self._taken(path.read_bytes(), note, document, inner)
            became = self._post(()).conversion(found, document, inner)
            said = (("sender", note.why),) if note and note.part in {"mailed", "unread"} else ()
            return replace(became, notes=(*said, *became.notes))

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what a document must become, by a second reading of it."""
        with localcontext(prec=WIDE):
            decisions, notes = opened(delivery.table)
            note, inner = notes.get(document.sha256), replace(delivery, table=decisions)
            if note and note.part == "evidence":
                return Control(rows=0, totals=(), first="", last="")
            data = path.read_bytes()
            found = self._taken(data, note, document, inner)
            try:
                return proof.control(found, lambda taken: _amounts(data, note, taken))
            except PaperError as error:
                raise BrokenError(self.name, document.name, str(error)) from error

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Return what lines come to, by a second reading of them."""
        decisions, notes = opened(delivery.table)
        note, inner = notes.get(document.sha256), replace(delivery, table=decisions)
        if note and note.part == "evidence":
            return ()
        data = path.read_bytes()
        counted = [each for each in self._taken(data, note, document, inner) if each.counts]
        try:
            return [each for taken in counted for each in by_row(_pieces(data, note), taken)]
        except PaperError as error:
            raise BrokenError(self.name, document.name, str(error)) from error

    @property
    def _inbox(self) -> Inbox:
        return Inbox(self.name, self.settings, self.folder, self.settings.pattern)

    @property
    def _vendors(self) -> Vendors:
        return Vendors(self.settings.vendors)

    def _post(self, decided: Sequence[Verdict]) -> Post:
        return Post(
            source=self.name,
            place=self.settings.where,
            terms=self._vendors.terms,
            amendments=amendments(decided),
        )

    def _judged(
        self, found: Pile, judge: Judge, archive: Archive
    ) -> tuple[list[Judged], list[SourceError]]:
        judged: list[Judged] = []
        errors = list(found.errors)
        for paper in found.papers:
            try:
                judged.append(judge.judged(paper, archive.path(paper.sha256).read_bytes()))
            except PaperError as error:
                errors.append(BrokenError(self.name, paper.name, str(error)))
        return judged, errors

    def _taken(
        self, data: bytes, note: Note | None, document: Document, inner: Delivery
    ) -> tuple[Taken, ...]:
        if note and note.part in UNREADABLE:
            return (shown(note),)
        if note and note.part == "confirmed":
            vendor = self.settings.vendors.get(note.figures["issuer"])
            invoice = self._vendors.completed(confirmed(note, vendor))
            found = self._post(()).taken([invoice], document, inner)
            return tuple(replace(each, note=each.note or note.why) for each in found)
        try:
            read = reading.read(data, document.name, self.settings.clock)
        except PaperError as error:
            raise BrokenError(self.name, document.name, str(error)) from error
        invoices = [self._vendors.completed(read)] if read else []
        found = self._post(()).taken(invoices, document, inner)
        return tuple(self._said(each, document.sha256) for each in found)

    def _said(self, taken: Taken, sha256: str) -> Taken:
        """Return an invoice with what is known beside it, and with the way out."""
        if taken.status == "unknown_issuer":
            return replace(taken, note=self._vendors.unknown(taken.invoice))
        if taken.status == "conflict":
            way = f"; see trueup invoice review {sha256[:SHORT]}"
            return replace(taken, note=f"{taken.note}{way}")
        return taken


def _amounts(data: bytes, note: Note | None, taken: Taken) -> Amounts:
    """Return what a document states by its second reading."""
    if note and note.part in UNREADABLE:
        is_dated = note.part == "draft" and "issued" in note.figures
        payable = Decimal(note.figures.get("gross", 0)) if is_dated else Decimal(0)
        return Amounts(currency=taken.invoice.currency, payable=payable)
    if note and note.part == "confirmed":
        net, tax = (Decimal(note.figures[name]) for name in ("net", "tax"))
        currency = note.figures["currency"]
        return Amounts(currency=currency, net=net, tax=tax, payable=net + tax)
    if taken.invoice.faults:  # nothing of it counts, and it may be what no reader can read
        payable = taken.invoice.payable if taken.invoice.head else Decimal(0)
        return Amounts(currency=taken.invoice.currency, payable=payable)
    return reading.amounts(data)


def _pieces(data: bytes, note: Note | None) -> Pieces:
    """Return the lines of a document by its second reading; a person confirms one line."""
    if note is None or note.part != "confirmed":
        return reading.pieces(data)
    net, tax = (Decimal(note.figures[name]) for name in ("net", "tax"))
    line = Piece(amount=net, tax=tax)
    return Pieces(
        sign=1, currency=note.figures["currency"], lines=(line,), tax=tax, asked=net + tax
    )


SOURCE: type[Source] = InvoiceDocuments
