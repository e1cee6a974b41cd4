from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.balance import Assertion, Verdict
from reconcile.close.balance import is_even, named
from reconcile.close.state import Life, Stage, Standing, life
from reconcile.tie_out import SourceState

OCTOBER = Month(2026, 10)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
FINAL = SourceState(source="cloud", state="final")
ESTIMATED = SourceState(source="labels", state="estimated")
LATE = SourceState(source="runs", state="late")


def invoice(billed: str | None, stated: str = "100", **said: Any) -> Assertion:
    amount = None if billed is None else Decimal(billed)
    same = amount == Decimal(stated)
    known = {"source": "cloud", "month": OCTOBER, "currency": "USD", "invoice_id": "7"}
    verdict = said.pop("verdict", Verdict.EQUAL if same else Verdict.WITHIN)
    return Assertion(**{**known, **said}, verdict=verdict, billed=amount, stated=Decimal(stated))


@pytest.mark.parametrize(
    ("given", "stage", "reason"),
    [
        ({"as_of": datetime(2026, 10, 31, 23, 59, tzinfo=UTC)}, "open", "the month runs"),
        ({"as_of": OCTOBER.end, "sources": [FINAL]}, "reconciled", ""),
        ({"sources": [FINAL, ESTIMATED]}, "provisional", "not final: labels"),
        ({"sources": [ESTIMATED, FINAL, LATE]}, "provisional", "not final: labels, runs"),
        ({"sources": [FINAL], "assertions": [invoice("100.01")]}, "final",
         "does not tie out: cloud/7"),
        ({"sources": [FINAL], "assertions": [invoice("99"), invoice("9", invoice_id="8")]},
         "final", "does not tie out: cloud/7, cloud/8"),
        ({"sources": [FINAL], "assertions": [invoice("100")]}, "reconciled", ""),
        ({"sources": [ESTIMATED], "is_closed": True, "version": 2}, "closed", ""),
    ],
)  # fmt: skip
def test_a_month_is_as_far_as_every_sign_of_it_says(
    given: dict[str, Any], stage: str, reason: str
) -> None:
    found = life(Standing(**{"month": OCTOBER, "as_of": LATER, **given}))

    assert (found.stage.value, found.reason, found.month) == (stage, reason, OCTOBER)
    assert found.version == given.get("version", 0)


@pytest.mark.parametrize(
    ("stage", "version", "said"),
    [
        (Stage.CLOSED, 2, "closed v2"),
        (Stage.FINAL, 0, "final"),
        (Stage.FINAL, 1, "final, reopened after v1"),
    ],
)
def test_a_month_says_how_often_it_was_closed(stage: Stage, version: int, said: str) -> None:
    assert str(Life(month=OCTOBER, stage=stage, version=version)) == said


@pytest.mark.failure("E10")
@pytest.mark.parametrize(
    ("found", "even"),
    [
        (invoice("100.00"), True),
        (invoice("100.0049"), True),
        (invoice("99.9951"), True),
        (invoice("100.005"), False),
        (invoice("99.99"), False),
        (invoice("100.01"), False),
        (invoice("100.01", verdict=Verdict.EQUAL), False),
        (invoice("101", currency="JPY", verdict=Verdict.APART), False),
        (invoice("100.4", currency="JPY"), True),
        (invoice("100.001", currency="KWD"), False),
        (invoice(None, verdict=Verdict.ABSENT), False),
        (invoice(None, verdict=Verdict.WITHIN), False),
        (invoice("100", verdict=Verdict.OPEN), False),
        (invoice("7", verdict=Verdict.UNSTATED), True),
        (invoice("7", verdict=Verdict.VOIDED), True),
    ],
)
def test_an_invoice_is_even_to_the_last_subunit_of_its_currency(
    found: Assertion, *, even: bool
) -> None:
    assert is_even(found) is even


@pytest.mark.parametrize(
    ("number", "name"), [("7", "cloud/7"), ("", "cloud/2026-10"), ("7, 8", "cloud/2026-10")]
)
def test_an_invoice_is_named_so_that_it_can_be_typed(number: str, name: str) -> None:
    assert named(invoice("1", invoice_id=number)) == name
