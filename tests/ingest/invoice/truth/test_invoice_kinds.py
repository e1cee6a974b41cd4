"""What each kind of document costs: credits, corrections, prepayments, and what is no cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.invoice.terms import Terms, share

LATER = date(2026, 4, 20)
MARCH, APRIL = "2026-03", "2026-04"
NET = st.decimals("0.01", 10**7, places=2)


def costs(inbox: Any) -> list[tuple[str, str, str, str]]:
    """Return invoice, category, billed and effective cost of each entry."""
    rows = inbox.table().group_by("invoice_id", "charge_category", maintain_order=True)
    sums = rows.agg(pl.col("billed_cost", "effective_cost").sum()).rows()
    return [(number, kind, f"{billed:.2f}", f"{cost:.2f}") for number, kind, billed, cost in sums]


@pytest.mark.failure("H04")
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NET, NET, st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.integers(0, 100), st.booleans())
def test_a_credit_mirrors_its_invoice_month_by_month(
    inbox: Any, line: Any, invoice: Any, net: Decimal, tax: Decimal, first: date, days: int,
    is_note: bool,
) -> None:  # fmt: skip
    work = f"{first} {date.fromordinal(first.toordinal() + days)}"
    kind = "credit_note" if is_note else "invoice"
    charged = invoice("R-1", line(net, days=work), tax=tax)
    back = invoice("C-1", line(-net, days=work), tax=-tax, kind=kind, preceding=("R-1",))
    inbox.put("a", charged, back)

    months = inbox.table().group_by("charge_period_start", "charge_category")

    sums = months.agg(pl.col("billed_cost", "effective_cost", "x_tco_cost").sum())
    assert {cost for row in sums.rows() for cost in row[2:]} == {Decimal(0)}


@pytest.mark.failure("H04")
def test_a_credit_note_that_would_add_to_the_cost_is_set_aside(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("C-1", line("30"), kind="credit_note"))

    assert inbox.table().is_empty()
    assert inbox.problems() == [
        (
            "rejected: '30': is what the credit note would add to the cost; ask the issuer for one "
            "that prints its amounts without a minus"
        )
    ]


@pytest.mark.failure("H04")
@pytest.mark.parametrize(
    ("preceding", "words"),
    [
        ((), "refers to no invoice"),
        (("R-8", "R-9"), "refers to R-8, R-9, which is not here"),
        (("R-1",), None),
        (("r1",), None),
    ],
)
def test_a_credit_note_without_its_invoice_counts_and_is_told(
    inbox: Any, line: Any, invoice: Any, preceding: tuple[str, ...], words: str | None
) -> None:
    inbox.put("a", invoice("R-1"))
    credit = invoice("C-1", line("-30"), kind="credit_note", preceding=preceding, issued=LATER)
    inbox.put("b", credit)

    assert inbox.months() == {MARCH: Decimal(100), APRIL: Decimal(-30)}
    told = f"unknown_preceding: credit note C-1 {words}; it counts for the days it states"
    assert inbox.problems() == ([told] if words else [])


def test_a_corrective_invoice_of_the_difference_counts(inbox: Any, line: Any, invoice: Any) -> None:
    inbox.put("a", invoice("R-1"))
    inbox.put("b", invoice("R-2", line("-30"), kind="corrective", preceding=("R-1",)))

    assert inbox.table()["billed_cost"].sum() == 70
    assert inbox.table().filter(invoice_id="R-2")["charge_class"].to_list() == ["Correction"]


@pytest.mark.failure("H02")
def test_a_corrective_invoice_that_states_all_anew_waits_for_a_person(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1"))
    inbox.put("b", invoice("R-2", line("120"), kind="corrective", preceding=("R-1",)))

    assert inbox.statuses() == {"R-1 in a": "counted", "R-2 in b": "conflict"}
    assert inbox.problems() == [
        (
            "rejected: 'R-2': is a correction, and states anew what R-1 in a does; it is "
            "not booked: decide which of them counts"
        )
    ]


@pytest.mark.failure("H02")
@pytest.mark.parametrize(("supersedes", "cost"), [("R-1", 120), (None, 220)])
def test_a_person_decides_what_a_corrective_invoice_is(
    inbox: Any, line: Any, invoice: Any, decision: Any, supersedes: str | None, cost: int
) -> None:
    inbox.put("a", invoice("R-1"))
    inbox.put("b", invoice("R-2", line("120"), kind="corrective", preceding=("R-1",)))
    inbox.amendments.append(decision("R-2", supersedes))

    assert inbox.table()["billed_cost"].sum() == cost


@pytest.mark.failure("H02")
def test_a_second_correction_does_not_count_beside_the_first(
    inbox: Any, line: Any, invoice: Any, decision: Any
) -> None:
    inbox.put("a", invoice("R-1"))
    for at, net in (("2", "120"), ("3", "130")):
        again = invoice(f"R-{at}", line(net), kind="corrective", preceding=("R-1",))
        inbox.put(f"b{at}", again)
    inbox.amendments.append(decision("R-2", "R-1"))

    assert inbox.statuses() == {
        "R-1 in a": "superseded",
        "R-2 in b2": "counted",
        "R-3 in b3": "conflict",
    }


def test_a_corrective_invoice_of_what_is_not_here_counts_and_is_told(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("b", invoice("R-2", line("120"), kind="corrective", preceding=("R-1",)))

    assert inbox.table()["billed_cost"].sum() == 120
    assert inbox.problems() == [
        (
            "unknown_preceding: corrective invoice R-2 refers to R-1, which is not here; it "
            "counts for the days it states"
        )
    ]


@pytest.mark.failure("H04")
def test_a_credit_note_for_what_does_not_count_is_told(
    inbox: Any, line: Any, invoice: Any, decision: Any
) -> None:
    inbox.put("a", invoice("R-1"))
    inbox.put("b", invoice("R-2", line("120")))
    inbox.put("c", invoice("C-1", line("-100"), kind="credit_note", preceding=("R-1",)))
    assert inbox.problems() == []

    inbox.amendments.append(decision("R-2", "R-1"))

    told = (
        "unbooked_preceding: credit note C-1 gives back R-1, which does not count itself; decide "
        "whether both count, or neither"
    )
    assert inbox.table()["billed_cost"].sum() == 20
    assert told in inbox.problems()


def test_a_self_billed_invoice_is_an_invoice(inbox: Any, invoice: Any) -> None:
    inbox.put("a", invoice("G-1", kind="self_billed", type_code="389"))

    (charge,) = inbox.table().rows(named=True)
    assert charge["x_tco_cost"] == Decimal(100)
    assert (charge["charge_class"], charge["x_line_type"]) == (None, "389")


@pytest.mark.failure("H09")
@pytest.mark.parametrize("kind", ["proforma", "receipt"])
def test_what_asks_for_no_money_is_shown_and_costs_nothing(
    inbox: Any, invoice: Any, kind: str
) -> None:
    inbox.put("a", invoice("P-1", kind=kind))

    assert inbox.table().is_empty()
    assert inbox.statuses() == {"P-1 in a": "no_cost"}
    assert inbox.table("invoice_details")["billed_cost"].sum() == 100
    name = "proforma invoice" if kind == "proforma" else kind
    assert inbox.problems() == [
        f"no_cost: {name} P-1 is a {kind}, which is shown and costs nothing"
    ]


@pytest.mark.failure("H09")
@pytest.mark.parametrize("recoverable", ["0", "0.4", "1"])
def test_a_prepayment_is_billed_and_costs_nothing(
    inbox: Any, line: Any, invoice: Any, recoverable: str
) -> None:
    inbox.vendors["Acme Labels"] = Terms(
        issuer="Acme", service="Labels", tax_recoverable=share(recoverable)
    )
    prepaid = line("1000", days="2026-03-01 2027-02-28", quantity=10, unit_price=100)
    inbox.put("a", invoice("V-1", prepaid, tax=190, kind="prepayment"))

    purchase, tax = inbox.table().rows(named=True)

    assert (purchase["charge_category"], tax["charge_category"]) == ("Purchase", "Tax")
    assert (purchase["billed_cost"], tax["billed_cost"]) == (Decimal(1000), Decimal(190))
    for charge in (purchase, tax):
        assert charge["effective_cost"] == charge["x_tco_cost"] == Decimal(0)
        assert str(charge["charge_period_start"]) == "2026-03-12 00:00:00+00:00"
    assert (purchase["charge_frequency"], purchase["consumed_quantity"]) == ("One-Time", None)
    assert inbox.problems() == []


@pytest.mark.failure("H09")
def test_the_tax_on_a_wallet_is_a_cost_at_once(inbox: Any, line: Any, invoice: Any) -> None:
    inbox.vendors["Acme Labels"] = Terms(
        issuer="Acme", service="Labels", tax_recoverable=share("0.4"), wallet=True
    )
    inbox.put("a", invoice("V-1", line("1000"), tax=190, kind="prepayment"))

    tax = inbox.table().filter(charge_category="Tax").row(0, named=True)
    assert (tax["effective_cost"], tax["x_tco_cost"]) == (Decimal(190), Decimal(114))


def final(invoice: Any, line: Any, number: str = "R-1", **changes: Any) -> Any:
    given = {"tax": 190, "prepaid": Decimal(595), "preceding": ("V-1",), "issued": LATER}
    return invoice(number, line("1000"), **(given | changes))


@pytest.mark.failure("H09")
def test_a_final_invoice_takes_back_what_its_prepayment_billed(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("V-1", line("500"), tax=95, kind="prepayment"))
    inbox.put("b", final(invoice, line))

    found = costs(inbox)

    assert sorted(found) == [
        ("R-1", "Adjustment", "-595.00", "0.00"),
        ("R-1", "Tax", "190.00", "190.00"),
        ("R-1", "Usage", "1000.00", "1000.00"),
        ("V-1", "Purchase", "500.00", "0.00"),
        ("V-1", "Tax", "95.00", "0.00"),
    ]
    charges = inbox.table()
    assert charges["billed_cost"].sum() == charges["effective_cost"].sum() == Decimal(1190)
    payable = inbox.table("invoice_headers").filter(invoice_id="R-1")["payable"].item()
    assert charges.filter(invoice_id="R-1")["billed_cost"].sum() == payable == Decimal(595)
    details = inbox.table("invoice_details").filter(invoice_id="R-1")
    assert details["billed_cost"].sum() == Decimal(595)
    assert inbox.problems() == []


@pytest.mark.failure("H09")
@pytest.mark.parametrize(
    "change",
    [
        {"preceding": ()},
        {"preceding": ("V-2",)},
        {"currency": "USD"},
        {"issuer": "Bee"},
    ],
)
def test_what_was_paid_by_no_known_prepayment_is_billed_with_its_cost(
    inbox: Any, line: Any, invoice: Any, change: dict[str, Any]
) -> None:
    inbox.vendors["Bee"] = Terms(issuer="Bee", service="Labels")
    inbox.put("a", invoice("V-1", line("500"), tax=95, kind="prepayment"))
    inbox.put("b", final(invoice, line, **change))

    charges = inbox.table().filter(invoice_id="R-1")

    assert charges["billed_cost"].sum() == charges["effective_cost"].sum() == Decimal(1190)
    currency = change.get("currency", "EUR")
    assert inbox.problems() == [
        (
            f"prepaid: invoice R-1: 595 {currency} was paid before, and no prepayment invoice that "
            "it names is here; it is billed with what it costs"
        )
    ]


@pytest.mark.failure("H09")
def test_a_prepayment_is_taken_back_once_over_several_final_invoices(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("V-1", line("500"), tax=95, kind="prepayment"))
    inbox.put("b", final(invoice, line, "R-1", prepaid=Decimal(400)))
    inbox.put("c", final(invoice, line, "R-2", prepaid=Decimal(400), issued=date(2026, 5, 1)))

    back = inbox.table().filter(charge_category="Adjustment").sort("invoice_id")

    assert [f"{cost:.2f}" for cost in back["billed_cost"]] == ["-400.00", "-195.00"]
    assert [words for words in inbox.problems() if words.startswith("prepaid")] == [
        (
            "prepaid: invoice R-2: 205 EUR was paid before, and no prepayment invoice that it "
            "names is here; it is billed with what it costs"
        )
    ]


@pytest.mark.failure("H09")
def test_a_prepayment_that_is_given_back_takes_nothing_back_again(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("V-1", line("-500"), tax=-95, kind="prepayment", type_code="503"))
    inbox.put("b", final(invoice, line))

    assert inbox.table().filter(invoice_id="R-1")["billed_cost"].sum() == Decimal(1190)


@pytest.mark.failure("H09")
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NET, min_size=1, max_size=3), st.lists(NET, min_size=1, max_size=3))
def test_over_all_invoices_what_is_billed_is_what_it_costs_once_prepayments_are_used_up(
    inbox: Any, line: Any, invoice: Any, before: list[Decimal], finals: list[Decimal]
) -> None:
    inbox.files.clear()
    inbox.put("a", *(invoice(f"V-{at}", line(net), kind="prepayment")
                     for at, net in enumerate(before)))  # fmt: skip
    names = tuple(f"V-{at}" for at in range(len(before)))
    left = sum(before, Decimal(0))
    for at, net in enumerate(finals):
        prepaid = min(left, net)
        left -= prepaid
        issued = date(2026, 4, 1 + at)
        said = invoice(f"R-{at}", line(net), prepaid=prepaid, preceding=names, issued=issued)
        inbox.put(f"b{at}", said)

    charges = inbox.table()

    assert charges["effective_cost"].sum() == sum(finals, Decimal(0))
    assert charges["billed_cost"].sum() == charges["effective_cost"].sum() + left
    headers = inbox.table("invoice_headers")
    assert charges["billed_cost"].sum() == headers["payable"].sum()
