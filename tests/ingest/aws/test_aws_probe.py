"""What `trueup doctor` asks of a bucket, and that asking leaves no trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.source import Finding
from ingest.sources.aws_data_export import DataExport
from models.period import Month

Build = Callable[..., DataExport]
S3: Final = "s3://billing/exports"
NOW: Final = datetime(2026, 11, 2, 6, tzinfo=UTC)
MONTHS: Final = (Month(2026, 11), Month(2026, 10), Month(2026, 9))
ARN: Final = "arn:aws:sts::000123456789:assumed-role/bills/trueup"
WHO: Final = (
    f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{ARN}</Arn>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
).encode()
EMPTY: Final = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
COLUMNS: Final = (
    *("bill_billing_period_start_date", "bill_billing_period_end_date"),
    *("bill_payer_account_id", "bill_invoice_id", "line_item_line_item_type"),
    *("line_item_line_item_description", "line_item_usage_start_date"),
    *("line_item_usage_end_date", "line_item_usage_account_id", "line_item_product_code"),
    *("line_item_usage_type", "line_item_operation", "line_item_usage_amount"),
    *("line_item_currency_code", "line_item_unblended_cost"),
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture
def laid(make: Any, export: Any) -> Any:
    return export((make.bytes(make.cur([{}])),), columns=COLUMNS)


@pytest.fixture
def asked(
    script: Any, answer: Any, code: Any, laid: Any, build: Build
) -> Callable[..., dict[str, Finding]]:
    """Ask a bucket that refuses nothing but writing; what differs is said."""

    def told(
        differs: Mapping[tuple[str, str], Any] | None = None, at: datetime = NOW, **settings: Any
    ) -> dict[str, Finding]:
        dated = {"Date": format_datetime(NOW, usegmt=True)}

        def reply(key: str, _n: int) -> Any:
            method, address, _ = script.calls[-1]
            kind = _kind(method, address, key)
            if differs and (kind, method) in differs:
                return differs[kind, method]
            answers = {
                "who": answer(WHO),
                "bucket": answer(headers=dated),
                "list": answer(EMPTY.replace(b"<Is", _listed(laid) + b"<Is")),
                "part": answer(code("AccessDenied"), 403),
            }
            return answers.get(kind) or script.serving(laid.objects)(key, 0)

        script.reply = reply
        source = build(S3, endpoint_url=script.endpoint, max_attempts=1, **settings)
        return {finding.check: finding for finding in source.probe(MONTHS, at)}

    return told


def _kind(method: str, address: str, key: str) -> str:
    if key == "/":
        return "who"
    if "list-type" in address:
        return "list"
    if "uploadId" in address:
        return "part"
    return "bucket" if method == "HEAD" else key.rpartition("/")[2]


def _listed(laid: Any) -> bytes:
    return f"<Contents><Key>exports/{laid.manifest_key}</Key></Contents>".encode()


def test_a_bucket_as_it_should_be_has_a_good_answer_to_each_question(
    asked: Callable[..., dict[str, Finding]], laid: Any
) -> None:
    found = asked()

    assert {check: (each.state, each.detail) for check, each in found.items()} == {
        "credentials": ("ok", ARN),
        "clock": ("ok", "0 s ahead of the server's clock"),
        "write": ("ok", "refused, as it should be"),
        "list": ("ok", "allowed"),
        "read": ("ok", "allowed"),
        "delivery": ("ok", f"2026-10: {laid.manifest_key}"),
        "schema": ("ok", "15 columns, all known"),
    }


def test_asking_writes_nothing(asked: Callable[..., dict[str, Finding]], script: Any) -> None:
    asked()

    changing = [call for call in script.calls if call[0] not in {"GET", "HEAD", "POST"}]
    assert [(method, "uploadId=no-such-upload" in address) for method, address, _ in changing] == [
        ("PUT", True)
    ]
    posts = [body for method, _, body in script.calls if method == "POST"]
    assert posts == ["Action=GetCallerIdentity&Version=2011-06-15"]


@pytest.mark.parametrize(
    ("kind", "method", "status", "name", "check", "state", "said"),
    [
        ("who", "POST", 403, "ExpiredToken", "credentials", "fail", "the session has expired"),
        ("who", "POST", 404, "NoSuchBucket", "credentials", "unknown", "the server does not say"),
        ("list", "GET", 403, "AccessDenied", "list", "fail", "may not be read: AccessDenied"),
        ("ft-Manifest.json", "GET", 403, "AccessDenied", "delivery", "fail", "may not be read"),
        ("ft-Manifest.json", "GET", 404, "NoSuchKey", "delivery", "fail", "none of 2026-11, 2026"),
        ("ft-00001.snappy.parquet", "GET", 403, "AccessDenied", "read", "fail", "may not be read"),
        ("part", "PUT", 404, "NoSuchUpload", "write", "warn", "would be allowed"),
        ("part", "PUT", 500, "InternalError", "write", "unknown", "not checked: only writing"),
        ("bucket", "HEAD", 200, "", "clock", "unknown", "the server does not tell its time"),
    ],
)
def test_each_fault_is_told_where_it_is(
    kind: str,
    method: str,
    status: int,
    name: str,
    check: str,
    state: str,
    said: str,
    asked: Callable[..., dict[str, Finding]],
    answer: Any,
    code: Any,
) -> None:
    wrapped = b"<ErrorResponse>" + code(name) + b"</ErrorResponse>" if kind == "who" else code(name)
    headers = {"Date": "never"}

    found = asked({(kind, method): answer(wrapped, status, headers=headers)})[check]

    assert (found.state, said in found.detail) == (state, True), found
    assert "canary" not in found.detail + found.fix
    assert bool(found.fix) == (state in {"fail", "warn"})


@pytest.mark.parametrize(
    ("minutes", "state", "said"),
    [
        (4, "ok", "240 s ahead of the server's clock"),
        (-6, "warn", "360 s behind the server's clock"),
        (16, "fail", "960 s ahead of the server's clock"),
    ],
)
def test_a_clock_that_is_off_is_told_before_signatures_break(
    minutes: int, state: str, said: str, asked: Callable[..., dict[str, Finding]]
) -> None:
    found = asked(at=NOW + timedelta(minutes=minutes))["clock"]

    assert (found.state, found.detail) == (state, said)


def test_the_time_of_a_server_that_refuses_is_still_told(
    asked: Callable[..., dict[str, Finding]], answer: Any, code: Any
) -> None:
    dated = {"Date": format_datetime(NOW + timedelta(hours=1), usegmt=True)}

    found = asked({("bucket", "HEAD"): answer(code("RequestTimeTooSkewed"), 403, headers=dated)})

    assert found["clock"].state == "fail"


def test_a_month_that_was_promised_and_is_not_there_is_late(
    asked: Callable[..., dict[str, Finding]],
) -> None:
    found = asked(expected_every_hours=12)["delivery"]

    assert (found.state, found.detail.partition("; ")[2]) == ("warn", "2026-11 is late")
    assert found.fix == "see whether the export still runs"


@pytest.mark.parametrize(
    ("columns", "state", "said"),
    [
        ((*COLUMNS[:-1],), "fail", "without line_item_unblended_cost"),
        ((*COLUMNS, "shiny", "new"), "ok", "new columns, loaded and not used: shiny, new"),
        ((), "unknown", "not checked: the manifest names no columns; loading checks them"),
        (("BilledCost", "Tags"), "fail", "without "),
    ],
)
def test_columns_are_compared_with_the_contract_before_anything_is_loaded(
    columns: tuple[str, ...], state: str, said: str, laid: Any, export: Any, build: Build,
    tmp_path: Path,
) -> None:  # fmt: skip
    export(laid.files, columns=columns).lay(tmp_path / "bills")

    found = {finding.check: finding for finding in build().probe(MONTHS, NOW)}

    assert (found["schema"].state, found["schema"].detail.startswith(said)) == (state, True)
    assert "credentials" not in found


def test_a_profile_that_is_not_there_is_the_only_thing_told(build: Build, script: Any) -> None:
    (found,) = build(S3, profile="gone", endpoint_url=script.endpoint).probe(MONTHS, NOW)

    assert (found.check, found.state) == ("credentials", "fail")
    assert found.detail == "gone: there is no such profile; see `aws configure`"


def test_a_real_server_is_asked_and_stays_as_it_was(bucket: Any, laid: Any, build: Build) -> None:
    bucket.put(laid)
    before = [item["Key"] for item in bucket.client.list_objects_v2(Bucket="billing")["Contents"]]

    found = {
        finding.check: finding.state
        for finding in build(S3, endpoint_url=bucket.endpoint).probe(MONTHS, datetime.now(UTC))
    }

    assert found == {
        **dict.fromkeys(("credentials", "clock", "list", "read", "schema"), "ok"),
        "write": "unknown",  # this server trips over an upload that nobody began
        "delivery": found["delivery"],
    }
    after = [item["Key"] for item in bucket.client.list_objects_v2(Bucket="billing")["Contents"]]
    assert after == before
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket="billing")
