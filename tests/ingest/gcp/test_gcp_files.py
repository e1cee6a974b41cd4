from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingest.source import Delivery, build, settings_model
from ingest.sources.gcp_billing_export import BillingExport
from models.errors import AbsentError, BrokenError, EmptyError, ForbiddenError
from models.period import Month

JULY, AUGUST, SEPTEMBER = (Month(2026, month) for month in (7, 8, 9))


def on(month: str, cost: float = 1.0) -> dict[str, Any]:
    return {"invoice": {"month": month}, "cost": cost}


def billed(bench: Any, period: Month, **settings: Any) -> Decimal:
    return Decimal(bench.charges(period, **settings)["billed_cost"].sum())


def test_each_delivery_takes_the_rows_of_its_month_from_all_files(bench: Any) -> None:
    bench.put("day-1.parquet", [on("202607", 1), on("202608", 2)])
    bench.put("day-2.json.gz", [on("202608", 4), on("202609", 8)])
    bench.put("day-3.csv", [on("202607", 16)])

    july, august, september = bench.fetched(JULY, AUGUST, SEPTEMBER, pattern="day-*")

    names = [[document.name for document in each.documents] for each in (july, august, september)]
    assert names == [
        ["day-1.parquet", "day-3.csv"],
        ["day-1.parquet", "day-2.json.gz"],
        ["day-2.json.gz"],
    ]
    assert [billed(bench, month, pattern="day-*") for month in (JULY, AUGUST, SEPTEMBER)] == [
        Decimal(17),
        Decimal(6),
        Decimal(8),
    ]
    assert {each.period for each in (july, august, september)} == {JULY, AUGUST, SEPTEMBER}


@pytest.mark.parametrize("pattern", ["{month}/*.parquet", "{yyyymm}/*.parquet"])
def test_folders_of_invoice_months_are_deliveries(pattern: str, bench: Any) -> None:
    for month, name in ((JULY, "202607"), (AUGUST, "202608")):
        folder = pattern.partition("/")[0].format(month=month, yyyymm=name)
        bench.put(f"{folder}/part-0.parquet", [on(name, month.month)])

    july, august, september = bench.fetched(JULY, AUGUST, SEPTEMBER, pattern=pattern)

    assert [len(each.documents) for each in (july, august)] == [1, 1]
    assert isinstance(september, AbsentError)
    assert (september.scope, september.detail) == ("gcp/2026-09", "no file has such a name")
    assert billed(bench, AUGUST, pattern=pattern) == Decimal(8)


def test_a_row_that_no_delivery_would_take_is_refused(bench: Any) -> None:
    bench.put("2026-08/part-0.parquet", [on("202608"), on("202607"), on("202609")])

    (error,) = bench.fetched(AUGUST, pattern="{month}/*")

    assert isinstance(error, BrokenError)
    assert str(error) == (
        "gcp: 2026-08/part-0.parquet: holds rows of 2026-07, 2026-09, but its name says 2026-08; "
        "leave the month out of the pattern, and each row goes to its own"
    )


def test_a_month_that_did_not_change_is_not_delivered_again(bench: Any) -> None:
    bench.put("a.parquet", [on("202607"), on("202608")])
    july, august = bench.fetched(JULY, AUGUST)
    known = {each.period: each.manifest.sha256 for each in (july, august)}

    assert bench.fetched(JULY, AUGUST, known=known) == []
    bench.put("b.parquet", [on("202608", 5)])
    (again,) = bench.fetched(JULY, AUGUST, known=known)

    assert isinstance(again, Delivery)
    assert (again.period, len(again.documents)) == (AUGUST, 2)
    assert again.version != august.version


def test_five_silences_are_told_apart(bench: Any) -> None:
    (nothing,) = bench.fetched(AUGUST)
    assert isinstance(nothing, AbsentError)
    assert nothing.detail == "there is no such folder"

    bench.put("part.parquet", [])
    (empty,) = bench.fetched(AUGUST)
    assert isinstance(empty, EmptyError)
    assert empty.detail == "no row is in any of 1 files"

    bench.put("part.parquet", [on("202607")])
    (late,) = bench.fetched(AUGUST)
    assert isinstance(late, AbsentError)
    assert late.detail == "no row is of 2026-08 in 1 files"

    bench.put("part.parquet", b"PAR1 and nothing more, cut in the middle")
    (broken,) = bench.fetched(AUGUST)
    assert isinstance(broken, BrokenError)
    assert broken.document == "part.parquet"

    bench.put("part.json", b'{"cost": 1}\n')
    (refused,) = bench.fetched(AUGUST, pattern="*.json")
    assert isinstance(refused, BrokenError)
    assert refused.detail == "has no column billing_account_id; export it too"


def test_a_bucket_that_may_not_be_read_is_forbidden(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise ForbiddenError("gcp", "gs://bills", "may not be read")

    monkeypatch.setattr("ingest.sources.gcp_billing_export.place", closed)

    (error,) = bench.fetched(AUGUST, location="gs://bills")

    assert isinstance(error, ForbiddenError)


def test_the_doctor_finds_the_newest_file_of_a_folder(bench: Any) -> None:
    at = datetime(2026, 8, 2, tzinfo=UTC)
    nothing = [(found.check, found.state) for found in bench.source().probe([AUGUST], at)]
    assert nothing == [("list", "fail"), ("delivery", "fail")]

    bench.put("2026-08/part.parquet", [{}])
    found = list(bench.source(pattern="{month}/*").probe([JULY, AUGUST], at))

    assert [(f.check, f.state) for f in found] == [
        ("list", "ok"),
        ("read", "ok"),
        ("delivery", "ok"),
    ]
    assert found[-1].detail.endswith("2026-08/part.parquet")
    assert list(bench.source().grants()) == []  # a folder is read as who runs this
    (grant,) = bench.source(location="gs://bills/export").grants()
    assert "bills" in grant.text


def test_the_same_file_twice_is_refused(bench: Any) -> None:
    bench.put("a.parquet", [on("202608")])
    bench.put("b.parquet", [on("202608")])

    with pytest.raises(BrokenError, match="is 2 times in the delivery of 2026-08"):
        bench.loaded()


def test_the_kind_is_found_by_its_name(bench: Any) -> None:
    settings = settings_model("gcp_billing_export").model_validate(
        {"kind": "gcp_billing_export", "location": "bills", "pattern": "*"}
    )

    source = build("gcp", "gcp_billing_export", settings, bench.folder)

    assert isinstance(source, BillingExport)
    assert source.fingerprint == "gcp_billing_export 1 tax_recoverable=False"
    assert list(source.fetch([], bench.archive, {})) == []
