"""Invoices that came in: from files that were read to deliveries, and from those to charges.

Whatever form invoices come in, a source of them does three things, and `Post` the rest:

1. `fetch`: it reads every file of its place into a `File` of `Invoice` values, archives the
   bytes, and yields what `Post.arrived(files, periods, known, archive)` yields.
2. `convert`: it reads the one document again, and returns
   `Post.conversion(post.taken(invoices, document, delivery), document, delivery)`.
3. `control`: with the same `Post.taken`, it returns `proof.control(taken, reader)`, where
   `reader` says what each invoice states by a second reading of the bytes.

The month of issue is the billing period: a delivery is all files with an invoice issued in
that month, and `convert` takes those invoices alone. The same invoice in two files counts
once, in the file whose name comes first; the same number with other content counts nowhere,
until a person decides. Call all of it inside `localcontext(prec=WIDE)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from ingest.invoice import charge, decision
from ingest.invoice.amendment import Amendment, idle
from ingest.invoice.detail import beside
from ingest.invoice.doubt import Note, doubts, undated
from ingest.invoice.held import File, Held
from ingest.invoice.invoice import Fault, Invoice
from ingest.invoice.printable import WORD, printable
from ingest.invoice.sound import checked
from ingest.invoice.taken import Taken, taken
from ingest.invoice.terms import Terms
from ingest.source import REJECTED, Conversion, Delivery, Document, held
from models.archive import Archive
from models.errors import AbsentError, SourceError
from models.period import Month


def _same(field: str) -> str:
    return field


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The invoices of one source.

    Attributes:
        source: Its name.
        place: Where its files lie, for messages.
        terms: Returns the terms of an invoice's vendor; None when it is unknown.
        amendments: What persons decided about invoices that contradict each other.
    """

    source: str
    place: str
    terms: Callable[[Invoice], Terms | None]
    amendments: Sequence[Amendment] = ()

    def arrived(
        self,
        files: Sequence[File],
        periods: Sequence[Month],
        known: Mapping[Month, str],
        archive: Archive,
    ) -> Iterator[Delivery | SourceError]:
        """Yield the deliveries asked for that are not known, and months that are gone."""
        vanished = set(held(known)) & set(periods)
        for delivery in self.deliveries(files, archive):
            manifest = delivery.manifest.sha256 if delivery.manifest else ""
            vanished.discard(delivery.period)
            if delivery.period in periods and known.get(delivery.period) != manifest:
                yield delivery
        for period in sorted(vanished):
            detail = f"holds no invoice of {period}"
            yield AbsentError(self.source, self.place, detail).of(period)

    def deliveries(self, files: Sequence[File], archive: Archive) -> Iterator[Delivery]:
        """Yield one delivery for each month of issue; files of the same bytes are one."""
        names: dict[str, list[str]] = {}
        for file in files:
            names.setdefault(file.sha256, []).append(file.name)
        own = [file for file in files if names[file.sha256][0] == file.name]
        decisions = decision.decided(self.held(own), self.amendments)
        for period in sorted({invoice.period for file in own for invoice in file.invoices}):
            found = [f for f in own if any(each.period == period for each in f.invoices)]
            table = decision.table(decisions, [file.sha256 for file in found], period)
            documents = tuple(
                Document(" = ".join(names[f.sha256]), f.sha256, f.size) for f in found
            )
            yield self._delivery(period, documents, table, archive)

    def held(self, files: Sequence[File]) -> list[Held]:
        """Return the invoices that may count, for decisions and for those who make them."""
        sound = [replace(f, invoices=tuple(map(checked, f.invoices))) for f in files]
        return decision.held(sound, self._issuer)

    def idle(self, files: Sequence[File]) -> list[Amendment]:
        """Return decisions whose words fit no invoice that is there."""
        return list(idle(self.held(files), self.amendments))

    def taken(
        self, invoices: Sequence[Invoice], document: Document, delivery: Delivery
    ) -> tuple[Taken, ...]:
        """Return the invoices of a document that the delivery is about, with their status."""
        said = decision.of_document(delivery.table, document.sha256)
        return tuple(
            taken(invoice, self.terms(invoice), said)
            for invoice in map(checked, invoices)
            if invoice.period == delivery.period
        )

    def conversion(
        self,
        found: Sequence[Taken],
        document: Document,
        delivery: Delivery,
        heading: Callable[[str], str] = _same,
    ) -> Conversion:
        """Turn invoices into charges, headers and details, and say what looks odd.

        Args:
            found: What `taken` returned.
            document: The document they are in.
            delivery: The delivery it is part of.
            heading: Returns the heading that a field has in the document.
        """
        said = decision.of_document(delivery.table, document.sha256)
        notes = [list(doubts(each, said)) for each in found]
        faults = [_shown(fault, heading) for fault in _faults(found)]
        told = (*undated(found), *(note for own in notes for note in own))
        noted = zip(found, map(_words, found, notes), strict=True)
        return Conversion(
            charges=charge.frame(found).lazy(),
            rejected=pl.DataFrame(faults, schema=REJECTED, orient="row"),
            notes=tuple((rule, printable(words)) for rule, words in told),
            beside=beside(noted),
        )

    def _issuer(self, invoice: Invoice) -> str | None:
        terms = self.terms(invoice)
        return terms.issuer if terms else None

    def _delivery(
        self, period: Month, documents: tuple[Document, ...], table: str, archive: Archive
    ) -> Delivery:
        shas = sorted(document.sha256 for document in documents)
        manifest = json.dumps({"documents": shas, "decisions": table}, sort_keys=True)
        kept = archive.put([manifest.encode()])
        return Delivery(
            source=self.source,
            period=period,
            version=kept.sha256,
            documents=tuple(sorted(documents, key=lambda document: document.sha256)),
            manifest=Document(f"what lies in the folder for {period}", kept.sha256, kept.size),
            table=table,
        )


def _faults(found: Sequence[Taken]) -> Iterator[Fault]:
    """Yield why rows are set aside."""
    for each in found:
        yield from each.invoice.faults
        if each.is_aside and not each.invoice.faults:
            yield from each.invoice.refused(each.note).faults


def _shown(fault: Fault, heading: Callable[[str], str]) -> tuple[int, str, str, str]:
    """Return why a row is set aside; its value as it is, so that it can be found, but short."""
    return fault.row, heading(fault.column), printable(fault.reason), fault.value[:WORD]


def _words(taken: Taken, notes: Sequence[Note]) -> str:
    return taken.note or "; ".join(detail for _, detail in notes)
