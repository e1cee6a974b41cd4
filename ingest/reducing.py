"""Keys and facts of one document, written once they are proved to be its charges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from ingest.agreement import agree_reduced
from ingest.normalise import MORSEL, ROW_GROUP, Place
from ingest.source import Total
from models.lake import Lake
from models.reduction import Reduction, keys_and_facts

FAST: Final = 1  # level of zstd: two thirds of the time of its own, and files no larger


def is_reduced(lake: Lake, name: str) -> bool:
    """Return whether keys and facts of a document are there."""
    return all(lake.path(table, name).exists() for table in ("keys", "facts"))


def reduce(
    lake: Lake,
    name: str,
    place: Place,
    totals: Sequence[Total],
    reduction: Reduction | None,
) -> None:
    """Write keys and facts of a document, unless both are there.

    Args:
        lake: The lake; it has the charges.
        name: Name of the document's files.
        place: Where it comes from.
        totals: The totals of its written charges.
        reduction: What these reduce to; from their file when there is none.

    Raises:
        BrokenError: when the facts are not the charges.
    """
    if is_reduced(lake, name):
        return
    if reduction is not None:
        keys, facts = reduction.keys_and_facts(place.source)
    else:
        charges = pl.scan_parquet(lake.path("charges", name), glob=False)
        with pl.Config(streaming_chunk_size=MORSEL):
            keys, facts = keys_and_facts(charges, place.source)

    def writer(path: Path) -> None:
        _sink(facts, path)
        agree_reduced(totals, pl.scan_parquet(path, glob=False), place)

    lake.write("keys", name, lambda path: _sink(keys.lazy(), path))
    lake.write("facts", name, writer)


def _sink(frame: pl.LazyFrame, path: Path) -> None:
    # by itself the engine cuts row groups otherwise on another number of cores
    frame.sink_parquet(path, compression_level=FAST, row_group_size=ROW_GROUP)
