"""Models that were accepted: by a tag of the run, or as `runs.yaml` declares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from models.canonical import canonical_value
from models.run.file import RunFile
from models.run.run import Names

YES: Final = frozenset({"true", "yes", "1"})
NO: Final = frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True, order=True)
class Accepted:
    """One model that somebody accepted."""

    project: str
    day: date
    model: str
    run: str


def accepted(told: pl.DataFrame, names: Names, file: RunFile) -> tuple[list[Accepted], list[str]]:
    """Return accepted models by project and day, one a run, and what tags say that is unclear.

    What is declared comes before what a tag says. A tag that only says yes is of the last day
    on which the run is known.

    Args:
        told: What usage tells of all months, with `run`.
        names: Every name of every run.
        file: What is declared, and what the tag is called.
    """
    found = {(each.project, each.run): each for each in _declared(names, file)}
    unclear = [
        f"{each.project}: no run {each.run!r} is known, whose model {each.model} was accepted; "
        "it counts as accepted, and its own run as no cost"
        for each in file.models
        if not names.knows(each.project, each.run)
    ]
    for project, run, says, model, last in _tags(told):
        word = canonical_value(says)
        if (day := last if word in YES else _day(word)) is not None:
            found.setdefault((project, run), Accepted(project, day, model or run, run))
        elif word not in NO:
            unclear.append(
                f"{project}: {file.accepted_tag} of run {run} says {says!r}, which is no day and "
                "neither true nor false; it is not counted"
            )
    return sorted(found.values()), unclear


def _declared(names: Names, file: RunFile) -> Iterator[Accepted]:
    for each in file.models:
        run = names.run(each.project, each.run)
        yield Accepted(each.project, each.accepted, each.model, run)


def _tags(told: pl.DataFrame) -> Iterator[tuple[str, str, str, str | None, date]]:
    """Yield project, run, what the tag says, model and last day; the tag as it was last seen."""
    said = told.filter(pl.col("run").is_not_null())
    last = said.group_by("project", "run").agg(
        pl.col("day").max().alias("last"), pl.col("model").drop_nulls().first()
    )
    tags = said.filter(pl.col("accepted").is_not_null()).sort("day", "accepted")
    once = tags.group_by("project", "run").agg(pl.col("accepted").last())
    whole = once.join(last, on=("project", "run")).sort("project", "run")
    yield from whole.select("project", "run", "accepted", "model", "last").iter_rows()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
