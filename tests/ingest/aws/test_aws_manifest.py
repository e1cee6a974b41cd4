from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.aws.manifest import LIMIT, Manifest, key, parse

GOOD: Final[dict[str, Any]] = {
    "executionId": "11111111",
    "exportArn": "arn:aws:bcm-data-exports:us-east-1:1:export/ft",
    "columns": [{"name": "BilledCost", "type": "double"}],
    "dataFiles": ["s3://b/p/ft/data/BILLING_PERIOD=2026-10/ft-00001.snappy.parquet"],
    "somethingNew": {"a": [1]},
}
HOME: Final = "ft/data/BILLING_PERIOD=2026-10"
HOMES: Final = [f"{HOME}/"]


def test_a_manifest_may_say_more_than_is_used() -> None:
    assert parse(json.dumps(GOOD).encode()) == Manifest(
        "11111111", ("BilledCost",), tuple(GOOD["dataFiles"])
    )


def test_a_manifest_may_leave_out_its_columns() -> None:
    bare = {name: value for name, value in GOOD.items() if name != "columns"}

    assert parse(b"\xef\xbb\xbf" + json.dumps(bare).encode()).columns == ()


@pytest.mark.failure("A11")
@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is not JSON; it begins with ''"),
        (b"<html><body>Sign in</body></html>", "is not JSON; it begins with '<html>"),
        (b'{"executionId": "1", "dataF', "is not JSON"),
        (b"\xff\xfe{\x00}\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b'{"executionId": "1", "executionId": "2"}', "has the key 'executionId' twice"),
        (b" " * (LIMIT + 1), f"is larger than {LIMIT} bytes"),
    ],
)
def test_what_is_no_manifest_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(")):
        parse(data)


@pytest.mark.failure("A11")
@pytest.mark.parametrize(
    ("member", "value", "complaint"),
    [
        ("executionId", None, "has no executionId, which names the delivery"),
        ("executionId", "", "has no executionId"),
        ("executionId", 7, "has no executionId"),
        ("executionId", "a\nb", "has an executionId that is not one: 'a\\nb'"),
        ("executionId", "x" * 257, "has an executionId that is not one"),
        ("columns", {"name": "a"}, "has columns that are not a list"),
        ("columns", [{"type": "double"}], "has a column without a name"),
        ("columns", ["BilledCost"], "has a column without a name"),
        ("dataFiles", None, "has no list of dataFiles"),
        ("dataFiles", "s3://b/x", "has no list of dataFiles"),
        ("dataFiles", [7], "has a data file that is not an address"),
        ("dataFiles", [""], "has a data file that is not an address"),
        ("dataFiles", ["s3://b/x", "s3://b/x"], "names the data file 's3://b/x' twice"),
    ],
)
def test_a_member_that_is_not_what_it_should_be_is_told(
    member: str, value: object, complaint: str
) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared
        parse(json.dumps({**GOOD, member: value}).encode())

    assert complaint in str(error.value)


def outcome(data: bytes) -> str:
    """Return the version of a manifest, or the reason why it is none; nothing else comes out."""
    try:
        return parse(data).version
    except ValueError as error:
        return str(error)


@pytest.mark.failure("A11")
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_give_a_manifest_or_a_reason(data: bytes) -> None:
    said = outcome(data)

    assert said
    assert "\n" not in said


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.failure("A11")
@given(members=st.dictionaries(st.sampled_from(sorted(GOOD)), JSON))
def test_any_members_give_a_manifest_or_a_reason(members: dict[str, object]) -> None:
    said = outcome(json.dumps({**GOOD, **members}).encode())

    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("root", "address"),
    [
        ("s3://b/p", f"s3://b/p/{HOME}/ft-00001.snappy.parquet"),
        ("s3://b", f"s3://b/{HOME}/ft-00001.snappy.parquet"),
        ("", f"s3://any/old/prefix/{HOME}/ft-00001.snappy.parquet"),
        ("", f"s3://any/{HOME}/ft-00001.snappy.parquet"),
        ("", f"{HOME}/ft-00001.snappy.parquet"),
    ],
)
def test_an_address_becomes_a_key_of_the_place(root: str, address: str) -> None:
    found = key(address, root=root, homes=HOMES)

    assert found == f"{HOME}/ft-00001.snappy.parquet"


def test_a_run_of_its_own_may_hold_the_files() -> None:
    address = f"s3://b/p/{HOME}/20261102T010203Z-1111/ft-00001.snappy.parquet"

    assert key(address, root="s3://b/p", homes=HOMES).endswith("ft-00001.snappy.parquet")


@pytest.mark.failure("M02")
@pytest.mark.parametrize("root", ["s3://b/p", ""])
@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "https://b/p/ft/data/BILLING_PERIOD=2026-10/x",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-09/x.parquet",
        "s3://b/p/ft/metadata/BILLING_PERIOD=2026-10/x.parquet",
        "s3://b/p/other/data/BILLING_PERIOD=2026-10/x.parquet",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10/",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10/../BILLING_PERIOD=2026-09/x",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10/./x",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10//x",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10/a\\..\\x",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10/a\nb",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10/a\0b",
        "s3://b/p/ft/data/BILLING_PERIOD=2026-10\u202e/x",
        "ft/data/../../x",
        "data",
    ],
)
def test_an_address_outside_the_delivery_is_refused(root: str, address: str) -> None:
    with pytest.raises(ValueError, match=r"^names '"):
        key(address, root=root, homes=HOMES)


@pytest.mark.failure("M02")
@pytest.mark.parametrize(
    "address",
    [
        f"s3://other/p/{HOME}/x.parquet",
        f"s3://b/{HOME}/x.parquet",
        f"s3://b/pp/{HOME}/x.parquet",
        f"s3://b2/p/{HOME}/x.parquet",
        f"S3://b/p/{HOME}/x.parquet",
        f"{HOME}/x.parquet",
    ],
)
def test_another_bucket_or_prefix_is_refused(address: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared
        key(address, root="s3://b/p", homes=HOMES)

    assert str(error.value) == f"names {address!r}, which lies outside s3://b/p/{HOME}/"
