"""What is kept beside the bills: the projects of a billing account, and list prices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ingest.gcp.access import Access
from ingest.gcp.billing import currency, projects
from ingest.gcp.catalog import prices
from ingest.reference import Reference, scope
from ingest.source import Document
from models import coverage, pricelist
from models.archive import Archive
from models.errors import SourceError
from models.period import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        account: The billing account.
        projects: Whether its projects are.
        services: Display names of the services whose prices are; empty for none.
    """

    account: str
    projects: bool
    services: tuple[str, ...]


def brought(
    access: Access,
    wanted: Wanted,
    periods: Sequence[Month],
    archive: Archive,
    known: Collection[str],
) -> Iterator[Reference | SourceError]:
    """Yield what was brought into the archive, or why not; see `ingest.reference`."""
    if wanted.projects:
        try:
            yield _accounts(access, wanted.account, archive)
        except SourceError as error:
            yield error
    months = [each for each in periods if scope(access.source, "prices", each) not in known]
    if wanted.services and months:
        yield from _price_lists(access, wanted, months, archive)


def _accounts(access: Access, account: str, archive: Archive) -> Reference:
    data = coverage.written(account, projects(access, account))
    document = _kept(f"billingAccounts/{account}/projects", data, archive)
    return Reference(access.source, "accounts", None, document)


def _price_lists(
    access: Access, wanted: Wanted, months: Sequence[Month], archive: Archive
) -> Iterator[Reference | SourceError]:
    try:
        paid_in = currency(access, wanted.account)
    except SourceError as error:
        yield error
        return
    for month in months:
        try:
            found = prices(access, month, wanted.services, paid_in)
        except SourceError as error:
            yield error.of(month)
            continue
        document = _kept(f"price catalogue/{month}", pricelist.written(found), archive)
        yield Reference(access.source, "prices", month, document)


def _kept(name: str, data: bytes, archive: Archive) -> Document:
    stored = archive.put([data])
    return Document(name, stored.sha256, stored.size)
