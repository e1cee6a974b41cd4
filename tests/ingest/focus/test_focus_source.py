"""What lies at a place becomes deliveries: with and without a month in the names of files."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.source import Control, Delivery, build, kinds
from ingest.sources.focus import Settings
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.period import Month

SEPTEMBER: Final = {
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
    "ChargePeriodStart": "2026-09-05T00:00:00Z",
    "ChargePeriodEnd": "2026-09-06T00:00:00Z",
}
OCTOBER: Final = Month(2026, 10)


def test_the_kind_is_known_by_the_name_of_its_file(tmp_path: Path) -> None:
    given = {"kind": "focus", "location": "bills", "pattern": "*.csv"}

    source = build("acme", "focus", Settings.model_validate(given), tmp_path)

    assert "focus" in kinds()
    assert source.fingerprint.startswith("focus 1 Dialect(")


def test_several_files_of_a_month_are_one_delivery(make: Any, build: Any, bench: Any) -> None:
    bench.lay("a/2026-10-1.parquet", make.of([make.row()], form="parquet"))
    bench.lay("b/2026-10-2.csv.gz", make.of([make.row(BilledCost="1")], form="csv.gz"))
    bench.lay("b/2026-09.csv", make.of([make.row(**SEPTEMBER)]))

    loaded = bench.load(build())

    assert [d.document.name for d in loaded.documents] == [
        "a/2026-10-1.parquet",
        "b/2026-10-2.csv.gz",
    ]
    assert bench.charges(loaded)["billed_cost"].sum() == Decimal("99.32")
    assert loaded.delivery.scope == "acme/2026-10"


def test_the_month_may_stand_in_the_names_of_folders(make: Any, build: Any, bench: Any) -> None:
    bench.lay("202610/x.csv", make.of([make.row()]))
    bench.lay("202609/x.csv", make.of([make.row(**SEPTEMBER)]))

    loaded = bench.load(build(pattern="{yyyymm}/*.csv"))

    assert [document.document.name for document in loaded.documents] == ["202610/x.csv"]


def test_a_row_of_another_month_than_the_files_is_set_aside(
    make: Any, build: Any, bench: Any
) -> None:
    bench.lay("2026-10.csv", make.of([make.row(), make.row(**SEPTEMBER)]))

    loaded = bench.load(build())

    assert (loaded.documents[0].rows, loaded.documents[0].rejected_rows) == (1, 1)
    (problem,) = [each for each in loaded.problems if each.rule == "rejected"]
    assert (problem.row, problem.column, problem.detail) == (
        2,
        "BillingPeriodStart",
        "'2026-09-01': is of another billing month than the file's, 2026-10",
    )


def test_without_a_month_in_the_names_each_row_belongs_to_its_own(
    make: Any, build: Any, bench: Any
) -> None:
    later = make.row(BilledCost="2", EffectiveCost="2")
    bench.lay("all.csv", make.of([make.row(), make.row(**SEPTEMBER, ListCost="1"), later]))
    bench.lay("old.csv", make.of([make.row(**SEPTEMBER, BilledCost="7")]))
    source = build(pattern="*.csv")

    october = bench.load(source)
    september = bench.load(source, Month(2026, 9))

    assert [d.document.name for d in october.documents] == ["all.csv"]
    assert bench.charges(october)["x_row"].to_list() == [1, 3]
    assert {name for name, _ in october.documents[0].notes} == {"focus_version"}
    assert "focus_list_price" in dict(september.documents[0].notes)
    assert [d.document.name for d in september.documents] == ["all.csv", "old.csv"]
    assert bench.charges(september)["x_row"].to_list() == [2, 1]
    assert {d.rejected_rows for d in (*october.documents, *september.documents)} == {0}


def test_a_row_without_a_month_is_set_aside_with_every_month_of_its_file(
    make: Any, build: Any, bench: Any
) -> None:
    bench.lay("all.csv", make.of([make.row(), make.row(BillingPeriodStart=None)]))

    loaded = bench.load(build(pattern="*.csv"))

    assert (loaded.documents[0].rows, loaded.documents[0].rejected_rows) == (1, 1)
    assert any("billing_period_start must not be empty" in p.detail for p in loaded.problems)


@pytest.mark.parametrize("pattern", ["*{month}*", "*"])
def test_rows_that_all_lack_a_month_refuse_the_file(
    pattern: str, make: Any, build: Any, bench: Any
) -> None:
    bench.lay("2026-10.csv", make.of([make.row(BillingPeriodStart=None)]))

    (error,) = bench.fetch(build(pattern=pattern))

    assert str(error) == (
        "acme: 2026-10.csv: has rows, and none of them states its BillingPeriodStart"
    )


@pytest.mark.parametrize(
    ("pattern", "files", "detail"),
    [
        ("*{month}*", {}, "*{month}*: no file has such a name"),
        ("*.csv", {}, "*.csv: no file has such a name"),
        ("*.csv", {"x.csv": [SEPTEMBER]}, "*.csv: no row is of 2026-10 in 1 files"),
    ],
)
def test_a_month_of_which_nothing_lies_there_is_absent(
    pattern: str, files: dict[str, Any], detail: str, make: Any, build: Any, bench: Any
) -> None:
    for name, rows in files.items():
        bench.lay(name, make.of([make.row(**values) for values in rows]))

    (error,) = bench.fetch(build(pattern=pattern))

    assert isinstance(error, AbsentError)
    assert (str(error), error.scope) == (f"acme: {detail}", "acme/2026-10")


@pytest.mark.failure("A05")
@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize("pattern", ["*{month}*", "*"])
def test_files_without_a_row_are_empty_and_not_a_bill_of_nothing(
    form: str, pattern: str, make: Any, build: Any, bench: Any
) -> None:
    bench.lay("2026-10-a", make.of([], form=form))
    bench.lay("2026-10-b", make.of([], form=form))

    (error,) = bench.fetch(build(pattern=pattern))

    assert isinstance(error, EmptyError)
    assert str(error) == f"acme: {pattern}: no row is in any of 2 files"


@pytest.mark.failure("A05")
def test_a_file_without_a_row_beside_one_with_rows_does_no_harm(
    make: Any, build: Any, bench: Any
) -> None:
    bench.lay("2026-10-a.csv", make.of([make.row()]))
    bench.lay("2026-10-b.csv", make.of([]))

    loaded = bench.load(build())

    assert [document.rows for document in loaded.documents] == [1, 0]


@pytest.mark.failure("A05")
def test_a_file_without_a_byte_is_broken(make: Any, build: Any, bench: Any) -> None:
    bench.lay("2026-10-a.csv", make.of([make.row()]))
    bench.lay("2026-10-b.csv", b"")

    (error,) = bench.fetch(build())

    assert isinstance(error, BrokenError)
    assert str(error).startswith("acme: 2026-10-b.csv: is empty (0 bytes)")


def test_one_unreadable_file_of_many_months_stops_all_of_them(
    make: Any, build: Any, bench: Any
) -> None:
    bench.lay("a.csv", make.of([make.row()]))
    bench.lay("b.csv", make.of([make.row(BillingPeriodStart="soon")]))

    (error,) = bench.fetch(build(pattern="*.csv"), OCTOBER, Month(2026, 9))

    assert str(error) == (
        "acme: b.csv: row 1: column BillingPeriodStart holds 'soon', "
        "which cannot be read as a moment in UTC"
    )
    assert error.scope == "acme"


def test_one_unreadable_file_of_a_month_stops_that_month_alone(
    make: Any, build: Any, bench: Any
) -> None:
    bench.lay("2026-10.csv", make.of([make.row(BillingPeriodStart="soon")]))
    bench.lay("2026-09.csv", make.of([make.row(**SEPTEMBER)]))

    broken, fine = bench.fetch(build(), OCTOBER, Month(2026, 9))

    assert isinstance(broken, BrokenError)
    assert isinstance(fine, Delivery)
    assert broken.scope == "acme/2026-10"


def test_a_folder_that_is_not_there_is_absent(build: Any, bench: Any) -> None:
    for pattern in ("*{month}*", "*"):
        (error,) = bench.fetch(build(location="nowhere", pattern=pattern))
        assert isinstance(error, AbsentError)
        assert "there is no such folder" in str(error)


@pytest.mark.failure("A01")
@pytest.mark.parametrize("pattern", ["*{month}*", "*"])
def test_what_was_loaded_is_not_delivered_again_until_it_changes(
    pattern: str, make: Any, build: Any, bench: Any
) -> None:
    source = build(pattern=pattern)
    bench.lay("2026-10.csv", make.of([make.row()]))
    (first,) = bench.fetch(source)
    known = {OCTOBER: first.manifest.sha256}

    again = list(source.fetch([OCTOBER], bench.archive, known))
    bench.lay("2026-10-more.csv", make.of([make.row(BilledCost="1")]))
    (later,) = source.fetch([OCTOBER], bench.archive, known)

    assert again == []
    assert len(later.documents) == 2


@pytest.mark.failure("A08")
def test_files_that_come_while_others_are_read_stop_the_delivery(
    make: Any, build: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.lay("2026-10-a.csv", make.of([make.row()]))
    put = bench.archive.__class__.put

    def and_more(*args: Any, **stated: Any) -> Any:
        bench.lay("2026-10-b.csv", make.of([make.row()]))
        return put(*args, **stated)

    monkeypatch.setattr(bench.archive.__class__, "put", and_more)

    (error,) = bench.fetch(build())

    assert str(error) == "acme: *{month}*: files came or went while they were read; run again"


def test_the_same_file_under_two_names_is_refused(make: Any, build: Any, bench: Any) -> None:
    bench.lay("2026-10-a.csv", make.of([make.row()]))
    bench.lay("2026-10-b.csv", make.of([make.row()]))

    with pytest.raises(BrokenError, match="is 2 times in the delivery of 2026-10"):
        bench.load(build())


def test_the_settings_say_when_a_month_is_late_and_when_final(build: Any) -> None:
    plain, own = build(), build(expected_by_day=5, final_after_days=30, invoiced=True)

    assert plain.due(OCTOBER) is None
    assert own.due(OCTOBER) == datetime(2026, 11, 6, tzinfo=UTC)
    assert (plain.settlement.after, plain.settlement.invoiced) == (timedelta(days=14), False)
    assert (own.settlement.after, own.settlement.invoiced) == (timedelta(days=30), True)


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "x"},
        {"nulls": ["-"]},
        {"dates": ["%d.%m.%Y"]},
        {"placeholders": ["-2"]},
        {"tag_columns": ["x_A"]},
        {"tax_recoverable": True},
        {"pattern": "*"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_setting_that_changes_charges_changes_the_fingerprint(change: Any, build: Any) -> None:
    assert build(**change).fingerprint != build().fingerprint
    assert build(expected_by_day=3).fingerprint == build().fingerprint


def test_a_form_of_dates_without_a_sign_is_refused() -> None:
    with pytest.raises(ValidationError, match="dates"):
        Settings(kind="focus", location="x", pattern="*", dates=("YYYY-MM-DD",))


@pytest.mark.failure("A09")
@given(seed=st.integers(0, 2**32), parts=st.integers(1, 4))
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_split_of_the_rows_into_files_of_any_form_gives_the_same_sums(
    seed: int, parts: int, make: Any, build: Any, bench: Any
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own
    costs = [f"{chance.randrange(-(10**9), 10**9)}.{chance.randrange(10**6):06}" for _ in range(9)]
    rows = [make.row(BilledCost=cost, EffectiveCost=cost) for cost in costs]
    chance.shuffle(rows)
    for path in (bench.folder / "bills").iterdir():
        path.unlink()
    for part in range(parts):
        form = chance.choice(["csv", "csv.gz", "parquet"])
        bench.lay(f"2026-10-{part}.{form}", make.of(rows[part::parts], form=form))

    loaded = bench.load(build())

    totals = bench.charges(loaded).select(pl.len(), pl.col("billed_cost", "effective_cost").sum())
    assert totals.row(0) == (9, *[sum(map(_money, costs))] * 2)


def _money(text: str) -> Any:
    return pl.Series([text]).str.to_decimal(scale=18).item()


def test_the_second_reader_counts_the_rows_that_a_delivery_is_about(
    make: Any, build: Any, bench: Any
) -> None:
    bench.lay("2026-10.csv", make.of([make.row(), make.row(**SEPTEMBER)]))
    stated: list[Control] = []
    for pattern in ("*{month}*", "*"):
        source = build(pattern=pattern)
        (delivery,) = bench.fetch(source)
        (document,) = delivery.documents
        path = bench.archive.path(document.sha256)
        stated.append(source.control(path, document, delivery))

    assert [control.rows for control in stated] == [2, 1]
    assert {control.totals for control in stated} == {stated[0].totals}
    assert (stated[0].first, stated[0].last) == ("2026-10-05", "2026-10-05")


def test_what_the_second_reader_cannot_read_refuses_the_document(build: Any, bench: Any) -> None:
    path = bench.lay("2026-10.csv", b"PAR1 and no more")
    delivery = Delivery(source="acme", period=OCTOBER, version="1", documents=())
    document = type("D", (), {"name": "2026-10.csv"})()

    with pytest.raises(SourceError, match=r"acme: 2026-10\.csv: cannot be read as Parquet"):
        build().control(path, document, delivery)
    with pytest.raises(SourceError, match=r"acme: 2026-10\.csv: is not a readable Parquet"):
        build().convert(path, document, delivery)
