"""One JSON API over HTTP: whole answers, bounded waiting, and no key where it may be read."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from ingest import api
from ingest.api import Api, UnreachedError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

KEY = "sk-very-secret"
DATE = "Sun, 01 Nov 2026 02:30:00 GMT"


@pytest.fixture
def way(server: Any) -> Api:
    return Api(source="vendor", base=f"{server.base}/v1/", headers={"authorization": KEY})


def refused(way: Api, path: str = "/a") -> SourceError:
    with pytest.raises(SourceError) as caught:
        way.get(path, {"token": "in-the-query"})
    assert KEY not in f"{caught.value!r} {caught.value}"
    assert "in-the-query" not in str(caught.value)
    return caught.value


def test_a_list_is_sent_as_a_parameter_several_times(server: Any, way: Api) -> None:
    server.on("/v1/a", {"x": 1})

    assert way.get("/a", {"group_by[]": ["p", "l"], "limit": 7}) == b'{"x": 1}'
    assert server.queries("/v1/a") == [{"group_by[]": ["p", "l"], "limit": ["7"]}]
    assert server.headers[0]["accept"] == "application/json"


def test_a_search_is_posted_as_json(server: Any, way: Api) -> None:
    server.on("/v1/a", {"runs": []})

    assert way.post("/a", {"max_results": 3}) == b'{"runs": []}'
    assert server.queries("/v1/a") == [{"max_results": 3}]


@pytest.mark.failure("K01")
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0"}, 0),
        ({"date": DATE, "retry-after": "Sun, 01 Nov 2026 02:30:45 GMT"}, 45),
        ({"date": DATE, "retry-after": "Sun, 01 Nov 2026 02:29:00 GMT"}, 0),
        ({"date": "", "retry-after": "Sun, 01 Nov 2026 02:30:45 GMT"}, 1),
        ({"date": DATE, "retry-after": "soon"}, 1),
        ({"retry-after": "²"}, 1),
        ({}, 1),
    ],
)
def test_a_busy_server_says_how_long_to_wait(
    server: Any, way: Api, reply: Any, slept: list[float], headers: Any, wait: int
) -> None:
    server.on("/v1/a", reply({}, 429, {"date": "", **headers}), {"x": 1})

    assert way.get("/a") == b'{"x": 1}'
    (waited,) = slept
    assert wait <= waited < wait + 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.failure("K01")
def test_a_server_that_stays_busy_is_given_up(
    server: Any, way: Api, reply: Any, slept: list[float], status: int
) -> None:
    server.on("/v1/a", reply({}, status))

    error = refused(way)

    assert isinstance(error, BrokenError)
    assert str(error) == (f"vendor: /a: still answers {status} after 5 attempts; run again later")
    assert [int(wait) for wait in slept] == [1, 2, 4, 8]
    assert len(server.asked) == 5


@pytest.mark.failure("K01")
def test_nobody_waits_longer_than_a_run_should(
    server: Any, way: Api, reply: Any, slept: list[float]
) -> None:
    server.on("/v1/long", reply({}, 429, {"retry-after": "3600"}))
    server.on("/v1/a", reply({}, 503, {"retry-after": "110"}))

    assert "is busy and asks to come back in 3600 s; the next run goes on" in str(
        refused(way, "/long")
    )
    assert slept == []
    assert "still answers 503" in str(refused(way))
    assert "has been busy for 550 s in this run; the next run goes on" in str(refused(way))


def test_waiting_grows_to_a_bound(server: Any, reply: Any, slept: list[float]) -> None:
    server.on("/a", reply({}, 503))
    way = Api(source="vendor", base=server.base, attempts=9, backoff=3)

    refused(way)

    assert [int(wait) for wait in slept] == [3, 6, 12, 24, 48, 96, 120, 120]


@pytest.mark.failure("K03")
@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, ForbiddenError, "answered 401; check the key and what it may read"),
        (403, ForbiddenError, "answered 403; check the key and what it may read"),
        (404, AbsentError, "answered 404; check the address"),
        (400, BrokenError, "answered 400; check the settings"),
        (418, BrokenError, "answered 418; check the settings"),
        (204, BrokenError, "answered 204; check the settings"),
    ],
)
def test_refusals_are_told_apart_without_repeating_them(
    server: Any, way: Api, reply: Any, status: int, kind: type, said: str
) -> None:
    server.on("/v1/a", reply({"error": KEY} if status != 204 else b"", status))

    error = refused(way)

    assert type(error) is kind
    assert str(error) == f"vendor: /a: {said}"
    assert len(server.asked) == 1


@pytest.mark.failure("M11")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_does_not_take_the_key_elsewhere(
    server: Any, way: Api, reply: Any, status: int
) -> None:
    server.on("/v1/a", reply({}, status, {"location": f"{server.base}/stolen"}))

    assert f"answered {status}, which is not followed" in str(refused(way))
    assert [path for path, _ in server.asked] == ["/v1/a"]


@pytest.mark.failure("K04")
def test_an_answer_cut_short_is_asked_for_again(server: Any, way: Api, reply: Any) -> None:
    server.on("/v1/a", reply(b'{"x": 1', length=8), {"x": 2})

    assert way.get("/a") == b'{"x": 2}'


@pytest.mark.failure("K04")
def test_an_answer_that_stays_short_is_broken(server: Any, way: Api, reply: Any) -> None:
    server.on("/v1/a", reply(b'{"x": 1', length=99))

    assert "the answer ended early (ProtocolError); run again" in str(refused(way))
    assert len(server.asked) == 5


def test_an_answer_beyond_all_measure_is_refused(
    server: Any, way: Api, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "LIMIT", 1 << 20)
    server.on("/v1/a", reply(b"x" * ((1 << 20) + 1)))

    assert "is larger than 1 MiB; ask for less at a time" in str(refused(way))


@pytest.mark.failure("K09")
def test_a_server_that_never_answers_is_given_up(slept: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        moment: Any = 0.05
        short = Api(source="vendor", base=base, attempts=2, timeout=moment)
        assert "the answer ended early (ReadTimeoutError); run again" in str(refused(short))
    assert len(slept) == 1


def test_an_address_without_a_server_is_told(slept: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"
    error = refused(Api(source="vendor", base=base, attempts=2))

    assert isinstance(error, UnreachedError)
    assert str(error) == "vendor: /a: is not reached: NewConnectionError; run again later"
    assert len(slept) == 1


@pytest.mark.failure("M11")
@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("http://api.example.com", "api.example.com: a key is only sent to https://"),
        ("http://127.0.0.1.example.com", "a key is only sent to https://"),
        ("http://0.0.0.0", "a key is only sent to https://"),
        (f"https://user:{KEY}@example.com", "has no user or password; set a key instead"),
        ("ftp://example.com", "is no address; write https://HOST"),
        ("https://", "is no address; write https://HOST"),
        ("api.example.com", "is no address; write https://HOST"),
        ("https://[::1", "is none; write https://HOST"),
    ],
)
def test_a_key_is_not_sent_in_the_clear(base: str, said: str) -> None:
    error = refused(Api(source="vendor", base=base, headers={"x-api-key": KEY}))

    assert isinstance(error, BrokenError)
    assert said in str(error)


@pytest.mark.parametrize(
    ("base", "secret"),
    [
        ("https://api.example.com", True),
        ("http://127.0.0.1:9", True),
        ("http://[::1]:9", True),
        ("http://localhost:9", True),
        ("http://opencost.internal:9003", False),
    ],
)
def test_what_may_be_asked_is_not_refused(base: str, secret: bool) -> None:
    api.refuse_open_address("vendor", base, secret=secret)


@pytest.mark.failure("M11")
@pytest.mark.parametrize("key", ["", f"{KEY}\nx: y", f"{KEY}é", f" {KEY}", f"{KEY} "])
def test_a_key_that_no_header_may_hold_is_not_repeated(server: Any, key: str) -> None:
    error = refused(Api(source="vendor", base=server.base, headers={"x-api-key": key}))

    assert "x-api-key is empty or has signs that no header may have; set the key again" in str(
        error
    )
    assert server.asked == []


@pytest.mark.failure("M11")
def test_a_key_is_in_no_text_about_the_way_in(way: Api) -> None:
    assert KEY not in f"{way!r} {way}"
