from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ingest import load as loading
from ingest.load import load_delivery, load_document
from ingest.source import Control, Conversion, Delivery, Document, Source, Total
from models.charge import CHARGE
from models.errors import BrokenError, StoreError
from models.reduction import Reduction

Build = Callable[..., Source]


def test_a_document_becomes_charges_keys_and_facts(stores: Any, bill: Build, rows: Any) -> None:
    delivery = stores.delivery(rows)

    loaded = load_document(bill(), delivery.documents[0], delivery, stores.archive, stores.lake)

    assert loaded.rows == 4
    assert loaded.rejected_rows == 0
    assert loaded.totals == (
        Total("EUR", "Usage", 1, "7.000000000000000000", "7.000000000000000000"),
        Total("USD", "Tax", 1, "1.900000000000000000", "1.900000000000000000"),
        Total("USD", "Usage", 2, "7.500000000000000001", "5.500000000000000000"),
    )
    charges = stores.charges(loaded.charges)
    assert charges["x_source"].to_list() == ["bill"] * 4
    assert charges["x_document"].unique().to_list() == [delivery.documents[0].sha256]
    facts = pl.read_parquet(stores.lake.path("facts", loaded.facts), glob=False)
    assert facts["billed_cost"].sum() == charges["billed_cost"].sum()


@pytest.mark.failure("C06")
def test_the_same_document_again_gives_the_same_bytes(stores: Any, bill: Build, rows: Any) -> None:
    delivery = stores.delivery(rows)
    first = load_delivery(bill(), delivery, stores.archive, stores.lake)
    before = stores.lake.digest()

    again = load_delivery(bill(), delivery, stores.archive, stores.lake)
    stores.lake.clear()
    rebuilt = load_delivery(bill(), delivery, stores.archive, stores.lake)

    assert first == again == rebuilt
    assert stores.lake.digest() == before


@pytest.mark.parametrize("table", ["charges", "keys", "facts", "rejected", "invoiced"])
def test_one_lost_file_of_the_lake_is_written_again(
    stores: Any, bill: Build, rows: Any, table: str
) -> None:
    delivery = stores.delivery(rows)
    first = load_delivery(bill(), delivery, stores.archive, stores.lake)
    before = stores.lake.digest()
    stores.lake.path(table, first.documents[0].charges).unlink()

    load_delivery(bill(), delivery, stores.archive, stores.lake)

    assert stores.lake.digest() == before


def test_what_is_invoiced_is_made_for_a_document_that_was_loaded_before_there_was_such_a_file(
    stores: Any, bill: Build, rows: Any
) -> None:
    loaded = load_delivery(bill(), stores.delivery(rows), stores.archive, stores.lake).documents[0]
    path = stores.lake.path("invoiced", loaded.charges)
    before = path.read_bytes()
    path.unlink()

    assert loading.invoiced_of(stores.lake, loaded.charges) == path

    assert path.read_bytes() == before
    assert pl.read_parquet(path, glob=False)["rows"].sum() == len(rows)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d, s: (replace(d, period=d.period + 1), s), id="another month"),
        pytest.param(lambda d, s: (replace(d, table="other"), s), id="another table"),
        pytest.param(lambda d, s: (d, replace(s, fingerprint="2")), id="another reading"),
        pytest.param(lambda d, s: (d, replace(s, name="other")), id="another source"),
    ],
)
def test_whatever_charges_depend_on_is_in_their_name(
    stores: Any, bill: Build, rows: Any, change: Callable[..., tuple[Delivery, Source]]
) -> None:
    delivery, source = stores.delivery(rows), bill()
    other, another = change(delivery, source)

    names = {
        load_delivery(one, each, stores.archive, stores.lake).documents[0].charges
        for one, each in ((source, delivery), (another, other))
    }

    assert len(names) == 2


@pytest.mark.failure("B05")
def test_a_row_that_breaks_the_contract_is_set_aside_with_its_money_and_reason(
    stores: Any, bill: Build, rows: Any
) -> None:
    bad = ("USD", "Rebate", "3", "3", "2026-10-04")
    delivery = stores.delivery([*rows, bad])

    loaded = load_document(bill(), delivery.documents[0], delivery, stores.archive, stores.lake)

    assert loaded.rows == 4
    assert loaded.rejected_rows == 1
    assert str(loaded.problems[0]) == (
        "bill: part-1.json:5:charge_category: 'Rebate': charge_category must be one of "
        "Usage, Purchase, Tax, Credit, Adjustment [rejected]"
    )
    rejected = pl.read_parquet(stores.lake.path("rejected", loaded.rejected), glob=False)
    assert rejected["billed_cost"].to_list() == [Decimal(3)]


@pytest.mark.failure("B05")
def test_an_empty_cost_is_set_aside_and_never_counted_as_nothing(
    stores: Any, bill: Build, rows: Any
) -> None:
    delivery = stores.delivery([*rows, ("USD", "Usage", "", "3", "2026-10-04")])

    loaded = load_document(bill(), delivery.documents[0], delivery, stores.archive, stores.lake)

    assert [problem.detail for problem in loaded.problems] == ["billed_cost must not be empty"]
    assert loaded.rows == 4


