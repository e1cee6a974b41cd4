from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import book, closing
from ingest.book import Change
from ingest.closing import Held, Pins, close, reopen
from ingest.kind import CLOSED, REOPENED, STATE
from ingest.load import LoadedDelivery
from ingest.restatement import restatements
from models.errors import RefusedError, StoreError
from models.ledger import Entry
from models.period import Month

OCTOBER = Month(2026, 10)
RULES = "f" * 64
Night = Callable[..., None]


@pytest.fixture(autouse=True)
def used(stores: Any) -> None:
    """Record a version of the rules, as a night does."""
    stores.ledger.append(Entry("rules", "rules.yaml", {"hash": RULES, "texts": {}}))


@pytest.fixture
def night(stores: Any, light: Callable[..., LoadedDelivery]) -> Night:
    """Deliver a month of one amount, as a source does at night."""

    def delivered(amount: str, month: Month = OCTOBER, *, reading: str = "1") -> None:
        load = light(amount, month, reading=reading)
        book.receive(stores.ledger, load.delivery)
        book.loaded(stores.ledger, load.delivery, load)

    return delivered


def amounts(stores: Any) -> dict[str, str]:
    """Return the billed cost that counts, by scope."""
    return {
        scope: record.body["documents"][0]["totals"][0]["billed_cost"]
        for scope, record in book.counting(stores.ledger).items()
    }


def final(stores: Any) -> None:
    stores.ledger.append(Entry(STATE, "bill/2026-10", {"state": "final", "since": "2026-11-15"}))


@pytest.mark.failure("E04")
def test_a_closed_month_goes_on_to_count_what_it_was_closed_with(stores: Any, night: Night) -> None:
    night("10")
    night("7", OCTOBER + 1)

    entry = close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES), reason="agreed")
    night("12")
    night("8", OCTOBER + 1)

    assert amounts(stores) == {"bill/2026-10": "10", "bill/2026-11": "8"}
    assert book.current(stores.ledger)["bill/2026-10"]["version"] == "12"
    assert (entry.body["by"], entry.body["reason"], entry.body["version"]) == ("ada", "agreed", 1)
    closing.verify(stores.ledger)


@pytest.mark.failure("E04")
def test_a_source_that_comes_after_the_close_changes_nothing_of_the_month(
    stores: Any, night: Night
) -> None:
    close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES))

    night("10")

    assert amounts(stores) == {}
    (event,) = restatements(stores.ledger)
    assert (event.was, event.before) == ("closed", "")
    assert event.changes == (Change("USD", 1, Decimal(10), Decimal(10)),)
    closing.verify(stores.ledger)


@pytest.mark.failure("E03")
@pytest.mark.failure("E04")
def test_what_changes_a_settled_month_is_a_restatement_with_its_differences(
    stores: Any, night: Night
) -> None:
    night("10")
    night("11")  # provisional: a change, and no restatement
    final(stores)
    night("8.5")
    close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES))
    night("9")

    first, second = restatements(stores.ledger)

    assert (first.source, first.month, first.was, first.cause) == (
        *("bill", OCTOBER, "final", "delivery"),
    )
    assert first.changes == (Change("USD", 0, Decimal("-2.5"), Decimal("-2.5")),)
    assert second.was == "closed"
    assert second.changes == (Change("USD", 0, Decimal("0.5"), Decimal("0.5")),)
    assert (second.before, second.after) == (
        first.after,
        book.current(stores.ledger)["bill/2026-10"]["delivery"],
    )


def test_other_bytes_with_equal_totals_are_loaded_and_no_restatement(
    stores: Any, night: Night
) -> None:
    night("10")
    final(stores)

    night("10.0")

    assert restatements(stores.ledger) == []
    assert [entry.body["changes"] for entry in stores.ledger.entries(book.LOADED)][1] == []


@pytest.mark.failure("D06")
def test_a_closed_month_tells_other_content_of_equal_totals_once(stores: Any, night: Night) -> None:
    night("10")
    close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES))

    for amount in ("10.0", "10.00", "11"):  # other bytes, as of other tags
        night(amount)

    told = [event.changes for event in restatements(stores.ledger)]
    nothing, one = (Change("USD", 0, Decimal(n), Decimal(n)) for n in (0, 1))
    assert told == [(nothing,), (one,)]


