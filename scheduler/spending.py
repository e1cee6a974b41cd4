"""Attribution of what is loaded: one file of direct spend per delivery and rules version.

Direct spend is what rules say alone. What several projects share is divided afterwards, over
all deliveries, since the keys of a split (usage, the spend of others) come from any of them.
Which version of the rules a delivery is attributed by, its billing month decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from ingest import book
from models.errors import StoreError
from models.lake import Lake
from models.ledger import Record
from models.spend import SPEND, merged
from scheduler import beside
from scheduler.attributing import Attributing, attribution, parts
from scheduler.dividing import Spent, divided
from scheduler.origin import whole
from scheduler.progress import Progress
from scheduler.version import Version, Versions, present, versions
from scheduler.workspace import Project, Stores

Body = Mapping[str, Any]


def spent(project: Project, stores: Stores, progress: Progress) -> Spent:
    """Return the spend of all deliveries that count; attribute what is new.

    Raises:
        InvariantError: when spend does not equal the charges to the last digit, or a
            delivery is not whole any more.
        StoreError: when a closed month cannot be attributed as it was.
    """
    mine = versions(stores.ledger, present(project))
    direct = attribute(stores, mine, progress)
    return divided(direct, beside.used(stores, mine), mine, project)


def attribute(
    stores: Stores,
    mine: Versions,
    progress: Progress,
    deliveries: Mapping[str, Record] | None = None,
) -> pl.DataFrame:
    """Return the direct spend of deliveries, whose files are written if need be.

    Args:
        stores: The stores.
        mine: The versions by which each billing month is attributed.
        progress: Told of each document that is attributed.
        deliveries: Which, by scope; all that count unless given.

    Raises:
        InvariantError: see `spent`.
        StoreError: see `spent`.
    """
    wanted = book.counting(stores.ledger) if deliveries is None else deliveries
    counting = sorted(wanted.items())
    missing = {
        scope: each.body for scope, each in counting if _is_missing(stores, scope, each.body, mine)
    }
    progress.step("attribute", sum(len(body["documents"]) for body in missing.values()))
    made = parts(stores.engine, _tasks(stores.lake, missing, mine), progress)
    frames = [pl.DataFrame(schema=SPEND)]
    for scope, record in counting:
        if scope in missing:
            path = _written(stores.lake, record.body, _name(scope, record.body, mine), made)
        else:
            whole(stores.lake, scope, record.body)
            path = stores.lake.path("spend", _name(scope, record.body, mine))
        frames.append(pl.read_parquet(path, glob=False))
    return pl.concat(frames)


def _is_missing(stores: Stores, scope: str, body: Body, mine: Versions) -> bool:
    return not stores.lake.has(stores.lake.place("spend", _name(scope, body, mine)))


def _tasks(lake: Lake, missing: Mapping[str, Body], mine: Versions) -> Iterator[Attributing]:
    for scope, body in missing.items():
        whole(lake, scope, body)
        version = mine.named(mine.name(period(scope)))
        _refuse_other(scope, version)
        for document in body["documents"]:
            yield Attributing(lake=lake, scope=scope, document=document, version=version)


def _written(lake: Lake, body: Body, name: str, made: Iterator[pl.DataFrame]) -> Path:
    """Return the file of a delivery's direct spend, made of the next parts."""
    own = islice(made, len(body["documents"]))
    path = lake.write(
        "spend", name, lambda path: merged(own).write_parquet(path, compression="zstd")
    )
    deque(own, maxlen=0)  # nothing is left, unless somebody else was quicker
    return path


def _name(scope: str, body: Body, mine: Versions) -> str:
    return spend_name(body, mine.name(period(scope)))


def direct(lake: Lake, scope: str, body: Body, version: Version) -> pl.DataFrame:
    """Return the direct spend of a delivery by one version, whatever the order of its documents.

    Raises:
        StoreError: when this program attributes otherwise than the version of a closed month.
    """
    _refuse_other(scope, version)
    return merged(attribution(lake, each, version).spend(scope) for each in body["documents"])


def held(lake: Lake, scope: str, body: Body, version: Version) -> pl.DataFrame:
    """Return the direct spend of a delivery from its file, or worked out; nothing is written.

    Raises:
        StoreError: see `direct`.
    """
    path = lake.path("spend", spend_name(body, version.hash))
    return (
        pl.read_parquet(path, glob=False) if path.exists() else direct(lake, scope, body, version)
    )


def spend_name(body: Body, rules: str) -> str:
    """Return the name of a delivery's spend file by one version of the rules."""
    return f"{body['delivery']}-{rules}"


def period(scope: str) -> str:
    """Return the billing month of a scope."""
    return scope.rpartition("/")[2]


def _refuse_other(scope: str, version: Version) -> None:
    if not version.exact:
        raise StoreError(
            f"{scope}: is of a closed month, its spend is gone from the lake, and this version of "
            "trueup attributes otherwise; use the version that closed it, or a backup of the lake"
        )
