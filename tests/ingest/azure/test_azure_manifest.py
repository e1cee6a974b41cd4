from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.azure import layout
from ingest.azure.manifest import LIMIT, key, parse
from ingest.sources.azure_export import AzureExport
from models.errors import BrokenError
from models.period import Month

SOUND: dict[str, Any] = {
    "manifestVersion": "2024-04-01",
    "blobCount": 1,
    "dataRowCount": 2,
    "exportConfig": {
        "type": "FocusCost",
        "resourceId": "/subscriptions/A/providers/Microsoft.CostManagement/exports/daily",
    },
    "runInfo": {
        "submittedTime": "2026-10-06T04:00:01.123+02:00",
        "runId": "r",
        "startDate": "2026-10-01T00:00:00",
        "endDate": "2026-10-31T00:00:00Z",
    },
    "blobs": [{"blobName": "exports/run/1.csv", "byteCount": 9, "dataRowCount": 2}],
}


def text(**changes: Any) -> bytes:
    return json.dumps({**SOUND, **changes}).encode()


def test_a_manifest_says_what_ran_when_and_what_it_wrote() -> None:
    found = parse(text())

    assert (found.dataset, found.scope, found.run) == ("focus", "/subscriptions/a", "r")
    assert found.submitted == datetime(2026, 10, 6, 2, 0, 1, 123000, tzinfo=UTC)
    assert (found.first, found.last) == (
        datetime(2026, 10, 1, tzinfo=UTC),
        datetime(2026, 10, 31, tzinfo=UTC),
    )
    (blob,) = found.blobs
    assert (blob.name, blob.size, blob.rows) == ("exports/run/1.csv", 9, 2)


def test_a_byte_order_mark_and_unknown_members_do_no_harm() -> None:
    assert parse(b"\xef\xbb\xbf" + text(news=[1])) == parse(text())


BAD: list[tuple[bytes, str]] = [
    (b"", "is not JSON; it begins with ''"),
    (b"<html>sign in</html>", "is not JSON; it begins with '<html>sign in</html>'"),
    (text()[:-1], "is not JSON; it begins with"),
    (b"\xff\xfe{\x00}", "is not JSON"),
    (b"[" * 100_000, "is not JSON"),
    (b"[]", "is not a JSON object"),
    (b'{"blobs": [], "blobs": []}', "has the key 'blobs' twice"),
    (b" " * (LIMIT + 1), f"is larger than {LIMIT} bytes"),
    (text(blobs={}), "has no list of blobs"),
    (text(blobs=None), "has no list of blobs"),
    (text(blobs=["a"]), "has a blob without a name"),
    (text(blobs=[{"blobName": ""}]), "has a blob without a name"),
    (text(blobs=[{"blobName": 1}]), "has blobName that is not a text: 1"),
    (text(blobs=[{"blobName": "a\n"}]), "has blobName that is not a text"),
    (text(blobs=SOUND["blobs"] * 2, blobCount=2), "names the blob 'exports/run/1.csv' twice"),
    (text(blobCount=2), "states 2 blobs, and lists 1"),
    (text(blobCount="1"), "has blobCount that is not a number: '1'"),
    (text(blobs=[{"blobName": "a", "byteCount": -1}]), "has byteCount that is not a number: -1"),
    (text(dataRowCount=True), "has dataRowCount that is not a number: True"),
    (text(exportConfig=[]), "has exportConfig that is not an object"),
    (text(runInfo={"startDate": "October"}), "has startDate that is not a moment: 'October'"),
    (text(runInfo={"startDate": 1}), "has startDate that is not a text: 1"),
]


@pytest.mark.failure("A11")
@pytest.mark.parametrize(("data", "complaint"), BAD, ids=range(len(BAD)))
def test_what_is_no_manifest_is_refused_and_says_why(data: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=r".+") as error:
        parse(data)

    assert str(error.value).startswith(complaint)


@pytest.mark.failure("A11")
def test_every_cut_of_a_manifest_is_refused() -> None:
    whole = text()

    for end in range(len(whole)):
        with pytest.raises(ValueError, match="is not JSON"):
            parse(whole[:end])


@pytest.mark.failure("A11")
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_value_of_any_member_is_read_or_refused(value: object) -> None:
    for name in SOUND:
        try:
            parse(text(**{name: value}))
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017 - what is refused says so in one line


@pytest.mark.failure("A11")
def test_a_huge_or_broken_manifest_refuses_the_month(
    tmp_path: Path, run: Any, build: Callable[..., AzureExport], fetch: Any, make: Any
) -> None:
    laid = run((make.csv([{}], "ea"),))
    laid.lay(tmp_path / "bills")
    manifest = tmp_path / "bills" / laid.manifest_key

    manifest.write_bytes(b" " * (LIMIT + 1))
    huge = fetch(build())
    manifest.write_bytes(b"{")
    broken = fetch(build())

    assert isinstance(huge, BrokenError)
    assert huge.detail == f"the manifest is larger than {LIMIT} bytes"
    assert isinstance(broken, BrokenError)
    assert str(broken) == (
        f"azure: {laid.manifest_key}: the manifest is not JSON; it begins with '{{'"
    )


@pytest.mark.parametrize(
    ("blob", "manifest", "found"),
    [
        ("exports/daily/run/1.csv", "daily/run/manifest.json", "daily/run/1.csv"),
        ("exports/daily/run/1.csv", "manifest.json", "1.csv"),
        ("run/1.csv", "a/b/run/manifest.json", "a/b/run/1.csv"),
        ("1.csv", "a/run/manifest.json", "a/run/1.csv"),
    ],
)
def test_a_blob_is_looked_for_beside_its_manifest(blob: str, manifest: str, found: str) -> None:
    assert key(blob, manifest) == found


@pytest.mark.failure("A11")
@pytest.mark.parametrize(
    "blob", ["other/1.csv", "run/../1.csv", "run//1.csv", "/run/1.csv", "run\\1.csv", "run/..", ""]
)
def test_a_manifest_cannot_name_what_lies_elsewhere(
    blob: str,
    tmp_path: Path,
    run: Any,
    build: Callable[..., AzureExport],
    fetch: Any,
    make: Any,
) -> None:
    with pytest.raises(ValueError, match=r"which does not lie beside it"):
        key(blob, "daily/run/manifest.json")

    if blob:
        blobs = [{"blobName": blob}]
        run((make.csv([{}], "ea"),), members={"blobs": blobs}).lay(tmp_path / "bills")
        error = fetch(build())
        assert isinstance(error, BrokenError)
        assert error.detail == f"the manifest names {blob!r}, which does not lie beside it"


@pytest.mark.parametrize(
    ("first", "last", "month"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), Month(2026, 2)),
        (date(2026, 2, 1), date(2026, 3, 1), Month(2026, 2)),
        (date(2026, 2, 1), date(2026, 2, 1), Month(2026, 2)),
        (date(2026, 2, 1), date(2026, 3, 2), None),
        (date(2026, 2, 2), date(2026, 2, 28), None),
        (date(2026, 2, 1), date(2026, 1, 31), None),
        (None, date(2026, 2, 28), None),
    ],
)
def test_days_are_a_month_from_its_first_on(
    first: date | None, last: date | None, month: Month | None
) -> None:
    assert layout.month(first, last) == month


def test_folders_that_only_look_like_days_or_times_tell_nothing() -> None:
    assert layout.month_of("x/20261301-20261331/1.csv") is None
    (run,) = layout.bare(["x/20261001-20261031/209913320000/1.csv"], Month(2026, 10))
    assert not run.is_dated