def test_another_reading_of_the_same_bytes_is_told_by_its_cause(
    stores: Any, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night("10")
    final(stores)
    found = Change("USD", 0, Decimal(1), Decimal(1))
    monkeypatch.setattr("ingest.restatement.difference", lambda *_: (found,))

    night("10", reading="2")

    (event,) = restatements(stores.ledger)
    assert (event.cause, event.changes) == ("reading", (found,))


def test_a_restatement_bears_the_time_of_its_run(
    stores: Any, night: Night, light: Callable[..., LoadedDelivery]
) -> None:
    night("10")
    final(stores)
    load = light("1")

    book.loaded(stores.ledger, load.delivery, load, datetime(2026, 12, 1, tzinfo=UTC))

    assert restatements(stores.ledger)[0].at == datetime(2026, 12, 1, tzinfo=UTC)


def test_a_month_is_closed_once_and_by_somebody(stores: Any) -> None:
    with pytest.raises(RefusedError, match=r"^2026-10: nobody is named to close it; say who does$"):
        close(stores.ledger, OCTOBER, by=" ", pins=Pins(rules=RULES))
    close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES))

    with pytest.raises(
        RefusedError, match=r"^2026-10: is closed already; a closed month stays as it is$"
    ):
        close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES))


@pytest.mark.failure("E08")
@pytest.mark.parametrize(
    ("altered", "complaint"),
    [
        ({"digest": "0" * 64}, "is closed, and its deliveries are not those it was closed with"),
        ({"deliveries": {}}, "is closed, and its deliveries are not those it was closed with"),
        ({"deliveries": {"bill/2026-10": "0" * 64}}, "which the ledger does not have"),
    ],
)
def test_a_close_that_does_not_hold_is_found(
    stores: Any, night: Night, altered: dict[str, Any], complaint: str
) -> None:
    night("10")
    body = json.loads(
        json.dumps(close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES)).body)
    )

    after = stores.ledger.entries(CLOSED)[-1].seq
    stores.ledger.settle(Entry(CLOSED, "2026-10", {**body, **altered}), after)

    with pytest.raises(StoreError, match=complaint):
        closing.verify(stores.ledger)


@pytest.mark.failure("E03")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    story=st.lists(st.tuples(st.sampled_from("1234c"), st.integers(1, 3)), min_size=1, max_size=8)
)
def test_any_order_of_deliveries_and_closes_ends_in_the_last_one_or_the_pinned_one(
    stores: Any, night: Night, story: list[tuple[str, int]]
) -> None:
    year = 2000 + len(stores.ledger.entries())  # months that no other example has used
    expected: dict[str, str] = {}
    shut: set[Month] = set()

    for act, number in story:
        month = Month(year, number)
        if act != "c":
            night(act, month)
            if month not in shut:
                expected[f"bill/{month}"] = act
        elif month not in shut:
            close(stores.ledger, month, by="ada", pins=Pins(rules=RULES))
            shut.add(month)

    mine = {scope: cost for scope, cost in amounts(stores).items() if f"/{year}-" in scope}
    assert mine == expected
    closing.verify(stores.ledger)


# reopening


NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PINS = Pins(rules=RULES)


@pytest.mark.failure("E07")
def test_a_month_that_is_reopened_and_closed_again_keeps_every_version(
    stores: Any, night: Night
) -> None:
    ledger = stores.ledger
    night("10")
    first = close(ledger, OCTOBER, by="ada", pins=PINS)
    night("12")
    opened = reopen(ledger, OCTOBER, by="bob", reason="the bill was wrong", as_of=NOON)
    assert amounts(stores) == {"bill/2026-10": "12"}
    assert closing.closed(ledger) == {}
    second = close(ledger, OCTOBER, by="ada", pins=PINS)
    night("14")

    assert opened.kind == REOPENED
    assert opened.body == {
        "version": 1,
        "by": "bob",
        "reason": "the bill was wrong",
        "as_of": "2026-12-01T12:00:00+00:00",
    }
    assert amounts(stores) == {"bill/2026-10": "12"}
    assert closing.closed(ledger) == {OCTOBER: second}
    assert [
        (each.month, each.version, each.record, each.reopened) for each in closing.closes(ledger)
    ] == [
        (OCTOBER, 1, first, opened),
        (OCTOBER, 2, second, None),
    ]
    closing.verify(ledger)


def test_a_change_while_a_month_is_open_again_is_none_of_a_closed_month(
    stores: Any, night: Night
) -> None:
    night("10")
    close(stores.ledger, OCTOBER, by="ada", pins=PINS)
    reopen(stores.ledger, OCTOBER, by="bob", reason="wrong", as_of=NOON)

    night("12")

    assert restatements(stores.ledger) == []


