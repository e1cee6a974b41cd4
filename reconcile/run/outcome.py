"""How runs ended, and in how many attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import polars as pl

from models.run.run import UNKNOWN
from models.run.usage import RUNS

Key = tuple[str, str]  # project, run

# of states on the last day of one source the first counts: what began anew may have gone well
_OF_DAY: Final = ("succeeded", "running", "failed", "cancelled", "preempted")
# of several sources: a failure that anybody states is one; who still waits knows least
_OF_SOURCES: Final = ("failed", "cancelled", "succeeded", "preempted", "running")


def outcomes(told: pl.DataFrame) -> dict[Key, str]:
    """Return how each run ended, or stands, by project and run.

    Args:
        told: What usage tells of all months, with `run`.
    """
    stated = told.filter(pl.col("run").is_not_null() & pl.col("state").is_not_null())
    on_last = pl.col("day") == pl.col("day").max().over("project", "run", "source")
    last = stated.filter(on_last).select("project", "run", "source", "state").unique()
    by_source: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for project, run, source, state in last.iter_rows():
        by_source[project, run, source].append(state)
    found: defaultdict[Key, list[str]] = defaultdict(list)
    for (project, run, _), states in by_source.items():
        found[project, run].append(_first(states, _OF_DAY))
    return {key: _first(states, _OF_SOURCES) for key, states in found.items()}


def attempts(told: pl.DataFrame) -> dict[Key, int]:
    """Return how often each run began, as far as sources count it; at least once.

    Of several sources the one counts that tells most: a tracker sees one run where a
    scheduler sees each time it was put back.
    """
    counted = pl.when(pl.col("driver") == RUNS).then("quantity").otherwise(Decimal(0))
    by_source = (
        told.filter(pl.col("run").is_not_null())
        .group_by("project", "run", "source")
        .agg(counted.sum().alias("times"))
    )
    most = by_source.group_by("project", "run").agg(pl.col("times").max())
    return {(project, run): max(1, int(times)) for project, run, times in most.iter_rows()}


def _first(states: Iterable[str], order: Iterable[str]) -> str:
    found = set(states)
    return next((state for state in order if state in found), UNKNOWN)
