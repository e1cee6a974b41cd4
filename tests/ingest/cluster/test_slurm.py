"""Jobs of Slurm become hours by day and runs, cut at the month, each allocation once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cluster import text
from ingest.cluster.clock import Clock, ClockError
from ingest.cluster.job import STATES, Job, usage
from ingest.cluster.settings import SlurmSettings
from ingest.cluster.tres import TresError, accelerators
from models.beside import RUN_STATES
from models.errors import BrokenError, EmptyError
from models.period import Month

HEAD: Final = (
    "JobIDRaw|JobID|Cluster|Account|Partition|State|Submit|Start|End|ElapsedRaw|AllocTRES|User"
)
JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
ORACLE: Final = json.loads(
    (Path(__file__).parents[2] / "oracles" / "sacct_clip.json").read_text("utf-8")
)


def seconds(start: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def line(
    job: int | str,
    start: str,
    end: str,
    gpus: int | str = 8,
    *,
    account: str = "nlp",
    state: str = "COMPLETED",
    elapsed: int | None = None,
    submit: str = "2025-12-01T00:00:00",
) -> str:
    ran = elapsed if elapsed is not None else seconds(start, end)
    tres = f"billing=96,cpu=96,gres/gpu={gpus},gres/gpu:h100={gpus},mem=1T,node=1"
    shown = gpus if isinstance(gpus, str) else tres
    cells = (job, job, "c1", account, "long", state, submit, start, end, ran, shown, "ann")
    return "|".join(map(str, cells))


def sheet(*lines: str) -> str:
    return "".join(f"{each}\n" for each in (HEAD, *lines))


@pytest.fixture
def slurm(meter: Callable[..., Any]) -> Callable[..., Any]:
    def build(*lines: str, **changes: Any) -> Any:
        made = meter(kind="slurm", location="in", time_zone="UTC", **changes)
        if lines:
            made.put("sacct.txt", sheet(*lines))
        return made

    return build


def hours(usage: pl.DataFrame) -> Decimal:
    return sum(usage.filter(driver="gpu_hours")["quantity"].to_list(), Decimal(0))


def test_the_oracle_of_jobs_that_touch_a_month_holds(slurm: Callable[..., Any]) -> None:
    lines = [line(n, row[0], row[1], row[2]) for n, row in enumerate(ORACLE["rows"], start=1)]
    used = slurm(*lines).usage()
    by_job = {
        job: hours(used.filter(run_id=job)).quantize(Decimal("0.000001"))
        for job in ("1", "2", "3", "4")
    }
    assert [*by_job.values()] == [Decimal(each) for each in ORACLE["gpu_hours"]]
    assert hours(used).quantize(Decimal("0.000001")) == Decimal(ORACLE["total"])
    assert hours(used) < Decimal(ORACLE["unclipped_total"])


def test_a_job_is_cut_at_each_midnight_and_keeps_who_what_and_how(
    slurm: Callable[..., Any],
) -> None:
    made = slurm(line(7, "2026-01-30T12:00:00", "2026-02-01T12:00:00", 2, state="FAILED"))
    found = made.usage().select("day", "quantity", "unit", "cluster", "gpu_type", "state", "run_id")
    same = ("nlp", "c1", "H100", "failed", "7")
    assert found.rows() == [
        (date(2026, 1, 30), Decimal(24), *same),
        (date(2026, 1, 31), Decimal(48), *same),
    ]
    later = made.usage(FEBRUARY).select("driver", "day", "quantity", "state")
    assert later.rows() == [
        ("gpu_hours", date(2026, 2, 1), Decimal(24), "failed"),
        ("runs", date(2026, 2, 1), Decimal(1), "failed"),
    ]


@pytest.mark.failure("A19")
def test_a_job_that_ends_at_midnight_is_of_the_month_before(slurm: Callable[..., Any]) -> None:
    made = slurm(line(7, "2026-01-31T23:00:00", "2026-02-01T00:00:00", 1))
    assert made.usage().select("driver", "day").rows() == [
        ("gpu_hours", date(2026, 1, 31)),
        ("runs", date(2026, 1, 31)),
    ]
    assert "no row is of 2026-02" in str(made.error(FEBRUARY))


@pytest.mark.parametrize(
    ("tres", "expected"),
    [
        ("cpu=4,gres/gpu=8,gres/gpu:h100=8", (8, "H100")),
        ("gres/gpu=8", (8, None)),
        ("gres/gpu:a100=2,gres/gpu:h100=4", (6, None)),
        ("gres/gpu:a100=2", (2, "A100")),
        ("gres/gpu:a100=0,gres/gpu:h100=4", (4, "H100")),
        ("billing=4,cpu=4,gres/gpumem=80G,gres/shard=3,mem=1T,node=1", (0, None)),
        ("", (0, None)),
    ],
)
def test_accelerators_are_counted_untyped_or_typed_and_never_both(
    tres: str, expected: tuple[int, str | None]
) -> None:
    assert accelerators(tres) == expected


@pytest.mark.parametrize(
    ("tres", "said"),
    [("gres/gpu=8G", "has '8G' accelerators, which is no count"), ("eight", "no list of name=")],
)
def test_a_text_that_is_no_resources_is_refused(tres: str, said: str) -> None:
    with pytest.raises(TresError, match=said):
        accelerators(tres)


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("COMPLETED", "succeeded"),
        ("CANCELLED by 1001", "cancelled"),
        ("CANCELLED+", "cancelled"),
        ("PREEMPTED", "preempted"),
        ("NODE_FAIL", "failed"),
        ("TIMEOUT", "failed"),
        ("OUT_OF_MEMORY", "failed"),
    ],
)
def test_what_a_job_used_counts_however_it_ended(
    slurm: Callable[..., Any], state: str, ours: str
) -> None:
    made = slurm(line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4, state=state))
    assert made.usage().select("driver", "quantity", "state").rows() == [
        ("gpu_hours", Decimal(4), ours),
        ("runs", Decimal(1), ours),
    ]


def test_every_state_is_one_of_ours() -> None:
    assert {*STATES.values()} == {*RUN_STATES, "waiting"}


def test_a_running_job_counts_up_to_when_it_was_asked_and_is_no_run_yet(
    slurm: Callable[..., Any],
) -> None:
    made = slurm(line(7, "2026-01-05T00:00:00", "Unknown", 4, state="RUNNING", elapsed=5400))
    assert made.usage().select("driver", "quantity", "state").rows() == [
        ("gpu_hours", Decimal(6), "running")
    ]
    assert made.told()["running"] == (
        "1 jobs still ran when sacct was called, and count up to then"
    )


def test_lines_that_are_no_usage_are_passed_by_and_told(slurm: Callable[..., Any]) -> None:
    day = ("2026-01-05T00:00:00", "2026-01-05T01:00:00")
    made = slurm(
        line(7, *day, 4),
        line("7.batch", *day, 4),
        line("7.0", *day, 4),
        line(8, "Unknown", "Unknown", 4, state="PENDING", elapsed=0),
        line(9, *day, "cpu=4,mem=1G,node=1"),
    )
    assert hours(made.usage()) == 4
    told = made.told()
    assert told["steps"].startswith("2 lines are steps of jobs, such as 123.batch, and not counted")
    assert told["waiting"] == "1 jobs never started, and used nothing"
    assert told["no_gpus"] == "1 jobs held no accelerators, and are no usage of any"


def test_a_requeued_job_counts_each_time_and_a_line_told_twice_counts_once(
    slurm: Callable[..., Any],
) -> None:
    first = line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4, state="PREEMPTED")
    again = line(7, "2026-01-06T00:00:00", "2026-01-06T02:00:00", 4)
    made = slurm(first, again, first)
    assert hours(made.usage()) == 12
    assert made.usage().filter(driver="runs")["state"].to_list() == ["succeeded", "preempted"]
    assert made.told()["repeated"] == "1 lines are told better by a later one, and not counted"


@pytest.mark.failure("C04")
def test_of_several_files_the_one_that_saw_a_job_end_counts(slurm: Callable[..., Any]) -> None:
    made = slurm()
    running = line(7, "2026-01-05T00:00:00", "Unknown", 4, state="RUNNING", elapsed=3600)
    made.put("b.txt", sheet(running))
    made.put("a.txt", sheet(line(7, "2026-01-05T00:00:00", "2026-01-05T03:00:00", 4)))
    assert hours(made.usage()) == 12
    made.put("c.txt", sheet(line(7, "2026-01-05T00:00:00", "2026-01-05T03:00:00", 4)))
    assert hours(made.usage()) == 12


def test_files_of_months_tell_the_part_of_their_month(slurm: Callable[..., Any]) -> None:
    made = slurm(pattern="{month}.txt")
    job = line(7, "2026-01-31T22:00:00", "2026-02-01T02:00:00", 2)
    for month in ("2026-01", "2026-02"):
        made.put(f"{month}.txt", sheet(job))
    assert [hours(made.usage(month)) for month in (JANUARY, FEBRUARY)] == [Decimal(4), Decimal(4)]
    assert [len(found.documents) for found in made.fetched(JANUARY, FEBRUARY)] == [1, 1]


@pytest.mark.parametrize(
    ("start", "end", "elapsed", "expected"),
    [
        # the clocks went forward at 02:00, and back at 03:00 in the other
        ("2026-03-29T01:00:00", "2026-03-29T04:00:00", 7200, 2),
        ("2026-10-25T01:00:00", "2026-10-25T04:00:00", 14400, 4),
        ("2026-10-25T02:30:00", "2026-10-25T02:45:00", 900, "0.25"),
        ("2026-10-25T02:30:00", "2026-10-25T02:15:00", 2700, "0.75"),
        ("2026-10-25T02:30:00", "2026-10-25T02:45:00", 4500, "1.25"),
    ],
)
def test_hours_are_right_when_the_clocks_change(
    slurm: Callable[..., Any], start: str, end: str, elapsed: int, expected: str | int
) -> None:
    made = slurm(line(7, start, end, 1, elapsed=elapsed))
    made.given["time_zone"] = "Europe/Berlin"
    month = Month.parse(start[:7])
    assert hours(made.usage(month)) == Decimal(expected)
    assert "suspended" not in made.told(month)


@pytest.mark.failure("A19")
def test_local_midnight_is_not_where_a_month_begins(slurm: Callable[..., Any]) -> None:
    made = slurm(line(7, "2026-02-01T00:00:00", "2026-02-01T02:00:00", 1))
    made.given["time_zone"] = "Europe/Berlin"
    assert [hours(made.usage()), hours(made.usage(FEBRUARY))] == [Decimal(1), Decimal(1)]


def test_a_suspended_job_counts_what_it_ran(slurm: Callable[..., Any]) -> None:
    made = slurm(line(7, "2026-01-31T22:00:00", "2026-02-01T02:00:00", 2, elapsed=7200))
    assert [hours(made.usage()), hours(made.usage(FEBRUARY))] == [Decimal(2), Decimal(2)]
    assert made.told()["suspended"] == "1 jobs stood still for a while, which is not counted"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            line(8, "2026-01-05", "2026-01-06T00:00:00", elapsed=1),
            "sacct.txt:2:Start: '2026-01-05': is not a time written like 2026-01-31T23:59:59",
        ),
        (
            line(8, "2026-01-05T00:00:00", "2026-01-05T00:30:00", elapsed=3600),
            "sacct.txt:2:ElapsedRaw: '3600': is longer than from 2026-01-05T00:00:00 to",
        ),
        (
            line(8, "2026-01-05T00:00:00", "2026-01-05T00:30:00", elapsed=-1),
            "sacct.txt:2:ElapsedRaw: '-1': is no whole number of seconds",
        ),
        (
            line(8, "2026-01-05T00:00:00", "2026-01-05T00:30:00", state="DONE"),
            "sacct.txt:2:State: 'DONE': is no state of a job that is known",
        ),
        (
            line(8, "2026-01-05T00:00:00", "2026-01-05T00:30:00", "gpu"),
            "sacct.txt:2:AllocTRES: 'gpu': is no list of name=count",
        ),
        (
            line("8|9", "2026-01-05T00:00:00", "2026-01-05T00:30:00"),
            "sacct.txt:2: '14': cells, where 12 columns are named; if a text holds the delimiter, ",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_set_aside_with_its_place(
    slurm: Callable[..., Any], bad: str, said: str
) -> None:
    made = slurm(line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4), bad)
    (problem,) = made.loaded().problems
    assert said in str(problem)
    if not problem.column:
        assert "with --delimiter=$'\\x1f' and say delimiter here" in str(problem)
    assert hours(made.usage()) == 4
    made.put("sacct.txt", sheet(bad))
    assert "no other line can be read" in str(made.error())


def test_a_time_that_the_clocks_leaped_over_is_none() -> None:
    with pytest.raises(ClockError, match="is a time that the clocks of Europe/Berlin leaped over"):
        Clock("Europe/Berlin").instants("2026-03-29T02:30:00")


def test_columns_are_named_by_the_first_line_or_by_the_settings(
    slurm: Callable[..., Any],
) -> None:
    job = line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4)
    made = slurm(columns=HEAD.split("|"), delimiter="\x1f")
    made.put("sacct.txt", f"{job}\n".replace("|", "\x1f"))
    assert hours(made.usage()) == 4
    made.put("sacct.txt", sheet(job).replace("|", "\x1f"))
    assert hours(made.usage()) == 4


@pytest.mark.failure("B10")
@pytest.mark.parametrize(
    ("content", "changes", "said"),
    [
        (
            "JobID|Account|State|Start|End\n",
            {},
            "sacct.txt:1: the first line names no ElapsedRaw, AllocTRES; call sacct without -n",
        ),
        (
            "1|a\n",
            {"columns": ["Start", "Account"]},
            "columns lacks JobIDRaw, State, End, ElapsedRaw, AllocTRES; add them to -o of sacct",
        ),
        ("", {}, "is empty (0 bytes); write it again"),
        (HEAD, {}, "is cut short"),
        ("a\xff", {}, "is cut short"),
    ],
)
def test_a_file_that_is_not_as_declared_is_refused(
    slurm: Callable[..., Any], content: str, changes: dict[str, Any], said: str
) -> None:
    made = slurm(**changes)
    made.put("sacct.txt", content)
    error = made.error()
    assert isinstance(error, BrokenError)
    assert said in str(error)


@pytest.mark.failure("H14")
def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(
    slurm: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = slurm(line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4))
    monkeypatch.setattr(text, "LIMIT", 100)
    assert "is larger than 0 MiB; write one file a month" in str(made.error())


def test_a_file_without_a_job_is_empty(slurm: Callable[..., Any]) -> None:
    made = slurm()
    made.put("sacct.txt", f"{HEAD}\n")
    assert isinstance(made.error(), EmptyError)


def test_names_of_users_are_dropped_unless_told(slurm: Callable[..., Any]) -> None:
    job = line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4)
    assert slurm(job).usage()["tags"].to_list()[0] == {"Partition": "long"}
    assert slurm(job, tags=["User"]).usage()["tags"].to_list()[0] == {"User": "ann"}


@pytest.mark.parametrize("zone", [None, "Berlin", "../etc/passwd", ""])
def test_the_zone_of_the_clocks_must_be_said(zone: str | None) -> None:
    given = {"kind": "slurm", "location": "in"} | ({} if zone is None else {"time_zone": zone})
    with pytest.raises(ValueError, match="time_zone") as caught:
        SlurmSettings.model_validate(given)
    if zone is not None:
        assert "is no time zone of this machine; write one like Europe/Berlin" in str(caught.value)


def test_what_does_not_change_is_not_delivered_again(slurm: Callable[..., Any]) -> None:
    made = slurm(line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4))
    delivery = made.delivery()
    assert made.fetched(known={JANUARY: delivery.manifest.sha256}) == []


def test_doctor_looks_for_the_newest_file(slurm: Callable[..., Any]) -> None:
    made = slurm(line(7, "2026-01-05T00:00:00", "2026-01-05T01:00:00", 4))
    found = [*made.source.probe((JANUARY,), datetime(2026, 2, 1, tzinfo=UTC))]
    assert {each.check: each.state for each in found} == {
        "list": "ok",
        "read": "ok",
        "delivery": "ok",
        "schema": "ok",
    }
    made.put("sacct.txt", sheet(line(7, "?", "2026-01-05T01:00:00", 4, elapsed=1)))
    *_, wrong = made.source.probe((JANUARY,), datetime(2026, 2, 1, tzinfo=UTC))
    assert (wrong.check, wrong.state) == ("schema", "warn")
    assert wrong.detail.startswith("sacct.txt: row 1, Start: '?' is not a time written like")
    made.put("sacct.txt", "JobID|Account\n")
    *_, wrong = made.source.probe((JANUARY,), datetime(2026, 2, 1, tzinfo=UTC))
    assert (wrong.check, wrong.state) == ("schema", "fail")
    assert wrong.detail.startswith("sacct.txt:1: the first line names no State, Start")


@given(
    start=st.integers(0, 80 * 86400),
    wall=st.integers(1, 40 * 86400),
    gpus=st.integers(1, 64),
    still=st.integers(0, 3600),
)
def test_months_and_days_of_a_job_add_up_to_what_it_ran(
    start: int, wall: int, gpus: int, still: int
) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    job = Job(
        row=1,
        id="1",
        run_id="1",
        submit="",
        account="nlp",
        cluster=None,
        start=first,
        end=first + timedelta(seconds=wall),
        elapsed=max(0, wall - still),
        gpus=gpus,
        gpu_type=None,
        state="succeeded",
        has_ended=True,
        tags={},
    )
    assert sum(job.hours(month) for month in job.months) * 3600 == job.elapsed * gpus
    rows = [row for month in job.months for row in usage(job, month)]
    used = sum((row.quantity for row in rows if row.driver == "gpu_hours"), Decimal(0))
    assert abs(used * 3600 - job.elapsed * gpus) < Decimal("0.00000000000001")
    assert [row.driver for row in rows].count("runs") == 1
