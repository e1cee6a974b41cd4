"""Runs of a tracking server, as usage: states, GPU-hours by day, and nothing that names people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given as examples
from hypothesis import settings as limits
from hypothesis import strategies as st

from ingest.source import Delivery
from ingest.vendor.mlflow.control import control
from ingest.vendor.mlflow.run import uses
from ingest.vendor.reply import canonical, parsed
from models.errors import BrokenError, SourceError
from models.period import Month
from models.run import usage as runusage
from models.run.file import RunFile

OCTOBER: Final = Month(2026, 10)
FIRST: Final = 1790812800000  # 2026-10-01T00:00:00Z, in milliseconds
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
EXPERIMENTS: Final = "/api/2.0/mlflow/experiments/search"
RUNS: Final = "/api/2.0/mlflow/runs/search"
GPUS: Final = tuple(f"system/gpu_{at}_utilization_percentage" for at in range(2))


def run(
    name: str,
    start: int,
    end: int | None,
    status: str = "FINISHED",
    *,
    tags: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    metrics: tuple[str, ...] = (),
) -> dict[str, Any]:
    known = {"mlflow.user": "alice", "mlflow.source.name": "/home/alice/train.py", **(tags or {})}
    return {
        "info": {
            "run_id": name,
            "experiment_id": "1",
            "user_id": "alice",
            "status": status,
            "start_time": start,
            **({"end_time": end} if end else {}),
            "lifecycle_stage": "active",
        },
        "data": {
            "metrics": [{"key": key, "value": "NaN", "step": 0} for key in ("loss", *metrics)],
            "tags": [{"key": key, "value": value} for key, value in known.items()],
            "params": [{"key": key, "value": value} for key, value in (params or {}).items()],
        },
        "inputs": {},
    }


@pytest.fixture
def given(server: Any) -> dict[str, Any]:
    names = {"1": "support-bot", "2": "scratch"}
    listed = [{"experiment_id": key, "name": name} for key, name in names.items()]
    server.on(EXPERIMENTS, {"experiments": listed})
    return {"kind": "mlflow", "tracking_uri": server.base}


@pytest.fixture
def tell(server: Any, reply: Any) -> Callable[..., None]:
    """Let the server have runs: those that ended, and those under way."""

    def told(*runs: dict[str, Any]) -> None:
        def answer(query: Any) -> Any:
            is_open = "RUNNING" in query["filter"]
            return reply(
                {"runs": [r for r in runs if (r["info"]["status"] == "RUNNING") == is_open]}
            )

        server.on(RUNS, answer)

    return told


def test_runs_count_where_they_end_and_by_how(reader: Any, given: Any, tell: Any) -> None:
    tell(
        run("a", FIRST - DAY, FIRST + HOUR),
        run("b", FIRST, FIRST + HOUR, "FAILED"),
        run("c", FIRST, FIRST + HOUR, "KILLED"),
        run("d", FIRST + 30 * DAY, FIRST + 32 * DAY),
        run("e", FIRST + DAY, None, "RUNNING"),
        run("f", FIRST - DAY, None, "RUNNING"),
    )

    found = reader.load(reader.source(given))

    assert found.charges.is_empty()
    assert found.quantities("driver", "run_id", "state") == {
        ("runs", "a", "succeeded"): 1,
        ("runs", "b", "failed"): 1,
        ("runs", "c", "cancelled"): 1,
        ("runs", "e", "running"): 1,
    }
    assert set(found.usage["unit"]) == {"support-bot"}


def test_a_run_over_months_is_cut_by_day(reader: Any, given: Any, tell: Any) -> None:
    tell(run("a", FIRST - 2 * HOUR, FIRST + 25 * HOUR, metrics=GPUS))
    source = reader.source(given)

    october = reader.load(source)
    september = reader.load(source, Month(2026, 9))

    hours = october.usage.filter(driver="gpu_hours")
    assert dict(hours.select("day", "quantity").rows()) == {
        date(2026, 10, 1): Decimal(48),
        date(2026, 10, 2): Decimal(2),
    }
    assert september.quantities("driver") == {"gpu_hours": 4}


@pytest.mark.parametrize(
    ("stated", "change", "hours"),
    [
        ({}, {}, 2),
        ({"tags": {"gpus": "8"}}, {"gpu_count": {"tag": "gpus"}}, 8),
        ({"params": {"world": "0.5"}}, {"gpu_count": {"param": "world"}}, "0.5"),
        ({}, {"gpu_count": {"tag": "gpus"}}, 2),
        ({}, {"system_metrics": False}, None),
        ({"tags": {"gpus": "0"}}, {"gpu_count": {"tag": "gpus"}}, None),
        ({"metrics": [f"system/node_{n}/gpu_0_power_usage_watts" for n in range(4)]}, {}, 4),
        ({"metrics": ["system/gpu_x_power", "gpu_0_power", "system/cpu_utilization"]}, {}, None),
    ],
)
def test_accelerators_are_stated_or_measured(
    reader: Any, given: Any, tell: Any, stated: Any, change: Any, hours: Any
) -> None:
    metrics = tuple(stated.get("metrics", (*GPUS, "system/gpu_0_memory_usage_megabytes")))
    tell(run("a", FIRST, FIRST + HOUR, **{**stated, "metrics": metrics}))

    found = reader.load(reader.source({**given, **change})).quantities("driver")

    assert found.get("gpu_hours") == (None if hours is None else Decimal(hours))


def test_a_number_of_accelerators_that_is_none_is_told(reader: Any, given: Any, tell: Any) -> None:
    tell(run("a", FIRST, FIRST + HOUR, tags={"gpus": "eight"}, metrics=GPUS))

    found = reader.load(reader.source({**given, "gpu_count": {"tag": "gpus"}}))

    assert found.quantities("driver") == {"runs": 1}
    (problem,) = found.documents[0].problems
    assert problem.rule == "gpu_count_unknown"
    assert problem.detail == "run a states no number of accelerators; it has no GPU-hours"


def nested(name: str, parent: str, **more: Any) -> dict[str, Any]:
    return run(name, FIRST, FIRST + HOUR, tags={"mlflow.parentRunId": parent}, **more)


@pytest.mark.parametrize(
    ("runs", "hours"),
    [
        ([run("p", FIRST, FIRST + 2 * HOUR, metrics=GPUS), nested("c", "p", metrics=GPUS)], "p 4"),
        ([run("p", FIRST, FIRST + 2 * HOUR), nested("c", "p", metrics=GPUS)], "c 2"),
        (
            [
                run("p", FIRST, FIRST + 2 * HOUR, metrics=GPUS),
                nested("m", "p"),
                nested("c", "m", metrics=GPUS),
            ],
            "p 4",
        ),
        (
            [run("p", FIRST - DAY, None, "RUNNING", metrics=GPUS), nested("c", "p", metrics=GPUS)],
            "",
        ),
        ([run("p", FIRST, FIRST + HOUR), nested("c", "gone", metrics=GPUS)], "c 2"),
        ([run("q", FIRST, FIRST + HOUR), nested("c", "d"), nested("d", "c", metrics=GPUS)], "d 2"),
    ],
)
def test_runs_inside_each_other_do_not_count_twice(
    reader: Any, given: Any, tell: Any, runs: Any, hours: str
) -> None:
    outside = FIRST + HOUR if hours == "" else None
    tell(*runs, *([run("o", FIRST, outside)] if outside else []))

    found = reader.load(reader.source(given))

    own = [each["info"]["run_id"] for each in runs if each["info"]["run_id"] in {"p", "q"}]
    counted = found.usage.filter(driver="runs")["run_id"].to_list()
    assert counted == (own if hours else ["o"])
    shares = found.quantities("driver", "run_id")
    shown = [
        f"{name} {q.normalize():f}" for (driver, name), q in shares.items() if driver != "runs"
    ]
    assert " ".join(shown) == hours


@pytest.mark.failure("M11")
def test_nothing_that_nobody_declared_is_kept(reader: Any, given: Any, tell: Any) -> None:
    tell(
        run(
            "a",
            FIRST,
            FIRST + HOUR,
            tags={"team": "nlp", "mlflow.note.content": "ask alice", "cluster": "east"},
            params={"base": "llama-8b", "data": "/home/alice/secret", "gpu": "H100"},
            metrics=GPUS,
        )
    )
    declared = {
        "tags": ["team", "absent"],
        "params": ["base"],
        "gpu_type": {"param": "gpu"},
        "model": {"param": "base"},
        "cluster": {"tag": "cluster"},
    }

    found = reader.load(reader.source({**given, **declared}))

    row = found.usage.filter(driver="gpu_hours").row(0, named=True)
    assert dict(row["tags"]) == {"team": "nlp", "base": "llama-8b"}
    assert (row["gpu_type"], row["model"], row["cluster"]) == ("H100", "llama-8b", "east")
    kept = reader.archive.path(found.delivery.documents[0].sha256).read_text()
    assert "alice" not in kept
    assert "secret" not in kept


def test_the_server_is_asked_for_the_month_alone(
    server: Any, reader: Any, given: Any, tell: Any
) -> None:
    tell(run("a", FIRST, FIRST + HOUR))

    reader.load(reader.source({**given, "experiments": ["SUPPORT-*"], "token": "t-1"}))

    ended, under_way = server.queries(RUNS)
    assert ended == {
        "experiment_ids": ["1"],
        "filter": f"attributes.start_time < {FIRST + 31 * DAY} AND attributes.end_time >= {FIRST}",
        "run_view_type": "ALL",
        "max_results": 200,
    }
    assert under_way["filter"].endswith("AND attributes.status = 'RUNNING'")
    assert server.headers[0]["authorization"] == "Bearer t-1"


@pytest.mark.failure("A14")
def test_pages_are_read_to_their_end_twice(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    pages = {
        None: {"runs": [run("a", FIRST, FIRST + HOUR)], "next_page_token": "p2"},
        "p2": {"runs": [run("b", FIRST, FIRST + HOUR)]},
    }

    def answer(query: Any) -> Any:
        return reply({} if "RUNNING" in query["filter"] else pages[query.get("page_token")])

    server.on(RUNS, answer)
    found = reader.load(reader.source(given))

    assert found.quantities("driver") == {"runs": 2}
    assert len(server.queries(RUNS)) == 6


@pytest.mark.failure("A08")
def test_runs_that_change_while_they_are_read_are_given_up(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    def answer(query: Any) -> Any:
        if query.get("page_token"):
            return reply({"runs": []})
        name = f"run-{len(server.asked)}"
        return reply({"runs": [run(name, FIRST, FIRST + HOUR)], "next_page_token": "p2"})

    server.on(RUNS, answer)
    (error,) = reader.fetched(reader.source(given))

    assert "kept changing while it was read, 3 times; run again later" in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"runs": 7}, "runs: 7 is not a list"),
        ({"runs": [{}]}, "runs[0].info: is missing"),
        ({"runs": [run("a", FIRST, FIRST - 1)]}, "data[0].end: is before its start"),
        ({"runs": [run("a", FIRST, FIRST + 1, "ASLEEP")]}, "'ASLEEP' is no state of a run"),
        ({"runs": [], "next_page_token": "again"}, "its pages never end"),
        ({"runs": [run("a", FIRST, FIRST) | {"data": {"tags": [{}]}}]}, "tags[0].key: is missing"),
    ],
)
def test_an_answer_that_breaks_its_contract_is_told_with_its_path(
    server: Any, reader: Any, given: Any, body: Any, said: str
) -> None:
    server.on(RUNS, body)

    (error,) = reader.fetched(reader.source(given))

    assert isinstance(error, BrokenError)
    assert said in str(error)
    assert error.period == "2026-10"


def test_a_month_without_runs_is_absent_and_promised_by_nobody(
    reader: Any, given: Any, tell: Any
) -> None:
    tell()
    source = reader.source(given)

    (error,) = reader.fetched(source)

    assert isinstance(error, SourceError)
    assert (error.state, error.period) == ("absent", "2026-10")
    assert source.due(OCTOBER) is None
    assert source.settlement.after.days == 5


def test_a_known_month_is_left_until_it_changes(reader: Any, given: Any, tell: Any) -> None:
    tell(run("a", FIRST, FIRST + HOUR))
    source = reader.source(given)
    (delivery,) = reader.fetched(source)
    known = {OCTOBER: delivery.manifest.sha256}
    again = reader.fetched(source, known=known)
    tell(run("a", FIRST, FIRST + HOUR, "FAILED"))
    (changed,) = reader.fetched(source, known=known)

    assert again == []
    assert isinstance(changed, Delivery)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "a"}, "username and password belong together"),
        ({"token": "t", "username": "a", "password": "b"}, "not both"),
        ({"gpu_count": {}}, "set one of tag and param"),
        ({"gpu_count": {"tag": "a", "param": "b"}}, "set one of tag and param"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    reader: Any, given: Any, change: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        reader.source({**given, **change})


@pytest.mark.failure("M11")
def test_a_password_is_sent_and_never_shown(
    server: Any, reader: Any, given: Any, reply: Any, tell: Any
) -> None:
    source = reader.source({**given, "username": "trueup", "password": "s3cret"})
    tell(run("a", FIRST, FIRST + HOUR))
    good = [*source.probe([OCTOBER], None)]
    sent = server.headers[0]["authorization"]
    server.on(EXPERIMENTS, reply({}, 401))
    (refused,) = source.probe([OCTOBER], None)

    assert sent == "Basic dHJ1ZXVwOnMzY3JldA=="
    assert [(each.check, each.state) for each in good] == [
        ("credentials", "ok"),
        ("delivery", "ok"),
        ("write", "unknown"),
    ]
    assert (refused.check, refused.state) == ("credentials", "fail")
    assert "set a token, or username and password" in refused.fix
    shown = f"{source!r} {good} {refused} {[*source.grants()]} {source.fingerprint}"
    assert "s3cret" not in shown
    assert "dHJ1" not in shown


@limits(max_examples=50, deadline=None)
@examples(
    start=st.integers(FIRST - 40 * DAY, FIRST + 40 * DAY),
    length=st.integers(1, 80 * DAY),
    gpus=st.decimals(0, 999, places=3),
)
def test_months_of_a_run_sum_to_it_by_both_readers(start: int, length: int, gpus: Decimal) -> None:
    kept = {
        "run_id": "a",
        "experiment": "e",
        "status": "FINISHED",
        "start": start,
        "end": start + length,
        "parent": None,
        "gpus": str(gpus),
        "gpus_measured": 0,
        "tags": {},
    }
    data = canonical({"data": [kept]})

    whole, runs = Decimal(0), 0
    for period in (Month(2026, 8) + at for at in range(8)):
        found = uses(parsed(data), period)[0]
        said = control(data, period)
        sums = {total.key: (total.rows, Decimal(total.amount)) for total in said.beside}
        for driver in ("gpu_hours", "runs"):
            own = [use.quantity for use in found if use.driver == driver]
            assert sums.get(driver, (0, 0)) == (len(own), sum(own))
        whole += sums.get("gpu_hours", (0, Decimal(0)))[1]
        runs += sums.get("runs", (0, 0))[0]

    assert abs(whole - gpus * length / HOUR) <= Decimal("1E-17")
    assert runs == 1


def test_a_run_names_its_job_and_that_its_model_was_accepted_by_tags_that_are_kept(
    reader: Any, given: Any, tell: Any
) -> None:
    tags = {"slurm_job_id": "981", "trueup.accepted": "2026-10-31", "secret": "x"}
    tell(run("a", FIRST, FIRST + HOUR, tags=tags))

    found = reader.load(reader.source({**given, "tags": ["slurm_job_id", "trueup.accepted"]}))

    owned = {"project": "p", "project_rule": "r", "period": "2026-10"}
    usage = found.usage.with_columns(**{name: pl.lit(text) for name, text in owned.items()})
    (told,) = runusage.told(usage, RunFile()).to_dicts()
    assert (told["names"], told["own"]) == (["a", "981"], True)
    assert told["accepted"] == "2026-10-31"
