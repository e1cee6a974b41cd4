from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.azure.role import Reading
from ingest.bucket import Body, ChangedError, Folder
from ingest.load import load_delivery
from ingest.source import Delivery, kinds
from ingest.source import build as built
from ingest.sources.azure_export import AzureExport, Settings
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError
from models.lake import Lake
from models.period import Month

Build = Callable[..., AzureExport]
Fetch = Callable[..., Any]


@pytest.fixture
def parts(make: Any) -> tuple[bytes, ...]:
    return tuple(make.csv([{"CostInBillingCurrency": str(n)}], "ea") for n in (1, 2, 3))


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    return tmp_path / "bills"


def test_the_kind_is_found_by_its_file(tmp_path: Path) -> None:
    assert "azure_export" in kinds()
    settings = Settings(kind="azure_export", focus="bills")
    assert built("azure", "azure_export", settings, tmp_path).name == "azure"


@pytest.mark.failure("A09")
def test_a_delivery_is_all_blobs_of_the_manifest_in_its_order(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch, archive: Archive
) -> None:
    laid = run(parts)
    laid.lay(bills)

    found = fetch(build())

    assert isinstance(found, Delivery)
    assert (found.source, found.version, found.scope) == ("azure", laid.guid, "azure/2026-10")
    assert [document.name for document in found.documents] == list(laid.keys)
    stored = [archive.path(document.sha256).read_bytes() for document in found.documents]
    assert tuple(stored) == parts
    assert found.manifest is not None
    assert archive.path(found.manifest.sha256).read_bytes() == laid.manifest
    reading = Reading.of(found.table)
    assert (reading.dataset, set(reading.roles.values())) == ("details", {"actual"})


