"""What is told about hours and assets that do not fit together; all of it counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from ingest.hardware.part import Books
from ingest.hardware.share import available, pool, same
from models.money import plain, rounded

Note = tuple[str, str]


def doubts(books: Books) -> Iterator[Note]:
    """Yield findings about a month: hours nobody told, too many, or of no asset."""
    clusters = [name for name in books.clusters if pool(books.assets, name, books.month)]
    if clusters and not books.told.manifest:
        yield "no_hours", _none(books)
    else:
        for cluster in clusters:
            yield from _of_cluster(books, cluster)
    yield from _of_nobody(books)
    if books.told.aside:
        said = f"{books.told.aside} rows of hours cannot be read, and count as not used"
        yield "hours_aside", said


def _none(books: Books) -> str:
    if books.settings.hours is None:
        return "no source of hours is set, so nobody is told to have used anything; see hours"
    return f"no hours are told of {books.month}, so nobody is told to have used anything"


def _of_cluster(books: Books, cluster: str) -> Iterator[Note]:
    asset = next(a for a in books.assets if same(a.cluster, cluster) and _works(books, a.cluster))
    used = sum(books.used(asset).values(), Decimal(0))
    there = pool(books.assets, cluster, books.month)
    if not used:
        yield "no_hours", f"cluster {cluster!r}: no hours are told of {books.month}"
    elif Fraction(used) > there:
        said = (
            f"cluster {cluster!r}: {_plain(used)} hours used of {_plain(rounded(there))} there "
            f"were in {books.month}; parts are of what was used, and nothing was idle. Check "
            "gpu_count, in_service_date and capacity_hours_per_month"
        )
        yield "capacity_exceeded", said


def _works(books: Books, cluster: str) -> bool:
    mine = (asset for asset in books.assets if same(asset.cluster, cluster))
    return any(available(asset, books.month) for asset in mine)


def _of_nobody(books: Books) -> Iterator[Note]:
    """Yield hours of clusters that no asset is in."""
    for name, units in sorted(books.told.of.items()):
        hours = sum(units.values(), Decimal(0))
        known = any(same(name, cluster) for cluster in books.clusters)
        if known or not hours or (not name and len(books.clusters) == 1):
            continue
        where = f"of cluster {name!r} are" if name else "without a cluster are"
        yield (
            "stray_hours",
            f"{_plain(hours)} hours {where} of no asset; nothing is charged by them",
        )


def _plain(number: Decimal) -> str:
    return plain(rounded(number))
