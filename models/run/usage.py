"""What usage tells about runs: hours, how they ended, and whether their model was accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from models.canonical import canonical_key, canonical_value
from models.money import QUANTITY
from models.run.charge import listed, tagged
from models.run.file import RunFile
from models.run.run import Names, Said
from models.tags import tag_texts

GPU_HOURS: Final = "gpu_hours"
RUNS: Final = "runs"
IDLE: Final = "idle"  # detail of hours that nobody asked for
TOLD: Final = pl.Schema(
    {
        "project": pl.String(),
        "source": pl.String(),
        "month": pl.String(),
        "driver": pl.String(),
        "state": pl.String(),
        "cluster": pl.String(),
        "own": pl.Boolean(),
        "names": pl.List(pl.String()),
        "model": pl.String(),
        "accepted": pl.String(),
        "quantity": QUANTITY,
        "day": pl.Date(),
    }
)
_GROUP: Final = TOLD.names()[:-2]


def told(usage: pl.DataFrame, file: RunFile) -> pl.DataFrame:
    """Return hours of accelerators and runs by what they are of, in the schema TOLD, sorted.

    `names` has the run's own id first (`own`), then what tags call it; null for hours that no
    run is known of. `accepted` is what the tag of acceptance says, `day` the last.

    Args:
        usage: Columns of `models.usage.OWNED`.
        file: Which tags name a run.
    """
    counted = pl.col("driver").is_in([GPU_HOURS, RUNS])
    rows = usage.filter(counted & pl.col("detail").ne_missing(pl.lit(IDLE)))
    texts = rows.with_columns(tag_texts(rows["tags"]).alias("tags"), _filled("run_id"))
    accepting = canonical_key(file.accepted_tag)
    values = tagged(texts["tags"], {*file.tag_keys, accepting})
    joined = texts.join(listed(values, file.tag_keys, "called"), on="tags", how="left").join(
        listed(values, [accepting], "accepted"), on="tags", how="left"
    )
    own = pl.col("run_id").is_not_null()
    names = pl.concat_list("run_id", pl.col("called").fill_null([])).list.drop_nulls()
    whole = joined.with_columns(
        pl.col("x_source").alias("source"),
        pl.col("day").dt.strftime("%Y-%m").alias("month"),
        own.alias("own"),
        pl.when(names.list.len() > 0).then(names).alias("names"),
        pl.col("accepted").list.first(),
        _filled("cluster"),
    )
    sums = (pl.col("quantity").sum().cast(QUANTITY), pl.col("day").max())
    return whole.group_by(_GROUP).agg(sums).select(TOLD.names()).sort(TOLD.names())


def _filled(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text).alias(column)


def said(told: pl.DataFrame) -> Iterator[Said]:
    """Yield what names a run in usage."""
    named = told.filter(pl.col("names").is_not_null())
    distinct = named.select("project", "names", "cluster", "own").unique(maintain_order=True)
    for project, names, cluster, own in distinct.iter_rows():
        yield Said(project, tuple(names), cluster, own)


def called(told: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Return what usage tells, with what each run is called as `run`."""
    runs = [
        names.run(project, words[0], cluster) if words else None
        for project, words, cluster in told.select("project", "names", "cluster").iter_rows()
    ]
    return told.with_columns(pl.Series("run", runs, dtype=pl.String))


def ids(told: pl.DataFrame) -> frozenset[str]:
    """Return what usage calls its runs itself, canonical."""
    own = told.filter("own")["names"].list.first().unique()
    return frozenset(map(canonical_value, own))


def clusters(told: pl.DataFrame) -> frozenset[str]:
    """Return what usage calls its clusters, canonical."""
    return frozenset(map(canonical_value, told["cluster"].drop_nulls().unique()))