@pytest.mark.failure("A01")
@pytest.mark.failure("A17")
@pytest.mark.parametrize("later", ["longer", "shorter"])
def test_the_newest_run_of_a_month_is_its_delivery(
    later: str, run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    counts = (1, 3) if later == "longer" else (3, 1)
    old = run(parts[: counts[0]], time="202610060400")
    new = run(parts[: counts[1]], time="202610070400", guid=old.guid.replace("a", "b"))
    new.lay(bills)
    old.lay(bills)

    assert [d.name for d in fetch(build()).documents] == list(new.keys)


def test_runs_of_other_months_and_datasets_are_left_alone(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    wanted = run(parts[:1])
    wanted.lay(bills)
    run(parts, days="20261101-20261130", time="202611020400").lay(bills)
    run(parts, type="AmortizedCost", name="amortized", time="202610080400").lay(bills)
    run(parts, type="PriceSheet", name="prices", time="202610080400").lay(bills)

    assert [d.name for d in fetch(build()).documents] == list(wanted.keys)


def test_month_before_name_is_read_as_well(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    @dataclass(frozen=True)
    class Swapped(run):  # type: ignore[misc]
        @property
        def folder(self) -> str:
            return f"{self.days}/{self.name}/{self.time}/{self.guid}"

    Swapped(parts[:1]).lay(bills)
    newest = Swapped(parts, time="202610070400", guid="bbbbbbbb-0000-0000-0000-00000000000b")
    newest.lay(bills)

    assert [d.name for d in fetch(build()).documents] == list(newest.keys)


def test_a_place_may_begin_at_any_folder_above_the_month(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts).lay(bills / "copied")

    assert len(fetch(build(actual="bills/copied/daily")).documents) == 3
    assert len(fetch(build(actual=".")).documents) == 3


def test_without_run_folders_the_time_of_submission_tells_the_newest(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    def submitted(day: int, guid: str) -> Any:
        first = run(parts[:1], time="", guid=f"{guid * 8}-0000-0000-0000-000000000000")
        info = json.loads(first.manifest)["runInfo"]
        info["submittedTime"] = f"2026-10-{day:02d}T04:00:00.1234567Z"
        return first.but(members={"runInfo": info})

    newest = submitted(9, "a")
    for each in (newest, submitted(8, "b"), submitted(7, "c")):
        each.lay(bills)

    assert [d.name for d in fetch(build()).documents] == list(newest.keys)


def test_daily_and_monthly_exports_of_one_account_are_runs_of_one_thing(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts, time="202610310400").lay(bills)
    last = run(parts[:2], name="last-month", time="202611050400")
    last.lay(bills)

    assert [d.name for d in fetch(build()).documents] == list(last.keys)


def test_exports_of_two_accounts_in_one_place_are_refused(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts, scope="/subscriptions/1").lay(bills)
    run(parts, scope="/subscriptions/2", name="other").lay(bills)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error) == (
        "azure: actual cost: exports of /subscriptions/1 and /subscriptions/2 lie there; "
        "point at one of them"
    )


@pytest.mark.failure("A12")
def test_manifests_of_2021_are_read_by_their_folders(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts[:1], old=True).lay(bills)
    newest = run(parts, old=True, time="202610070400", guid="b" * 8 + "-0000-0000-0000-" + "b" * 12)
    newest.lay(bills)

    found = fetch(build())

    assert [d.name for d in found.documents] == list(newest.keys)
    assert found.version == newest.folder


def test_undated_manifests_of_2021_cannot_be_told_apart(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    first = run(parts[:1], old=True, time="")
    for each in (first, first.but(guid=first.guid.replace("a", "b"))):
        each.lay(bills)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert error.detail == (
        "the manifest does not say when it was submitted, and others are of the same month"
    )


@pytest.mark.failure("A03")
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_listed_blob_that_is_not_there_is_named(
    missing: int, run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = run(parts)
    laid.lay(bills)
    (bills / laid.keys[missing]).unlink()

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error) == f"azure: {laid.keys[missing]}: is not there, but the manifest lists it"


@pytest.mark.failure("A04")
def test_a_blob_of_another_size_than_stated_is_named(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = run(parts)
    laid.lay(bills)
    longer = parts[1] + parts[1].split(b"\r\n")[1] + b"\r\n"
    (bills / laid.keys[1]).write_bytes(longer)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error) == (
        f"azure: {laid.keys[1]}: has {len(longer)} bytes, and its manifest says {len(parts[1])}"
    )


@pytest.mark.parametrize("form", ["gzip", "parquet"])
def test_a_packed_part_is_whole_by_its_own_word_whatever_size_is_stated(
    form: str, run: Any, make: Any, parts: tuple[bytes, ...], bills: Path, build: Build, load: Any
) -> None:
    packed = getattr(make, form)(parts[0])
    laid = run((packed,), suffix=f".{form}", rows=(1,))
    laid = laid.but(
        members={
            "blobs": [{"blobName": laid.keys[0], "byteCount": len(parts[0]), "dataRowCount": 1}]
        }
    )
    laid.lay(bills)

    assert load(build()).total("billed_cost") == 1


@pytest.mark.failure("A04")
@pytest.mark.failure("B10")
@pytest.mark.parametrize("kept", [0, 1, 0.25, 0.5, 0.9, -1])
def test_a_blob_that_was_cut_short_is_never_loaded(
    kept: float, run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = run(parts)
    laid.lay(bills)
    size = len(parts[1])
    cut = int(size * kept) if 0 < kept < 1 else int(kept) % size
    (bills / laid.keys[1]).write_bytes(parts[1][:cut])

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert error.document == laid.keys[1]


@pytest.mark.failure("A04")
def test_a_blob_with_fewer_rows_than_stated_is_refused(
    run: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
    archive: Archive,
    tmp_path: Path,
) -> None:
    run(parts, rows=(1, 2, 1)).lay(bills)
    source = build()

    with pytest.raises(BrokenError, match="has 1 rows, and its manifest says 2") as error:
        load_delivery(source, fetch(source), archive, Lake(tmp_path / "lake"))

    assert "part_0_0001.csv" in str(error.value)


@pytest.mark.parametrize(
    "empty",
    [{"blobs": [], "blobCount": 0}, {"blobs": None, "blobCount": None}, {"dataRowCount": 0}],
)
def test_a_run_without_data_is_empty(
    empty: dict[str, Any],
    run: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
) -> None:
    laid = run(parts, members=empty)
    laid.lay(bills)

    error = fetch(build())

    assert isinstance(error, EmptyError)
    assert str(error) == f"azure: {laid.manifest_key}: the manifest lists no data"


@pytest.mark.failure("A05")
def test_a_part_without_rows_may_have_no_byte(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    laid = run((parts[0], b""), rows=(1, 0))
    laid.lay(bills)

    assert [d.name for d in fetch(build()).documents] == [laid.keys[0]]


def test_a_month_without_a_run_is_absent(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts).lay(bills)

    error = fetch(build(), Month(2026, 9))

    assert isinstance(error, AbsentError)
    assert str(error) == "azure: actual cost: nothing is delivered for 2026-09"
    assert error.scope == "azure/2026-09"


def test_data_without_its_manifest_does_not_count_yet(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts).lay(bills, manifest=False)

    error = fetch(build())

    assert isinstance(error, AbsentError)
    assert error.detail == (
        "nothing is delivered for 2026-10; data lies there without a manifest.json: "
        "if none ever comes, set manifest: false"
    )


@pytest.mark.parametrize("days", ["20261001-20261130", "20261005-20261011", "20261001-20261001"])
def test_only_a_run_that_begins_with_the_month_and_ends_in_it_is_its_delivery(
    days: str, run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts, days=days).lay(bills)

    answer = fetch(build())

    assert isinstance(answer, Delivery if days == "20261001-20261001" else AbsentError)


@pytest.mark.failure("A02")
def test_a_run_that_is_known_is_not_read_again(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, archive: Archive
) -> None:
    laid = run(parts)
    laid.lay(bills)
    for key in laid.keys:
        (bills / key).unlink()
    known = {Month(2026, 10): hashlib.sha256(laid.manifest).hexdigest()}

    assert list(build().fetch([Month(2026, 10)], archive, known)) == []


@pytest.mark.failure("A10")
def test_an_error_of_one_month_does_not_keep_the_others_away(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, archive: Archive
) -> None:
    run(parts).lay(bills)
    run(parts, days="20260901-20260930", members={"blobs": 1}).lay(bills)

    answers = list(build().fetch([Month(2026, n) for n in (8, 9, 10)], archive, {}))

    assert [type(answer) for answer in answers] == [AbsentError, BrokenError, Delivery]


class Moving(Folder):
    """A folder in which `moves` happen after the given number of reads."""

    moves: Callable[[int], None]
    count = 0

    def read(self, key: str) -> Body:
        type(self).count += 1
        type(self).moves(self.count)
        return Folder.read(self, key)


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], None]], None]:
    def install(moves: Callable[[int], None]) -> None:
        monkeypatch.setattr(Moving, "moves", staticmethod(moves), raising=False)
        monkeypatch.setattr(Moving, "count", 0)
        monkeypatch.setattr("ingest.bucket.Folder", Moving)

    return install


@pytest.mark.failure("A08")
@pytest.mark.parametrize("after", range(1, 7))
def test_a_run_that_is_overwritten_while_it_is_read_is_read_anew(
    after: int,
    run: Any,
    make: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
    archive: Archive,
    moving: Any,
) -> None:
    run(parts).lay(bills)
    newer = tuple(make.csv([{"CostInBillingCurrency": f"1{n}"}], "ea") for n in (1, 2, 3))

    def overwrite(count: int) -> None:
        if count == after:
            run(newer, time="202610060400").lay(bills)

    moving(overwrite)
    found = fetch(build())

    stored = tuple(archive.path(each.sha256).read_bytes() for each in found.documents)
    assert stored in {parts, newer}
    assert stored == newer or after > 5


@pytest.mark.failure("A08")
def test_a_run_whose_files_move_to_a_new_folder_is_found_there(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch, moving: Any
) -> None:
    old = run(parts, time="")
    new = run(parts[:2], time="", guid=old.guid.replace("a", "b"))
    old.lay(bills)

    def replace(count: int) -> None:
        if count == 3:
            for key in old.objects:
                (bills / key).unlink()
            new.lay(bills)

    moving(replace)

    assert [d.name for d in fetch(build()).documents] == list(new.keys)


@pytest.mark.failure("A08")
def test_what_never_stands_still_is_refused(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch, moving: Any
) -> None:
    laid = run(parts)
    laid.lay(bills)
    moving(lambda n: (bills / laid.manifest_key).write_bytes(laid.manifest + b" " * n) and None)

    error = fetch(build())

    assert isinstance(error, BrokenError)
    assert error.detail == "kept changing while it was read, 3 times; run again later"


@pytest.mark.failure("A07")
def test_a_part_that_changes_while_it_is_read_is_read_again(
    run: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build: Build,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(parts).lay(bills)
    whole, times = Folder.read, [0]

    def read(self: Folder, key: str) -> Body:
        times[0] += 1
        if times[0] == 3:
            raise ChangedError("azure", key, "changed while it was read; run again")
        return whole(self, key)

    monkeypatch.setattr(Folder, "read", read)

    assert len(fetch(build()).documents) == 3


def test_exports_without_manifests_are_read_by_their_newest_folder(
    run: Any, parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    run(parts[:1]).lay(bills, manifest=False)
    newest = run(parts, time="202610070400", guid="b" * 8 + "-0000-0000-0000-" + "b" * 12)
    newest.lay(bills, manifest=False)
    run(parts, days="20260901-20260930").lay(bills, manifest=False)

    found = fetch(build(actual="bills", manifest=False))

    assert [d.name for d in found.documents] == list(newest.keys)


@pytest.mark.parametrize("names", [("daily_1.csv",), ("000001.csv", "000002.csv")])
def test_the_only_file_or_folder_of_a_month_needs_no_time(
    names: tuple[str, ...], parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    folder = bills / "daily" / "20261001-20261031"
    folder.mkdir(parents=True)
    for name, part in zip(names, parts, strict=False):
        (folder / name).write_bytes(part)

    found = fetch(build(actual="bills", manifest=False))

    assert [Path(d.name).name for d in found.documents] == list(names)


def test_two_whole_files_of_one_month_cannot_be_told_apart(
    parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    folder = bills / "20261001-20261031"
    folder.mkdir(parents=True)
    for name in ("daily_1.csv", "daily_2.csv"):
        (folder / name).write_bytes(parts[0])

    error = fetch(build(actual="bills", manifest=False))

    assert isinstance(error, BrokenError)
    assert str(error) == (
        "azure: actual cost of 2026-10: nothing tells whether 20261001-20261031/daily_1.csv and "
        "20261001-20261031/daily_2.csv counts; name the right one with files"
    )


def test_files_can_be_named_by_a_pattern(
    parts: tuple[bytes, ...], bills: Path, build: Build, fetch: Fetch
) -> None:
    bills.mkdir()
    (bills / "cost-2026-10-a.csv").write_bytes(parts[0])
    (bills / "cost-2026-10-b.csv").write_bytes(parts[1])
    (bills / "cost-2026-09.csv").write_bytes(parts[2])
    source = build(actual="bills", files="cost-{month}*.csv")

    assert len(fetch(source).documents) == 2
    absent = fetch(source, Month(2026, 8))
    assert isinstance(absent, AbsentError)
    assert absent.detail == "no file has such a name for 2026-08"


@pytest.mark.failure("A02")
def test_files_without_a_manifest_are_known_by_what_they_hold(
    parts: tuple[bytes, ...], bills: Path, build: Build, archive: Archive, fetch: Fetch
) -> None:
    bills.mkdir()
    file = bills / "cost-2026-10.csv"
    file.write_bytes(parts[0])
    source = build(actual="bills", files="cost-{month}.csv")
    first = fetch(source)
    assert first.manifest is not None
    known = {Month(2026, 10): first.manifest.sha256}

    assert list(source.fetch([Month(2026, 10)], archive, known)) == []
    file.write_bytes(parts[1])
    assert len(list(source.fetch([Month(2026, 10)], archive, known))) == 1


def test_a_place_that_is_not_there_is_absent(bills: Path, build: Build, fetch: Fetch) -> None:
    error = fetch(build())

    assert isinstance(error, AbsentError)
    assert str(error) == f"azure: {bills}: there is no such folder"


def test_a_month_is_late_and_final_when_its_provider_says_so(build: Build) -> None:
    source = build()

    assert source.due(Month(2026, 10)) == datetime(2026, 10, 2, 12, tzinfo=UTC)
    assert source.settlement.after == timedelta(days=5)
    assert not source.settlement.invoiced
    assert build(actual="x", invoiced=True).settlement.invoiced
    assert build(actual="x", final_after_days=9).settlement.after == timedelta(days=9)


def test_whatever_changes_charges_changes_the_fingerprint(build: Build) -> None:
    plain = build().fingerprint

    assert build(actual="elsewhere").fingerprint == plain
    assert build(actual="bills", tax_recoverable=True).fingerprint != plain
    assert build(actual="bills", manifest=False).fingerprint != plain
