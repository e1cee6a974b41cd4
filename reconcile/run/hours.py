"""Hours of runs, each once, whoever states them, and hours that no run is known of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from models.canonical import canonical_value
from models.money import ZERO
from models.run.run import LOST, UNKNOWN
from models.run.usage import GPU_HOURS

NOWHERE: Final = ""  # the cluster of hours that name none

Scope = tuple[str, str]  # project, month
_Stated = Mapping[str, Mapping[str, Mapping[str, Decimal]]]  # by source, cluster, state


@dataclass(frozen=True, slots=True)
class Worked:
    """Hours of accelerators of a run in one state on one cluster; without a run, of nobody's.

    Attributes:
        state: How the attempt ended that the hours are of, as far as it is known.
        cluster: Canonical; empty where it is not named.
    """

    run: str | None
    state: str
    cluster: str
    hours: Decimal


def worked(
    told: pl.DataFrame, outcomes: Mapping[tuple[str, str], str], preferred: Sequence[str]
) -> dict[Scope, tuple[Worked, ...]]:
    """Return the hours of each project and month.

    Of several sources that state hours of one run in a month those that name the cluster come
    before those that do not; on a cluster the source counts that states most. A preferred
    source that states any counts alone.

    Args:
        told: What usage tells, with `run`.
        outcomes: How runs ended, by project and run.
        preferred: Sources that come first, in order.
    """
    found: dict[Scope, tuple[Worked, ...]] = {}
    for scope, rows in _scopes(told.filter(pl.col("driver") == GPU_HOURS)):
        runs = _stated(rows)
        mine = [
            Worked(run, _state(state, outcomes.get((scope[0], run), UNKNOWN)), cluster, hours)
            for run, stated in sorted(runs.items())
            for cluster, states in sorted(_counted(stated, preferred).items())
            for state, hours in sorted(states.items())
        ]
        found[scope] = (*_summed(mine), *_nobodys(rows, mine))
    return found


_Row = tuple[str | None, str, str, str, Decimal]  # run, source, cluster, state, hours


def _scopes(told: pl.DataFrame) -> Iterator[tuple[Scope, list[_Row]]]:
    found: defaultdict[Scope, list[_Row]] = defaultdict(list)
    names = ("project", "month", "run", "source", "cluster", "state", "quantity")
    for project, month, run, source, cluster, state, hours in told.select(names).iter_rows():
        where = canonical_value(cluster or NOWHERE)
        found[project, month].append((run, source, where, state or UNKNOWN, hours))
    yield from sorted(found.items())


def _stated(rows: Iterable[_Row]) -> Mapping[str, _Stated]:
    """Return hours by run, source, cluster and state."""
    found: dict[str, dict[str, dict[str, dict[str, Decimal]]]] = {}
    for run, source, cluster, state, hours in rows:
        if run is not None:
            states = found.setdefault(run, {}).setdefault(source, {}).setdefault(cluster, {})
            states[state] = states.get(state, ZERO) + hours
    return found


def _counted(stated: _Stated, preferred: Sequence[str]) -> dict[str, Mapping[str, Decimal]]:
    """Return the hours of one run that count, by cluster and state."""
    first = next((name for name in preferred if name in stated), None)
    sources = {first: stated[first]} if first else stated
    clusters = {cluster for by in sources.values() for cluster in by}
    named = clusters - {NOWHERE} or clusters
    best: dict[str, Mapping[str, Decimal]] = {}
    for cluster in named:
        offers = [(name, by[cluster]) for name, by in sorted(sources.items()) if cluster in by]
        best[cluster] = max(offers, key=lambda offer: sum(offer[1].values(), ZERO))[1]
    return best


def _state(state: str, outcome: str) -> str:
    """Return how an attempt ended: lost as it says, else as the run did."""
    return state if state in LOST else outcome


def _summed(rows: Iterable[Worked]) -> Iterator[Worked]:
    sums: defaultdict[tuple[str | None, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.run, row.state, row.cluster] += row.hours
    yield from (Worked(*key, hours) for key, hours in sums.items() if hours)


def _nobodys(rows: Sequence[_Row], mine: Sequence[Worked]) -> Iterator[Worked]:
    """Yield hours that a source states without a run, as far as runs do not explain them.

    A namespace's hours and the hours of the runs in it are the same hours. Runs that name no
    cluster may have worked on any.
    """
    whole: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    without: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for run, source, cluster, _, hours in rows:
        whole[source, cluster] += hours
        if run is None:
            without[source, cluster] += hours
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (source, cluster), hours in without.items():
        there = {row.cluster for row in mine} if cluster == NOWHERE else {cluster, NOWHERE}
        explained = sum((row.hours for row in mine if row.cluster in there), ZERO)
        beyond = min(hours, max(ZERO, whole[source, cluster] - explained))
        left[cluster] = max(left[cluster], beyond)
    yield from (Worked(None, UNKNOWN, cluster, left[cluster]) for cluster in sorted(left))
