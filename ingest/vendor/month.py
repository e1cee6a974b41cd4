"""Months of an API: the documents of each, and a manifest by which one that is known is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from ingest.api import UnreachedError
from ingest.source import Delivery, Document, Settlement
from ingest.vendor.report import Page
from models.archive import Archive
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError
from models.period import Month

Read = Callable[[Month], Sequence[Page]]


def deliveries(
    source: str, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str], read: Read
) -> Iterator[Delivery | SourceError]:
    """Yield one delivery, or one error, of each month; see `ingest.source.Source.fetch`.

    A key that is refused, an address where no such report is, and a server that nobody reaches
    are no faults of a month: they are told once, and end the asking.

    Args:
        source: Name of the source.
        periods: Months to ask for.
        archive: Where documents are kept.
        known: SHA-256 of the manifest that counts, by month.
        read: Returns the pages of a month; raises SourceError.
    """
    for period in periods:
        try:
            pages = read(period)
        except (AbsentError, ForbiddenError, UnreachedError) as error:
            yield _nowhere(error) if isinstance(error, AbsentError) else error
            return
        except SourceError as error:
            yield error.of(period)
            continue
        if not any(page.rows for page in pages):
            detail = f"nothing is reported for {period}"
            yield AbsentError(source, pages[0].name, detail).of(period)
        elif delivery := _delivery(source, period, pages, archive, known.get(period, "")):
            yield delivery


def _nowhere(error: AbsentError) -> BrokenError:
    """Return that there is no such report: a wrong address must not look like no cost."""
    return BrokenError(error.source, error.document, error.detail)


def _delivery(
    source: str, period: Month, pages: Sequence[Page], archive: Archive, known: str
) -> Delivery | None:
    said = json.dumps([[page.name, page.mark] for page in pages])
    manifest = archive.put([said.encode()])
    if manifest.sha256 == known:
        return None
    kept = [(page, archive.put([page.data])) for page in pages]
    return Delivery(
        source=source,
        period=period,
        version=manifest.sha256,
        documents=tuple(Document(page.name, each.sha256, each.size) for page, each in kept),
        manifest=Document(f"what is reported for {period}", manifest.sha256, manifest.size),
    )


def settled(after_days: int, every_hours: int | None) -> Settlement:
    """Return when a month of an API is final; its rows name no invoice."""
    every = None if every_hours is None else timedelta(hours=every_hours)
    return Settlement(after=timedelta(days=after_days), invoiced=False, every=every)
