"""An organization's costs, usage and jobs, from a server on this machine."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.api import PATIENCE
from ingest.source import Delivery
from models.errors import BrokenError, SourceError
from models.period import Month

OCTOBER: Final = Month(2026, 10)
FIRST: Final = 1790812800  # 2026-10-01T00:00:00Z
DAY: Final = 86_400
COSTS: Final = "/v1/organization/costs"
JOBS: Final = "/v1/fine_tuning/jobs"
TUNED: Final = "ft:gpt-4o-mini-2024-07-18:acme:support:AbC"


def line(
    amount: object,
    item: str | None = "gpt-4o-mini, input",
    project: str | None = "proj_a",
    **more: Any,
) -> dict[str, Any]:
    return {
        "object": "organization.costs.result",
        "amount": {"value": amount, "currency": "usd"},
        "line_item": item,
        "project_id": project,
        **more,
    }


def bucket(day: int, *results: dict[str, Any]) -> dict[str, Any]:
    start = FIRST + (day - 1) * DAY
    return {"object": "bucket", "start_time": start, "end_time": start + DAY, "results": [*results]}


def page(*buckets: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {
        "object": "page",
        "data": [*buckets],
        "has_more": following is not None,
        "next_page": following,
    }


@pytest.fixture
def given(server: Any) -> dict[str, Any]:
    return {
        "kind": "openai_costs",
        "key": "sk-admin-1",
        "organization": "acme",
        "base_url": f"{server.base}/v1",
    }


@pytest.mark.failure("A14")
def test_costs_of_all_pages_become_charges(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    first = page(bucket(1, line(0.1), line("0.20", TUNED + ", output")), following="p2")
    last = page(bucket(2, line(3, "gpt-4o-mini-2024-07-18, training", None)))
    server.on(COSTS, lambda query: reply(last if query.get("page") == ["p2"] else first))

    found = reader.load(reader.source(given))

    assert [document.name for document in found.delivery.documents] == [
        "costs/2026-10/1.json",
        "costs/2026-10/2.json",
    ]
    charges = found.charges.sort("billed_cost")
    assert charges["billed_cost"].to_list() == [Decimal("0.1"), Decimal("0.2"), Decimal(3)]
    assert charges["x_tco_cost"].to_list() == charges["effective_cost"].to_list()
    assert charges["sub_account_id"].to_list() == ["proj_a", "proj_a", None]
    assert charges["x_workload"].to_list() == ["inference", "inference", "training"]
    assert charges["resource_name"].to_list() == [None, TUNED, None]
    assert charges["resource_type"].to_list() == [None, "Fine-tuned model", None]
    assert charges["x_usage_type"][2] == "gpt-4o-mini-2024-07-18, training"
    assert set(charges["billing_currency"]) == {"USD"}
    assert set(charges["billing_account_id"]) == {"acme"}
    assert charges["charge_period_start"].dt.date().to_list() == [
        date(2026, 10, 1),
        date(2026, 10, 1),
        date(2026, 10, 2),
    ]


def test_a_month_is_asked_as_documented(server: Any, reader: Any, given: Any) -> None:
    server.on(COSTS, page(bucket(1, line(1))))

    reader.load(reader.source({**given, "api_keys": True}))

    (asked,) = server.queries(COSTS)
    assert asked == {
        "start_time": [str(FIRST)],
        "end_time": [str(FIRST + 31 * DAY)],
        "bucket_width": ["1d"],
        "limit": ["180"],
        "group_by[]": ["project_id", "line_item", "api_key_id"],
    }
    assert server.headers[0]["authorization"] == "Bearer sk-admin-1"


AMOUNTS: Final = {
    "0.1": "0.1",
    '"0.1"': "0.1",
    "1e-7": "0.0000001",
    '"0.123456789012345678"': "0.123456789012345678",
    "0.1234567890123456785": "0.123456789012345679",
    "1234567890123456789.01": "1234567890123456789.01",
    "-2.5": "-2.5",
    "0": "0",
}


@pytest.mark.failure("B15")
def test_amounts_are_the_digits_they_are_written_with(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    body = json.dumps(page(bucket(1, *(line(f"@{at}") for at in range(len(AMOUNTS))))))
    for at, written in enumerate(AMOUNTS):
        body = body.replace(f'"@{at}"', written)
    server.on(COSTS, reply(body.encode()))

    found = reader.load(reader.source(given)).charges

    assert found["billed_cost"].to_list() == [Decimal(cost) for cost in AMOUNTS.values()]
    credits_ = found.filter(charge_category="Credit")
    assert credits_["billed_cost"].to_list() == [Decimal("-2.5")]


def test_a_sample_from_the_documentation_is_read(server: Any, reader: Any, given: Any) -> None:
    shared = Path(os.environ.get("TRUEUP_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))
    folder = shared / "openai"
    if not folder.is_dir():
        pytest.skip("the samples are not here")
    read = {path.name.partition(".")[0]: json.loads(path.read_bytes()) for path in folder.iterdir()}
    costs = read["organization_costs"]
    usage = {**read["organization_usage_completions"], "has_more": False, "next_page": None}
    job = read["fine_tuning_jobs_fine_tuning_job_id"]
    server.on(COSTS, costs)
    server.on("/v1/organization/usage/completions", usage)
    server.on(JOBS, {"object": "list", "data": [job], "has_more": False})
    asked = {
        **given,
        "usage": ["completions"],
        "tokens": "usage",
        "jobs": [{"project": "proj_a", "key": "sk-a"}],
    }

    november = reader.load(reader.source(asked), Month(2024, 11))
    server.on(COSTS, page())
    server.on("/v1/organization/usage/completions", page())
    august = reader.load(reader.source(asked), Month(2023, 8))

    assert november.charges["billed_cost"].to_list() == [Decimal("0.06")]
    assert november.quantities("driver", "detail") == {
        ("requests", None): 5,
        ("tokens", "input"): 600,
        ("tokens", "cached input"): 400,
        ("tokens", "output"): 500,
    }
    assert august.quantities("driver", "state") == {
        ("runs", "succeeded"): 1,
        ("tokens", "succeeded"): 5768,
    }


def test_quantities_are_tokens_of_their_kind(server: Any, reader: Any, given: Any) -> None:
    rows = [
        line(1, "gpt-4o, input", quantity=1500, quantity_unit="tokens"),
        line(1, "gpt-4o, training", quantity="2.5", quantity_unit="1000_tokens"),
        line(1, "whisper", quantity=60, quantity_unit="duration_seconds"),
        line(1, "sora", quantity=2, quantity_unit="reels"),
        line(-1, "gpt-4o, input", quantity=7, quantity_unit="tokens"),
    ]
    server.on(COSTS, page(bucket(1, *rows)))

    found = reader.load(reader.source(given))

    assert found.charges.select("consumed_quantity", "consumed_unit").rows() == [
        (Decimal(1500), "Tokens"),
        (Decimal(2500), "Tokens"),
        (Decimal(60), "Seconds"),
        (Decimal(2), "reels"),
        (None, None),
    ]
    assert found.charges["pricing_unit"][1] == "1000 Tokens"
    assert found.quantities("driver", "detail", "model") == {
        ("tokens", "input", "gpt-4o"): 1500,
        ("tokens", "training", "gpt-4o"): 2500,
    }


def job(name: str, created: int, **more: Any) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job",
        "id": name,
        "model": "gpt-4o-mini",
        "created_at": created,
        "finished_at": None,
        "status": "running",
        "trained_tokens": None,
        "training_file": "file-secret",
        **more,
    }


@pytest.fixture
def with_jobs(server: Any, given: Any) -> dict[str, Any]:
    server.on(COSTS, page(bucket(1, line(1, quantity=10, quantity_unit="tokens"))))
    return {**given, "tokens": "usage", "jobs": [{"project": "proj_a", "key": "sk-a"}]}


def test_jobs_are_runs_of_the_month_they_end_in(
    server: Any, reader: Any, with_jobs: Any, reply: Any
) -> None:
    done = {"status": "succeeded", "trained_tokens": 5768, "finished_at": FIRST + DAY}
    named = {"metadata": {"team": "ml"}, "user_provided_suffix": "support"}
    first = [job("ftjob-3", FIRST + 9), job("ftjob-2", FIRST - DAY, **done, **named)]
    last = [
        job("ftjob-1", FIRST - 9, status="failed", finished_at=FIRST - 1),
        job("ftjob-0", FIRST - DAY, status="cancelled", finished_at=FIRST),
    ]
    server.on(
        JOBS,
        lambda query: reply(
            {"data": last, "has_more": False}
            if query.get("after") == ["ftjob-2"]
            else {"data": first, "has_more": True}
        ),
    )

    found = reader.load(reader.source(with_jobs))

    assert found.quantities("driver", "run_id", "state", "detail") == {
        ("runs", "ftjob-0", "cancelled", None): 1,
        ("runs", "ftjob-2", "succeeded", None): 1,
        ("runs", "ftjob-3", "running", None): 1,
        ("tokens", "ftjob-2", "succeeded", "training"): 5768,
    }
    (tags,) = found.usage.filter(driver="runs", run_id="ftjob-2")["tags"].to_list()
    assert dict(tags) == {"team": "ml", "suffix": "support"}
    assert found.usage["unit"].unique().to_list() == ["proj_a"]
    assert server.headers[-1]["authorization"] == "Bearer sk-a"
    kept = reader.archive.path(found.delivery.documents[-1].sha256).read_bytes()
    assert b"file-secret" not in kept


def test_jobs_in_a_new_state_are_refused_with_their_path(
    server: Any, reader: Any, with_jobs: Any
) -> None:
    server.on(JOBS, {"data": [job("ftjob-1", FIRST, status="dreaming")], "has_more": False})

    with pytest.raises(BrokenError) as caught:
        reader.load(reader.source(with_jobs))

    assert "data[0].status: 'dreaming' is no state of a job that is known" in str(caught.value)


def test_a_list_of_jobs_that_never_ends_is_given_up(
    server: Any, reader: Any, with_jobs: Any
) -> None:
    server.on(JOBS, {"data": [job("ftjob-1", FIRST)], "has_more": True})

    (error,) = reader.fetched(reader.source(with_jobs))

    assert "its pages never end; run again later" in str(error)


@pytest.mark.failure("A01")
def test_an_unchanged_month_is_not_delivered_again(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    costs = [bucket(1, line(1)), bucket(2, line(2))]
    cursors = iter(range(99))

    def answer(query: Any) -> Any:
        if "page" in query:
            return reply(page(costs[1]))
        return reply(page(costs[0], following=f"at-{next(cursors)}"))

    server.on(COSTS, answer)
    source = reader.source(given)
    (delivery,) = reader.fetched(source)
    known = {OCTOBER: delivery.manifest.sha256}
    again = reader.fetched(source, known=known)
    costs[1] = bucket(2, line("2.01"))
    (changed,) = reader.fetched(source, known=known)

    assert again == []
    assert isinstance(changed, Delivery)
    assert changed.version != delivery.version


@pytest.mark.failure("A08")
@pytest.mark.parametrize("changes", [1, 3])
def test_pages_that_change_while_they_are_read_are_read_again(
    server: Any, reader: Any, given: Any, reply: Any, changes: int
) -> None:
    told: list[int] = []

    def answer(query: Any) -> Any:
        if "page" in query:
            told.append(1)
            return reply(page(bucket(2, line(5))))
        return reply(page(bucket(1, line(min(len(told), changes))), following="p2"))

    server.on(COSTS, answer)
    (found,) = reader.fetched(reader.source(given))

    if changes == 3:
        assert "kept changing while it was read, 3 times; run again later" in str(found)
    else:
        assert isinstance(found, Delivery)
        charges = reader.loaded(reader.source(given), found).charges
        assert charges["billed_cost"].sum() == Decimal(6)


@pytest.mark.failure("A08")
def test_a_row_on_two_pages_is_never_counted_twice(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    moved = line(7)
    first = page(bucket(1, line(1), moved), following="p2")
    server.on(COSTS, lambda query: reply(page(bucket(1, moved)) if "page" in query else first))

    (error,) = reader.fetched(reader.source(given))

    assert isinstance(error, BrokenError)
    assert "kept changing" in str(error)


def test_a_cursor_that_comes_back_is_given_up(server: Any, reader: Any, given: Any) -> None:
    server.on(COSTS, page(bucket(1, line(1)), following="p2"))

    (error,) = reader.fetched(reader.source(given))

    assert "its pages never end" in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"object": "page"}, "data: is missing"),
        ({"object": "page", "data": 4}, "data: 4 is not a list"),
        (page(bucket(1)) | {"has_more": True}, "next_page: is missing, though there is more"),
        (page(bucket(1)) | {"has_more": "yes"}, 'has_more: "yes" is not true or false'),
        (b"{", "is no JSON"),
        (b'{"data": [], "data": []}', "a name stands twice in one object"),
        (b'{"data": [NaN]}', "NaN is no number"),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
    ],
)
@pytest.mark.failure("A11")
def test_an_answer_that_is_none_is_refused(
    server: Any, reader: Any, given: Any, reply: Any, body: Any, said: str
) -> None:
    server.on(COSTS, reply(body))

    (error,) = reader.fetched(reader.source(given))

    assert isinstance(error, BrokenError)
    assert error.period == "2026-10"
    assert "/organization/costs" in str(error)
    assert said in str(error)


@pytest.mark.failure("K07")
def test_the_page_of_a_proxy_is_no_answer(server: Any, reader: Any, given: Any, reply: Any) -> None:
    server.on(COSTS, reply(b"\n<!DOCTYPE html><title>Sign in</title>"))

    (error,) = reader.fetched(reader.source(given))

    assert isinstance(error, BrokenError)
    assert "is a web page, not an answer of the API; check the address" in str(error)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"amount": None}, "data[0].results[0].amount: is missing"),
        ({"amount": {"value": "x", "currency": "usd"}}, 'amount.value: "x" is not a number'),
        ({"amount": {"value": True, "currency": "usd"}}, "amount.value: true is not a number"),
        ({"amount": {"value": 1}}, "data[0].results[0].amount.currency: is missing"),
        ({"amount": {"value": "1e19", "currency": "usd"}}, "at most 19 digits before the point"),
        ({"line_item": 7}, "data[0].results[0].line_item: 7 is not text"),
        ({"object": "organization.rebates"}, "holds rows of organization.rebates"),
        ({"object": None}, "data[0].results[0].object: is missing"),
    ],
)
def test_a_row_that_breaks_its_contract_refuses_the_month_with_its_path(
    server: Any, reader: Any, given: Any, row: Any, said: str
) -> None:
    server.on(COSTS, page(bucket(1, line(1) | row)))

    with pytest.raises(BrokenError) as caught:
        reader.load(reader.source(given))

    assert said in str(caught.value)
    assert "costs/2026-10/1.json" in str(caught.value)


def test_members_that_nobody_knows_are_no_harm(server: Any, reader: Any, given: Any) -> None:
    new = line(1, organization_id="org-1", mood={"a": [1]})
    server.on(COSTS, page(bucket(1, new)) | {"etag": "x"})

    assert reader.load(reader.source(given)).charges.height == 1


def test_a_day_outside_the_month_is_refused(server: Any, reader: Any, given: Any) -> None:
    server.on(COSTS, page(bucket(32, line(1))))

    with pytest.raises(BrokenError) as caught:
        reader.load(reader.source(given))

    assert "data[0]: is from 2026-11-01, outside 2026-10" in str(caught.value)


def test_own_patterns_come_before_the_built_in_ones(server: Any, reader: Any, given: Any) -> None:
    items = ["GPT-4o, Input", "gpt-4o, labels", "vector store storage", None]
    server.on(COSTS, page(bucket(1, *(line(1, item) for item in items))))

    found = reader.load(reader.source({**given, "workloads": {"labeling": ["*LABELS"]}}))

    assert found.charges["x_workload"].to_list() == ["inference", "labeling", "storage", "other"]


@pytest.mark.failure("K03")
@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (401, "forbidden", "answered 401; check the key and what it may read"),
        (403, "forbidden", "answered 403"),
        (404, "broken", "answered 404; check the address"),
        (400, "broken", "answered 400; check the settings"),
        (500, "broken", "still answers 500 after 2 attempts"),
    ],
)
def test_refusals_are_told_apart(
    server: Any, reader: Any, given: Any, reply: Any, status: int, state: str, said: str
) -> None:
    server.on(COSTS, reply({"error": {"message": "sk-admin-1 is wrong"}}, status))

    (error,) = reader.fetched(reader.source({**given, "attempts": 2}))

    assert isinstance(error, SourceError)
    assert (error.state, error.period) == (state, "" if status in {401, 403, 404} else "2026-10")
    assert said in str(error)
    assert "sk-admin" not in str(error)


def test_a_fault_of_one_month_does_not_stop_the_others(
    server: Any, reader: Any, given: Any, reply: Any
) -> None:
    def answer(query: Any) -> Any:
        start = int(query["start_time"][0])
        if start == FIRST:
            return reply({}, 503)
        if start > FIRST:
            return reply(page())
        return reply(page(bucket(-29, line(1))))

    server.on(COSTS, answer)
    months = [Month(2026, 9), OCTOBER, Month(2026, 11)]
    good, broken, absent = reader.fetched(reader.source({**given, "attempts": 1}), months)

    assert isinstance(good, Delivery)
    assert (broken.state, broken.period) == ("broken", "2026-10")
    assert (absent.state, absent.period) == ("absent", "2026-11")
    assert "nothing is reported for 2026-11" in str(absent)


@pytest.mark.failure("K01")
def test_a_server_that_stays_busy_is_not_waited_for_month_by_month(
    server: Any, reader: Any, given: Any, reply: Any, slept: list[float]
) -> None:
    server.on(COSTS, reply({}, 429, {"retry-after": "100"}))
    months = [Month(2026, number) for number in range(1, 10)]

    found = reader.fetched(reader.source(given), months)

    assert [(error.state, error.period) for error in found] == [
        ("broken", str(month)) for month in months
    ]
    assert "has been busy for 600 s in this run; the next run goes on" in str(found[-1])
    assert sum(map(int, slept)) == PATIENCE


def test_a_month_is_due_and_final_as_set(reader: Any, given: Any) -> None:
    plain = reader.source(given)
    strict = reader.source({**given, "expected_by_day": 3, "expected_every_hours": 48})

    assert plain.due(OCTOBER) is None
    assert f"{strict.due(OCTOBER):%Y-%m-%d %H:%M}" == "2026-11-04 00:00"
    assert (plain.settlement.after.days, plain.settlement.every) == (5, None)
    assert strict.settlement.every.days == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tokens": "usage"}, "tokens come from usage, but none is read"),
        (
            {"jobs": [{"project": "p", "key": "a"}, {"project": "p", "key": "b"}]},
            "jobs names a project twice",
        ),
        ({"workloads": {"training": ["  "]}}, "is blank; write a text"),
        ({"workloads": {"fun": ["*"]}}, "Input should be 'training'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    reader: Any, given: Any, change: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said.replace("(", "\\(")):
        reader.source({**given, **change})


@pytest.mark.failure("M11")
def test_keys_are_in_no_text_about_a_source(reader: Any, with_jobs: Any) -> None:
    source = reader.source(with_jobs)

    shown = f"{source!r} {source.fingerprint} {[*source.grants()]}"
    assert "sk-a" not in shown
    assert "proj_a" in shown


def test_the_check_up_tells_what_works(server: Any, reader: Any, given: Any, reply: Any) -> None:
    source, months = reader.source(given), [OCTOBER, Month(2026, 9)]
    server.on(COSTS, page(bucket(1, line(1))))
    good = [(each.check, each.state) for each in source.probe(months, None)]
    server.on(COSTS, page())
    empty = [(each.check, each.state) for each in source.probe(months, None)]
    server.on(COSTS, reply({}, 403))
    (refused,) = source.probe(months, None)
    server.on(COSTS, reply({}, 500))
    (down,) = source.probe(months, None)

    assert good == [("credentials", "ok"), ("delivery", "ok"), ("write", "unknown")]
    assert empty == [("credentials", "ok"), ("delivery", "warn"), ("write", "unknown")]
    assert (refused.check, refused.state) == ("credentials", "fail")
    assert "make an admin key that may read usage" in refused.fix
    assert (down.check, down.state) == ("delivery", "fail")
