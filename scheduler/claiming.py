"""Claims on what is loaded: one file per delivery and rules version, read by every report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest import book
from models.claim import CLAIMS, claims, together
from models.lake import Lake, input_hash
from scheduler.version import Version, Versions
from scheduler.workspace import Stores

PROGRAM: Final = "1"  # rises when the same keys and rules would give other claims
CLAIMED: Final = pl.Schema({"source": pl.String(), **CLAIMS})

Body = Mapping[str, Any]


def claimed(stores: Stores, mine: Versions) -> pl.DataFrame:
    """Return the claims on all deliveries that count, in the schema CLAIMED.

    What is new, or was not asked about yet, is asked now; the rules of a closed month are
    those it was closed with.

    Raises:
        StoreError: when the rules of a closed month are not in the ledger.
    """
    sources: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for scope, record in sorted(book.counting(stores.ledger).items()):
        source, _, period = scope.rpartition("/")
        path = written(stores.lake, record.body, mine.name(period), mine)
        sources[source].append(pl.read_parquet(path, glob=False))
    named = [
        together(found).select(pl.lit(source).alias("source"), *CLAIMS.names())
        for source, found in sources.items()
    ]
    return pl.concat([pl.DataFrame(schema=CLAIMED), *named])


def written(lake: Lake, body: Body, rules: str, mine: Versions) -> Path:
    """Return the file of the claims on a delivery, made first if it is not there."""

    def write(path: Path) -> None:
        _claims(lake, body, mine.named(rules)).write_parquet(path, compression="zstd")

    return lake.write("claims", f"{body['delivery']}-{input_hash(PROGRAM, rules)}", write)


def _claims(lake: Lake, body: Body, version: Version) -> pl.DataFrame:
    """Return the claims on the documents of a delivery."""
    found = []
    for document in body["documents"]:
        keys = pl.read_parquet(lake.path("keys", document["keys"]), glob=False)
        facts = pl.scan_parquet(lake.path("facts", document["facts"]), glob=False)
        found.append(claims(keys, facts, version.rules, version.registry))
    return together(found)