@pytest.mark.failure("E07")
@pytest.mark.parametrize(
    ("month", "by", "reason", "complaint"),
    [
        (OCTOBER, " ", "r", "2026-10: nobody is named to reopen it; say who does"),
        (OCTOBER, "bob", " ", "2026-10: is not opened without a reason; say why"),
        (OCTOBER + 2, "bob", "r", "2026-12: is not closed; there is nothing to reopen"),
        (
            OCTOBER,
            "bob",
            "r",
            (
                "2026-10: 2026-11 is closed after it, and has what came late; reopen 2026-11 "
                "first, or let it be an adjustment"
            ),
        ),
    ],
)
def test_a_month_is_not_reopened_without_person_reason_or_order(
    stores: Any, month: Month, by: str, reason: str, complaint: str
) -> None:
    for each in (OCTOBER, OCTOBER + 1):
        close(stores.ledger, each, by="ada", pins=PINS)

    with pytest.raises(RefusedError) as error:
        reopen(stores.ledger, month, by=by, reason=reason, as_of=NOON)

    assert str(error.value) == complaint
    reopen(stores.ledger, OCTOBER + 1, by="bob", reason="r", as_of=NOON)
    reopen(stores.ledger, OCTOBER, by="bob", reason="r", as_of=NOON)
    assert closing.closed(stores.ledger) == {}


# what a close says, and the one path that writes it


@pytest.mark.failure("E11")
def test_a_close_says_who_when_from_what_and_by_which_rules(stores: Any, night: Night) -> None:
    night("10")
    pins = Pins(
        rules=RULES,
        program="3",
        plans={"p": {"version": 2, "hash": "a"}},
        rates={"hash": "b", "stated": []},
        settings="c",
        books=Held(sha256="d", rows=1, sums={"USD": {"billed_cost": "10"}}),
        reports={"html": "e"},
    )

    record = close(
        stores.ledger,
        OCTOBER,
        by="ada",
        pins=pins,
        reason="agreed",
        waived={"gpu": "no bill this month"},
        signed_by="bob",
        as_of=NOON,
    )

    (delivery,) = book.current(stores.ledger).values()
    assert record.body == {
        "version": 1,
        "by": "ada",
        "signed_by": "bob",
        "reason": "agreed",
        "waived": {"gpu": "no bill this month"},
        "as_of": "2026-12-01T12:00:00+00:00",
        "deliveries": {"bill/2026-10": delivery["delivery"]},
        "digest": closing.digest({"bill/2026-10": delivery}),
        "rules": RULES,
        "program": "3",
        "plans": {"p": {"version": 2, "hash": "a"}},
        "rates": {"hash": "b", "stated": []},
        "settings": "c",
        "books": {"sha256": "d", "rows": 1, "sums": {"USD": {"billed_cost": "10"}}},
        "reports": {"html": "e"},
    }
    assert [*closing.documents(record.body)] == [("books", "d"), ("html report", "e")]


@pytest.mark.failure("E08")
@pytest.mark.parametrize("kind", [CLOSED, REOPENED])
def test_no_other_way_leads_into_a_closed_month(stores: Any, kind: str) -> None:
    with pytest.raises(RefusedError) as error:
        stores.ledger.append(Entry("other", "x", {}), Entry(kind, "2026-10", {"version": 1}))

    assert str(error.value) == (
        f"2026-10: {kind} is written by closing or reopening a month alone; use `trueup close` or "
        "`trueup reopen`"
    )
    assert stores.ledger.entries("other") == []


