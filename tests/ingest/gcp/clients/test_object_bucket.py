"""Objects behind the real client, from a server on this machine that is told what to answer."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlparse

import google_crc32c
import pytest

from ingest import bucket as places
from ingest.bucket import ChangedError
from ingest.gcp import gcs
from ingest.gcp.gcs import ObjectBucket
from models.archive import Archive, ArrivalError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

CONTENT: Final = bytes(range(256)) * 40
ADDRESS: Final = "gs://billing/exports/2026/a.parquet"

pytestmark = pytest.mark.usefixtures("no_waiting")


@dataclass
class Store:
    """One bucket; `bodies` and `refusals` are what the next answers are instead."""

    objects: dict[str, bytes] = field(default_factory=dict)
    generation: int = 7
    refusals: list[int] = field(default_factory=list)
    always: int = 0
    message: str = "canary-message of someone@example.com"
    cuts: list[int] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    stated: dict[str, Any] = field(default_factory=dict)
    before_range: Callable[[], None] = lambda: None
    endpoint: str = ""

    def metadata(self, key: str) -> dict[str, Any]:
        content = self.objects[key]
        return {
            "name": key,
            "bucket": "billing",
            "size": str(len(content)),
            "generation": str(self.generation),
            "md5Hash": base64.b64encode(hashlib.md5(content).digest()).decode(),  # noqa: S324
            "crc32c": base64.b64encode(google_crc32c.Checksum(content).digest()).decode(),
            **self.stated,
        }


class Handler(BaseHTTPRequestHandler):
    store: Store

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = True

    def refuse(self, status: int) -> None:
        reasons = [{"reason": "", "message": self.store.message}]
        error = {"code": status, "message": self.store.message, "errors": reasons}
        self.answer(status, json.dumps({"error": error}).encode())

    def do_GET(self) -> None:
        url = urlparse(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if self.store.always or self.store.refusals:
            self.refuse(self.store.always or self.store.refusals.pop(0))
        elif url.path.endswith("/o"):
            self.list(query)
        else:
            self.object(unquote(url.path.rpartition("/")[2]), query)

    def list(self, query: dict[str, str]) -> None:
        names = sorted(name for name in self.store.objects if name.startswith(query["prefix"]))
        start = int(query.get("pageToken", 0))
        self.store.tokens.append(str(start))
        more = {"nextPageToken": str(start + 2)} if start + 2 < len(names) else {}
        items = [{"name": name} for name in names[start : start + 2]]
        self.answer(200, json.dumps({"items": items, **more}).encode())

    def object(self, key: str, query: dict[str, str]) -> None:
        if key not in self.store.objects:
            self.refuse(404)
        elif "alt" not in query or query["alt"] != "media":
            self.answer(200, json.dumps(self.store.metadata(key)).encode())
        else:
            self.range(self.store.objects[key], query)

    def range(self, content: bytes, query: dict[str, str]) -> None:
        self.store.before_range()
        if query["ifGenerationMatch"] != str(self.store.generation):
            self.refuse(412)
            return
        wanted = self.headers["Range"]
        self.store.ranges.append(wanted)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
        assert found
        part = content[int(found[1]) : int(found[2]) + 1]
        self.answer(206, part, self.store.cuts.pop(0) if self.store.cuts else None)


@pytest.fixture
def store(served: Any) -> Iterator[Store]:
    state = Store({"exports/2026/a.parquet": CONTENT})
    with served(type("Bound", (Handler,), {"store": state})) as endpoint:
        state.endpoint = endpoint
        yield state


@pytest.fixture
def place(store: Store, access: Any, monkeypatch: pytest.MonkeyPatch) -> ObjectBucket:
    monkeypatch.setattr(gcs, "RANGE", 4096)
    return gcs.bucket("gs://billing/exports/", access(store.endpoint))


def read(place: ObjectBucket, archive: Archive) -> bytes:
    body = place.read("2026/a.parquet")
    kept = archive.put(body.chunks, size=body.size, md5=body.md5)
    return archive.path(kept.sha256).read_bytes()


def refusal(place: ObjectBucket, archive: Archive) -> SourceError:
    with pytest.raises(SourceError) as error:
        read(place, archive)
    assert "canary" not in str(error.value)
    return error.value


def test_an_object_arrives_whole_in_ranges_of_one_generation(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    assert read(place, archive) == CONTENT
    assert store.ranges == ["bytes=0-4095", "bytes=4096-8191", "bytes=8192-10239"]


def test_an_empty_object_is_read_without_asking_for_bytes(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    store.objects["exports/2026/a.parquet"] = b""

    assert read(place, archive) == b""
    assert not store.ranges


def test_keys_come_in_pages_relative_to_the_prefix(store: Store, place: ObjectBucket) -> None:
    store.objects |= {f"exports/x/{n}": b"" for n in range(5)} | {"other/x": b""}

    assert list(place.keys("x/")) == [f"x/{n}" for n in range(5)]
    assert store.tokens == ["0", "2", "4"]


def test_a_location_of_this_kind_is_that_bucket(store: Store, tmp_path: Path) -> None:
    place = places.place(
        "gs://billing/exports", source="gcp", folder=tmp_path, endpoint_url=store.endpoint
    )

    assert place.root == "gs://billing/exports"
    assert b"".join(place.read("2026/a.parquet").chunks) == CONTENT


@pytest.mark.failure("K01")
def test_a_busy_server_is_asked_again(store: Store, place: ObjectBucket, archive: Archive) -> None:
    store.refusals = [503, 429]

    assert read(place, archive) == CONTENT


@pytest.mark.failure("K01")
def test_a_server_that_stays_busy_is_given_up(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    store.always = 503

    error = refusal(place, archive)

    assert isinstance(error, BrokenError)
    assert str(error) == f"gcp: {ADDRESS}: the server answered 503; run again later"


@pytest.mark.failure("K03")
def test_what_may_not_be_read_is_forbidden_and_says_what_to_grant(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    store.always = 403
    store.message = "canary@example.com does not have storage.objects.get access to the object"

    error = refusal(place, archive)

    assert isinstance(error, ForbiddenError)
    assert str(error) == (
        f"gcp: {ADDRESS}: may not be read: storage.objects.get is missing; "
        "grant roles/storage.objectViewer on the bucket"
    )


@pytest.mark.failure("K03")
def test_a_bucket_that_may_not_be_listed_is_forbidden(store: Store, place: ObjectBucket) -> None:
    store.always = 403

    with pytest.raises(ForbiddenError, match=r"gs://billing/exports/x: may not be read; grant"):
        list(place.keys("x"))


def test_an_object_that_is_not_there_is_absent(store: Store, place: ObjectBucket) -> None:
    store.objects.clear()

    with pytest.raises(AbsentError, match=f"^gcp: {ADDRESS}: is not there$"):
        place.read("2026/a.parquet")


@pytest.mark.failure("K04")
@pytest.mark.parametrize("cut", [0, 1, 2048, 4095])
def test_a_dropped_connection_goes_on_where_it_ended(
    cut: int, store: Store, place: ObjectBucket, archive: Archive
) -> None:
    store.cuts = [cut]

    assert read(place, archive) == CONTENT
    assert store.ranges[1] == f"bytes={cut}-4095"


@pytest.mark.failure("K04")
def test_a_connection_that_always_drops_is_given_up(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    store.cuts = [0] * 1000

    error = refusal(place, archive)

    assert isinstance(error, BrokenError)
    assert error.detail.startswith("the server cannot be reached (")


@pytest.mark.failure("A07")
def test_an_object_replaced_while_it_is_read_is_told_apart(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    def replace() -> None:
        store.generation += len(store.ranges)

    store.before_range = replace

    error = refusal(place, archive)

    assert isinstance(error, ChangedError)
    assert error.detail == "changed while it was read; run again"


@pytest.mark.failure("K06")
def test_an_object_of_parts_is_checked_by_its_only_checksum(
    store: Store, place: ObjectBucket, archive: Archive
) -> None:
    store.stated = {"md5Hash": None, "crc32c": base64.b64encode(b"\0\0\0\1").decode()}

    assert place.read("2026/a.parquet").md5 == ""
    assert refusal(place, archive).detail == "does not match its own checksum"


@pytest.mark.failure("K06")
def test_a_wrong_md5_is_refused(store: Store, place: ObjectBucket, archive: Archive) -> None:
    store.stated = {"md5Hash": base64.b64encode(b"0" * 16).decode()}

    with pytest.raises(ArrivalError, match="MD5 is "):
        read(place, archive)
    assert not list(archive.folder.rglob("??/*"))


def test_without_credentials_it_is_said_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError) as error:
        places.place("gs://billing", source="gcp", folder=tmp_path)

    assert str(error.value) == (
        "gcp: credentials: no credentials found; run `gcloud auth application-default login`, "
        "or give the machine a service account"
    )


def test_credentials_do_not_travel_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(BrokenError, match=r"http://example\.com: must begin with https://"):
        places.place("gs://b", source="gcp", folder=tmp_path, endpoint_url="http://example.com")


def test_a_client_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ingest.gcp.gcs")
    monkeypatch.setitem(sys.modules, "google_crc32c", None)

    with pytest.raises(ForbiddenError) as error:
        places.place("gs://billing", source="gcp", folder=tmp_path)

    assert str(error.value) == (
        "gcp: google_crc32c: is not installed; run: pip install 'trueup[gcp]'"
    )
