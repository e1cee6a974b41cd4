"""Claims on what is loaded: one file per billing month, read by every report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest import book
from models.lake import Lake, input_hash
from models.reduction import FACTS, KEYS
from models.rule.claim import claims, together
from scheduler.version import Version, Versions, newest, pinned
from scheduler.workspace import Stores

PROGRAM: Final = "1"  # rises when the same keys and rules would give other claims
KEYS_AT_ONCE: Final = 300_000  # of several documents, which are asked about together

Body = Mapping[str, Any]


def claimed(stores: Stores, mine: Versions) -> pl.DataFrame:
    """Return the claims on all deliveries that count, in the schema CLAIMS.

    Months of which a delivery or the rules have changed are asked about anew. Each is by the
    rules that it counts by: a closed month by those it was closed with.

    Raises:
        StoreError: when the rules of a closed month are not in the ledger.
    """
    periods = _periods(stores)
    paths = [_written(stores.lake, each, bodies, mine) for each, bodies in periods.items()]
    return together([pl.read_parquet(path, glob=False) for path in paths])


def current(stores: Stores, mine: Versions) -> set[Path]:
    """Return the files of claims that reports read now, there or not."""
    return {
        stores.lake.place("claims", _name(each, bodies, mine.name(each)))
        for each, bodies in _periods(stores).items()
    }


def stale(stores: Stores) -> set[Path]:
    """Return the files of claims that no run reads any more, since deliveries or rules changed."""
    last, found = newest(stores.ledger), set[Path]()
    if last is None:
        return found
    pins = pinned(stores.ledger)
    for period, bodies in _periods(stores).items():
        rules = pins.get(period) or last.body["hash"]
        kept = stores.lake.place("claims", _name(period, bodies, rules))
        found |= {*stores.lake.beginning("claims", input_hash(period))} - {kept}
    return found


def _periods(stores: Stores) -> dict[str, list[Body]]:
    """Return the deliveries that count by billing month."""
    found: dict[str, list[Body]] = defaultdict(list)
    for scope, record in sorted(book.counting(stores.ledger).items()):
        found[scope.rpartition("/")[2]].append(record.body)
    return dict(sorted(found.items()))


def _name(period: str, bodies: Sequence[Body], rules: str) -> str:
    deliveries = [str(body["delivery"]) for body in bodies]
    return f"{input_hash(period)}-{input_hash(PROGRAM, rules, *deliveries)}"


def _written(lake: Lake, period: str, bodies: Sequence[Body], mine: Versions) -> Path:
    """Return the file of the claims on a billing month, made first if it is not there."""

    def write(path: Path) -> None:
        version = mine.of(period)
        parts = [_claims(lake, some, version) for some in _batches(lake, _documents(bodies))]
        together(parts).write_parquet(path, compression="zstd")

    return lake.write("claims", _name(period, bodies, mine.name(period)), write)


def _documents(bodies: Iterable[Body]) -> Iterator[Body]:
    return (document for body in bodies for document in body["documents"])


def _batches(lake: Lake, documents: Iterable[Body]) -> Iterator[list[Body]]:
    """Yield documents in groups of about so many keys: one at a time most would cost more."""
    some: list[Body] = []
    size = 0
    for document in documents:
        keys = pl.scan_parquet(lake.path("keys", document["keys"]), glob=False)
        count = int(keys.select(pl.len()).collect().item())
        if some and size + count > KEYS_AT_ONCE:
            yield some
            some, size = [], 0
        some.append(document)
        size += count
    if some:
        yield some


def _claims(lake: Lake, documents: Iterable[Body], version: Version) -> pl.DataFrame:
    """Return the claims on some documents, whose keys are numbered one after the other."""
    keys, facts, count = [pl.DataFrame(schema=KEYS)], [pl.LazyFrame(schema=FACTS)], 0
    for document in documents:
        later = pl.col("key_id") + pl.lit(count, pl.UInt32)
        mine = pl.read_parquet(lake.path("keys", document["keys"]), glob=False)
        sums = pl.scan_parquet(lake.path("facts", document["facts"]), glob=False)
        keys.append(mine.with_columns(later))
        facts.append(sums.with_columns(later))
        count += mine.height
    return claims(pl.concat(keys), pl.concat(facts), version.rules, version.registry)