def test_no_part_of_a_row_is_loaded_when_another_part_of_it_is_bad(
    stores: Any, bill: Build, rows: Any
) -> None:
    beside = ("usd", "Usage", "0", "3", "2026-10-04", "unused", 4)
    delivery = stores.delivery([*rows, beside])

    loaded = load_document(bill(), delivery.documents[0], delivery, stores.archive, stores.lake)

    assert sorted(stores.charges(loaded.charges)["x_row"]) == [1, 2, 3]
    assert {problem.detail for problem in loaded.problems} == {
        "'usd': billing_currency must be an ISO 4217 code of three capital letters",
        "another charge of the same row breaks the contract",
    }


def test_rows_the_source_could_not_read_count_as_set_aside(
    stores: Any, bill: Build, rows: Any
) -> None:
    delivery = stores.delivery(rows)

    loaded = load_delivery(bill(unreadable=(2,)), delivery, stores.archive, stores.lake)

    assert loaded.documents[0].rejected_rows == 1
    assert [str(problem) for problem in loaded.problems] == [
        "bill: part-1.json:2:cost: 'abc': is not a number [rejected]"
    ]


def test_a_note_is_told_and_sets_nothing_aside(stores: Any, bill: Build, rows: Any) -> None:
    source = bill(notes=(("new_column", "column 'x' is new"),))

    loaded = load_delivery(source, stores.delivery(rows), stores.archive, stores.lake)

    (problem,) = loaded.problems
    assert (problem.severity, problem.rule, problem.detail) == (
        "info",
        "new_column",
        "column 'x' is new",
    )


