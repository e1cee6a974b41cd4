"""Which of several invoices is counted: the same one, another one, one that only looks alike."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.invoice.amendment import Amendment, Which
from ingest.invoice.terms import Terms

WAY_OUT = "add the vendor, or remove the file"
OTHER_DAY = date(2026, 3, 20)


@pytest.mark.failure("H01")
def test_the_same_bytes_twice_are_one_document(inbox: Any, invoice: Any) -> None:
    inbox.put("a.xml", invoice(), data=b"same")
    (before,) = inbox.fetch()
    inbox.put("b.xml", invoice(), data=b"same")

    (after,) = inbox.fetch()

    assert after.documents[0].name == "a.xml = b.xml"
    assert after.version == before.version
    assert inbox.table()["billed_cost"].sum() == 100


@pytest.mark.failure("H01")
@pytest.mark.parametrize("printed", ["R-1", "r 1", "R/1", "R.1_"])
def test_the_same_invoice_in_another_form_counts_once_and_is_told(
    inbox: Any, line: Any, invoice: Any, printed: str
) -> None:
    inbox.put("a.xml", invoice("R-1", line("100.00", texts={"description": "Labels"})))
    inbox.put("b.pdf", invoice(printed, line("100.0", texts={"description": "Labels, March"})))

    assert inbox.table()["billed_cost"].sum() == 100
    place = "a.xml" if printed == "R-1" else "R-1 in a.xml"
    assert inbox.problems() == [
        f"duplicate: invoice {printed} is the same as in {place}; it counts there, once"
    ]
    assert inbox.statuses() == {"R-1 in a.xml": "counted", f"{printed} in b.pdf": "duplicate"}


@pytest.mark.failure("H01")
def test_zeros_in_front_make_another_number(inbox: Any, invoice: Any) -> None:
    inbox.put("a", invoice("R-01"), invoice("R-1", issued=OTHER_DAY))

    assert set(inbox.statuses().values()) == {"counted"}


@pytest.mark.failure("H02")
@pytest.mark.parametrize(
    "change",
    [
        {"tax": 19},
        {"currency": "USD"},
        {"issued": OTHER_DAY},
        {"service": (date(2026, 2, 1), date(2026, 2, 28))},
        {"kind": "corrective"},
        {"purchase_order": "PO-2"},
        {"prepaid": Decimal(10)},
    ],
)
def test_one_number_with_two_contents_counts_nowhere(
    inbox: Any, invoice: Any, change: dict[str, Any]
) -> None:
    inbox.put("a.xml", invoice())
    inbox.put("b.xml", invoice(**change))

    assert inbox.table().is_empty()
    assert sorted(inbox.problems()) == [
        f"rejected: 'R-1': is also in {other} with other content; neither is booked: remove "
        "one, or give the correction a number of its own"
        for other in ("a.xml", "b.xml")
    ]
    assert inbox.statuses() == {"R-1 in a.xml": "conflict", "R-1 in b.xml": "conflict"}


@pytest.mark.failure("H02")
@pytest.mark.parametrize(
    "change", [{"amount": "101"}, {"days": "2026-02-01 2026-02-28"}, {"tags": {"project": "x"}}]
)
def test_another_line_is_another_content(
    inbox: Any, line: Any, invoice: Any, change: dict[str, Any]
) -> None:
    inbox.put("a.xml", invoice())
    inbox.put("b.xml", invoice("R-1", line(**change)))

    assert set(inbox.statuses().values()) == {"conflict"}


@pytest.mark.failure("H03")
def test_a_number_that_sounds_the_same_on_another_day_is_another_invoice_and_is_told(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("2026-1-11"))
    inbox.put("b", invoice("2026-11-1", line("7"), issued=OTHER_DAY))

    assert inbox.table()["billed_cost"].sum() == 107
    assert inbox.problems() == [
        "similar_number: invoice 2026-11-1 has nearly the number of 2026-1-11 in a; both count"
    ]


@pytest.mark.failure("H03")
def test_a_number_that_sounds_the_same_on_the_same_day_is_a_conflict(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("INV-12"))
    inbox.put("b", invoice("inv 12", line("7")))

    assert set(inbox.statuses().values()) == {"conflict"}


@pytest.mark.failure("H03")
@settings(max_examples=25)
@given(
    st.lists(st.sampled_from(["RE", "2026", "007", "x"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["", "-", " ", "/", ".", "_", " - "]), min_size=4, max_size=4),
    st.booleans(),
)
def test_a_number_is_the_same_however_it_is_printed(
    invoice: Any, parts: list[str], marks: list[str], lower: bool
) -> None:
    printed = "".join(itertools.chain(*zip(parts, marks, strict=False)))
    said = invoice("".join(parts))

    other = invoice(printed.lower() if lower else printed)

    assert other.similar == said.similar
    assert other.content == said.content


@pytest.mark.failure("H02")
def test_numbers_belong_to_one_issuer_and_one_family_of_kinds(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.vendors["Bee"] = Terms(issuer="Bee", service="Labels")
    credit = invoice("R-1", line("-30"), kind="credit_note", preceding=("R-1",))
    inbox.put("a", invoice("R-1"), invoice("R-1", line("7"), issuer="Bee"), credit)

    assert set(inbox.table("invoice_headers")["status"]) == {"counted"}
    assert inbox.table()["billed_cost"].sum() == 77


@pytest.mark.failure("H02")
def test_a_conflict_of_one_leaves_another_of_the_same_number_in_the_same_document(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.vendors["Bee"] = Terms(issuer="Bee", service="Labels")
    credit = invoice("R-1", line("-30"), kind="credit_note", preceding=("R-1",))
    inbox.put("a", invoice("R-1"), invoice("R-1", line("7"), issuer="Bee"), credit)
    inbox.put("b", invoice("R-1", line("120")))

    found = inbox.table("invoice_headers").filter(x_document="a")

    assert found["status"].to_list() == ["conflict", "counted", "counted"]
    assert inbox.table()["billed_cost"].sum() == -23


@pytest.mark.parametrize(("days", "told"), [(7, True), (8, False)])
def test_the_same_amount_within_a_week_counts_and_is_told(
    inbox: Any, invoice: Any, days: int, told: bool
) -> None:
    first = date(2026, 3, 2)
    inbox.put("a", invoice("R-1", issued=first))
    inbox.put("b", invoice("R-2", issued=first + timedelta(days=days)))

    assert inbox.table()["billed_cost"].sum() == 200
    words = (
        "possible_duplicate: invoice R-2 has the amount of R-1, issued within a week; both count"
    )
    assert inbox.problems() == ([words] if told else [])


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"kind": "prepayment"}, {"tax": 1}])
def test_what_differs_in_currency_kind_or_amount_does_not_look_alike(
    inbox: Any, invoice: Any, change: dict[str, Any]
) -> None:
    inbox.put("a", invoice("R-1"), invoice("R-2", **change))

    assert inbox.problems() == []


def amendment(first: Which, second: Which | None, issuer: str = "") -> Amendment:
    return Amendment(counts=first, supersedes=second, reason="reissued", issuer=issuer)


@pytest.mark.failure("H02")
def test_a_person_decides_which_of_two_contents_counts(inbox: Any, line: Any, invoice: Any) -> None:
    old = inbox.put("a.xml", invoice())
    new = inbox.put("b.xml", invoice("R-1", line("120")))
    inbox.amendments.append(amendment(Which(number="R-1", document=new), Which(document=old)))

    assert inbox.table()["billed_cost"].sum() == 120
    assert inbox.statuses() == {"R-1 in a.xml": "superseded", "R-1 in b.xml": "counted"}
    assert inbox.problems() == [
        f"superseded: invoice R-1 is superseded by R-1 in {new[:12]}: reissued"
    ]
    details = inbox.table("invoice_details").sort("billed_cost")
    assert details["invoice_issue_status"].to_list() == ["Voided", "Issued"]


@pytest.mark.failure("H02")
def test_a_decision_changes_the_delivery_and_taking_it_back_restores_the_conflict(
    inbox: Any, line: Any, invoice: Any
) -> None:
    old = inbox.put("a.xml", invoice())
    new = inbox.put("b.xml", invoice("R-1", line("120")))
    (before,) = inbox.fetch()
    inbox.amendments.append(amendment(Which(document=new), Which(document=old)))
    (decided,) = inbox.fetch()
    inbox.amendments.clear()

    (after,) = inbox.fetch()

    assert decided.version != before.version
    assert after == before


@pytest.mark.failure("H02")
def test_a_person_may_say_that_both_are_real(inbox: Any, line: Any, invoice: Any) -> None:
    inbox.put("a", invoice("1-11"))
    inbox.put("b", invoice("11-1", line("7")))
    inbox.amendments += [amendment(Which(number=number), None) for number in ("1-11", "11-1")]

    assert inbox.table()["billed_cost"].sum() == 107


@pytest.mark.failure("H02")
@pytest.mark.parametrize("count", [2, 3])
def test_invoices_that_supersede_each_other_in_a_circle_stay_in_conflict(
    inbox: Any, line: Any, invoice: Any, count: int
) -> None:
    ring = [
        Which(document=inbox.put(f"{at}", invoice("R-1", line(100 + at)))) for at in range(count)
    ]
    inbox.amendments += [amendment(ring[at - 1], ring[at]) for at in range(count)]

    assert set(inbox.statuses().values()) == {"conflict"}
    assert inbox.table().is_empty()
    assert inbox.post.idle(inbox.read()) == inbox.amendments


@pytest.mark.failure("H02")
def test_what_supersedes_may_be_superseded(inbox: Any, line: Any, invoice: Any) -> None:
    first, second, third = (
        Which(document=inbox.put(f"{at}", invoice("R-1", line(100 + at)))) for at in range(3)
    )
    inbox.amendments += [amendment(second, first), amendment(third, second)]

    found = sorted(inbox.statuses().items())
    assert [status for _, status in found] == ["superseded", "superseded", "counted"]
    assert inbox.table()["billed_cost"].sum() == 102


@pytest.mark.failure("H02")
def test_a_decision_of_one_issuer_leaves_the_numbers_of_another(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.vendors["Bee"] = Terms(issuer="Bee", service="Labels")
    inbox.put("a", invoice("1"), invoice("2", line("7")))
    inbox.put("b", invoice("1", issuer="Bee"), invoice("2", line("8"), issuer="Bee"))
    inbox.amendments.append(amendment(Which(number="2"), Which(number="1"), "Bee"))

    assert inbox.table()["billed_cost"].sum() == 115


@pytest.mark.parametrize(
    ("counts", "other"), [("R-9", "R-1"), ("R-1", "R-9"), ("R-9", None), ("R-1", "R-1")]
)
def test_a_decision_about_an_invoice_that_is_not_there_decides_nothing(
    inbox: Any, invoice: Any, counts: str, other: str | None
) -> None:
    inbox.put("a", invoice())
    idle = amendment(Which(number=counts), Which(number=other) if other else None)
    inbox.amendments.append(idle)

    assert inbox.table()["billed_cost"].sum() == 100
    assert inbox.post.idle(inbox.read()) == [idle]


def test_a_decision_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="names an invoice by number, by document, or by both"):
        Which()


@pytest.mark.failure("H15")
def test_an_invoice_of_an_unknown_issuer_is_set_aside_and_says_who_it_is_from(
    inbox: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1", issuer="Acme Lables", issuer_ids=("vat:DE1", "0088:2")))
    inbox.put("b", invoice("R-1"))

    assert inbox.statuses() == {"R-1 in a": "unknown_issuer", "R-1 in b": "counted"}
    who = "Acme Lables (vat:DE1, 0088:2)"
    assert inbox.problems() == [
        f"rejected: 'R-1': is from {who}, which is no vendor of this source; {WAY_OUT}"
    ]


@pytest.mark.failure("H07")
def test_a_draft_counts_nowhere_and_stands_in_nobodys_way(inbox: Any, invoice: Any) -> None:
    draft = replace(invoice("R-1", tax=19), status="draft", note="is a draft: confirm it")
    inbox.put("a", draft)
    inbox.put("b", invoice("R-1"))

    assert inbox.statuses() == {"R-1 in a": "draft", "R-1 in b": "counted"}
    assert inbox.problems() == ["rejected: 'R-1': is a draft: confirm it"]
    assert inbox.table("invoice_details").filter(x_status="draft")["invoice_issue_status"][0] == (
        "Open"
    )


@pytest.mark.failure("H01")
def test_a_negative_invoice_and_a_credit_note_of_one_amount_are_told(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1", line("-30")))
    inbox.put("b", invoice("R-1", line("-30"), kind="credit_note", preceding=("R-0",)))

    told = "credit note R-1 has the amount of R-1, issued within a week; both count"
    assert f"possible_duplicate: {told}" in inbox.problems()


def test_what_a_person_chose_counts_although_its_twin_stays_in_conflict(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1"), data=b"a")
    chosen = inbox.put("b", invoice("R-1"), data=b"b")
    inbox.put("c", invoice("R-1", line("120")))
    counts = Which(number="R-1", document=chosen)
    inbox.amendments.append(Amendment(counts=counts, reason="asked the vendor"))

    assert inbox.statuses() == {
        "R-1 in a": "conflict",
        "R-1 in b": "counted",
        "R-1 in c": "conflict",
    }


@pytest.mark.failure("H14")
def test_days_over_more_years_than_any_work_set_an_invoice_aside(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1", line(days="2026-01-01 2076-12-31")))
    inbox.put("b", invoice("R-2", line(days="2026-01-01 2077-01-01")))

    assert inbox.statuses() == {"R-1 in a": "counted", "R-2 in b": "rejected"}
    (told,) = (said for said in inbox.problems() if said.startswith("rejected"))
    assert told == (
        "rejected: '2077-01-01': ends more than 50 years after the first day of the work, "
        "2026-01-01"
    )
