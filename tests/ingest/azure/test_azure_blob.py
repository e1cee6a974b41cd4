"""The real client of Blob storage against a server that behaves as badly as told."""

from __future__ import annotations

import builtins
import datetime as dt
import hashlib
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError

from ingest import bucket
from ingest.azure import blob
from ingest.azure.door import ContainerDoor
from ingest.azure.fault import fault
from ingest.bucket import ChangedError
from ingest.source import Delivery
from models.archive import Archive, ArrivalError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

CANARY: Final = "canary-signature-in-no-message"
SAS: Final = f"sv=2026-02-06&sp=rl&sig={CANARY}"
DATE: Final = "Tue, 06 Oct 2026 04:00:00 GMT"


@dataclass
class Answer:
    """What the server says to one request; `cut` bytes of the body are sent."""

    body: bytes = b""
    status: int = 200
    code: str = ""
    cut: int | None = None
    etag: str = ""
    md5: bytes | None = None


@dataclass
class Script:
    """A container: `reply(method, key, n)`, n counting such requests for the key."""

    objects: dict[str, bytes] = field(default_factory=dict)
    reply: Callable[[str, str, int], Answer | None] = lambda _method, _key, _n: None
    pages: int = 1000
    endpoint: str = ""
    seen: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    def answer(self, method: str, key: str) -> Answer:
        n = sum((m, k) == (method, key) for m, k, _ in self.seen) - 1
        said = self.reply(method, key, n)
        if said:
            return said
        if key not in self.objects:
            return Answer(status=404, code="BlobNotFound")
        return Answer(self.objects[key])


def _xml(script: Script, query: Mapping[str, list[str]]) -> bytes:
    prefix = query.get("prefix", [""])[0]
    start = int(query.get("marker", ["0"])[0] or 0)
    names = sorted(name for name in script.objects if name.startswith(prefix))
    shown = names[start : start + script.pages]
    more = start + script.pages < len(names)
    blobs = "".join(f"<Blob><Name>{escape(name)}</Name></Blob>" for name in shown)
    marker = str(start + script.pages) if more else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Prefix>{prefix}</Prefix>'
        f"<Blobs>{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    ).encode()


class Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._said("HEAD")

    def do_GET(self) -> None:
        self._said("GET")

    def do_PUT(self) -> None:
        self._said("PUT")

    def _said(self, method: str) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        key = unquote(parts.path).removeprefix("/account/billing").strip("/")
        is_list = query.get("comp") == ["list"]
        self.script.seen.append(("LIST" if is_list else method, key, dict(self.headers)))
        if is_list:
            said = self.script.reply("LIST", "", 0)
            kind = "text/html; charset=utf-8" if said else "application/xml"
            said = said or Answer(_xml(self.script, query))
            self._send(said, said.body, {"Content-Type": kind})
            return
        said = self.script.answer(method, key)
        self._send(said, *self._ranged(said, method))

    def _ranged(self, said: Answer, method: str) -> tuple[bytes, dict[str, str]]:
        etag = said.etag or f'"{hashlib.md5(said.body).hexdigest()}"'  # noqa: S324 - a mark
        headers = {
            "ETag": etag,
            "x-ms-blob-type": "BlockBlob",
            "Last-Modified": DATE,
            "Content-Type": "application/octet-stream",
        }
        wanted, span = self.headers.get("If-Match"), self.headers.get("x-ms-range")
        md5 = hashlib.md5(said.body).digest() if said.md5 is None else said.md5  # noqa: S324
        stated = {"Content-MD5": b64encode(md5).decode()} if md5 else {}
        if said.status == 200 and wanted and wanted != etag:
            said.status, said.code = 412, "ConditionNotMet"
        if said.status != 200 or method == "HEAD" or not span:
            return said.body, {**headers, **(stated if said.status == 200 else {})}
        first, last = (int(text) for text in span.removeprefix("bytes=").split("-"))
        last = min(last, len(said.body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(said.body)}"
        said.status = 206
        return said.body[first : last + 1], headers

    def _send(self, said: Answer, body: bytes, headers: Mapping[str, str]) -> None:
        if said.status >= 400:
            code = escape(said.code)
            body = f"<Error><Code>{code}</Code><Message>{CANARY}</Message></Error>".encode()
            headers = {**headers, "x-ms-error-code": said.code, "Content-Type": "application/xml"}
        self.send_response_only(said.status)
        self.send_header("Date", DATE)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if said.cut is None else body[: said.cut])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def script() -> Iterator[Script]:
    state = Script()
    handler = type("Scripted", (Handler,), {"script": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.endpoint = f"http://127.0.0.1:{server.server_address[1]}/account/billing"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture(autouse=True)
def _no_secret_in_messages(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert CANARY not in caplog.text


@pytest.fixture
def place(script: Script) -> blob.Container:
    return blob.container(f"{script.endpoint}/exports", source="azure", sas=SAS, max_attempts=3)


def read(place: blob.Container, key: str) -> bytes:
    return b"".join(place.read(key).chunks)


def test_a_month_loads_from_a_container(
    script: Script, run: Any, make: Any, build: Any, load: Any
) -> None:
    laid = run((make.csv([{}], "ea"), make.csv([{"Quantity": "3"}], "ea")))
    script.objects = {f"exports/{key}": content for key, content in laid.objects.items()}

    found = load(build(actual=f"{script.endpoint}/exports", sas=SAS))

    assert found.total("billed_cost") == 14
    assert [each.document.name for each in found.loaded.documents] == list(laid.keys)
    assert all(CANARY not in str(each) for each in found.loaded.documents)


@pytest.mark.failure("A14")
def test_every_page_of_a_listing_is_read(script: Script, place: blob.Container) -> None:
    script.objects = {f"exports/{n:04d} [*].csv": b"" for n in range(25)} | {"other/1.csv": b""}
    script.pages = 10

    assert list(place.keys("")) == [f"{n:04d} [*].csv" for n in range(25)]
    assert [method for method, _, _ in script.seen] == ["LIST"] * 3


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 250])
def test_a_blob_is_read_in_ranges_of_one_version(
    size: int, script: Script, place: blob.Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob, "RANGE", 100)
    content = bytes(n % 251 for n in range(size))
    script.objects = {"exports/a b.csv": content}

    body = place.read("a b.csv")

    assert (body.size, body.md5) == (size, hashlib.md5(content).hexdigest())  # noqa: S324
    assert body.modified == dt.datetime(2026, 10, 6, 4, tzinfo=dt.UTC)
    assert b"".join(body.chunks) == content
    conditions = [headers.get("If-Match") for method, _, headers in script.seen if method == "GET"]
    assert conditions == [body.etag] * -(-size // 100)


@pytest.mark.failure("A07")
def test_a_blob_that_was_overwritten_between_two_ranges_is_changed(
    script: Script, place: blob.Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob, "RANGE", 10)
    script.objects = {"exports/a.csv": b"old" * 10}
    chunks = place.read("a.csv").chunks
    next(chunks)
    script.objects = {"exports/a.csv": b"new" * 10}

    with pytest.raises(ChangedError) as error:
        next(chunks)

    assert str(error.value) == (
        f"azure: {script.endpoint}/exports/a.csv: changed while it was read; run again"
    )


@pytest.mark.failure("K04")
@pytest.mark.parametrize("cut", [0, 1, 49, 99])
def test_a_range_that_was_cut_is_asked_for_again(
    cut: int, script: Script, place: blob.Container
) -> None:
    content = b"0123456789" * 10
    script.objects = {"exports/a.csv": content}
    script.reply = lambda method, _key, n: (
        Answer(content, cut=cut) if method == "GET" and n == 0 else None
    )

    assert read(place, "a.csv") == content


@pytest.mark.failure("A04")
@pytest.mark.failure("K04")
def test_a_range_that_is_always_cut_is_broken(script: Script, place: blob.Container) -> None:
    content = b"0123456789" * 10
    script.reply = lambda method, _key, _n: Answer(content, cut=50 if method == "GET" else None)

    with pytest.raises(BrokenError) as error:
        read(place, "a.csv")

    assert f"{script.endpoint}/exports/a.csv" in str(error.value)


@pytest.mark.failure("A04")
def test_a_range_that_is_shorter_than_asked_is_broken(
    script: Script, place: blob.Container
) -> None:
    content = b"0123456789" * 10
    script.reply = lambda method, _key, _n: Answer(
        content if method == "HEAD" else content[:50], etag='"one"', md5=b""
    )

    with pytest.raises(BrokenError) as error:
        read(place, "a.csv")

    assert str(error.value).endswith("exports/a.csv: was cut short at 50 of 100 bytes")


@pytest.mark.failure("A04")
def test_a_checksum_that_the_bytes_do_not_have_is_noticed_on_arrival(
    script: Script, place: blob.Container, archive: Archive
) -> None:
    script.reply = lambda _method, _key, _n: Answer(b"damaged", md5=hashlib.md5(b"").digest())  # noqa: S324
    body = place.read("a.csv")

    with pytest.raises(ArrivalError):
        archive.put(body.chunks, size=body.size, md5=body.md5)


def test_a_blob_without_a_checksum_is_read_by_its_size(
    script: Script, place: blob.Container
) -> None:
    script.reply = lambda _method, _key, _n: Answer(b"large", md5=b"")

    assert (place.read("a.csv").md5, read(place, "a.csv")) == ("", b"large")


@pytest.mark.failure("K01")
@pytest.mark.parametrize(("failures", "whole"), [(1, True), (2, True), (3, False)])
def test_a_busy_server_is_asked_again_a_few_times(
    failures: int, whole: bool, script: Script, place: blob.Container
) -> None:
    script.objects = {"exports/a.csv": b"content"}
    script.reply = lambda method, _key, n: (
        Answer(status=503, code="ServerBusy") if method == "GET" and n < failures else None
    )

    if whole:
        assert read(place, "a.csv") == b"content"
        return
    with pytest.raises(BrokenError) as error:
        read(place, "a.csv")
    assert str(error.value).endswith("the server answered 503 ServerBusy; run again later")


REFUSALS: Final = [
    (404, "BlobNotFound", AbsentError, "is not there (404 BlobNotFound)"),
    (404, "ContainerNotFound", AbsentError, "is not there (404 ContainerNotFound)"),
    (
        403,
        "AuthorizationPermissionMismatch",
        ForbiddenError,
        (
            "may not be read; grant the role Storage Blob Data Reader on the container "
            "(AuthorizationPermissionMismatch)"
        ),
    ),
    (
        403,
        "AuthorizationFailure",
        ForbiddenError,
        (
            "may not be read; the account's network rules, or its keys, keep this machine out "
            "(AuthorizationFailure)"
        ),
    ),
    (
        403,
        "AuthenticationFailed",
        ForbiddenError,
        (
            "the signature or the credentials are refused or expired; make new ones "
            "(AuthenticationFailed)"
        ),
    ),
    (
        401,
        "InvalidAuthenticationInfo",
        ForbiddenError,
        (
            "the signature or the credentials are refused or expired; make new ones "
            "(InvalidAuthenticationInfo)"
        ),
    ),
    (
        403,
        "SomethingNew",
        ForbiddenError,
        (
            "may not be read (403 SomethingNew); grant the role Storage Blob Data Reader on the "
            "container"
        ),
    ),
    (
        409,
        "BlobArchived",
        BrokenError,
        "is in the archive tier; move it to the hot or cool tier (BlobArchived)",
    ),
    (400, "InvalidInput", BrokenError, "the server answered 400 InvalidInput; run again later"),
]


@pytest.mark.failure("K02")
@pytest.mark.failure("K03")
@pytest.mark.failure("A15")
@pytest.mark.parametrize(("status", "code", "kind", "detail"), REFUSALS)
@pytest.mark.parametrize("method", ["GET", "LIST"])
def test_each_refusal_says_what_it_is_and_the_way_out(
    method: str,
    status: int,
    code: str,
    kind: type[SourceError],
    detail: str,
    script: Script,
    place: blob.Container,
) -> None:
    script.objects = {"exports/a.csv": b"content"}
    script.reply = lambda asked, _key, _n: (
        Answer(status=status, code=code) if asked == method else None
    )

    with pytest.raises(kind) as error:
        list(place.keys("")) if method == "LIST" else read(place, "a.csv")

    assert (type(error.value), error.value.detail) == (kind, detail)
    assert CANARY not in str(error.value)


@pytest.mark.failure("K03")
def test_a_head_that_is_refused_says_what_its_code_says(
    script: Script, place: blob.Container
) -> None:
    code = "AuthorizationPermissionMismatch"
    script.reply = lambda _method, _key, _n: Answer(status=403, code=code)

    with pytest.raises(ForbiddenError, match="grant the role Storage Blob Data Reader"):
        place.read("a.csv")


@pytest.mark.failure("K03")
def test_a_container_that_may_not_be_read_is_one_answer_for_all_months(
    script: Script, build: Any, archive: Archive
) -> None:
    from models.period import Month  # noqa: PLC0415

    script.reply = lambda _m, _k, _n: Answer(status=403, code="AuthorizationFailure")
    source = build(actual=f"{script.endpoint}/exports", sas=SAS)

    (error,) = source.fetch([Month(2026, 9), Month(2026, 10)], archive, {})

    assert not isinstance(error, Delivery)
    assert (error.state, error.scope) == ("forbidden", "azure")


@pytest.mark.failure("K07")
@pytest.mark.parametrize("page", [b"<html>please sign in</html>", b"<!DOCTYPE html><br>", b"ok"])
def test_a_page_in_place_of_a_listing_is_broken_and_not_absent(
    page: bytes, script: Script, build: Any, fetch: Any
) -> None:
    script.reply = lambda method, _key, _n: Answer(page) if method == "LIST" else None

    error = fetch(build(actual=f"{script.endpoint}/exports", sas=SAS))

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"azure: {script.endpoint}/exports/: a page came instead of a list; is a proxy between?"
    )


@pytest.mark.failure("K07")
def test_a_page_in_place_of_a_document_is_refused(
    script: Script, build: Any, fetch: Any, run: Any, make: Any
) -> None:
    laid = run((make.csv([{}], "ea"),))
    script.objects = {f"exports/{key}": content for key, content in laid.objects.items()}
    script.objects[f"exports/{laid.keys[0]}"] = b"<html>please sign in</html>"

    error = fetch(build(actual=f"{script.endpoint}/exports", sas=SAS))

    assert isinstance(error, BrokenError)
    assert error.document == laid.keys[0]
    assert error.detail.startswith("is a page or XML, not a table")


def test_a_server_that_is_not_there_cannot_be_reached(nowhere: blob.Container) -> None:
    with pytest.raises(BrokenError) as error:
        list(nowhere.keys(""))

    assert str(error.value) == (
        "azure: http://127.0.0.1:9/account/billing/: the server cannot be reached "
        "(ServiceRequestError); run again later"
    )


@pytest.mark.parametrize(
    "error", [ClientAuthenticationError(CANARY), CredentialUnavailableError(CANARY)]
)
def test_credentials_that_are_not_there_have_a_way_out(error: Exception) -> None:
    found = fault("azure", "https://x", error)  # type: ignore[arg-type]

    assert isinstance(found, ForbiddenError)
    assert found.detail == (
        "no credentials found; run `az login`, give the machine a managed identity, or set sas"
    )


@pytest.mark.parametrize(
    ("location", "kind", "said"),
    [
        (
            f"https://a.blob.core.windows.net/c/p?{SAS}",
            ForbiddenError,
            (
                "azure: https://a.blob.core.windows.net/c/p: holds a signature; write it as "
                "sas: ${NAME}"
            ),
        ),
        (
            "http://a.blob.core.windows.net/c",
            ForbiddenError,
            "azure: http://a.blob.core.windows.net/c: must begin with https://",
        ),
        (
            "https://a.blob.core.windows.net/",
            BrokenError,
            (
                "azure: https://a.blob.core.windows.net/: names no container; "
                "write https://ACCOUNT/CONTAINER/prefix"
            ),
        ),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_asked(
    location: str, kind: type[SourceError], said: str
) -> None:
    with pytest.raises(kind) as error:
        bucket.place(location, source="azure", folder=Path())

    assert str(error.value) == said
    assert CANARY not in str(error.value)


@pytest.mark.parametrize(
    ("location", "root"),
    [
        ("https://a.blob.core.windows.net/c", "https://a.blob.core.windows.net/c"),
        ("https://a.blob.core.windows.net/c/p/q/", "https://a.blob.core.windows.net/c/p/q"),
    ],
)
def test_an_address_names_account_container_and_prefix(location: str, root: str) -> None:
    place = bucket.place(location, source="azure", folder=Path())

    assert isinstance(place, blob.Container)
    assert place.root == root
    assert isinstance(place.door(), ContainerDoor)
    assert CANARY not in repr(place)


@pytest.fixture
def nowhere() -> blob.Container:
    return blob.container(
        "http://127.0.0.1:9/account/billing", source="azure", sas=SAS, max_attempts=1
    )


@pytest.mark.parametrize("status", [200, 403])
def test_the_clock_of_the_server_is_told_by_any_answer(
    status: int, script: Script, place: blob.Container
) -> None:
    if status != 200:
        script.reply = lambda _m, _k, _n: Answer(status=status, code="AuthorizationFailure")

    assert place.door().clock() == dt.datetime(2026, 10, 6, 4, tzinfo=dt.UTC)
    assert place.door().identity() == ""


@pytest.mark.parametrize(
    ("status", "code", "may"),
    [
        (200, "", True),
        (404, "BlobNotFound", True),
        (403, "AuthorizationPermissionMismatch", False),
        (401, "InvalidAuthenticationInfo", False),
        (400, "InvalidInput", None),
    ],
)
def test_whether_we_could_write_is_asked_without_writing(
    status: int, code: str, may: bool | None, script: Script, place: blob.Container
) -> None:
    script.reply = lambda _m, _k, _n: Answer(status=status, code=code)

    assert place.door().writable() is may
    assert {(method, key) for method, key, _ in script.seen} == {("PUT", "exports/.trueup-doctor")}


def test_a_server_that_is_not_there_tells_neither_time_nor_permission(
    nowhere: blob.Container,
) -> None:
    assert (nowhere.door().clock(), nowhere.door().writable()) == (None, None)


def test_without_the_extra_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "ingest.azure" and "blob" in (args[2] or ()):
            raise ImportError(name="azure.storage")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)

    with pytest.raises(ForbiddenError) as error:
        bucket.place("https://a.blob.core.windows.net/c", source="azure", folder=Path())

    assert str(error.value) == (
        "azure: azure.storage: is not installed; run: pip install 'trueup[azure]'"
    )
