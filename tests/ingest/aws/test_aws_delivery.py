from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.source import Delivery
from ingest.source import build as built
from ingest.sources.aws_data_export import DataExport, Settings
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, ForbiddenError
from models.period import Month

Build = Callable[..., DataExport]
Fetch = Callable[..., Any]


@pytest.fixture
def parts(make: Any) -> tuple[bytes, ...]:
    return tuple(make.bytes(make.cur([{"line_item_unblended_cost": float(n)}])) for n in (1, 2, 3))


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    return tmp_path / "bills"


@pytest.mark.failure("A09")
def test_a_delivery_is_all_files_of_the_manifest_in_its_order(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch, archive: Archive
) -> None:
    laid = export(parts)
    laid.lay(bills)

    found = fetch(build())

    assert isinstance(found, Delivery)
    assert (found.source, found.version, found.table) == ("aws", laid.version, "cur2")
    assert found.scope == "aws/2026-10"
    assert [document.name for document in found.documents] == list(laid.data_keys)
    stored = [archive.path(document.sha256).read_bytes() for document in found.documents]
    assert tuple(stored) == parts
    assert found.manifest is not None
    assert archive.path(found.manifest.sha256).read_bytes() == laid.manifest


@pytest.mark.failure("A09")
def test_a_file_that_the_manifest_does_not_list_is_not_part_of_the_delivery(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    export(parts).lay(bills)
    smaller = export(parts[:1], version="2")
    smaller.lay(bills)

    assert [d.name for d in fetch(build()).documents] == list(smaller.data_keys)


@pytest.mark.failure("A03")
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_listed_file_that_is_not_there_is_named(
    missing: int, export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = export(parts)
    laid.lay(bills)
    (bills / laid.data_keys[missing]).unlink()

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"aws: {laid.data_keys[missing]}: is not there, but the manifest lists it"
    )


@pytest.mark.failure("A04")
@pytest.mark.parametrize("kept", [1, 4, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, -1])
def test_a_file_that_was_cut_short_is_named(
    kept: float, export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = export(parts)
    laid.lay(bills)
    size = len(parts[1])
    cut = int(size * kept) if 0 < kept < 1 else int(kept) % size
    (bills / laid.data_keys[1]).write_bytes(parts[1][:cut])

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert error.document == laid.data_keys[1]
    assert error.detail in {
        "is cut short: the end of the Parquet file is missing",
        "is cut short: line 1: the record does not end; it begins with 'P'",
    }


@pytest.mark.failure("A05")
def test_a_file_of_zero_bytes_is_named(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = export((parts[0], b""))
    laid.lay(bills)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"aws: {laid.data_keys[1]}: is empty (0 bytes); a table without rows still has its header"
    )


def test_a_file_that_is_no_parquet_is_named(
    export: Any, bills: Path, build: Build, fetch: Fetch
) -> None:
    export((b"<html>please sign in</html>",)).lay(bills)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert (
        error.detail
        == "is a page or XML, not a table; it begins with '<html>please sign in</html>'"
    )


def test_a_month_without_a_delivery_is_absent(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    export(parts).lay(bills)

    error = fetch(build(), Month(2026, 9))

    assert isinstance(error, AbsentError)
    assert str(error) == (
        "aws: ft/metadata/BILLING_PERIOD=2026-09/ft-Manifest.json: "
        "nothing is delivered for the month"
    )


def test_a_folder_that_is_not_there_is_absent(bills: Path, build: Build, fetch: Fetch) -> None:
    error = fetch(build())

    assert isinstance(error, AbsentError)
    assert str(error) == f"aws: {bills}: there is no such folder"


def test_a_delivery_without_files_is_empty(
    export: Any, bills: Path, build: Build, fetch: Fetch
) -> None:
    export(()).lay(bills)

    error = fetch(build())

    assert isinstance(error, EmptyError)
    assert error.detail == "the manifest lists no data file"


def test_an_error_of_one_month_does_not_keep_another_from_arriving(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, archive: Archive
) -> None:
    export((b"",), period=Month(2026, 9)).lay(bills)
    export(parts).lay(bills)

    broken, found = build().fetch([Month(2026, 9), Month(2026, 10)], archive, {})

    assert isinstance(broken, BrokenError)
    assert broken.period == "2026-09"
    assert isinstance(found, Delivery)


def test_a_manifest_that_is_known_is_read_and_its_data_is_not(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, archive: Archive
) -> None:
    laid, october = export(parts), Month(2026, 10)
    laid.lay(bills)
    known = {october: hashlib.sha256(laid.manifest).hexdigest()}

    assert list(build().fetch([october], archive, known)) == []
    assert not archive.folder.exists()
    export(parts, version="2").lay(bills)
    (found,) = build().fetch([october], archive, known)
    assert isinstance(found, Delivery)


def test_a_month_is_late_some_hours_after_it_began(build: Build) -> None:
    assert build(expected_every_hours=36).due(Month(2026, 10)) == datetime(
        2026, 10, 2, 12, tzinfo=UTC
    )


@pytest.mark.failure("A11")
@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        (b"<html>", "the manifest is not JSON; it begins with '<html>'"),
        (b"{", "the manifest is not JSON; it begins with '{'"),
        (b"{}", "the manifest has no executionId, which names the delivery"),
        (b" " * ((16 << 20) + 1), "the manifest is larger than 16777216 bytes"),
    ],
)
def test_a_manifest_that_is_none_is_named(
    manifest: bytes, complaint: str, export: Any, bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = export((b"",))
    laid.lay(bills)
    (bills / laid.manifest_key).write_bytes(manifest)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error) == f"aws: {laid.manifest_key}: {complaint}"


@pytest.mark.failure("M01")
@pytest.mark.failure("M02")
@pytest.mark.parametrize(
    "address",
    [
        "../../outside.parquet",
        "/etc/passwd",
        "file:///etc/passwd",
        "s3://x/ft/data/BILLING_PERIOD=2026-10/../../../../outside.parquet",
        "s3://x/ft/data/BILLING_PERIOD=2026-09/ft-00001.snappy.parquet",
    ],
)
def test_a_manifest_that_points_elsewhere_is_refused_and_nothing_is_read(
    address: str,
    export: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
    archive: Archive,
) -> None:
    (bills.parent / "outside.parquet").write_bytes(parts[0])
    export(parts, members={"dataFiles": [address]}).lay(bills)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert error.detail.startswith(f"the manifest names {address!r}, which ")
    assert not list(archive.folder.rglob("*"))


def test_the_newest_run_counts_where_each_run_has_a_folder(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    old = export(parts, run="20261101T000000Z-1/")
    new = export(parts[:2], run="20261102T000000Z-2/", version="2")
    for laid in (old, new):
        laid.lay(bills)
        own = bills / Path(laid.manifest_key).parent / laid.run / "ft-Manifest.json"
        own.parent.mkdir()
        own.write_bytes(laid.manifest)

    found = fetch(build())

    assert found.version == "2"
    assert [document.name for document in found.documents] == list(new.data_keys)


@pytest.mark.parametrize("name", ["Manifest.json", "cur-Manifest.json"])
def test_a_manifest_of_another_name_is_found(
    name: str, export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = export(parts)
    laid.lay(bills)
    usual = bills / laid.manifest_key
    usual.rename(usual.with_name(name))

    assert fetch(build()).manifest.name.endswith(f"/{name}")


def test_two_manifests_are_one_too_many(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = export(parts)
    laid.lay(bills)
    usual = bills / laid.manifest_key
    usual.with_name("a-Manifest.json").write_bytes(laid.manifest)
    usual.rename(usual.with_name("b-Manifest.json"))

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert "holds several manifests: ft/metadata/BILLING_PERIOD=2026-10/a-Manifest.json" in str(
        error
    )


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        (("x", "line_item_line_item_type"), "cur2"),
        (("BilledCost",), "focus"),
        (("billedcost",), "focus"),
    ],
)
def test_the_columns_of_the_manifest_tell_the_table(
    columns: tuple[str, ...],
    kind: str,
    export: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
) -> None:
    export(parts, columns=columns).lay(bills)

    assert fetch(build()).table == kind


def test_the_first_file_tells_the_table_where_the_manifest_does_not(
    export: Any, make: Any, bills: Path, build: Build, fetch: Fetch
) -> None:
    export((make.bytes(make.focus([{}])),), members={"columns": []}).lay(bills)

    assert fetch(build()).table == "focus"


def test_another_table_is_refused(
    export: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    export(parts, columns=("carbon_emissions",)).lay(bills)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert error.detail == (
        "is neither CUR 2.0 nor FOCUS; export COST_AND_USAGE_REPORT or FOCUS_1_2_AWS"
    )


def test_a_first_file_that_is_damaged_tells_no_table(
    export: Any, bills: Path, build: Build, fetch: Fetch
) -> None:
    export((b"PAR1" + bytes(50) + b"PAR1",), members={"columns": []}).lay(bills)

    assert isinstance(fetch(build()), BrokenError)


def test_a_file_that_may_not_be_read_is_forbidden(
    export: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export(parts).lay(bills)
    monkeypatch.setattr("os.access", lambda *_: False)

    assert isinstance(fetch(build()), ForbiddenError)


def test_the_kind_builds_from_its_settings(tmp_path: Path) -> None:
    settings = Settings(kind="aws_data_export", location="bills", export="ft")

    source = built("cloud", "aws_data_export", settings, tmp_path)

    assert (source.name, source.fingerprint) == (
        "cloud",
        "aws_data_export 2 tax_recoverable=False",
    )


@pytest.mark.parametrize(
    "wrong",
    [{"export": "a/b"}, {"export": "a\n"}, {"exprot": "x"}, {"max_attempts": 0}, {"location": ""}],
)
def test_settings_are_strict(wrong: dict[str, Any]) -> None:
    given = {"kind": "aws_data_export", "location": "x", "export": "ft", **wrong}

    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings.model_validate(given)


def test_each_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())
