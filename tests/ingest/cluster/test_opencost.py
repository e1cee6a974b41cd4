"""Hours of namespaces and labels from OpenCost: from its API by day, and from its CSV."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.cluster.allocation import allocations, usage
from ingest.cluster.settings import OpenCostSettings
from ingest.source import Delivery, Known
from models.errors import AbsentError, BrokenError, ForbiddenError
from models.period import Month

JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
ODD: Final = {"start": "2026-01-01T01:00:00Z", "end": "2026-01-02T01:00:00Z"}
NOWHERE: Final = {"start": "2026-01-01T00:00:00", "end": "2026-01-02T00:00:00"}


def allocation(day: str, name: str, hours: Any = 1, **properties: Any) -> dict[str, Any]:
    end = date.fromisoformat(day) + timedelta(days=1)
    return {
        "name": name,
        "properties": {"cluster": "c1", "namespace": name, **properties},
        "window": {"start": f"{day}T00:00:00Z", "end": f"{end}T00:00:00Z"},
        "gpuHours": hours,
        "gpuCost": 99.5,
        "totalCost": 120.25,
    }


@dataclass
class Cluster:
    """An OpenCost server: what it knows, by day, and what it was asked."""

    days: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[str | None] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    url: str = ""

    def know(self, first: str, count: int, *names: str, hours: Any = 1) -> None:
        for n in range(count):
            day = str(date.fromisoformat(first) + timedelta(days=n))
            self.days[day] = [allocation(day, name, hours) for name in names or ("nlp",)]

    def answer(self, window: str) -> bytes:
        if self.body is not None:
            return self.body
        one = {each["name"]: each for each in self.days.get(window[:10], [])}
        return json.dumps({"code": 200, "data": [one or None]}).encode()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    told = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
            told.asked.append({"path": urlsplit(self.path).path, **query})
            told.headers.append(self.headers.get("authorization"))
            body = told.answer(query["window"])
            self.send_response(told.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def api(meter: Callable[..., Any], cluster: Cluster) -> Callable[..., Any]:
    def build(**given: Any) -> Any:
        return meter(kind="opencost", url=cluster.url, **given)

    return build


def test_each_day_is_asked_for_and_hours_are_kept_as_printed(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    cluster.know("2026-01-01", 2)
    cluster.days["2026-01-02"] = [
        allocation("2026-01-02", "nlp", Decimal(7).__int__(), labels={"team": "ml"}),
        allocation("2026-01-02", "__idle__", 17),
        allocation("2026-01-02", "__unallocated__", 1),
        allocation("2026-01-02", "web", 0),
    ]
    used = api().usage().filter(day=date(2026, 1, 2)).sort("unit")
    assert used.select("unit", "quantity", "detail", "cluster", "driver").rows() == [
        ("__idle__", Decimal(17), "idle", "c1", "gpu_hours"),
        ("__unallocated__", Decimal(1), None, "c1", "gpu_hours"),
        ("nlp", Decimal(7), None, "c1", "gpu_hours"),
    ]
    assert used["tags"].to_list()[-1] == {"team": "ml", "namespace": "nlp"}
    assert cluster.asked[0] == {
        "path": "/allocation",
        "window": "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z",
        "step": "1d",
        "aggregate": "namespace",
        "includeIdle": "true",
    }
    assert len(cluster.asked) == 31


@pytest.mark.failure("C02")
def test_numbers_of_the_answer_never_become_binary() -> None:
    said = json.dumps({"code": 200, "data": [{"a": allocation("2026-01-01", "a", 7)}]})
    body = said.replace('"gpuHours": 7', '"gpuHours": 0.123456789012345678').encode()
    settings = OpenCostSettings(kind="opencost", url="http://c")
    (used,), _ = usage(allocations(body), settings, settings.by)
    assert used.quantity == Decimal("0.123456789012345678")


@pytest.mark.failure("A16")
def test_settled_days_are_not_asked_again_and_what_the_server_forgot_is_kept(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    made = api()
    cluster.know("2026-01-01", 20)
    first = made.delivery()
    cluster.asked.clear()
    cluster.days.clear()
    cluster.know("2026-01-19", 3, hours=2)
    known = {JANUARY: first.manifest.sha256}
    (second,) = made.fetched(JANUARY, known=known)
    assert [each.sha256 for each in second.documents[:18]] == [
        each.sha256 for each in first.documents[:18]
    ]
    assert len(second.documents) == 21
    assert [each["window"][:10] for each in cluster.asked][:2] == ["2026-01-19", "2026-01-20"]
    cluster.days.clear()
    assert made.fetched(JANUARY, known={JANUARY: second.manifest.sha256}) == []


def test_a_settled_day_keeps_what_it_was_aggregated_by(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    cluster.know("2026-01-01", 20)
    held = {JANUARY: api().delivery().manifest.sha256}
    cluster.know("2026-01-19", 2, "blue")
    changed = api(aggregate=["label:team"])

    (found,) = changed.fetched(JANUARY, known=held)

    tags = [
        changed.source.convert(changed.archive.path(each.sha256), each, found)
        .beside["usage"]
        .collect()["tags"]
        .to_list()
        for each in (found.documents[0], found.documents[-1])
    ]
    assert tags == [[{"namespace": "nlp"}], [{"team": "blue"}]]


def test_days_stay_although_their_month_was_refused_in_between(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    made = api()
    cluster.know("2026-01-01", 20)
    held = {JANUARY: made.delivery().manifest.sha256}
    cluster.days.clear()
    cluster.know("2026-01-15", 8)
    (found,) = made.fetched(JANUARY, known=Known({}, held))
    assert isinstance(found, Delivery), found
    assert len(found.documents) == 22
    files = made.archive.put([b"[]"]).sha256
    assert isinstance(made.fetched(JANUARY, known=Known({}, {JANUARY: files}))[0], BrokenError)


def test_a_month_is_settled_by_the_days_of_the_next(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    made = api()
    cluster.know("2026-01-01", 35)
    known = {each.period: each.manifest.sha256 for each in made.fetched(JANUARY, FEBRUARY)}
    cluster.asked.clear()
    assert made.fetched(JANUARY, known=known) == []
    assert cluster.asked == []


def test_a_part_of_a_month_does_not_count_as_all_of_it(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    cluster.know("2026-01-14", 5)
    error = api().error()
    assert isinstance(error, BrokenError)
    assert "knows nothing before 2026-01-14; a part of a month would" in str(error)
    assert "say since: 2026-01-14" in str(error)
    assert len(api(since="2026-01-14").delivery().documents) == 5
    assert isinstance(api(since="2026-01-14").error(Month(2025, 12)), AbsentError)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "/allocation of 2026-01-01: is no JSON"),
        (b'{"code": 500, "message": "prom down"}', "is no good answer; see the server's log"),
        (b'{"code": 200}', "has no list `data` of sets of allocations; is it OpenCost's API?"),
        (b'{"data": [{"a": {"gpuHours": 1}}]}', "a: has no window with start and end"),
        (
            json.dumps({"data": [{"a": {"window": ODD}}]}).encode(),
            "a: window 2026-01-01T01:00:00Z to 2026-01-02T01:00:00Z is no UTC day",
        ),
        (
            json.dumps({"data": [{"a": {"window": NOWHERE}}]}).encode(),
            "a: has no window with start and end",
        ),
        (
            json.dumps({"data": [{"a": allocation("2026-01-09", "a")}]}).encode(),
            "the answer is of another day; does a proxy drop the parameters?",
        ),
    ],
)
def test_an_answer_that_is_not_what_the_api_promises_is_refused(
    api: Callable[..., Any], cluster: Cluster, body: bytes, said: str
) -> None:
    cluster.body = body
    error = api().error()
    assert isinstance(error, BrokenError)
    assert said in str(error)
    assert error.scope == "meter/2026-01"


@pytest.mark.parametrize("hours", [None, -1, "x", True, 10**30])
def test_hours_that_are_none_set_their_unit_aside(
    api: Callable[..., Any], cluster: Cluster, hours: Any
) -> None:
    cluster.days["2026-01-01"] = [
        allocation("2026-01-01", "bad", hours),
        allocation("2026-01-01", "nlp", 3),
    ]
    (found,) = api().converted()
    assert found.rejected["reason"].to_list() == ["of bad are no hours"]
    assert found.beside["usage"].collect()["unit"].to_list() == ["nlp"]


def test_labels_that_are_none_are_left_out(api: Callable[..., Any], cluster: Cluster) -> None:
    cluster.days["2026-01-01"] = [allocation("2026-01-01", "nlp", 3, labels=["team"])]

    assert api().usage()["tags"].to_list() == [{"namespace": "nlp"}]


@pytest.mark.failure("K03")
def test_a_server_that_refuses_says_which_silence_it_is(
    api: Callable[..., Any], cluster: Cluster
) -> None:
    cluster.status = 403
    assert isinstance(api().error(), ForbiddenError)


def test_the_token_travels_in_a_header_alone(api: Callable[..., Any], cluster: Cluster) -> None:
    cluster.know("2026-01-01", 1)
    made = api(token="t0p-secret", aggregate=["label:team"])
    made.delivery()
    assert cluster.headers[0] == "Bearer t0p-secret"
    assert "t0p-secret" not in made.source.fingerprint + repr(made.source.settings)


def test_doctor_asks_for_yesterday(api: Callable[..., Any], cluster: Cluster) -> None:
    at = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert [(each.check, each.state) for each in api().source.probe((JANUARY,), at)] == [
        ("list", "ok"),
        ("delivery", "warn"),
    ]
    cluster.know("2026-01-01", 1)
    *_, found = api().source.probe((JANUARY,), at)
    assert found.detail == "2026-01-01: 1 allocations"
    cluster.status = 401
    (found,) = api().source.probe((JANUARY,), at)
    assert (found.check, found.state) == ("list", "fail")


EXPORT: Final = (
    "Date,Namespace,ControllerName,Pod,Container,Labels,GPUs,GPUCost\n"
    '2026-01-31,nlp,train,p1,c,"{""team"":""ml""}",0.5,99\n'
    "2026-02-01,nlp,train,p1,c,,2,99\n"
    "2026-01-31,,web,p2,c,,1,99\n"
    "2026-01-31,web,web,p3,c,,0,99\n"
)


@pytest.fixture
def export(meter: Callable[..., Any]) -> Callable[..., Any]:
    def build(content: str = EXPORT, **given: Any) -> Any:
        made = meter(kind="opencost", location="in", cluster="c9", **given)
        made.put("export.csv", content)
        return made

    return build


def test_averages_of_the_export_become_hours_of_the_day(export: Callable[..., Any]) -> None:
    made = export()
    assert made.usage().select("unit", "quantity", "cluster", "day").rows() == [
        ("nlp", Decimal(12), "c9", date(2026, 1, 31)),
        ("__unallocated__", Decimal(24), "c9", date(2026, 1, 31)),
    ]
    assert made.usage(FEBRUARY)["quantity"].to_list() == [Decimal(48)]
    assert "counts too high, and the API (url) states hours" in made.told()["average_gpus"]
    assert export(aggregate=["label:team", "pod"]).usage()["unit"].to_list() == [
        "ml/p1",
        "__unallocated__/p2",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("31.1.,nlp,t,p,c,,1,1", "Date '31.1.' is not a day written like 2026-01-31"),
        ("2026-01-31,nlp,t,p,c,,NaN,1", "GPUs 'NaN' is no number of accelerators"),
        ("2026-01-31,nlp,t,p,c,,-1,1", "GPUs '-1' is below zero"),
        ("2026-01-31,nlp,t,p,c,[],1,1", "Labels '[]' is no JSON object of labels"),
        ("2026-01-31,nlp,t,p,c,{,1,1", "Labels '{' is no JSON object of labels"),
    ],
)
def test_a_cell_of_the_export_that_is_none_sets_its_row_aside(
    export: Callable[..., Any], row: str, said: str
) -> None:
    (found,) = export(f"{EXPORT}{row}\n").converted()
    (rejected,) = found.rejected.to_dicts()
    assert said == f"{rejected['column']} {rejected['value']!r} {rejected['reason']}"


def test_doctor_reads_the_newest_export(export: Callable[..., Any]) -> None:
    made = export(f"{EXPORT}5.1.,a,b,c,d,,x,1\n5.1.,a,b,c,d,,x,1\n")
    *_, wrong = made.source.probe((JANUARY,), datetime(2026, 2, 1, tzinfo=UTC))
    assert wrong.detail.startswith("export.csv: row 5, Date: '5.1.' is not a day written like")
    assert wrong.detail.count("and ") == 1


def test_an_export_that_is_not_as_declared_is_refused(export: Callable[..., Any]) -> None:
    assert "export.csv:1: has no heading 'GPUs' for GPUs" in str(export("Date,Namespace\n").error())
    error = export(aggregate=["node"]).error()
    assert "aggregate 'node' is in no column of the export; use namespace, contr" in str(error)
    error = export("Date,Namespace,GPUs\n5,a,1\n").error()
    assert "export.csv:2: no day can be read, such as '5'" in str(error)


@pytest.mark.parametrize("given", [{}, {"url": "http://x", "location": "in"}])
def test_there_is_one_way_in(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="names no way in, or two; set url for the API, or"):
        OpenCostSettings.model_validate({"kind": "opencost", **given})
