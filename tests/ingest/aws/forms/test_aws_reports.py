"""Legacy reports and text exports where they lie: manifests, folders, archives, buckets."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.aws.layout import Report as Layout
from ingest.load import load_delivery
from ingest.source import Delivery
from ingest.source import build as built
from ingest.sources.aws_cur import CostReport, Settings
from ingest.sources.aws_data_export import DataExport
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError
from models.lake import Lake
from models.period import Month

BuildReport = Callable[..., CostReport]
Ask = Callable[..., Any]
OCTOBER: Final = Month(2026, 10)


@pytest.fixture
def parts(make: Any, text: Any) -> tuple[bytes, ...]:
    tables = [make.cur([{"line_item_unblended_cost": float(n)}]) for n in (1, 2, 3)]
    return tuple(gzip.compress(text.legacy(table), mtime=0) for table in tables)


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    return tmp_path / "bills"


def billed(source: Any, delivery: Delivery, archive: Archive) -> Decimal:
    """Return what a delivery bills, of which both readers say the same."""
    total = Decimal(0)
    for document in delivery.documents:
        path = archive.path(document.sha256)
        charges = source.convert(path, document, delivery).charges.collect(engine="streaming")
        control = source.control(path, document, delivery)
        stated = sum((Decimal(each.billed_cost) for each in control.totals), Decimal(0))
        assert charges["billed_cost"].sum() == stated
        total += stated
    return total


def test_a_report_is_a_source_of_its_own_kind(tmp_path: Path) -> None:
    given = {"kind": "aws_cur", "location": "bills", "report": "hourly"}

    source = built("aws", "aws_cur", Settings.model_validate(given), tmp_path)

    assert source.fingerprint == "aws_cur 2 tax_recoverable=False"
    assert source.settlement.invoiced
    assert str(source.due(OCTOBER)) == "2026-10-02 12:00:00+00:00"


@pytest.mark.failure("A09")
@pytest.mark.parametrize("mode", ["new", "overwrite", "queried"])
def test_a_delivery_of_a_report_is_what_its_manifest_lists(
    mode: str,
    report: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build_report: BuildReport,
    ask: Ask,
    archive: Archive,
) -> None:
    laid = report(parts, mode=mode)
    laid.lay(bills)

    found = ask(build_report())

    assert (found.scope, found.version, found.table) == ("aws/2026-10", laid.version, "cur")
    assert found.manifest.name == laid.manifest_key
    assert [document.name for document in found.documents] == list(laid.data_keys)
    stored = [archive.path(document.sha256).read_bytes() for document in found.documents]
    assert tuple(stored) == parts


def test_a_report_for_queries_is_read_as_parquet(
    report: Any,
    make: Any,
    text: Any,
    bills: Path,
    build_report: BuildReport,
    ask: Ask,
    archive: Any,
) -> None:
    content = make.bytes(text.queried(make.cur([{"line_item_unblended_cost": 7.5}, {}])))
    report((content,), mode="queried", suffix="snappy.parquet").lay(bills)

    found = ask(build_report())

    assert billed(build_report(), found, archive) == Decimal("105.82")


@pytest.mark.failure("A01")
@pytest.mark.failure("A09")
def test_only_the_newest_assembly_counts_where_each_has_a_folder(
    report: Any,
    parts: tuple[bytes, ...],
    bills: Path,
    build_report: BuildReport,
    ask: Ask,
) -> None:
    report(parts, version="1").lay(bills)
    new = report(parts[:2], version="2")
    new.lay(bills)

    found = ask(build_report())

    assert found.version == "2"
    assert [document.name for document in found.documents] == list(new.data_keys)


@pytest.mark.failure("A03")
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_part_of_a_report_that_is_not_there_is_named(
    missing: int, report: Any, parts: Any, bills: Path, build_report: BuildReport, ask: Ask
) -> None:
    laid = report(parts)
    laid.lay(bills)
    (bills / laid.data_keys[missing]).unlink()

    error = ask(build_report())

    assert isinstance(error, BrokenError)
    assert error.detail == "is not there, but the manifest lists it"
    assert error.document == laid.data_keys[missing]


@pytest.mark.failure("B10")
@pytest.mark.parametrize("kept", [10, 50, -1])
def test_a_part_of_a_report_that_is_cut_short_is_named(
    kept: int, report: Any, parts: Any, bills: Path, build_report: BuildReport, ask: Ask
) -> None:
    laid = report((parts[0], parts[1][:kept]))
    laid.lay(bills)

    error = ask(build_report())

    assert isinstance(error, BrokenError)
    assert error.detail == "is cut short: the end of the gzip stream is missing"


@pytest.mark.failure("A11")
@pytest.mark.failure("M02")
@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"assemblyId": None}, "has no assemblyId, which names the delivery"),
        ({"reportKeys": None}, "has no list of reportKeys"),
        (
            {"billingPeriod": {"start": "20260901T000000.000Z"}},
            "is of the period from '20260901', not",
        ),
        ({"billingPeriod": None}, "is of the period from '', not from 20261001"),
        (
            {"reportKeys": ["billing/reports/hourly/20260901-20261001/1/hourly-1.csv.gz"]},
            "names 'billing/reports/hourly/20260901-20261001/1/hourly-1.csv.gz', which lies",
        ),
        (
            {"reportKeys": ["billing/reports/hourly/20261001-20261101/../x.csv.gz"]},
            "names 'hourly/20261001-20261101/../x.csv.gz', which is not the address",
        ),
        (
            {"reportKeys": ["/etc/passwd"]},
            "names '/etc/passwd', which is not the address of a data file",
        ),
    ],
)
def test_a_manifest_of_a_report_says_what_is_wrong_with_it(
    members: dict[str, Any],
    complaint: str,
    report: Any,
    parts: Any,
    bills: Path,
    build_report: BuildReport,
    ask: Ask,
    archive: Archive,
) -> None:
    report(parts, members=members).lay(bills)

    error = ask(build_report())

    assert isinstance(error, BrokenError)
    assert error.detail.startswith(f"the manifest {complaint}")
    assert not archive.folder.exists()


def test_a_report_that_lists_nothing_is_empty_and_one_that_is_not_there_absent(
    report: Any, bills: Path, build_report: BuildReport, ask: Ask
) -> None:
    report(()).lay(bills)

    assert isinstance(ask(build_report()), EmptyError)
    absent = ask(build_report(), Month(2026, 9))
    assert isinstance(absent, AbsentError)
    assert absent.document == "hourly/20260901-20261001/hourly-Manifest.json"


def test_a_known_report_is_not_read_again(
    report: Any, parts: Any, bills: Path, build_report: BuildReport, archive: Archive
) -> None:
    laid = report(parts)
    laid.lay(bills)
    known = {OCTOBER: hashlib.sha256(laid.manifest).hexdigest()}

    assert list(build_report().fetch([OCTOBER], archive, known)) == []


@pytest.mark.failure("A08")
def test_a_report_that_is_delivered_anew_while_it_is_read_is_read_again(
    report: Any, parts: Any, bills: Path, build_report: BuildReport, archive: Archive
) -> None:
    """The old parts go while the new ones come, as a lifecycle rule or an overwrite does it."""
    old, new = report(parts, version="1"), report(parts[1:], version="2")
    old.lay(bills)
    source = build_report()
    place = source.settings.place("aws", bills.parent)
    reads: list[str] = []

    class Moving:
        root = place.root
        keys = place.keys

        def read(self, key: str) -> Any:
            reads.append(key)
            if len(reads) == 3:
                shutil.rmtree(bills)
                new.lay(bills)
            return place.read(key)

    object.__setattr__(source.settings, "place", lambda *_: Moving())

    (found,) = source.fetch([OCTOBER], archive, {})

    assert isinstance(found, Delivery)
    assert found.version == "2"
    assert [document.name for document in found.documents] == list(new.data_keys)


def test_a_report_in_a_zip_archive_becomes_the_document_inside(
    report: Any,
    parts: Any,
    packed: Any,
    bills: Path,
    build_report: BuildReport,
    ask: Ask,
    archive: Archive,
) -> None:
    zips = [packed({f"hourly-{n}.csv": gzip.decompress(p)}) for n, p in enumerate(parts, 1)]
    laid = report(tuple(zips), suffix="zip", members={"compression": "ZIP"})
    laid.lay(bills)

    found = ask(build_report())

    assert [document.name for document in found.documents] == [
        f"{key}!hourly-{n}.csv" for n, key in enumerate(laid.data_keys, 1)
    ]
    stored = [archive.path(document.sha256).read_bytes() for document in found.documents]
    assert stored == [gzip.decompress(part) for part in parts]
    for content in zips:  # as it came, beside what was in it
        assert archive.path(hashlib.sha256(content).hexdigest()).read_bytes() == content


@pytest.mark.failure("A12")
def test_files_of_other_reports_under_the_same_prefix_are_left_alone(
    report: Any,
    export: Any,
    parts: Any,
    make: Any,
    bills: Path,
    build: Callable[..., DataExport],
    build_report: BuildReport,
    ask: Ask,
) -> None:
    report(parts, name="ft").lay(bills)
    report((b"PAR1 of long ago",), name="ft", mode="queried", version="0").lay(bills / "old")
    content = make.bytes(make.cur([{"line_item_unblended_cost": 40.0}]))
    export((content,)).lay(bills)
    (bills / "ft" / "20261001-20261101" / "hourly-1.csv.zip").write_bytes(b"PK")
    (bills / "ft" / "data" / "BILLING_PERIOD=2026-10" / "ft-00009.csv.gz").write_bytes(parts[0])

    legacy, modern = ask(build_report(report="ft")), ask(build())

    keys = report(parts, name="ft").data_keys
    assert [document.name for document in legacy.documents] == list(keys)
    assert [document.name for document in modern.documents] == list(export((content,)).data_keys)


@pytest.mark.failure("A12")
def test_a_part_of_another_table_refuses_the_delivery(
    export: Any,
    make: Any,
    bills: Path,
    build: Callable[..., DataExport],
    ask: Ask,
    archive: Archive,
) -> None:
    cur, focus = make.bytes(make.cur([{}])), make.bytes(make.focus([{}]))
    export((cur, focus)).lay(bills)
    delivery = ask(build())

    path = archive.path(delivery.documents[1].sha256)

    with pytest.raises(BrokenError, match="has no column bill_billing_period_start_date"):
        build().convert(path, delivery.documents[1], delivery)


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("kind", ["cur", "focus"])
def test_an_export_in_text_is_told_and_loaded(
    stated: bool,
    kind: str,
    export: Any,
    make: Any,
    text: Any,
    bills: Path,
    build: Callable[..., DataExport],
    ask: Ask,
    archive: Archive,
) -> None:
    content = getattr(make, kind)([{}, {}])
    columns = tuple(content.column_names) if stated else ()
    export((gzip.compress(text.csv(content), mtime=0),), columns=columns).lay(bills)

    found = ask(build())

    assert found.table == {"cur": "cur2", "focus": "focus"}[kind]
    assert billed(build(), found, archive) == Decimal("196.64")


def test_an_export_in_a_zip_archive_is_told_by_what_is_inside(
    make: Any,
    text: Any,
    packed: Any,
    export: Any,
    bills: Path,
    build: Callable[..., DataExport],
    ask: Ask,
    archive: Archive,
) -> None:
    inside = packed({"ft.csv": text.csv(make.focus([{}]))})
    key = "ft/data/BILLING_PERIOD=2026-10/ft-00001.csv.zip"
    export((), columns=(), members={"dataFiles": [key]}).lay(bills)
    (bills / key).parent.mkdir(parents=True)
    (bills / key).write_bytes(inside)

    found = ask(build())

    assert (found.table, found.documents[0].name) == ("focus", f"{key}!ft.csv")
    assert billed(build(), found, archive) == Decimal("98.32")


def test_parts_of_both_forms_make_one_delivery(
    export: Any,
    make: Any,
    text: Any,
    bills: Path,
    build: Callable[..., DataExport],
    ask: Ask,
    archive: Archive,
) -> None:
    content = make.cur([{}])
    export((make.bytes(content), text.csv(content))).lay(bills)

    assert billed(build(), ask(build()), archive) == Decimal("196.64")


def test_two_payers_are_two_sources_and_neither_replaces_the_other(
    report: Any, make: Any, text: Any, bills: Path, build_report: BuildReport, tmp_path: Path
) -> None:
    """One report of each payer, in one bucket under a prefix of its own."""
    stores = Archive(tmp_path / "archive"), Lake(tmp_path / "lake")
    for payer, cost in (("111111111111", 1.0), ("222222222222", 2.0)):
        lines = [{"bill_payer_account_id": payer, "line_item_unblended_cost": cost}]
        content = gzip.compress(text.legacy(make.cur(lines)), mtime=0)
        report((content,)).lay(bills / payer)

    loaded = {}
    for payer in ("111111111111", "222222222222"):
        source = build_report(f"bills/{payer}", name=f"aws-{payer}")
        (delivery,) = source.fetch([OCTOBER], stores[0], {})
        assert isinstance(delivery, Delivery)
        loaded[delivery.scope] = load_delivery(source, delivery, *stores)

    assert list(loaded) == ["aws-111111111111/2026-10", "aws-222222222222/2026-10"]
    assert len({each.documents[0].charges for each in loaded.values()}) == 2
    sums = [each.documents[0].totals[0].billed_cost for each in loaded.values()]
    assert sums == ["1.000000000000000000", "2.000000000000000000"]


def test_a_report_in_a_bucket_names_its_parts_by_their_whole_key(
    bucket: Any, report: Any, parts: Any, build_report: BuildReport, ask: Ask, archive: Archive
) -> None:
    laid = report(parts, prefix="exports")
    bucket.put(laid)
    source = build_report("s3://billing/exports", endpoint_url=bucket.endpoint)

    found = ask(source)

    assert [document.name for document in found.documents] == list(laid.data_keys)
    stored = [archive.path(document.sha256).read_bytes() for document in found.documents]
    assert tuple(stored) == parts


@pytest.mark.parametrize(
    ("root", "prefix"), [("s3://billing", ""), ("s3://billing/a/b", "a/b"), ("", "any/where")]
)
@pytest.mark.parametrize("mode", ["new", "overwrite", "queried"])
def test_keys_of_a_manifest_become_those_of_the_place(
    mode: str, root: str, prefix: str, report: Any
) -> None:
    laid = report((b"", b""), mode=mode, prefix=prefix)

    assert Layout("hourly").read(laid.manifest, root, OCTOBER).files == laid.data_keys


def test_a_month_of_a_report_for_queries_may_have_two_digits(report: Any) -> None:
    march = report((b"",), mode="queried", period=Month(2026, 3), prefix="")
    padded = march.manifest.replace(b"/month=3/", b"/month=03/")

    assert Layout("hourly").read(padded, "s3://billing", Month(2026, 3)).files == (
        "hourly/hourly/year=2026/month=03/hourly-1.csv.gz",
    )


@pytest.mark.failure("M02")
def test_a_report_in_a_bucket_may_not_name_another_prefix(
    bucket: Any, report: Any, parts: Any, build_report: BuildReport, ask: Ask
) -> None:
    bucket.put(report(parts, prefix="others"))

    error = ask(build_report("s3://billing/exports", endpoint_url=bucket.endpoint))

    assert isinstance(error, BrokenError)
    assert "which lies outside s3://billing/exports/hourly/20261001-20261101/" in error.detail


def page(names: list[str], *, more: bool) -> bytes:
    """Return one page of a listing, as the server writes it."""
    objects = "".join(f"<Contents><Key>{name}</Key><Size>1</Size></Contents>" for name in names)
    token = f"<NextContinuationToken>{names[-1]}</NextContinuationToken>" if more else ""
    truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
    return f"<ListBucketResult>{truncated}{token}{objects}</ListBucketResult>".encode()


@pytest.mark.failure("A14")
def test_a_listing_of_many_pages_is_read_to_its_end(
    script: Any, answer: Any, report: Any, parts: Any, build_report: BuildReport, ask: Ask
) -> None:
    """The manifest has another name than usual, so it is looked for among 2,500 objects."""
    laid = report(parts, prefix="exports")
    other = laid.manifest_key.replace("hourly-M", "zz-M")
    objects = {key: content for key, content in laid.objects.items() if key != laid.manifest_key}
    serve = script.serving({**objects, other: laid.manifest})
    names = [f"exports/{laid.home}{n:04}/hourly-1.csv.gz" for n in range(2_499)]
    names.append(f"exports/{other}")

    def reply(key: str, n: int) -> Any:
        if key != "/billing":
            return serve(key, n)
        at = n % 3
        return answer(page(names[at * 1_000 : (at + 1) * 1_000], more=at < 2))

    script.reply = reply

    found = ask(build_report("s3://billing/exports", endpoint_url=script.endpoint))

    assert isinstance(found, Delivery)
    assert found.manifest is not None
    assert found.manifest.name == other
    assert script.asked.count("/billing") == 3 * 2


@pytest.mark.parametrize(
    ("columns", "state", "detail"),
    [
        ("all", "ok", "ALL columns, all known"),
        ("none", "unknown", "not checked: the manifest names no columns; loading checks them"),
        ("fewer", "fail", "without line_item_unblended_cost"),
        ("more", "ok", "new columns, loaded and not used: lineItem/Shiny"),
    ],
)
def test_the_columns_of_a_manifest_are_compared_with_the_contract(
    columns: str,
    state: str,
    detail: str,
    spelt: dict[str, str],
    report: Any,
    bills: Path,
    build_report: BuildReport,
) -> None:
    names = [*spelt.values(), "resourceTags/user:project", "product/vcpu", "identity/LineItemId"]
    stated = {
        "all": names,
        "none": [],
        "fewer": [name for name in names if name != "lineItem/UnblendedCost"],
        "more": [*names, "lineItem/Shiny"],
    }[columns]
    parts = (name.partition("/") for name in stated)
    members = {"columns": [{"category": part[0], "name": part[2]} for part in parts]}
    report((b"x",), members=members).lay(bills)

    findings = build_report().probe([OCTOBER], datetime(2026, 10, 20, tzinfo=UTC))

    (found,) = (finding for finding in findings if finding.check == "schema")
    assert (found.state, found.detail) == (state, detail.replace("ALL", str(len(spelt))))
