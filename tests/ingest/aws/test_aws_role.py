"""Roles, their renewal in the middle of a fetch, and buckets whose readers pay."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

import pytest

from ingest.aws.role import Role
from ingest.source import Delivery
from ingest.sources.aws_data_export import DataExport
from models.errors import ForbiddenError

Build = Callable[..., DataExport]
Fetch = Callable[..., Any]
S3: Final = "s3://billing/exports"
ROLE: Final = "arn:aws:iam::000123456789:role/bills"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture
def laid(make: Any, export: Any) -> Any:
    return export((make.bytes(make.cur([{}])),))


def lent(number: int, ends: datetime) -> bytes:
    """Answer as STS does when it lends the credentials of a role."""
    return (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
        f"<AccessKeyId>ASIALENT{number}</AccessKeyId>"
        "<SecretAccessKey>canary-lent-secret</SecretAccessKey>"
        f"<SessionToken>token-{number}</SessionToken>"
        f"<Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    ).encode()


@pytest.fixture
def acting(script: Any, answer: Any, laid: Any) -> Callable[..., None]:
    """Let the server lend credentials, and answer other requests as told."""

    def told(reply: Callable[[str, int], Any] | None = None, minutes: int = 60) -> None:
        served = reply or script.serving(laid.objects)
        ends = datetime.now(UTC) + timedelta(minutes=minutes)

        def said(key: str, n: int) -> Any:
            return answer(lent(n, ends)) if key == "/" else served(key, n)

        script.reply = said

    return told


def tokens(script: Any) -> list[str]:
    """Return the session tokens that objects were asked for with, in order."""
    return [headers["X-Amz-Security-Token"] for key, headers in script.seen if key != "/"]


def test_a_role_is_asked_for_with_the_word_its_owner_wants(
    acting: Callable[..., None], script: Any, build: Build, fetch: Fetch
) -> None:
    acting()

    found = fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE, external_id="our-word"))

    asked = parse_qs(next(body for method, _, body in script.calls if method == "POST"))
    assert isinstance(found, Delivery)
    assert (asked["RoleArn"], asked["ExternalId"]) == ([ROLE], ["our-word"])
    assert asked["RoleSessionName"] == ["trueup"]
    assert set(tokens(script)) == {"token-0"}


def test_a_role_without_such_a_word_is_asked_for_without_one(
    acting: Callable[..., None], script: Any, build: Build, fetch: Fetch
) -> None:
    acting()

    fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE))

    assert "ExternalId" not in next(body for method, _, body in script.calls if method == "POST")


def test_credentials_that_end_during_a_fetch_are_renewed_before_they_do(
    acting: Callable[..., None], script: Any, build: Build, fetch: Fetch
) -> None:
    acting(minutes=5)  # so short that each request borrows anew

    assert isinstance(fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE)), Delivery)
    assert len(set(tokens(script))) == len(tokens(script)) == 3


@pytest.mark.failure("K02")
def test_credentials_that_have_ended_when_they_come_are_told(
    acting: Callable[..., None], script: Any, build: Build, fetch: Fetch
) -> None:
    acting(minutes=-5)

    error = fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE))

    assert isinstance(error, ForbiddenError)
    assert error.detail == "the role's credentials had ended when they came; set the clock"


@pytest.mark.failure("K02")
@pytest.mark.parametrize("from_request", [0, 1, 2])
def test_an_expired_token_of_a_role_is_renewed_once_and_the_fetch_goes_on(
    from_request: int,
    acting: Callable[..., None],
    script: Any,
    answer: Any,
    code: Any,
    laid: Any,
    build: Build,
    fetch: Fetch,
) -> None:
    def reply(key: str, n: int) -> Any:
        token = script.seen[-1][1]["X-Amz-Security-Token"]
        old = token == "token-0" and len(tokens(script)) > from_request
        return answer(code("ExpiredToken"), 400) if old else script.serving(laid.objects)(key, n)

    acting(reply)

    assert isinstance(fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE)), Delivery)
    assert script.asked.count("/") == 2
    assert tokens(script).count("token-0") == from_request + 1


@pytest.mark.failure("K02")
def test_a_role_whose_new_credentials_are_refused_too_is_told_once(
    acting: Callable[..., None], script: Any, answer: Any, code: Any, build: Build, fetch: Fetch
) -> None:
    acting(lambda _key, _n: answer(code("ExpiredToken"), 400))

    error = fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE))

    assert isinstance(error, ForbiddenError)
    assert error.detail == "the session has expired; log in again, then run again"
    assert len(tokens(script)) == 2


@pytest.mark.failure("M11")
def test_a_role_that_is_refused_names_the_role_and_no_key(
    script: Any, answer: Any, code: Any, build: Build, fetch: Fetch
) -> None:
    said = b"<ErrorResponse>" + code("AccessDenied") + b"</ErrorResponse>"
    script.reply = lambda _key, _n: answer(said, 403)

    error = fetch(build(S3, endpoint_url=script.endpoint, role_arn=ROLE, external_id="canary-word"))

    assert isinstance(error, ForbiddenError)
    assert str(error).startswith(f"aws: {ROLE}: may not be read: AccessDenied")
    assert "canary" not in str(error)


def test_borrowed_credentials_are_never_shown() -> None:
    role = Role(
        lambda: {
            "AccessKeyId": "ASIALENT",
            "SecretAccessKey": "canary-secret",
            "SessionToken": "canary-token",
            "Expiration": datetime(2100, 1, 1, tzinfo=UTC),
        }
    )

    role.get_frozen_credentials()

    assert "canary" not in repr(role)


@pytest.mark.parametrize("pays", [True, False])
def test_requests_say_that_we_pay_when_the_settings_do(
    pays: bool, script: Any, laid: Any, build: Build, fetch: Fetch
) -> None:
    script.reply = script.serving(laid.objects)

    assert isinstance(fetch(build(S3, endpoint_url=script.endpoint, request_payer=pays)), Delivery)

    said = {headers.get("x-amz-request-payer") for _, headers in script.seen}
    assert said == {"requester" if pays else None}


@pytest.mark.failure("K03")
def test_a_bucket_that_refuses_keeps_no_other_from_being_read(
    script: Any, answer: Any, code: Any, laid: Any, build: Build, fetch: Fetch
) -> None:
    def reply(key: str, n: int) -> Any:
        closed = key.startswith("/closed/")
        return answer(code("AccessDenied"), 403) if closed else script.serving(laid.objects)(key, n)

    script.reply = reply
    closed = build("s3://closed/exports", endpoint_url=script.endpoint)

    assert isinstance(fetch(closed), ForbiddenError)
    assert isinstance(fetch(build(S3, endpoint_url=script.endpoint)), Delivery)
