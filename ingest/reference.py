"""Documents beside the bills: price lists, and the accounts that a provider bills for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ingest.source import Document
from models.archive import Archive
from models.errors import SourceError
from models.period import Month

Subject = Literal["accounts", "prices"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that explains bills and states none.

    Attributes:
        subject: `accounts` (see `models.coverage`) or `prices` (see `models.pricelist`).
        period: The month it is about; None for what is so now.
        document: Where it lies in the archive.
    """

    source: str
    subject: Subject
    period: Month | None
    document: Document

    @property
    def scope(self) -> str:
        """What a later one replaces: `source/subject`, and the month."""
        return scope(self.source, self.subject, self.period)


def scope(source: str, subject: Subject, period: Month | None) -> str:
    """Return the name under which a document is kept in the ledger."""
    return "/".join([source, subject, *([str(period)] if period else [])])


@runtime_checkable
class Referenced(Protocol):
    """A source that can say more than what it bills."""

    def references(
        self, periods: Sequence[Month], archive: Archive, known: Collection[str]
    ) -> Iterator[Reference | SourceError]:
        """Bring such documents into the archive; network use, as in `fetch`.

        Args:
            periods: Billing months that a run asks for.
            archive: Where documents are kept.
            known: Scopes of those that are held; a month's document never changes.
        """
        ...
