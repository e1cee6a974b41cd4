from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from models import warehouse

Trueup = Callable[..., Any]
TODAY: Final = "2026-11-22"
STATED: Final = """\
invoices:
  labeling:
  - {invoice_id: L-1, issuer: Acme Labels, month: 2026-10, amount: AMOUNT, currency: USD}
"""


@pytest.fixture
def night(trueup: Trueup, small: Path) -> Callable[[str], Any]:
    """Run a night with one stated invoice; its bill has two lines, 100.00 and 50.25."""

    def run(amount: str) -> Any:
        (small / "invoices.yaml").write_text(STATED.replace("AMOUNT", amount))
        return trueup("-q", "-C", str(small), "run", "--today", TODAY)

    return run


def shown(trueup: Trueup, folder: Path, *options: str) -> Any:
    return trueup("-C", str(folder), "report", "--month", "2026-10", "--today", TODAY, *options)


@pytest.mark.parametrize(
    ("amount", "code", "verdict"),
    [("150.25", 0, "equal"), ("151.25", 0, "within tolerance"), ("151.26", 4, "apart")],
)
def test_a_night_judges_every_invoice_and_ends_with_4_when_one_is_apart(
    amount: str, code: int, verdict: str, night: Callable[[str], Any], trueup: Trueup, small: Path
) -> None:
    said = night(amount)

    assert said.code == code, said.err
    assert ("invoices: 1 apart or not delivered, see the report" in said.out) == (code == 4)
    state = small / ".trueup"
    found = warehouse.query(
        state / "trueup.duckdb",
        state / "lake",
        "select invoice_id, verdict, billed, stated, difference, tolerance from invoices",
    )
    assert found == [
        (
            *("L-1", verdict, Decimal("150.25"), Decimal(amount)),
            *(Decimal("150.25") - Decimal(amount), Decimal(1)),
        )
    ]
    gate = shown(trueup, small, "--fail-on", "invoices")
    assert gate.code == (3 if code else 0)


def test_an_invoice_that_is_apart_keeps_the_figures_published(
    night: Callable[[str], Any], trueup: Trueup, small: Path
) -> None:
    night("200")

    text, json_text = shown(trueup, small), shown(trueup, small, "-f", "json")
    document = json.loads(json_text.out)

    assert "L-1 (Acme Labels)  2026-10  labeling  apart" in text.out
    assert "! labeling: invoice L-1 (Acme Labels) of 2026-10 is apart by -49.75 USD" in text.out
    assert document["invoices"][0]["difference"] == "-49.75"
    assert [part["name"] for part in document["invoices"][0]["parts"]] == ["Data labeling (Usage)"]
    figure = document["figures"]["invoice/labeling/USD/Acme%20Labels//L-1/2026-10/invoice_billed"]
    assert figure["value"] == "150.25"
    assert (small / "reports" / "2026-10.html").exists()


def test_an_invoice_changes_the_snapshot_and_none_leaves_it_as_it_was(
    trueup: Trueup, small: Path
) -> None:
    def snapshot() -> str:
        return str(json.loads(shown(trueup, small, "-f", "json").out)["snapshot"])

    trueup("-q", "-C", str(small), "ingest", "--today", TODAY)
    bare = snapshot()
    (small / "invoices.yaml").write_text(STATED.replace("AMOUNT", "150.25"))
    stated = snapshot()
    (small / "invoices.yaml").write_text("invoices: {}\n")

    assert (stated != bare, snapshot()) == (True, bare)


def test_a_file_of_invoices_that_is_named_must_be_there(trueup: Trueup, small: Path) -> None:
    settings = small / "trueup.yaml"
    settings.write_text(settings.read_text() + "invoices: finance/invoices.yaml\n")

    said = shown(trueup, small)

    assert said.code == 5
    assert said.err == (
        f"trueup: {small}/finance/invoices.yaml:1:1: file not found; create it, or `trueup init`"
        " for an example\n"
    )
