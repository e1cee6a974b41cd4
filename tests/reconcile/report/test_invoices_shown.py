"""Invoices in every form of the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from models.period import Month
from reconcile.balance import Assertion, Verdict
from reconcile.part import Part
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown, page, text
from reconcile.report.schema import REPORT_SCHEMA

OCTOBER = Month(2026, 10)
HOSTILE = "<script>alert(1)</script>|\x1b[2J"


@pytest.fixture(name="judged", scope="module")
def judged_fixture(portfolio_of: Callable[..., Portfolio]) -> Portfolio:
    """A month with an invoice that is apart, one of another month, and lines without any."""
    support = Part(category="Purchase", service="Support", rows=1, billed=Decimal(30))
    apart = Assertion(
        source="cloud",
        month=OCTOBER,
        currency="USD",
        issuer="Acme",
        invoice_id="I-1",
        verdict=Verdict.APART,
        rows=7,
        stated=Decimal(1000),
        billed=Decimal("1030.004"),
        tolerance=Decimal("1.00"),
        tax_stated=Decimal(190),
        tax_billed=Decimal("189.90"),
        parts=(support,),
        cause="Support (Purchase) is just as much",
    )
    loose = Assertion(
        source="cloud", month=OCTOBER, currency="USD", verdict=Verdict.UNSTATED,
        billed=Decimal(5), rows=1, issuer=HOSTILE,
        parts=(Part(category="Usage", service=HOSTILE, rows=1, billed=Decimal(5)),),
    )  # fmt: skip
    gone = Assertion(
        source="cloud", month=Month(2026, 9), currency="JPY", invoice_id="I-0",
        verdict=Verdict.ABSENT, stated=Decimal(500), tolerance=Decimal(100),
    )  # fmt: skip
    return portfolio_of(assertions=[gone, apart, loose])


def test_a_terminal_shows_the_exact_difference_beside_the_tolerance(judged: Portfolio) -> None:
    lines = [re.split(r"\s{2,}", line) for line in text.render(judged).splitlines()]

    assert [
        "I-1 (Acme)", "2026-10", "cloud", "apart", "7", "1,030.00 USD", "1,000.00", "30.004",
        "1.00", "\N{MINUS SIGN}0.10",
    ] in lines  # fmt: skip
    assert ["Support (Purchase)", "I-1 (Acme)", "1", "30.00"] in lines
    assert (
        "! cloud: invoice I-1 (Acme) of 2026-10 is apart by 30.004 USD: Support (Purchase) is"
        " just as much" in text.render(judged)
    )
    assert "! cloud: invoice I-0 of 2026-09 is not delivered" in text.render(judged)


def test_markdown_folds_invoices_and_their_parts(judged: Portfolio) -> None:
    shown = markdown.render(judged)

    assert "<details><summary>Invoices</summary>" in shown
    assert (
        "| I-1 (Acme) | 2026-10 | cloud | apart | 7 | 1,030.00 USD | 1,000.00 | 30.004 | 1.00"
        " | \N{MINUS SIGN}0.10 |" in shown.replace("\\", "")
    )


def test_json_has_the_verdict_and_every_amount(judged: Portfolio) -> None:
    shown = json.loads(document.render(judged))

    jsonschema.validate(shown, REPORT_SCHEMA)
    gone, apart, loose = shown["invoices"]
    assert (gone["verdict"], gone["billed"], gone["currency"]) == ("not delivered", None, "JPY")
    assert (apart["difference"], apart["tax_difference"]) == ("30.004", "-0.10")
    assert apart["parts"] == [
        {"name": "Support (Purchase)", "billed": "30.00", "stated": None, "difference": None}
    ]
    assert loose["verdict"] == "no invoice stated"


def test_the_page_shows_each_number_as_a_figure(
    judged: Portfolio, read: Callable[[str], Any]
) -> None:
    found = read(page.render(judged))

    data = {a["data-figure"]: a["value"] for tag, a in found.tags if tag == "data"}
    assert data["invoice/cloud/USD/Acme//I-1/2026-10/invoice_difference"] == "30.004"
    assert all(figure in judged.figures for figure in data)
    assert any("Support (Purchase) is just as much" in words for words, _ in found.texts)


@pytest.mark.failure("M04")
@pytest.mark.failure("M19")
def test_what_a_bill_calls_things_stays_text(judged: Portfolio, read: Callable[[str], Any]) -> None:
    shown = text.render(judged)

    assert "\x1b" not in shown
    scripts = [a for tag, a in read(page.render(judged)).tags if tag == "script"]
    assert all(a.get("type") == "application/json" or not a for a in scripts)
    assert "<script>" not in markdown.render(judged)


def test_a_report_without_invoices_says_nothing_about_them(
    portfolio_of: Callable[..., Portfolio],
) -> None:
    bare = portfolio_of()

    assert "Invoice" not in text.render(bare)
    assert "<h2>Invoices</h2>" not in page.render(bare)
    assert "<summary>Invoices</summary>" not in markdown.render(bare)
