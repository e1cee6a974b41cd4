"""What `trueup doctor` asks of a bucket of objects, over the real client."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

import pytest

from ingest.gcp import gcs
from ingest.gcp.door import ObjectDoor, named

DATE: Final = "Mon, 02 Nov 2026 06:00:00 GMT"

pytestmark = pytest.mark.usefixtures("no_waiting")


def handler(status: int, granted: list[str], asked: list[str]) -> type[BaseHTTPRequestHandler]:
    """Return a server that dates its answers, and tells what may be done."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            found = {"permissions": granted} if "testPermissions" in self.path else {"name": "b"}
            body = json.dumps(found).encode()
            self.send_response_only(status)
            for name, value in (("Date", DATE), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - the names of the base

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.mark.parametrize(
    ("status", "granted", "may_write"),
    [
        (200, [], False),
        (200, ["storage.objects.create"], True),
        (200, ["storage.objects.delete"], True),
        (403, [], None),
    ],
)
def test_a_bucket_tells_its_time_and_what_may_be_done_and_is_only_asked(
    status: int, granted: list[str], may_write: bool | None, served: Any, access: Any
) -> None:
    asked: list[str] = []
    with served(handler(status, granted, asked)) as endpoint:
        door = gcs.bucket("gs://billing/exports", access(endpoint)).door()
        assert door is not None

        assert door.clock() == datetime(2026, 11, 2, 6, tzinfo=UTC)
        assert door.writable() is may_write
        assert door.identity() == ""

    assert all(request.startswith("GET ") for request in asked)


def test_a_server_that_is_not_there_tells_nothing(access: Callable[[str], Any]) -> None:
    door = gcs.bucket("gs://billing", access("http://127.0.0.1:9")).door()

    assert isinstance(door, ObjectDoor)
    assert (door.clock(), door.writable()) == (None, None)


@pytest.mark.parametrize(
    ("attribute", "name"),
    [("service_account_email", "trueup@p.iam.gserviceaccount.com"), ("account", "me@example.com")],
)
def test_credentials_are_named_by_their_account_and_by_nothing_else(
    attribute: str, name: str
) -> None:
    held = type("Held", (), {attribute: name, "token": "canary", "refresh_token": "canary"})()

    assert named(held) == name
    assert named(object()) == ""
