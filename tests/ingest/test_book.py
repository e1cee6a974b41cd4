from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import book
from ingest.book import Change
from ingest.load import LoadedDelivery, load_delivery
from ingest.source import Delivery, Source
from models.errors import AbsentError, BrokenError, ForbiddenError
from models.period import Month
from models.problem import Problem

Build = Callable[..., Source]


@pytest.fixture
def load(stores: Any, bill: Build) -> Callable[..., bool]:
    def loaded(delivery: Delivery, source: Source | None = None) -> bool:
        done = load_delivery(source or bill(), delivery, stores.archive, stores.lake)
        return book.loaded(stores.ledger, delivery, done)

    return loaded


@pytest.fixture
def two(stores: Any, rows: Any) -> tuple[Delivery, Delivery]:
    """Return two deliveries of one scope, the second with one row more."""
    more = [*rows, ("USD", "Usage", "3", "3", "2026-10-30")]
    return stores.delivery(rows), replace(stores.delivery(more), version="w")


def loaded_versions(stores: Any) -> list[str]:
    return [entry.body["version"] for entry in stores.ledger.entries(book.LOADED)]


def test_a_loaded_delivery_counts_for_its_scope(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    book.receive(stores.ledger, two[0])

    assert not book.is_loaded(stores.ledger, two[0])
    assert load(two[0])

    assert book.is_loaded(stores.ledger, two[0])
    (scope, body), *others = book.current(stores.ledger).items()
    assert (scope, others) == ("bill/2026-10", [])
    assert book.delivery(scope, body) == two[0]
    assert body["supersedes"] == ""


@pytest.mark.failure("A02")
def test_the_same_delivery_again_is_recorded_once(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    for _ in range(3):
        book.receive(stores.ledger, two[0])
        load(two[0])

    assert len(stores.ledger.entries()) == 2
    assert not load(two[0])


@pytest.mark.failure("A01")
@pytest.mark.parametrize("order", [(0, 1, 1, 0), (1, 0, 0, 1), (0, 1, 0, 1), (1, 1, 0, 0)])
def test_a_load_that_ends_late_does_not_win_over_a_newer_delivery(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery], order: tuple[int, ...]
) -> None:
    for delivery in two:  # as they arrived
        book.receive(stores.ledger, delivery)

    for number in order:  # as their loads ended
        load(two[number])

    assert book.is_loaded(stores.ledger, two[1])
    assert len(book.current(stores.ledger)) == 1


@pytest.mark.failure("A01")
def test_an_older_delivery_counts_again_when_the_source_shows_it_again(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    for delivery in (*two, two[0]):
        book.receive(stores.ledger, delivery)
        load(delivery)

    assert book.is_loaded(stores.ledger, two[0])
    assert loaded_versions(stores) == ["v", "w", "v"]


@pytest.mark.failure("A01")
@pytest.mark.failure("A02")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nights=st.lists(
        st.tuples(
            st.sampled_from("0123"),  # what the source shows
            st.integers(1, 3),  # of which month
            st.sampled_from(["whole", "crash", "late", "refused"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_order_with_repeats_crashes_and_refusals_ends_in_what_was_shown_last(
    stores: Any, light: Callable[..., LoadedDelivery], nights: list[tuple[str, int, str]]
) -> None:
    year = 2000 + len(stores.ledger.entries())  # months that no other example has used
    last: dict[int, LoadedDelivery] = {}
    late: list[LoadedDelivery] = []

    for amount, month, how in nights:
        load = light(amount, Month(year, month))
        book.receive(stores.ledger, load.delivery)
        if how == "refused":
            error = BrokenError("bill", "part-1.json", "cut short").of(load.delivery.period)
            book.refused(stores.ledger, error.scope, error, load.delivery)
        elif how == "late":
            late.append(load)
        last[month] = load
        if how == "whole":
            book.loaded(stores.ledger, load.delivery, load)
    for load in [*late, *last.values()]:  # loads that ended late, and the next night's
        book.loaded(stores.ledger, load.delivery, load)

    assert all(book.is_loaded(stores.ledger, load.delivery) for load in last.values())
    mine = {scope for scope in book.counting(stores.ledger) if f"/{year}-" in scope}
    assert mine == {load.delivery.scope for load in last.values()}


@pytest.mark.failure("A02")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), shown=st.permutations(["0", "1", "2", "3"]))
def test_the_state_depends_on_the_last_delivery_and_not_on_the_way_to_it(
    stores: Any,
    light: Callable[..., LoadedDelivery],
    data: st.DataObject,
    shown: list[str],
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(shown), max_size=4))
    year = 2000 + len(stores.ledger.entries())

    for month, way in ((1, [*repeats, *shown]), (2, shown[-1:])):
        for amount in way:
            load = light(amount, Month(year, month))
            book.receive(stores.ledger, load.delivery)
            book.loaded(stores.ledger, load.delivery, load)

    long, short = (book.current(stores.ledger)[f"bill/{year}-{month:02d}"] for month in (1, 2))
    assert [each["totals"] for each in long["documents"]] == [
        each["totals"] for each in short["documents"]
    ]
    loads = stores.ledger.entries(book.LOADED, f"bill/{year}-01")
    changes = [Change.read(each) for entry in loads for each in entry.body["changes"]]
    assert sum(change.billed_cost for change in changes) == Decimal(shown[-1])


def test_another_reading_of_the_same_bytes_is_loaded_again(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery], bill: Build
) -> None:
    load(two[0])
    before = book.current(stores.ledger)["bill/2026-10"]["delivery"]
    changed = bill(fingerprint="2")

    assert book.is_loaded(stores.ledger, two[0])
    assert book.is_loaded(stores.ledger, two[0], bill())
    assert not book.is_loaded(stores.ledger, two[0], changed)

    assert load(two[0], changed)
    assert book.current(stores.ledger)["bill/2026-10"]["supersedes"] == before


@pytest.mark.failure("A17")
def test_a_delivery_with_fewer_rows_replaces_the_longer_one_and_says_so(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    for delivery in reversed(two):
        book.receive(stores.ledger, delivery)
        load(delivery)

    first, second = (entry.body for entry in stores.ledger.entries(book.LOADED))
    assert book.difference(first, second) == (Change("USD", -1, Decimal(-3), Decimal(-3)),)
    assert second["changes"] == [
        {
            "currency": "USD",
            "rows": -1,
            "billed_cost": "-3.000000000000000000",
            "effective_cost": "-3.000000000000000000",
        }
    ]


def test_the_first_delivery_differs_from_nothing_in_every_currency(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    load(two[0])

    (body,) = book.current(stores.ledger).values()
    changes = book.difference(None, body)

    assert [(change.currency, change.rows) for change in changes] == [("EUR", 1), ("USD", 3)]
    assert book.difference(body, body) == ()


@pytest.mark.failure("A09")
def test_a_refused_delivery_leaves_the_last_good_one_in_place(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery], bill: Build
) -> None:
    book.receive(stores.ledger, two[0])
    load(two[0])
    book.receive(stores.ledger, two[1])
    denied = bill(stated=lambda control: replace(control, rows=9))

    with pytest.raises(BrokenError) as error:
        load(two[1], denied)
    book.refused(stores.ledger, "bill", error.value, two[1])

    assert book.is_loaded(stores.ledger, two[0])
    quarantine = book.quarantined(stores.ledger)["bill/2026-10"]
    assert quarantine["state"] == "broken"
    assert quarantine["version"] == "w"
    assert quarantine["detail"].startswith("rows: 5 here, 9 by the second reader")


@pytest.mark.failure("A09")
def test_no_document_of_a_delivery_counts_when_one_of_them_is_broken(
    stores: Any, rows: Any, load: Callable[..., bool], bill: Build
) -> None:
    def second_denied(control: Any) -> Any:
        return replace(control, rows=9) if control.rows == 1 else control

    delivery = stores.delivery(rows, rows[:1])

    with pytest.raises(BrokenError, match=r"part-2\.json"):
        load(delivery, bill(stated=second_denied))

    assert book.current(stores.ledger) == {}


def refuse(stores: Any, error: Any, delivery: Delivery | None = None) -> bool:
    problem = Problem(source="bill", document="a", rule="r", detail="d")
    return book.refused(stores.ledger, "bill", error, delivery, [problem])


def test_the_same_refusal_is_recorded_once_until_something_arrives(
    stores: Any, two: tuple[Delivery, Delivery]
) -> None:
    error = BrokenError("bill", "part-1.json", "cut short")
    book.receive(stores.ledger, two[0])

    assert refuse(stores, error, two[0])
    assert not book.receive(stores.ledger, two[0])
    assert not refuse(stores, error, two[0])

    assert book.receive(stores.ledger, two[1])
    assert book.quarantined(stores.ledger) == {}
    assert refuse(stores, error, two[1])


def test_a_source_that_answers_again_is_out_of_quarantine_though_nothing_changed(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    book.receive(stores.ledger, two[0])
    load(two[0])
    refuse(stores, ForbiddenError("bill", "s3://b", "access denied"))
    assert book.quarantined(stores.ledger)["bill"]["state"] == "forbidden"

    book.receive(stores.ledger, two[0])

    assert book.quarantined(stores.ledger) == {}
    assert book.is_loaded(stores.ledger, two[0])


def test_a_load_after_a_refusal_of_the_same_delivery_ends_its_quarantine(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    book.receive(stores.ledger, two[0])
    refuse(stores, BrokenError("bill", "part-1.json", "cut short"), two[0])

    load(two[0])

    assert book.quarantined(stores.ledger) == {}


def test_a_source_in_which_nothing_is_any_more_keeps_what_it_delivered(
    stores: Any, load: Callable[..., bool], two: tuple[Delivery, Delivery]
) -> None:
    book.receive(stores.ledger, two[0])
    load(two[0])
    error = AbsentError("bill", "manifest.json", "is not there").of("2026-10")

    assert book.absent(stores.ledger, error)
    assert not book.absent(stores.ledger, error)

    assert book.gone(stores.ledger)["bill/2026-10"].body["detail"] == "is not there"
    assert book.is_loaded(stores.ledger, two[0])
    assert book.receive(stores.ledger, two[0])
    assert book.gone(stores.ledger) == {}
    assert book.absent(stores.ledger, error)


@pytest.mark.failure("K03")
@pytest.mark.parametrize("second", [AbsentError, BrokenError])
def test_each_answer_about_a_month_ends_the_silence_of_its_source(
    stores: Any, second: type[AbsentError | BrokenError]
) -> None:
    def tell(error: Any) -> bool:
        if isinstance(error, AbsentError):
            return book.absent(stores.ledger, error)
        return book.refused(stores.ledger, error.scope, error)

    forbidden = ForbiddenError("bill", "s3://b", "access denied")
    answer = second("bill", "manifest.json", "is as it is").of("2026-10")

    assert tell(answer)
    assert not tell(answer)

    for _ in range(2):
        assert tell(forbidden)
        assert not tell(forbidden)
        assert book.quarantined(stores.ledger)["bill"]["state"] == "forbidden"
        assert tell(answer)
        assert "bill" not in book.quarantined(stores.ledger)
