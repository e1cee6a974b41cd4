"""The check-up: one answer a question about the project folder and each of its sources."""

from __future__ import annotations

import os
import platform
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from ingest import book
from ingest.source import Finding, Source
from models.currency import RateError
from models.period import Month
from scheduler.holding import Holding, holdings
from scheduler.workspace import Project, Stores, stores

PROJECT: Final = "project"  # what findings of no source are about
LOOKED_BACK: Final = 3  # months in which the newest delivery of a source is looked for
LEAST_FREE: Final = 1 << 30  # bytes
NEW: Final = "new_column"  # rule of the notes about columns that no contract knows
_NEEDED: Final = ("duckdb", "polars")


@dataclass(frozen=True, slots=True)
class Answer:
    """A finding, and the source it is about."""

    about: str
    finding: Finding


def answers(
    project: Project, sources: Sequence[Source], clock: Callable[[], datetime]
) -> Iterator[Answer]:
    """Yield every answer, those of the project folder first.

    Args:
        project: The project.
        sources: Those of its sources that are asked.
        clock: Tells the present instant; a server that is slow to refuse must not seem ahead.
    """
    moment = clock()
    for finding in _project(project):
        yield Answer(PROJECT, finding)
    months = [Month.of(moment.date()) + -back for back in range(LOOKED_BACK)]
    for source in sources:
        for finding in source.probe(months, clock()):
            yield Answer(source.name, finding)
    yield from _loaded(project, sources, moment)


def _project(project: Project) -> Iterator[Finding]:
    packages = ", ".join(f"{name} {version(name)}" for name in _NEEDED)
    said = f"trueup {version('trueup')}, Python {platform.python_version()}, {packages}"
    yield Finding("versions", "ok", said)
    yield private(project.state)
    yield _disk(project.folder)


def private(state: Path) -> Finding:
    """Return whether only its owner can read the state folder."""
    if not state.exists():
        return Finding("state", "ok", f"{state}: not made yet; the first run makes it")
    found = state.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.getuid():
        fix = "run trueup as its owner, or chown it"
        return Finding("state", "fail", f"{state}: belongs to another user", fix)
    if mode & 0o077:
        return Finding("state", "fail", f"{state}: others may read it", f"chmod 700 {state}")
    return Finding("state", "ok", f"{state}: only its owner can read it")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free >> 20} MB free"
    if free < LEAST_FREE:
        return Finding("disk", "warn", said, "make room; documents are kept for good")
    return Finding("disk", "ok", said)


def _loaded(project: Project, sources: Sequence[Source], moment: datetime) -> Iterator[Answer]:
    """Yield what the ledger knows of each source; nothing is made where there is no ledger."""
    if not (project.state / "ledger.sqlite").exists():
        for source in sources:
            yield Answer(source.name, Finding("loaded", "unknown", "nothing yet", "`trueup run`"))
        return
    with stores(project) as opened:
        held = {each.source: each for each in holdings(project, opened, moment)}
        for source in sources:
            yield Answer(source.name, _holding(held[source.name]))
            yield from (Answer(source.name, each) for each in _content(project, opened, source))


def _holding(held: Holding) -> Finding:
    if held.sound:
        return Finding("loaded", "ok", held.detail)
    state: Final = "fail" if held.state in ("forbidden", "broken") else "warn"
    return Finding("loaded", state, f"{held.state}: {held.detail}", "see `trueup status`")


def _content(project: Project, opened: Stores, source: Source) -> Iterator[Finding]:
    """Yield how what is loaded stands to contract and rates."""
    bodies = {
        Month.parse(scope.rpartition("/")[2]): body
        for scope, body in book.current(opened.ledger).items()
        if scope.rpartition("/")[0] == source.name
    }
    if bodies:
        yield _columns(bodies[max(bodies)])
        yield _currencies(project, bodies)


def _columns(body: Any) -> Finding:  # noqa: ANN401 - a body of the ledger
    """Return whether the newest delivery held columns that the contract does not know."""
    notes = [note for document in body["documents"] for note in document["notes"]]
    new = sorted({detail for rule, detail in notes if rule == NEW})
    said = f"new columns, {new[0]}" if new else "every column of the newest delivery is known"
    return Finding("columns", "ok", said)


def _currencies(project: Project, bodies: dict[Month, Any]) -> Finding:
    """Return whether there is a rate for each currency and month that was billed."""
    reporting = project.settings.reporting_currency
    seen = {
        (total["currency"], month)
        for month, body in bodies.items()
        for document in body["documents"]
        for total in document["totals"]
    }
    for currency, month in sorted(seen, reverse=True):
        try:
            project.rates.rate(currency, reporting, month)
        except RateError as error:
            fix = error.mistakes[0].message.partition("; ")[2]
            said = f"no rate {currency} to {reporting} for {month}"
            return Finding("currency", "fail", said, fix)
    named = ", ".join(sorted({currency for currency, _ in seen})) or "none"
    return Finding("currency", "ok", f"{named}; every rate is stated")
