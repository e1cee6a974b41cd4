"""Each document of a pile as an invoice, and what its delivery must note about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Final

from ingest.einvoice.pdf import text
from ingest.einvoice.xml import EinvoiceError
from ingest.invoice.draft import proposal
from ingest.invoice.invoice import Invoice
from ingest.invoice.verdict import Figures, Verdict, newest
from ingest.paper.note import Note
from ingest.paper.pile import Paper
from ingest.paper.plain import confirmed, placed
from ingest.paper.reading import PaperError, read
from ingest.paper.vendor import Vendors
from models.period import Month

SHORT: Final = 12  # signs of a document's hash that name it to a person


@dataclass(frozen=True, slots=True)
class Judged:
    """One document with what is in it; notes by the month they are for."""

    paper: Paper
    invoices: tuple[Invoice, ...]
    notes: Mapping[Month, Note]


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides how each document is read.

    Attributes:
        vendors: Who may invoice.
        verdicts: What persons decided, oldest first.
        first: The first month that is asked for; what belongs nowhere is shown there.
        known: Months that were delivered before.
        zone: Of days, where a document states moments.
    """

    vendors: Vendors
    verdicts: Sequence[Verdict]
    first: Month
    known: Sequence[Month]
    zone: tzinfo = UTC

    def judged(self, paper: Paper, data: bytes) -> Judged:
        """Return a document as an invoice.

        Raises:
            PaperError: when it is none, and no person said that it never counts.
        """
        verdict = newest(self.verdicts, paper.sha256)
        if verdict and verdict.act == "reject":
            return self._dropped(paper, data, verdict)
        if paper.refusal:
            return _noted(paper, self._note(paper, "unread", why=paper.refusal))
        try:
            invoice = read(data, paper.name, self.zone)
        except PaperError as error:
            way = f"or `trueup invoice confirm {paper.sha256[:SHORT]} --reject`"
            raise PaperError(f"{error}; {way}") from error
        if invoice is not None:
            return self._read(paper, self.vendors.completed(invoice))
        draft = self._draft(paper, data)
        if verdict and verdict.figures:
            return self._confirmed(paper, draft, verdict, verdict.figures)
        return _noted(paper, draft)

    def _read(self, paper: Paper, invoice: Invoice) -> Judged:
        """Return an invoice, with a note where anybody could have sent it."""
        if paper.proved:
            return Judged(paper, (invoice,), {})
        why = f"came from {paper.senders[0]}, as its header says; no mail server vouches for that"
        note = Note(part="mailed", month=str(invoice.period), name=paper.name, why=why)
        return Judged(paper, (invoice,), {invoice.period: note})

    def _dropped(self, paper: Paper, data: bytes, verdict: Verdict) -> Judged:
        """Return a document that never counts, in the month it would have counted in."""
        why = f"was rejected by {verdict.by}: {verdict.reason}"
        try:
            invoice = None if paper.refusal else read(data, paper.name, self.zone)
        except PaperError:
            invoice = None
        note = self._note(paper, "dropped", why=why)
        if invoice:
            note = replace(note, month=str(invoice.period), name=invoice.number)
        return _noted(paper, note)

    def _draft(self, paper: Paper, data: bytes) -> Note:
        try:
            found = proposal(text(data))
        except EinvoiceError as error:
            raise PaperError(str(error)) from error
        figures = {name: said for name, said in found.named() if name != "service"}
        why = f"a person must confirm: trueup invoice review {paper.sha256[:SHORT]}"
        note = replace(self._note(paper, "draft", why=why), figures=figures)
        latest = Month.of(paper.seen.date()) if paper.seen else None
        if found.issued and (latest is None or Month.of(found.issued) <= latest):
            note = replace(note, month=str(max(Month.of(found.issued), self.first)))
        return note

    def _confirmed(self, paper: Paper, draft: Note, verdict: Verdict, found: Figures) -> Judged:
        said = found.model_dump(mode="json", exclude_defaults=True)
        figures = {"tax": "0", "issuer": "", **{name: str(value) for name, value in said.items()}}
        month = Month.of(found.issued)
        why = f"confirmed by {verdict.by}: {verdict.reason}"
        note = Note(part="confirmed", month=str(month), name=paper.name, why=why, figures=figures)
        invoice = confirmed(note, self.vendors.known.get(found.issuer))
        if draft.period == month or draft.period not in self.known:
            return Judged(paper, (self.vendors.completed(invoice),), {month: note})
        moved = replace(draft, part="moved", why=f"{why}; it counts in {month}", figures={})
        both = (self.vendors.completed(invoice), placed(moved))
        return Judged(paper, both, {month: note, draft.period: moved})

    def _note(self, paper: Paper, part: str, *, why: str) -> Note:
        seen = Month.of(paper.seen.date()) if paper.seen else self.first
        name = paper.name.rpartition("!")[2].rpartition("/")[2]
        return Note(part=part, month=str(max(seen, self.first)), name=name, why=why)  # type: ignore[arg-type]


def _noted(paper: Paper, note: Note) -> Judged:
    return Judged(paper, (placed(note),), {note.period: note})
