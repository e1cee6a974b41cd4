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
from ingest.load import load_delivery
from ingest.source import Delivery, Source
from models.errors import BrokenError, ForbiddenError
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


@pytest.mark.failure("A02")
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(9, 10), st.booleans()), min_size=1))
def test_any_order_with_repeats_and_crashes_ends_in_what_was_shown_last(
    stores: Any, load: Callable[..., bool], nights: list[tuple[int, int, bool]]
) -> None:
    shown: dict[int, Delivery] = {}

    def night(delivery: Delivery) -> None:
        book.receive(stores.ledger, delivery)
        load(delivery)

    for number, month, crashes in nights:
        row = ("USD", "Usage", str(number), "1", f"2026-{month:02d}-01")
        shown[month] = stores.delivery([row], period=Month(2026, month))
        book.receive(stores.ledger, shown[month])
        if not crashes:
            night(shown[month])
    for delivery in shown.values():
        night(delivery)

    for delivery in shown.values():
        assert book.is_loaded(stores.ledger, delivery)


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