@pytest.mark.failure("E08")
def test_of_two_who_close_a_month_at_once_one_is_refused(
    stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = closing.versions

    def slow(ledger: Any) -> Any:
        monkeypatch.setattr(closing, "versions", seen)
        close(ledger, OCTOBER, by="bob", pins=PINS)  # the other one was quicker
        return seen(ledger)

    monkeypatch.setattr(closing, "versions", slow)
    with pytest.raises(RefusedError) as error:
        close(stores.ledger, OCTOBER, by="ada", pins=PINS)

    assert str(error.value) == "2026-10: was closed or reopened meanwhile; look at it again"
    assert [each.record.body["by"] for each in closing.closes(stores.ledger)] == ["bob"]


def test_of_two_who_reopen_a_month_at_once_one_is_refused(
    stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = closing.closed
    close(stores.ledger, OCTOBER, by="ada", pins=PINS)

    def slow(ledger: Any) -> Any:
        monkeypatch.setattr(closing, "closed", seen)
        found = seen(ledger)
        reopen(ledger, OCTOBER, by="bob", reason="r", as_of=NOON)  # the other one was quicker
        return found

    monkeypatch.setattr(closing, "closed", slow)
    with pytest.raises(RefusedError) as error:
        reopen(stores.ledger, OCTOBER, by="ada", reason="r", as_of=NOON)

    assert str(error.value) == "2026-10: was closed or reopened meanwhile; look at it again"
    assert [each.body["by"] for each in stores.ledger.entries(REOPENED)] == ["bob"]


def test_a_month_that_no_version_of_the_rules_was_named_for_still_holds(stores: Any) -> None:
    body = dict(close(stores.ledger, OCTOBER, by="ada", pins=PINS).body)
    del body["rules"], body["reports"]  # as the first versions closed
    after = stores.ledger.entries(CLOSED)[-1].seq

    stores.ledger.settle(Entry(CLOSED, "2026-10", body), after)

    closing.verify(stores.ledger, stores.archive)
    assert closing.pinned(stores.ledger) == {OCTOBER: ""}


@pytest.mark.failure("E08")
def test_the_digest_of_a_month_is_of_ids_documents_and_totals() -> None:
    def digest(delivery: str = "d", sha256: str = "s", charges: str = "c", **totals: str) -> str:
        document = {"document": {"sha256": sha256}, "charges": charges, "totals": [totals]}
        return closing.digest({"bill/2026-10": {"delivery": delivery, "documents": [document]}})

    plain = digest(rows="1", cost="2")

    assert plain == digest(cost="2", rows="1")
    others = [digest(rows="1", cost="3"), digest(rows="1"), digest("e", rows="1", cost="2")]
    others += [digest(sha256="x", rows="1", cost="2"), digest(charges="x", rows="1", cost="2")]
    assert len({plain, *others}) == 6


@pytest.mark.failure("E08")
def test_a_month_whose_rules_are_gone_is_found(stores: Any) -> None:
    body = {**close(stores.ledger, OCTOBER, by="ada", pins=PINS).body, "rules": "ab"}
    stores.ledger.settle(Entry(CLOSED, "2026-10", body), stores.ledger.entries(CLOSED)[-1].seq)

    with pytest.raises(StoreError) as error:
        closing.verify(stores.ledger)

    assert str(error.value) == (
        "2026-10: was closed with rules ab, which the ledger does not have; "
        "restore it from a backup"
    )


@pytest.mark.failure("E08")
def test_every_bill_of_a_closed_month_is_proved_and_no_other(stores: Any, night: Night) -> None:
    night("10")
    night("7", OCTOBER + 1)
    close(stores.ledger, OCTOBER, by="ada", pins=PINS)
    (bill,) = book.counting(stores.ledger)["bill/2026-10"].body["sources"]
    proved: list[str] = []

    closing.verify(stores.ledger, witness=SimpleNamespace(prove=proved.append))  # type: ignore[arg-type]

    assert proved == [bill["sha256"]]

    def lost(sha256: str) -> None:
        raise StoreError(sha256)

    with pytest.raises(StoreError) as error:
        closing.verify(stores.ledger, witness=SimpleNamespace(prove=lost))  # type: ignore[arg-type]
    assert str(error.value) == (
        "bill/2026-10: a document of a closed month is lost or was altered "
        f"({bill['sha256'][:12]}); restore the archive from a backup"
    )


@pytest.mark.failure("E08")
@pytest.mark.parametrize("what", ["books", "html report"])
@pytest.mark.parametrize("how", ["altered", "gone"])
def test_a_document_of_a_close_that_is_not_what_it_was_is_found(
    stores: Any, what: str, how: str
) -> None:
    kept = {name: stores.archive.put([name.encode()]).sha256 for name in ("books", "html report")}
    pins = Pins(
        rules=RULES,
        books=Held(sha256=kept["books"], rows=0, sums={}),
        reports={"html": kept["html report"]},
    )
    close(stores.ledger, OCTOBER, by="ada", pins=pins)
    reopen(stores.ledger, OCTOBER, by="bob", reason="r", as_of=NOON)  # older versions, too
    closing.verify(stores.ledger, stores.archive)
    path = stores.archive.path(kept[what])
    path.chmod(0o600)
    path.write_bytes(b"another") if how == "altered" else path.unlink()

    with pytest.raises(StoreError) as error:
        closing.verify(stores.ledger, stores.archive)

    assert str(error.value) == (
        f"2026-10: the {what} of version 1 of a closed month is lost or was altered "
        f"({kept[what][:12]}); restore the archive from a backup"
    )


def test_what_is_said_now_is_the_newest_where_books_keep_what_was(
    stores: Any, night: Night
) -> None:
    books = Held(sha256="d", rows=1, sums={})
    night("1")
    night("2", OCTOBER + 1)
    close(stores.ledger, OCTOBER, by="ada", pins=Pins(rules=RULES, books=books))
    close(stores.ledger, OCTOBER + 1, by="ada", pins=PINS)  # as earlier versions did
    night("3")
    night("4", OCTOBER + 1)

    found = {
        scope: record.body["documents"][0]["totals"][0]["billed_cost"]
        for scope, record in book.stated(stores.ledger).items()
    }

    assert found == {"bill/2026-10": "3", "bill/2026-11": "2"}
    assert amounts(stores) == {"bill/2026-10": "1", "bill/2026-11": "2"}
