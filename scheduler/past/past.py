"""The past: project and stores as they were at a moment, by the clock of the runs themselves.

The ledger up to an entry says what was known then, and the texts of configuration it keeps say
by what it was judged; the lake's files are never changed, and what is missing is made again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from ingest.kind import ASKED, CLOSED, REOPENED
from models.errors import RefusedError
from models.ledger import Ledger, Record
from models.period import Month
from models.plan.version import APPROVED
from scheduler.origin import files_of
from scheduler.past.restoring import CONFIGURATION, recorded, restored
from scheduler.progress import Quiet
from scheduler.reload import again, needed, readable
from scheduler.workspace import Project, Stores

# entries that say what day it was when they came; others belong to the newest of these
CLOCKED: Final = ("run.started", ASKED, CLOSED, REOPENED, CONFIGURATION, "comment")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A state of the ledger.

    Attributes:
        seq: Its newest entry.
        as_of: The instant its data was current, UTC, by the clock of the run.
        month: The month that the newest run had reported.
        run: Id of that run.
        snapshot: Of its report.
    """

    seq: int
    as_of: datetime
    month: Month
    run: str
    snapshot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A project as it was; its ledger takes no entries."""

    project: Project
    stores: Stores
    moment: Moment


def moments(ledger: Ledger) -> list[Moment]:
    """Return the moments at which runs had finished, in the order of the ledger."""
    started = {each.subject: each for each in ledger.entries("run.started")}
    return [
        Moment(
            seq=record.seq,
            as_of=_instant(started[record.subject].body["as_of"]),
            month=Month.parse(record.body["month"]),
            run=record.subject,
            snapshot=record.body["snapshot"],
        )
        for record in ledger.entries("run.finished")
        if record.subject in started and "month" in record.body  # older runs do not tell it
    ]


def moment(ledger: Ledger, text: str) -> Moment:
    """Return the moment that a person means.

    Args:
        ledger: The ledger, as it is now.
        text: A day, `YYYY-MM-DD`, for the end of it; the id of a run, or the snapshot of its
            report; or the path of a report in JSON.

    Raises:
        RefusedError: when nothing is known of it; says what there is.
    """
    known = moments(ledger)
    if not known:
        raise RefusedError(f"as of {text}: no run has finished yet; use `trueup run`")
    found = _day(ledger, known, text) if _DAY.fullmatch(text) else _named(known, text)
    if found is None:
        first, last = known[0], known[-1]
        raise RefusedError(
            f"as of {text}: there is no such run, snapshot, report or day; the {len(known)} runs "
            f"are as of {first.as_of.date()} to {last.as_of.date()}, the newest is {last.run} "
            f"with snapshot {last.snapshot}"
        )
    return found


def past(project: Project, stores: Stores, found: Moment) -> Past:
    """Return a project as it was at a moment; what of the lake is gone is made again.

    Raises:
        RefusedError: when no configuration was kept by then, or what it loaded cannot be
            loaded again as it was.
        ConfigError: when this program refuses the configuration of then.
        StoreError: when a document that it needs is gone from the archive.
    """
    then = replace(stores, ledger=stores.ledger.until(found.seq))
    texts = recorded(then.ledger)
    if not texts:
        raise RefusedError(
            f"as of {found.as_of.date()}: no configuration was kept by then; nights keep it since "
            f"{_since(stores.ledger)}"
        )
    was = restored(project, texts)
    missing = [each for each in needed(then) if _is_gone(then, each)]
    readable(was, missing)
    again(was, then, Quiet(), missing)
    return Past(project=was, stores=then, moment=found)


def _is_gone(stores: Stores, record: Record) -> bool:
    """Say whether a file of a delivery is gone that is not made again where it is read."""
    files = (path for path in files_of(stores.lake, record.body) if path.parent.name != "invoiced")
    return not all(stores.lake.has(path) for path in files)


def _since(ledger: Ledger) -> str:
    kept = ledger.entries("configuration")
    later = [each for each in moments(ledger) if kept and each.seq > kept[0].seq]
    return later[0].as_of.date().isoformat() if later else "the next `trueup run`"


def _day(ledger: Ledger, known: list[Moment], text: str) -> Moment | None:
    """Return the newest state of that day, or of the day before it on which there was one."""
    try:
        end = datetime.combine(date.fromisoformat(text), time.max, UTC)
    except ValueError:
        raise RefusedError(f"as of {text}: is not a day; write YYYY-MM-DD") from None
    clocked = sorted(_clocked(ledger))
    last = max((seq for seq, at in clocked if at <= end), default=0)
    seq = min((seq - 1 for seq, _ in clocked if seq > last), default=ledger.size)
    finished = [each for each in known if each.seq <= seq]
    if not finished:
        return None
    at = max((at for each, at in clocked if finished[-1].seq < each <= last), default=None)
    return replace(finished[-1], seq=seq, as_of=at or finished[-1].as_of)


def _clocked(ledger: Ledger) -> Iterator[tuple[int, datetime]]:
    for kind in CLOCKED:
        for record in ledger.entries(kind):
            if record.body.get("as_of"):
                yield record.seq, _instant(record.body["as_of"])
    for record in ledger.entries(APPROVED):
        yield record.seq, _instant(record.body["at"])


def _named(known: list[Moment], text: str) -> Moment | None:
    said = _report(Path(text)) if text.endswith(".json") else {"": text}
    for each in reversed(known):
        if said.get("") in {each.run, each.snapshot}:
            return each
        if (said.get("snapshot"), said.get("as_of")) == (each.snapshot, each.as_of.isoformat()):
            return each
    return None


def _report(path: Path) -> dict[str, str]:
    """Return what a report in JSON says of itself."""
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise RefusedError(f"{path}: cannot be read as report in JSON: {error.strerror}") from error
    except ValueError as error:
        raise RefusedError(
            f"{path}: is no report in JSON; name one of the folder reports"
        ) from error
    if not isinstance(said, dict):
        raise RefusedError(f"{path}: is no report in JSON; name one of the folder reports")
    return {key: str(said.get(key)) for key in ("snapshot", "as_of")}


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
