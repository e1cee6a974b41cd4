"""What lies at a place, each document once, with every way it came and who sent it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.invoice.inbox import Inbox, Item
from ingest.invoice.trust import refusal
from ingest.source import Document
from models.archive import Archive
from models.errors import SourceError


@dataclass(slots=True)
class Paper:
    """One document, by its bytes.

    Attributes:
        seen: When it was first there, as far as anyone says.
        names: Every name it has there, in order.
        refusals: Why nothing of the sender is read, one for each way that it came; empty
            for a way that is allowed.
        within: Names of the messages it came in.
        senders: Who says to have sent it, where no mail server vouches for that.
        proved: A mail server vouches for a sender of it, or it came in no message.
    """

    sha256: str
    size: int
    seen: datetime | None
    names: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    proved: bool = False

    @property
    def name(self) -> str:
        """The first of its names."""
        return self.names[0]

    @property
    def refusal(self) -> str:
        """Why it is not read; empty when one way it came is allowed."""
        return "" if "" in self.refusals else self.refusals[0]


@dataclass(frozen=True, slots=True)
class Pile:
    """All of them, in order of name; messages by their name, as they are archived."""

    papers: tuple[Paper, ...]
    messages: dict[str, Document]
    errors: tuple[SourceError, ...]


def pile(inbox: Inbox, archive: Archive) -> Pile:
    """Bring everything into the archive and sort it.

    Raises:
        SourceError: when the place cannot be listed.
    """
    papers: dict[str, Paper] = {}
    messages: dict[str, Document] = {}
    errors: list[SourceError] = []
    for item in inbox.items():
        if isinstance(item, SourceError):
            errors.append(item)
            continue
        kept = archive.put([item.data])
        if item.message:
            messages[item.name] = Document(item.name, kept.sha256, kept.size)
            if not item.message.fault:  # what cannot be read, of a stranger, is shown as it is
                continue
        paper = papers.setdefault(kept.sha256, Paper(kept.sha256, kept.size, item.seen))
        _add(paper, item, inbox.settings.senders)
    return Pile(tuple(papers.values()), messages, tuple(errors))


def _add(paper: Paper, item: Item, senders: Sequence[str]) -> None:
    paper.names.append(item.name)
    paper.refusals.append(refusal(item.sender, senders) if item.sender else "")
    paper.within += [item.within] if item.within else []
    paper.seen = _earliest((paper.seen, item.seen))
    if item.sender is None or item.sender.proved:
        paper.proved = True
    else:
        paper.senders.append(item.sender.address)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