def test_a_document_of_nothing_but_bad_rows_is_refused(
    stores: Any, bill: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.normalise.MOST_REJECTED", 2)
    delivery = stores.delivery([("USD", "Rebate", "3", "3", "2026-10-04")] * 3)

    with pytest.raises(BrokenError) as refused:
        load_delivery(bill(), delivery, stores.archive, stores.lake)

    assert str(refused.value) == (
        "bill: part-1.json: more than 2 rows are bad, such as row 1, column charge_category: "
        "charge_category must be one of Usage, Purchase, Tax, Credit, Adjustment"
    )


def test_more_problems_than_anyone_reads_are_counted(
    stores: Any, bill: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SHOWN", 1)
    delivery = stores.delivery([("USD", "Rebate", "3", "3", "2026-10-04")] * 3)

    loaded = load_delivery(bill(), delivery, stores.archive, stores.lake)

    assert [problem.detail for problem in loaded.problems][1:] == [
        "2 more rows were set aside; see rejected in the lake"
    ]


def of_usage(**changes: Any) -> Callable[[Control], Control]:
    def stated(control: Control) -> Control:
        totals = [
            replace(total, **changes) if total.charge_category == "Usage" else total
            for total in control.totals
        ]
        return replace(control, totals=tuple(totals))

    return stated


@pytest.mark.failure("B16")
@pytest.mark.parametrize(
    ("stated", "detail"),
    [
        (
            lambda control: replace(control, rows=5),
            "rows: 4 here, 5 by the second reader, -1 apart",
        ),
        (
            of_usage(billed_cost="7.5"),
            "EUR Usage billed_cost: 7 here, 7.5 by the second reader, -0.5 apart",
        ),
        (
            of_usage(billed_cost="7", effective_cost="7.000000000000000001"),
            (
                "EUR Usage effective_cost: 7 here, 7.000000000000000001 by the second reader, "
                "-0.000000000000000001 apart"
            ),
        ),
        (of_usage(rows=3), "EUR Usage rows: 1 here, 3 by the second reader, -2 apart"),
        (
            lambda control: replace(control, totals=control.totals[1:]),
            "EUR Usage billed_cost: 7 here, 0 by the second reader, 7 apart",
        ),
        (
            lambda control: replace(control, first="2026-09-30"),
            "days: 2026-10-01 to 2026-10-31 here, 2026-09-30 to 2026-10-31 by the second reader",
        ),
        (
            lambda control: replace(control, last=""),
            "days: 2026-10-01 to 2026-10-31 here, 2026-10-01 to none by the second reader",
        ),
    ],
)
def test_a_load_that_the_second_reader_denies_changes_nothing(
    stores: Any, bill: Build, rows: Any, stated: Any, detail: str
) -> None:
    with pytest.raises(BrokenError) as refused:
        load_delivery(bill(stated=stated), stores.delivery(rows), stores.archive, stores.lake)

    assert str(refused.value) == (
        f"bill: part-1.json: {detail}; nothing was loaded, the last good delivery stays"
    )
    assert not list(stores.lake.folder.rglob("*.parquet"))


@pytest.mark.failure("C05")
def test_facts_that_are_not_the_charges_load_nothing(
    stores: Any, bill: Build, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Reduction.add
    monkeypatch.setattr(Reduction, "add", lambda self, batch: whole(self, batch.head(-1)))

    with pytest.raises(BrokenError) as refused:
        load_delivery(bill(), stores.delivery(rows), stores.archive, stores.lake)

    assert str(refused.value) == (
        "bill: part-1.json: reduced to billed_cost: 9.400000000000000001 here, "
        "16.400000000000000001 by its charges, -7 apart; nothing was loaded, the last good "
        "delivery stays"
    )
    assert not list((stores.lake.folder / "facts").glob("*.parquet"))


@pytest.mark.parametrize("bad", [(), (("USD", "Rebate", "3", "3", "2026-10-04"),)])
def test_charges_reduce_alike_while_they_are_written_and_from_their_file(
    stores: Any, bill: Build, rows: Any, bad: Any
) -> None:
    delivery = stores.delivery([*rows, *bad])
    name = load_delivery(bill(), delivery, stores.archive, stores.lake).documents[0].keys
    before = stores.lake.digest()
    for table in ("keys", "facts"):
        stores.lake.path(table, name).unlink()

    load_delivery(bill(), delivery, stores.archive, stores.lake)

    assert stores.lake.digest() == before


@pytest.mark.failure("B16")
def test_a_row_twice_and_another_missing_is_noticed_although_sums_agree(
    stores: Any, bill: Build
) -> None:
    row = ("USD", "Usage", "1", "1", "2026-10-01")
    delivery = stores.delivery([row, row, (*row, None, 2)])

    with pytest.raises(BrokenError, match="rows: 2 here, 3 by the second reader"):
        load_delivery(
            bill(stated=lambda control: replace(control, rows=3)),
            delivery,
            stores.archive,
            stores.lake,
        )


def test_a_document_twice_in_a_delivery_is_refused(stores: Any, bill: Build, rows: Any) -> None:
    with pytest.raises(BrokenError) as refused:
        load_delivery(bill(), stores.delivery(rows, rows), stores.archive, stores.lake)

    assert str(refused.value) == (
        "bill: part-1.json: is 2 times in the delivery of 2026-10; nothing was loaded, "
        "the last good delivery stays"
    )


def test_two_documents_without_a_line_are_alike_and_no_harm(stores: Any, bill: Build) -> None:
    """An export that shrank has them: its surplus chunks are written empty."""
    schema = {name: CHARGE[name] for name in CHARGE if name not in ("x_source", "x_document")}

    class Empty(type(bill())):  # type: ignore[misc]  # its documents hold nothing
        def convert(self, *_: object) -> Conversion:
            return Conversion(charges=pl.LazyFrame(schema=schema))

        def control(self, *_: object) -> Control:
            return Control(rows=0, totals=(), first="", last="")

    found = load_delivery(Empty(), stores.delivery([], []), stores.archive, stores.lake)

    assert [loaded.rows for loaded in found.documents] == [0, 0]


def test_a_damaged_document_is_not_loaded(stores: Any, bill: Build, rows: Any) -> None:
    delivery = stores.delivery(rows)
    path = stores.archive.path(delivery.documents[0].sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"7", b"8"))

    with pytest.raises(StoreError, match="damaged in the archive"):
        load_delivery(bill(), delivery, stores.archive, stores.lake)


def test_a_plan_that_fails_while_it_runs_refuses_the_delivery(
    stores: Any, bill: Build, rows: Any
) -> None:
    source, delivery = bill(), stores.delivery(rows)

    class Late(type(source)):  # type: ignore[misc]  # the conversion fails when it is run
        def convert(self, path: Any, document: Document, delivery: Delivery) -> Any:
            conversion = super().convert(path, document, delivery)
            late = conversion.charges.with_columns(pl.col("billing_currency").str.to_integer())
            return replace(conversion, charges=late)

    with pytest.raises(BrokenError, match=r"part-1\.json: cannot be converted: .*USD"):
        load_delivery(Late(), delivery, stores.archive, stores.lake)


@pytest.mark.failure("C08")
def test_sums_beyond_the_digits_of_a_python_decimal_are_still_exact(
    stores: Any, bill: Build
) -> None:
    large = "12345678901234567.000000000000000001"  # 35 digits; Python's own context has 28
    rows = [("USD", "Usage", large, large, "2026-10-01"), ("USD", "Rebate", "1", "1", "2026-10-01")]

    loaded = load_delivery(bill(), stores.delivery(rows), stores.archive, stores.lake)

    assert [total.billed_cost for total in loaded.documents[0].totals] == [large]
    short = replace(Total("USD", "Usage", 1, large, large), billed_cost=large[:-1] + "2")
    with pytest.raises(BrokenError, match=r"-0\.000000000000000001 apart"):
        load_delivery(
            bill(
                fingerprint="2",
                stated=lambda control: replace(control, totals=(control.totals[0], short)),
            ),
            stores.delivery(rows),
            stores.archive,
            stores.lake,
        )
