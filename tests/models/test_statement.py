from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from models.period import Month
from models.statement import load
from models.subunit import places, subunit

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]
SOURCES = ("aws", "labeling")


def text(*rows: str, source: str = "aws") -> str:
    return f"invoices:\n  {source}:\n" + "".join(f"  - {row}\n" for row in rows)


def test_an_invoice_is_read_as_it_is_printed(written: Written) -> None:
    row = (
        '{invoice_id: "007", issuer: Acme, month: 2026-10, amount: 1190.00, tax: 190.00,'
        " currency: EUR, issued: 2026-11-03, billing_account: A-1, services: {Compute: 1000}}"
    )

    (found,) = load(written("invoices.yaml", text(row)), SOURCES).all

    assert (found.source, found.month, found.currency) == ("aws", Month(2026, 10), "EUR")
    assert (found.invoice_id, found.issuer, found.billing_account) == ("007", "Acme", "A-1")
    assert (str(found.net), str(found.tax), found.issued) == (
        "1000.00",
        "190.00",
        date(2026, 11, 3),
    )
    assert (found.status, found.services) == ("issued", {"Compute": Decimal(1000)})


def test_an_amount_keeps_every_digit_that_is_written(written: Written) -> None:
    row = "{month: 2026-10, amount: -0.100000000000000001, currency: USD}"

    (found,) = load(written("invoices.yaml", text(row)), SOURCES).all

    assert str(found.net) == "-0.100000000000000001"


I1 = "{invoice_id: I1, month: 2026-10, amount: 5, currency: USD"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [f"{I1}}}", "{invoice_id: I1, month: 2026-11, amount: 6, currency: USD}"],
            "f:4:5: invoices.aws.1: invoice I1 is already stated in line 3; remove one",
        ),
        (
            ["{month: 2026-10, amount: 5, currency: USD}"] * 2,
            (
                "f:4:5: invoices.aws.1: an invoice of 2026-10 without id is already stated in"
                " line 3; remove one"
            ),
        ),
        (
            [f"{I1}, tax: 1, services: {{A: 3, B: 1.5}}}}"],
            (
                "f:3:82: invoices.aws.0.services: sum to 4.5, but amount less tax is 4; correct one"
                " of them"
            ),
        ),
        (
            [f"{I1}, categories: {{Usage: 4}}}}"],
            (
                "f:3:76: invoices.aws.0.categories: sum to 4, but amount less tax is 5; correct one"
                " of them"
            ),
        ),
        (
            ["{month: 2026-10, amount: '1,200', currency: USD}"],
            (
                "f:3:30: invoices.aws.0.amount: '1,200' is not a number; write without separators"
                ", for example 1200.50"
            ),
        ),
        (
            [f"{I1}, status: paid}}"],
            "f:3:72: invoices.aws.0.status: 'paid' is not possible. Possible: open, issued, voided",
        ),
        (
            [f"{I1}, isuer: Acme}}"],
            "f:3:64: invoices.aws.0.isuer: unknown key. Did you mean 'issuer'?",
        ),
        (
            ["{invoice_id: I1, month: 2026-13, amount: 5, currency: usd}"],
            (
                "f:3:29: invoices.aws.0.month: '2026-13' is not a month; write YYYY-MM, for example"
                " 2026-10"
            ),
        ),
        (["{invoice_id: I1, month: 2026-10, amount: 5}"], "f:3:5: invoices.aws.0: missing key"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    rows: list[str], said: str, complaints: Complaints
) -> None:
    first = complaints(partial(load, sources=SOURCES), text(*rows), name="f")[0]

    assert first.startswith(said)


def test_an_invoice_of_a_source_that_is_not_configured_is_told(complaints: Complaints) -> None:
    said = complaints(partial(load, sources=SOURCES), text(f"{I1}}}", source="labelling"), "f")

    assert said == ["f:2:3: invoices.labelling: unknown key. Did you mean 'labeling'?"]


def test_the_same_number_of_another_issuer_account_or_currency_is_another_invoice(
    written: Written,
) -> None:
    rows = (
        f"{I1}}}",
        f"{I1}, issuer: B}}",
        f"{I1}, billing_account: A}}",
        f"{I1[:-3]}EUR}}",
    )

    assert len(load(written("invoices.yaml", text(*rows)), SOURCES).all) == 4


def test_the_fingerprint_is_of_what_is_stated_and_not_of_how(written: Written) -> None:
    def fingerprint(row: str) -> str:
        return load(written("invoices.yaml", text(row)), SOURCES).fingerprint

    first = fingerprint(f"{I1}}}")

    assert fingerprint('{month: "2026-10", invoice_id: I1, currency: USD, amount: 5.00}') == first
    assert fingerprint(f"{I1}, status: open}}") != first


@pytest.mark.failure("G06")
@pytest.mark.parametrize(
    ("currency", "smallest"),
    [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("CLF", "0.0001"), ("XXX", "0.01")],
)
def test_a_currency_has_the_subunit_of_iso_4217(currency: str, smallest: str) -> None:
    assert str(subunit(currency)) == smallest
    assert places(currency) == max(0, len(smallest) - 2)
