from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.errors import RefusedError
from models.ledger import Entry, Ledger
from models.period import Month
from scheduler.past.past import Moment, moment, moments

Told = Callable[..., None]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/l.sqlite", lambda: datetime(2030, 1, 1, tzinfo=UTC)) as made:
        yield made


@pytest.fixture
def told(ledger: Ledger) -> Told:
    """Return a function that tells the ledger of a run: its day, and whether it finished."""

    def run(day: str, *, name: str = "", finished: bool = True, between: int = 0) -> None:
        name = name or f"run-{day}"
        at = f"{day}T02:30:00+00:00"
        ledger.append(Entry("run.started", name, {"as_of": at}))
        if finished:
            body = {"snapshot": f"snap-{day}", "month": "2026-01", "exit_code": 0}
            ledger.append(Entry("run.finished", name, body))
        for n in range(between):
            ledger.append(Entry("message", f"m{n}", {}))

    return run


def test_a_moment_is_what_a_run_left_behind(ledger: Ledger, told: Told) -> None:
    told("2026-02-03")
    told("2026-02-04", finished=False)
    told("2026-02-05", between=3)

    assert moments(ledger) == [
        Moment(
            seq=seq,
            as_of=datetime.fromisoformat(f"{day}T02:30:00+00:00"),
            month=Month(2026, 1),
            run=f"run-{day}",
            snapshot=f"snap-{day}",
        )
        for seq, day in ((2, "2026-02-03"), (5, "2026-02-05"))
    ]


@pytest.mark.parametrize(
    ("day", "seq", "as_of"),
    [
        ("2026-02-03", 4, "2026-02-03T02:30"),  # with what came before the next run
        ("2026-02-04", 4, "2026-02-03T02:30"),  # nothing happened on it
        ("2026-02-05", 5, "2026-02-05T02:30"),  # a run that failed still brought what it brought
        ("2026-02-06", 7, "2026-02-06T02:30"),
        ("2026-02-07", 8, "2026-02-07T00:00"),  # what is no run has a clock of its own
        ("2027-01-01", 8, "2026-02-07T00:00"),
    ],
)
def test_a_day_is_its_end_by_the_clock_of_the_runs(
    ledger: Ledger, told: Told, day: str, seq: int, as_of: str
) -> None:
    told("2026-02-03", between=2)
    told("2026-02-05", finished=False)
    told("2026-02-06")
    ledger.append(Entry("source.asked", "cloud", {"as_of": "2026-02-07"}))

    found = moment(ledger, day)

    assert (found.seq, found.as_of) == (seq, datetime.fromisoformat(as_of).replace(tzinfo=UTC))
    assert found.month == Month(2026, 1)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("plan.approved", {"at": "2026-02-10"}),
        ("configuration", {"hash": "", "as_of": "2026-02-10T00:00:00+00:00"}),
        ("comment", {"as_of": "2026-02-10T00:00:00+00:00"}),
    ],
)
def test_what_a_person_did_is_not_known_before_its_day(
    ledger: Ledger, told: Told, kind: str, body: dict[str, str]
) -> None:
    told("2026-02-03", between=1)
    ledger.append(Entry(kind, "x", body), Entry("plan.version", "p/1", {}))

    before, on = moment(ledger, "2026-02-09"), moment(ledger, "2026-02-10")

    assert (before.seq, before.as_of.date().isoformat()) == (3, "2026-02-03")
    assert (on.seq, on.as_of.date().isoformat()) == (5, "2026-02-10")


def test_a_run_that_was_repeated_for_an_earlier_day_counts_for_that_day(
    ledger: Ledger, told: Told
) -> None:
    told("2026-02-03")
    told("2026-02-06")
    told("2026-02-03", name="again")

    assert moment(ledger, "2026-02-03").run == "again"
    assert moment(ledger, "2026-02-05").run == "again"
    assert moment(ledger, "2026-02-06").run == "again"


def test_what_has_no_day_belongs_to_the_run_before_it(ledger: Ledger, told: Told) -> None:
    told("2026-02-03")
    ledger.append(Entry("comment", "2026-01/legal", {"as_of": ""}))
    told("2026-02-05")

    assert moment(ledger, "2026-02-03").seq == 3


def test_a_run_a_snapshot_and_a_report_name_a_moment(
    ledger: Ledger, told: Told, tmp_path: Path
) -> None:
    told("2026-02-03", between=1)
    told("2026-02-05")
    report = tmp_path / "2026-01.json"
    report.write_text(json.dumps(said("snap-2026-02-03", "2026-02-03T02:30:00+00:00")))

    for name in ("run-2026-02-03", "snap-2026-02-03", str(report)):
        assert moment(ledger, name).seq == 2


def test_of_two_runs_with_one_snapshot_the_newer_is_meant(ledger: Ledger, told: Told) -> None:
    told("2026-02-03")
    body = {"snapshot": "snap-2026-02-03", "month": "2026-01", "exit_code": 0}
    ledger.append(Entry("run.started", "b", {"as_of": "2026-02-04T00:00:00+00:00"}))
    ledger.append(Entry("run.finished", "b", body))

    assert moment(ledger, "snap-2026-02-03").run == "b"


def said(snapshot: str, as_of: str) -> dict[str, Any]:
    return {"snapshot": snapshot, "as_of": as_of}


def test_what_is_not_known_is_refused_with_what_there_is(
    ledger: Ledger, told: Told, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError) as error:
        moment(ledger, "2026-02-03")
    assert str(error.value) == ("as of 2026-02-03: no run has finished yet; use `trueup run`")
    told("2026-02-03")
    told("2026-02-05")
    there = (
        "there is no such run, snapshot, report or day; the 2 runs are as of 2026-02-03 to "
        "2026-02-05, the newest is run-2026-02-05 with snapshot snap-2026-02-05"
    )
    other = tmp_path / "other.json"
    other.write_text(json.dumps(said("snap-2026-02-03", "2026-02-05T02:30:00+00:00")))
    for name in ("2026-02-02", "snap", str(other)):
        with pytest.raises(RefusedError) as error:
            moment(ledger, name)
        assert str(error.value) == f"as of {name}: {there}"


@pytest.mark.parametrize("text", [None, "{", "[]", "\xff"])
def test_a_file_that_is_no_report_is_named(
    ledger: Ledger, told: Told, tmp_path: Path, text: str | None
) -> None:
    told("2026-02-03")
    path = tmp_path / "r.json"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))

    with pytest.raises(RefusedError, match=rf"{path}: (cannot be read as|is no) report in JSON"):
        moment(ledger, str(path))


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01"])
def test_a_day_that_is_none_is_refused(ledger: Ledger, told: Told, day: str) -> None:
    told("2026-02-03")

    with pytest.raises(RefusedError, match=f"as of {day}: is not a day; write YYYY-MM-DD"):
        moment(ledger, day)
