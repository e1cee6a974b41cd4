"""The deliveries of a pile: invoices by month of issue, with what they rest on beside them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.invoice.held import File
from ingest.invoice.post import Post
from ingest.invoice.verdict import Verdict
from ingest.paper.judge import Judged
from ingest.paper.note import Note, table
from ingest.paper.pile import Pile
from ingest.source import Delivery, Document, held
from models.archive import Archive
from models.errors import AbsentError, SourceError
from models.period import Month


@dataclass(frozen=True, slots=True)
class Sorted:
    """What lies at the place, judged, and what persons decided about it, oldest first."""

    judged: tuple[Judged, ...]
    pile: Pile
    verdicts: tuple[Verdict, ...]

    def notes(self, own: Collection[str], period: Month) -> dict[str, Note]:
        """Return what is noted about documents of a delivery."""
        return {
            each.paper.sha256: each.notes[period]
            for each in self.judged
            if each.paper.sha256 in own and period in each.notes
        }

    def messages(self, own: Collection[str]) -> Iterator[Document]:
        """Yield the messages that documents of a delivery came in."""
        for each in self.judged:
            if each.paper.sha256 in own:
                yield from (self.pile.messages[name] for name in each.paper.within)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Makes deliveries whole.

    Attributes:
        post: Decides which of the invoices count.
        decisions: Folder that decisions lie in, for names.
        archive: Where documents are kept.
    """

    post: Post
    decisions: str
    archive: Archive

    def arrived(
        self, found: Sorted, periods: Sequence[Month], known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Yield the deliveries asked for that are not known, and months that are gone."""
        vanished = set(held(known)) & set(periods)
        papers = [(name, each) for each in found.judged for name in each.paper.names]
        files = [File(n, j.paper.sha256, j.paper.size, j.invoices) for n, j in papers]
        for bare in self.post.deliveries(files, self.archive):
            vanished.discard(bare.period)
            if bare.period in periods:
                delivery = self._whole(bare, found)
                if delivery.manifest and known.get(bare.period) != delivery.manifest.sha256:
                    yield delivery
        for period in sorted(vanished):
            detail = f"holds no invoice of {period}"
            yield AbsentError(self.post.source, self.post.place, detail).of(period)

    def _whole(self, bare: Delivery, found: Sorted) -> Delivery:
        """Return a delivery with its notes, and with messages and decisions as documents."""
        own = {document.sha256 for document in bare.documents}
        evidence = (*found.messages(own), *self._decided(found.verdicts, own))
        beside = {each.sha256: each for each in evidence if each.sha256 not in own}
        notes = found.notes(own, bare.period)
        notes |= {sha: Note(part="evidence", name=each.name) for sha, each in beside.items()}
        text = table(bare.table, notes)
        documents = sorted((*bare.documents, *beside.values()), key=lambda each: each.sha256)
        shas = [document.sha256 for document in documents]
        manifest = json.dumps({"documents": shas, "decisions": text}, sort_keys=True)
        kept = self.archive.put([manifest.encode()])
        stated = Document(f"what lies there for {bare.period}", kept.sha256, kept.size)
        return replace(
            bare, version=kept.sha256, documents=tuple(documents), manifest=stated, table=text
        )

    def _decided(self, verdicts: Sequence[Verdict], own: Collection[str]) -> Iterator[Document]:
        """Yield the decisions about documents of a delivery, archived."""
        for each in verdicts:
            if each.document in own or each.supersedes in own:
                kept = self.archive.put([each.text.encode()])
                yield Document(f"{self.decisions}/{each.file}", kept.sha256, kept.size)
