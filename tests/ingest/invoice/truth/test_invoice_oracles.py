"""Figures that were worked out elsewhere, with exact decimals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.invoice.accrual import spans, spread
from ingest.invoice.allowance import allocated
from ingest.invoice.head import Allowance
from ingest.invoice.terms import Terms

ORACLES: Final = Path(__file__).resolve().parents[3] / "oracles"
ACCRUALS: Final = json.loads((ORACLES / "accrual.json").read_text("utf-8"))["cases"]
TAXES: Final = json.loads((ORACLES / "tax.json").read_text("utf-8"))["cases"]


@pytest.mark.failure("H08")
@pytest.mark.parametrize("case", ACCRUALS.values(), ids=ACCRUALS)
def test_an_amount_lies_in_the_months_of_its_days(case: dict[str, Any]) -> None:
    over = spans(date.fromisoformat(case["start"]), date.fromisoformat(case["end"]))

    shares = spread(Decimal(case["amount"]), over)

    assert sum(span.days for span in over) == case["days"]
    found = {
        f"{span.first:%Y-%m}": f"{share:.2f}" for span, share in zip(over, shares, strict=True)
    }
    assert found == case["by_month"]


@pytest.mark.parametrize("case", TAXES)
def test_tax_is_a_cost_as_far_as_it_does_not_come_back(
    inbox: Any, line: Any, invoice: Any, case: dict[str, str]
) -> None:
    terms = Terms(issuer="Acme", service="Labels", tax_recoverable=Decimal(case["recoverable"]))
    inbox.vendors["Acme Labels"] = terms
    rate = Decimal(case["rate"]) * 100
    inbox.put("a", invoice("R-1", line(case["net"], tax_rate=rate), tax=Decimal(case["tax"])))

    charges = inbox.table()

    assert charges["x_tco_cost"].sum() == Decimal(case["tco_cost"])
    assert charges["billed_cost"].sum() == Decimal(case["billed_total"])
    tax = charges.filter(charge_category="Tax")
    assert tax["billed_cost"].sum() == tax["effective_cost"].sum() == Decimal(case["tax"])
    assert tax["x_tco_cost"].sum() == Decimal(case["non_recoverable"])


def test_an_allowance_of_the_document_is_shared_by_its_lines(
    line: Any, oracle: Callable[[str], Any]
) -> None:
    case = oracle("allowance_allocation")
    lines = tuple(line(net, row) for row, net in enumerate(case["lines"], start=1))

    found, left = allocated(lines, [Allowance(amount=Decimal(case["document_allowance"]))])

    assert [f"{each.allowance:.2f}" for each in found] == case["allocated"]
    assert [f"{each.amount + each.allowance:.2f}" for each in found] == case["net_lines"]
    assert left == ()


@pytest.mark.failure("H04")
@pytest.mark.parametrize(
    ("kind", "figure"),
    [
        ("credit_note", "peppol_creditnote_cost_net"),
        ("invoice", "peppol_negative_invoice_cost_net"),
    ],
)
def test_a_credit_note_and_a_negative_invoice_cost_the_same(
    inbox: Any, line: Any, invoice: Any, oracle: Callable[[str], Any], kind: str, figure: str
) -> None:
    case = oracle("credit_sign")
    net, gross = Decimal(case[figure]), Decimal(case["gross"])
    inbox.put("a", invoice("C-1", line(net, tax=gross - net), kind=kind, preceding=("R-0",)))

    charges = inbox.table()

    assert charges.filter(charge_category="Usage")["x_tco_cost"].sum() == net
    assert charges["billed_cost"].sum() == charges["x_tco_cost"].sum() == gross
    assert set(charges["charge_class"]) == {"Correction"}


@pytest.fixture
def hours(line: Any, invoice: Any) -> Any:
    """Return the invoice of hours: 150 h and 12,000 items, less 40 for volume."""
    first = line("4500", 1, tax_rate=19, quantity=150, unit_price=30, days="2026-01-20 2026-03-10")
    second = line("540", 2, tax_rate=19, quantity=12000, unit_price=45, price_base=1000,
                  days="2026-03-01 2026-03-10")  # fmt: skip
    discount = Allowance(amount=Decimal(-40), tax_category="S", tax_rate=Decimal(19))
    lines = [replace(each, tax_category="S") for each in (first, second)]
    return invoice("LAB-2026-0312", *lines, tax=950, allowances=(discount,))


@pytest.mark.failure("H08")
def test_an_invoice_over_months_is_cost_by_days_and_billed_once(
    inbox: Any, hours: Any, oracle: Callable[[str], Any]
) -> None:
    case = oracle("invoice_to_months")
    inbox.vendors["Acme Labels"] = Terms(
        issuer="Acme", service="Labels", tax_recoverable=Decimal(1)
    )
    inbox.put("a", hours)

    charges = inbox.table()

    by_line = {
        row: [
            f"{cost:.2f}"
            for cost in charges.filter(x_row=row, charge_category="Usage")["billed_cost"]
        ]
        for row in (1, 2)
    }
    assert by_line == {row: list(case[f"line{row}"].values()) for row in (1, 2)}
    assert {month: f"{cost:.2f}" for month, cost in inbox.months().items()} == case["accrual"]
    assert charges["billed_cost"].sum() == Decimal(case["billed_total_incl_tax"])
    billed = charges.filter(charge_category="Usage")["billed_cost"].sum()
    assert {str(hours.period): f"{billed:.2f}"} == case["invoice_date_basis"]
    details = inbox.table("invoice_details").filter(charge_category="Usage")["billed_cost"]
    assert [f"{cost:.2f}" for cost in details] == case["line_net_after_allowance"]


@pytest.mark.failure("H04")
@pytest.mark.parametrize("kind", ["credit_note", "invoice"])
def test_a_credit_lowers_the_month_of_the_work_it_is_for(
    inbox: Any, line: Any, invoice: Any, hours: Any, oracle: Callable[[str], Any], kind: str
) -> None:
    inbox.vendors["Acme Labels"] = Terms(
        issuer="Acme", service="Labels", tax_recoverable=Decimal(1)
    )
    back = line("-300", tax="-57", quantity=-10, unit_price=30, days="2026-02-01 2026-02-28")
    inbox.put("a", hours)
    inbox.put("b", invoice("LAB-CN-0007", back, kind=kind, preceding=("LAB-2026-0312",)))

    found = {month: f"{cost:.2f}" for month, cost in inbox.months().items()}

    assert found == oracle("invoice_to_months")["after_credit_note"]
