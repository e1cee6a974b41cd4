"""Slurm's accounting as `sacct -a -X -P` prints it: one line an allocation, local times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.cluster.clock import Clock, ClockError
from ingest.cluster.job import STATES, Job
from ingest.cluster.settings import SlurmSettings
from ingest.cluster.text import TextError
from ingest.cluster.tres import TresError, accelerators
from ingest.cluster.used import Fault

NEEDED: Final = ("Account", "State", "Start", "End", "ElapsedRaw", "AllocTRES")
IDS: Final = ("JobIDRaw", "JobID")
UNKNOWN: Final = ("", "Unknown", "None")
_SECONDS: Final = re.compile(r"[0-9]{1,10}", re.ASCII)

# Why a line is no usage, and what is said about all such lines of a file.
PASSED: Final[Mapping[str, str]] = {
    "steps": "lines are steps of jobs, such as 123.batch, and not counted twice; call sacct -X",
    "waiting": "jobs never started, and used nothing",
    "no_gpus": "jobs held no accelerators, and are no usage of any",
}


@dataclass(frozen=True, slots=True)
class Sacct:
    """One file: its jobs with accelerators, lines that cannot be read, and lines passed by."""

    jobs: tuple[Job, ...]
    faults: tuple[Fault, ...]
    passed: Mapping[str, int]


class LineError(ValueError):
    """A cell does not hold what its column promises."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        """Keep place, value and reason apart."""
        self.column, self.value, self.reason = column, value, reason
        super().__init__(f"{column}: {value!r} {reason}")


def read(data: bytes, settings: SlurmSettings) -> Sacct:
    """Return what a file holds.

    Raises:
        TextError: when its columns are not known, or lack one that is needed.
    """
    clock, passed = Clock(settings.time_zone), Counter[str]()
    jobs, faults = [], []
    names, lines = _lines(data.decode("utf-8-sig"), settings)
    for row, line in enumerate(lines, start=1):
        try:
            found = _job(row, _cells(line, names, settings.delimiter), settings, clock)
        except LineError as error:
            faults.append(Fault(row, error.column, error.reason, error.value))
            continue
        if isinstance(found, Job):
            jobs.append(found)
        else:
            passed[found] += 1
    return Sacct(tuple(jobs), tuple(faults), passed)


def _lines(text: str, settings: SlurmSettings) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and the lines below them."""
    lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    names = [*settings.columns] or (lines[0].split(settings.delimiter) if lines else [])
    names = [name.strip() for name in names]
    _refuse_unknown_columns(names, settings)
    headed = bool(lines) and lines[0].strip() == settings.delimiter.join(names)
    return names, lines[headed:]


def _cells(line: str, names: Sequence[str], delimiter: str) -> dict[str, str]:
    """Return the cells of a line by their column.

    Raises:
        LineError: when it has more or fewer than there are columns.
    """
    cells = [cell.strip() for cell in line.split(delimiter)]
    if len(cells) != len(names):
        said = f"cells, where {len(names)} columns are named; if a text holds the delimiter, "
        way_out = "call sacct with --delimiter=$'\\x1f' and say delimiter here"
        raise LineError("", str(len(cells)), f"{said}{way_out}")
    return dict(zip(names, cells, strict=True))


def _refuse_unknown_columns(names: Sequence[str], settings: SlurmSettings) -> None:
    lacking = [name for name in NEEDED if name not in names]
    if not any(name in names for name in IDS):
        lacking.insert(0, IDS[0])
    if not lacking:
        return
    said = ", ".join(lacking)
    if settings.columns:
        raise TextError(f"columns lacks {said}; add them to -o of sacct, and to columns")
    raise TextError(
        f"the first line names no {said}; call sacct without -n and with them in -o, or say "
        "columns",
        1,
    )


def _job(row: int, cells: Mapping[str, str], settings: SlurmSettings, clock: Clock) -> Job | str:
    """Return the job of a line, or why it is none.

    Raises:
        LineError: for the first cell that does not hold what it should.
    """
    raw, shown = (cells.get(name) or cells.get(other, "") for name, other in (IDS, IDS[::-1]))
    if "." in raw or "." in shown:
        return "steps"
    state = _state(cells["State"])
    if cells["Start"] in UNKNOWN or state == "waiting":
        return "waiting"
    gpus, gpu_type = _accelerators(cells["AllocTRES"])
    if not gpus:
        return "no_gpus"
    elapsed, has_ended = _elapsed(cells["ElapsedRaw"]), cells["End"] not in UNKNOWN
    try:
        start, end = clock.span(cells["Start"], cells["End"] if has_ended else None, elapsed)
    except ClockError as error:
        raise _misread(cells, str(error), clock) from error
    return Job(
        row=row,
        id=raw,
        run_id=shown,
        submit=cells.get("Submit", ""),
        account=cells["Account"],
        cluster=cells.get("Cluster") or settings.cluster,
        start=start,
        end=end,
        elapsed=elapsed,
        gpus=gpus,
        gpu_type=gpu_type,
        state=state,
        has_ended=has_ended,
        tags={name: cells[name] for name in settings.tags if cells.get(name)},
    )


def _state(text: str) -> str:
    """Return how a job stands; `CANCELLED by 1001` is cancelled."""
    word = text.partition(" ")[0].removesuffix("+")
    if word not in STATES:
        raise LineError("State", text, "is no state of a job that is known")
    return STATES[word]


def _accelerators(tres: str) -> tuple[int, str | None]:
    try:
        return accelerators(tres)
    except TresError as error:
        raise LineError("AllocTRES", tres, str(error)) from error


def _elapsed(text: str) -> int:
    if not _SECONDS.fullmatch(text):
        raise LineError("ElapsedRaw", text, "is no whole number of seconds")
    return int(text)


def _misread(cells: Mapping[str, str], reason: str, clock: Clock) -> LineError:
    """Return the error of the cell that is to blame."""
    for name in ("Start", "End"):
        try:
            if cells[name] not in UNKNOWN:
                clock.instants(cells[name])
        except ClockError as error:
            return LineError(name, cells[name], str(error))
    return LineError("ElapsedRaw", cells["ElapsedRaw"], reason)
