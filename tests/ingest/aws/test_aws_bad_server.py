"""A server that behaves as badly as told; each answer is scripted."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from botocore.loaders import Loader
from botocore.session import get_session

from ingest.aws.delivery import TRIES
from ingest.source import Delivery
from ingest.sources.aws_data_export import DataExport
from models.archive import Archive
from models.errors import AbsentError, BrokenError, ForbiddenError

Build = Callable[..., DataExport]
Fetch = Callable[..., Any]
S3: Final = "s3://billing/exports"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture
def parts(make: Any) -> tuple[bytes, ...]:
    return tuple(make.bytes(make.cur([{"line_item_unblended_cost": float(n)}])) for n in (1, 2, 3))


@pytest.fixture
def laid(export: Any, parts: tuple[bytes, ...]) -> Any:
    return export(parts)


@pytest.fixture
def source(script: Any, build: Build) -> DataExport:
    return build(S3, endpoint_url=script.endpoint, max_attempts=2)


@pytest.fixture
def stored(archive: Archive) -> Callable[[Delivery], tuple[bytes, ...]]:
    return lambda found: tuple(archive.path(d.sha256).read_bytes() for d in found.documents)


@pytest.fixture(autouse=True)
def _no_secret_in_messages(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert "canary" not in caplog.text


def test_clients_share_the_models_of_services(loader: Loader) -> None:
    """Each reading them anew, all tests of a folder take three times as long."""
    assert get_session().get_component("data_loader") is loader


def test_what_a_good_server_gives_is_the_delivery(
    script: Any, laid: Any, parts: tuple[bytes, ...], source: DataExport, fetch: Fetch, stored: Any
) -> None:
    script.reply = script.serving(laid.objects)

    assert stored(fetch(source)) == parts
    assert script.asked == [laid.manifest_key, *laid.data_keys, laid.manifest_key]


@pytest.mark.failure("A03")
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_each_listed_object_that_is_not_there_is_named(
    missing: int, script: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    gone = laid.data_keys[missing]
    script.reply = script.serving({k: v for k, v in laid.objects.items() if k != gone})

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"aws: s3://billing/exports/{gone}: is not there (NoSuchKey), but the manifest lists it"
    )


@pytest.mark.failure("A03")
def test_an_object_that_moved_with_a_new_manifest_is_looked_for_again(
    script: Any, laid: Any, export: Any, parts: tuple[bytes, ...], source: DataExport, fetch: Fetch
) -> None:
    new = export(parts, run="20261102T000000Z-2/", version="2")

    def reply(key: str, n: int) -> Any:
        objects = {**new.objects, laid.manifest_key: laid.manifest if n == 0 else new.manifest}
        return script.serving(objects)(key, n)

    script.reply = reply

    assert fetch(source).version == "2"


CUTS: Final = ("0", "1", "n-1", *(f"{tenth}0%" for tenth in range(1, 10)))


def length(cut: str, size: int) -> int:
    return size * int(cut[:-1]) // 100 if "%" in cut else {"0": 0, "1": 1, "n-1": size - 1}[cut]


@pytest.mark.failure("A04")
@pytest.mark.failure("K04")
@pytest.mark.parametrize("cut", CUTS)
def test_an_object_that_is_always_cut_short_is_named(
    cut: str,
    script: Any,
    answer: Any,
    laid: Any,
    source: DataExport,
    fetch: Fetch,
    archive: Archive,
) -> None:
    bad = laid.data_keys[1]

    def reply(key: str, _n: int) -> Any:
        content = laid.objects[key]
        kept = length(cut, len(content)) if key == bad else None
        return answer(content, cut=kept, alone=True)

    script.reply = reply

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.document == f"s3://billing/exports/{bad}"
    assert error.detail.startswith(f"was cut short at {length(cut, len(laid.objects[bad]))} ")
    assert len([path for path in archive.folder.rglob("*") if path.is_file()]) == 2


@pytest.mark.failure("A04")
def test_an_object_that_never_gets_further_is_given_up(
    script: Any, answer: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    bad = laid.data_keys[1]
    size = len(laid.objects[bad])
    script.reply = lambda key, _n: answer(laid.objects[key], cut=0 if key == bad else None)

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.detail == f"was cut short at 0 of {size} bytes"


@pytest.mark.failure("K04")
@pytest.mark.parametrize("cut", CUTS)
def test_a_connection_that_drops_is_taken_up_where_it_ended(
    cut: str,
    script: Any,
    answer: Any,
    laid: Any,
    parts: tuple[bytes, ...],
    source: DataExport,
    fetch: Fetch,
    stored: Any,
) -> None:
    dropped = laid.data_keys[1]

    def reply(key: str, n: int) -> Any:
        content = laid.objects[key]
        return answer(content, cut=length(cut, len(content)) if (key, n) == (dropped, 0) else None)

    script.reply = reply

    assert stored(fetch(source)) == parts
    again = [headers for key, headers in script.seen if key == dropped][1]
    assert again["Range"] == f"bytes={length(cut, len(parts[1]))}-"
    assert "If-Match" in again


@pytest.mark.failure("A07")
@pytest.mark.parametrize("cut", ["0", "50%", "n-1"])
def test_an_object_that_changes_between_requests_is_read_again_from_the_start(
    cut: str,
    script: Any,
    answer: Any,
    laid: Any,
    make: Any,
    source: DataExport,
    fetch: Fetch,
    stored: Any,
) -> None:
    changing = laid.data_keys[1]
    new = make.bytes(make.cur([{"line_item_unblended_cost": 99.0}] * 5))

    def reply(key: str, n: int) -> Any:
        content = laid.objects[key]
        if key != changing:
            return answer(content)
        return answer(content, cut=length(cut, len(content))) if n == 0 else answer(new)

    script.reply = reply

    assert stored(fetch(source))[1] == new


@pytest.mark.failure("A07")
def test_a_server_that_ignores_conditions_cannot_mix_two_versions(
    script: Any, answer: Any, laid: Any, source: DataExport, fetch: Fetch, stored: Any
) -> None:
    changing, old = laid.data_keys[1], laid.files[1]

    def reply(key: str, n: int) -> Any:
        if key != changing:
            return answer(laid.objects[key])
        if n == 0:
            return answer(old, cut=50, etag='"old"')
        if n == 1:
            rest = {"Content-Range": f"bytes 50-{len(old) - 1}/{len(old)}"}
            return answer(old[50:], 206, etag='"new"', headers=rest)
        return answer(old, etag='"new"')

    script.reply = reply

    assert stored(fetch(source))[1] == old
    assert script.asked.count(changing) == 3


@pytest.mark.failure("A07")
def test_an_object_that_never_stops_changing_is_given_up(
    script: Any, answer: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    def reply(key: str, n: int) -> Any:
        content = laid.objects[key]
        changing = key == laid.data_keys[0]
        return answer(content, cut=9 if changing else None, etag=f'"{n}"' if changing else None)

    script.reply = reply

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"aws: {laid.manifest_key}: kept changing while it was read, {TRIES} times; run again later"
    )


@pytest.mark.failure("A08")
@pytest.mark.parametrize("k", range(1, 6))
def test_a_manifest_that_changes_after_any_request_gives_the_new_delivery_only(
    k: int,
    script: Any,
    laid: Any,
    export: Any,
    make: Any,
    source: DataExport,
    fetch: Fetch,
    stored: Any,
) -> None:
    new = export(
        tuple(make.bytes(make.cur([{"line_item_unblended_cost": float(n)}])) for n in (7, 8)),
        version="2",
    )

    def reply(key: str, n: int) -> Any:
        objects = laid.objects if len(script.seen) <= k else {**laid.objects, **new.objects}
        return script.serving(objects)(key, n)

    script.reply = reply

    found = fetch(source)

    late = k > len(laid.data_keys) + 1  # the change came after the last look at the manifest
    assert (found.version, stored(found)) == (
        (laid.version, laid.files) if late else ("2", new.files)
    )


@pytest.mark.failure("A08")
def test_a_manifest_that_never_stops_changing_is_given_up(
    script: Any, answer: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    def reply(key: str, n: int) -> Any:
        content = laid.objects[key]
        return answer(content + b" " * n if key == laid.manifest_key else content)

    script.reply = reply

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.detail == f"kept changing while it was read, {TRIES} times; run again later"


@pytest.mark.failure("A05")
def test_an_object_of_zero_bytes_is_named(
    script: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    script.reply = script.serving({**laid.objects, laid.data_keys[2]: b""})

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.detail == "is empty (0 bytes); a table without rows still has its header"


@pytest.mark.failure("A04")
def test_an_object_that_differs_from_its_checksum_is_named(
    script: Any, answer: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    bad = {"x-amz-checksum-sha256": wrong}
    script.reply = lambda key, _n: answer(
        laid.objects[key], headers=bad if key == laid.data_keys[0] else {}
    )

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"aws: s3://billing/exports/{laid.data_keys[0]}: does not match its own checksum"
    )


@pytest.mark.failure("A04")
@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [({}, True), ({"x-amz-server-side-encryption": "aws:kms"}, False)],
)
def test_an_etag_that_is_an_md5_is_compared_unless_it_is_of_encrypted_bytes(
    headers: Mapping[str, str],
    is_refused: bool,
    script: Any,
    answer: Any,
    laid: Any,
    source: DataExport,
    fetch: Fetch,
) -> None:
    etag = f'"{hashlib.md5(b"other").hexdigest()}"'  # noqa: S324 - as the server makes it
    script.reply = lambda key, _n: answer(laid.objects[key], etag=etag, headers=headers)

    found = fetch(source)

    if is_refused:
        assert isinstance(found, BrokenError)
        assert found.document == laid.data_keys[0]
        assert found.detail.startswith("MD5 is ")
    else:
        assert isinstance(found, Delivery)


@pytest.mark.failure("K01")
@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_is_busy_once_is_asked_again(
    status: int, script: Any, answer: Any, code: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    busy = answer(code("SlowDown"), status)
    script.reply = lambda key, n: busy if n == 0 else answer(laid.objects[key])

    assert isinstance(fetch(source), Delivery)


@pytest.mark.failure("K01")
def test_a_server_that_stays_busy_is_told(
    script: Any, answer: Any, code: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    script.reply = lambda _key, _n: answer(code("SlowDown"), 503)

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"aws: s3://billing/exports/{laid.manifest_key}: the server answered 503 SlowDown"
    )
    assert len(script.seen) == 2


@pytest.mark.failure("K03")
@pytest.mark.parametrize(
    ("name", "detail"),
    [
        (
            "AccessDenied",
            (
                "may not be read: AccessDenied (without s3:ListBucket an object that is not there "
                "is answered like this too)"
            ),
        ),
        ("InvalidAccessKeyId", "may not be read: InvalidAccessKeyId"),
        ("SignatureDoesNotMatch", "may not be read: SignatureDoesNotMatch"),
    ],
)
def test_a_refusal_is_not_taken_for_an_empty_month(
    name: str,
    detail: str,
    script: Any,
    answer: Any,
    code: Any,
    laid: Any,
    source: DataExport,
    fetch: Fetch,
) -> None:
    script.reply = lambda _key, _n: answer(code(name), 403)

    error = fetch(source)

    assert isinstance(error, ForbiddenError)
    assert str(error) == f"aws: s3://billing/exports/{laid.manifest_key}: {detail}"


@pytest.mark.failure("K02")
@pytest.mark.parametrize("from_request", [0, 1, 3])
def test_a_session_that_expires_is_told_at_whatever_moment(
    from_request: int,
    script: Any,
    answer: Any,
    code: Any,
    laid: Any,
    source: DataExport,
    fetch: Fetch,
) -> None:
    def reply(key: str, _n: int) -> Any:
        expired = len(script.seen) > from_request
        return answer(code("ExpiredToken"), 400) if expired else answer(laid.objects[key])

    script.reply = reply

    error = fetch(source)

    assert isinstance(error, ForbiddenError)
    assert error.detail == "the session has expired; log in again, then run again"


def test_a_bucket_in_another_region_is_told(
    script: Any, answer: Any, code: Any, source: DataExport, fetch: Fetch
) -> None:
    script.reply = lambda _key, _n: answer(code("AuthorizationHeaderMalformed"), 400)

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.detail == (
        "the bucket is in another region (AuthorizationHeaderMalformed); set region"
    )


@pytest.mark.parametrize("page", [b"<html>Sign in</html>", b""])
@pytest.mark.failure("A11")
def test_a_page_of_a_proxy_is_not_taken_for_a_manifest(
    page: bytes, script: Any, answer: Any, source: DataExport, fetch: Fetch
) -> None:
    script.reply = lambda _key, _n: answer(page, headers={"Content-Type": "text/html"})

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.detail.startswith("the manifest is not JSON; it begins with '")


def test_a_page_of_a_proxy_is_not_taken_for_data(
    script: Any, laid: Any, source: DataExport, fetch: Fetch
) -> None:
    script.reply = script.serving({**laid.objects, laid.data_keys[0]: b"<html>Sign in</html>"})

    error = fetch(source)

    assert isinstance(error, BrokenError)
    assert error.detail == "is a page or XML, not a table; it begins with '<html>Sign in</html>'"


def test_a_server_that_is_not_there_is_told(build: Build, fetch: Fetch, script: Any) -> None:
    error = fetch(build(S3, endpoint_url="http://127.0.0.1:9", max_attempts=1))

    assert isinstance(error, BrokenError)
    assert error.detail == "the server cannot be reached (EndpointConnectionError)"
    assert not script.seen


@pytest.mark.failure("M11")
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_no_message_holds_a_secret_or_the_words_of_the_server(
    status: int, script: Any, answer: Any, code: Any, source: DataExport, fetch: Fetch
) -> None:
    script.reply = lambda _key, _n: answer(code("Odd"), status)

    error = fetch(source)

    assert isinstance(error, AbsentError | BrokenError | ForbiddenError)
    assert "canary" not in str(error)
    assert "AKIA" not in str(error)
