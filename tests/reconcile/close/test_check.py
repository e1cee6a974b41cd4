from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.balance import Assertion, Verdict
from reconcile.close.check import Check, Evidence, checks, failing
from reconcile.close.commentary import CommentLine
from reconcile.figure import Figures
from reconcile.tie_out import SourceLine, SourceState, source_lines

OCTOBER = Month(2026, 10)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
FINAL = SourceState(source="cloud", state="final")
LATE = SourceState(source="labels", state="late", detail="nothing for 50 hours")
CENT = Assertion(
    source="cloud",
    month=OCTOBER,
    currency="USD",
    invoice_id="7",
    verdict=Verdict.WITHIN,
    billed=Decimal("100.01"),
    stated=Decimal(100),
    cause="a credit",
)
SOUND = Evidence(month=OCTOBER, as_of=LATER, sources=[FINAL], head="5f2c")


def comment(status: Any, scope: str = "p/data") -> CommentLine:
    return CommentLine(
        number=1,
        scope=scope,
        title="",
        why="material",
        delta=None,
        comment=None,
        eac=None,
        status=status,
    )


def apart(spend_of: Any) -> tuple[SourceLine, ...]:
    row = {"project": "p", "category": "infra", "day": OCTOBER.first, "cost": Decimal("9.99")}
    state = SourceState(source="cloud", state="final", controls={"USD": Decimal(10)})
    return source_lines(spend_of([row]), [state], Figures("USD"), OCTOBER)


def found(**given: Any) -> list[Check]:
    return [each for each in checks(replace(SOUND, **given)) if each.verdict != "pass"]


def test_a_sound_month_passes_every_check() -> None:
    assert [(each.name, each.text) for each in checks(SOUND)] == [
        ("month", "2026-10 ended"),
        ("order", "every earlier month is closed"),
        ("data", "2026-10 has cost, or a delivery"),
        ("source", "cloud is final"),
        ("control total", "what was loaded is what was delivered"),
        ("invoice", "invoices that are even with the bills: 0"),
        ("rows", "no row was set aside"),
        ("decision", "no invoice waits for a person"),
        ("plan", "every project with spend has an approved plan"),
        ("configuration", "the last run used everything as it is configured"),
        ("comments", "every one is given: 0"),
        ("ledger", "every entry is sealed, up to 5f2c"),
    ]
    assert not failing(checks(SOUND))
    assert {each.verdict for each in checks(SOUND)} == {"pass"}
    assert {each.mend for each in checks(SOUND)} == {""}


RUNS = (
    {"as_of": datetime(2026, 10, 31, 23, 59, tzinfo=UTC)},
    "month",
    "2026-10 runs until 2026-10-31",
    "close it after 2026-10-31",
)
EARLIER = (
    {"earlier": [Month(2026, 8), Month(2026, 9)]},
    "order",
    "earlier months are not closed: 2026-08, 2026-09",
    "months are closed in order; begin with `trueup close 2026-08 --dry-run`",
)
NOTHING = (
    {"empty": True},
    "data",
    "2026-10 has neither cost nor a delivery",
    "name the month that is meant, or --explain 'empty=REASON'",
)
SILENT = (
    {"sources": [LATE]},
    "source",
    "labels is late: nothing for 50 hours",
    "`trueup run` once it is final, or --waive 'labels=REASON'",
)
UNEVEN = (
    {"assertions": [CENT]},
    "invoice",
    "cloud/7: billed minus invoice is 0.01 USD, a credit",
    "mend invoices.yaml or the bill, or --explain 'cloud/7=REASON'",
)
ABSENT = (
    {"assertions": [replace(CENT, verdict=Verdict.ABSENT, billed=None, cause="")]},
    "invoice",
    "cloud/7: not delivered",
    "mend invoices.yaml or the bill, or --explain 'cloud/7=REASON'",
)
ASIDE = (
    {"aside": {"cloud": 3}},
    "rows",
    "cloud: rows that were set aside: 3",
    "read them in the report, have them delivered anew, or --explain 'rows/cloud=REASON'",
)
WAITING = (
    {"waiting": {"labels/12": "conflict"}},
    "decision",
    "labels/12 waits for a person: conflict",
    "`trueup invoice review`, or --explain 'labels/12=REASON'",
)
PLANLESS = (
    {"unplanned": ["p"]},
    "plan",
    "p has spend and no approved plan",
    "approve a plan, `trueup plan approve`, or --explain 'plan/p=REASON'",
)
EDITED = (
    {"edited": ["draws", "rates"]},
    "configuration",
    "edited since the last run: draws, rates",
    "`trueup run`, and read the report again",
)
SILENCE = (
    {"comments": [comment("missing"), comment("overdue", "q"), comment("given", "r")]},
    "comments",
    "missing: p/data, q",
    "`trueup comment add p/data --month 2026-10 --text TEXT --by NAME`",
)


@pytest.mark.parametrize(
    ("given", "name", "text", "mend"),
    [RUNS, EARLIER, NOTHING, SILENT, UNEVEN, ABSENT, ASIDE, WAITING, PLANLESS, EDITED, SILENCE],
)
def test_what_does_not_hold_fails_with_the_way_out(
    given: dict[str, Any], name: str, text: str, mend: str
) -> None:
    assert found(**given) == [Check(name=name, verdict="fail", text=text, mend=mend)]


@pytest.mark.failure("E10")
def test_a_cent_is_refused_until_it_is_explained() -> None:
    assert failing(checks(replace(SOUND, assertions=[CENT])))

    (told,) = found(assertions=[CENT], explained={"cloud/7": "credit of 3 November"})

    assert told.verdict == "explained"
    assert told.text.endswith("0.01 USD, a credit; credit of 3 November")
    assert told.mend == ""


@pytest.mark.failure("E02")
def test_a_source_that_never_gets_final_is_waived_with_a_reason() -> None:
    (told,) = found(sources=[FINAL, LATE], waived={"labels": "account was closed"})

    assert told.verdict == "explained"
    assert told.text == "labels is late: nothing for 50 hours; account was closed"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (NOTHING[0], "empty"),
        (ASIDE[0], "rows/cloud"),
        (WAITING[0], "labels/12"),
        (PLANLESS[0], "plan/p"),
    ],
)
def test_a_reason_explains_what_it_names(given: dict[str, Any], key: str) -> None:
    assert [each.verdict for each in found(**given, explained={key: "known"})] == ["explained"]
    assert [each.verdict for each in found(**given, explained={key: " "})] == ["fail"]


@pytest.mark.parametrize("given", [RUNS[0], EARLIER[0], EDITED[0], SILENCE[0]])
def test_no_reason_stands_in_for_order_or_comments(given: dict[str, Any]) -> None:
    told = found(**given, explained={"order": "x", "month": "x"})

    assert {each.verdict for each in told} == {"fail"}


def test_what_is_accrued_or_owed_to_nobody_stands_in_no_way() -> None:
    quiet = SourceState(source="idle", state="absent", stage="final", promised=False)

    assert not found(sources=[SourceState(source="accruals", state="accrued"), quiet])


def test_a_reason_for_nothing_is_a_slip_of_the_pen() -> None:
    told = found(waived={"cluod": "x", "cloud": "x"}, explained={"cloud/8": "x"})

    assert [(each.verdict, each.text) for each in told] == [
        ("fail", "--waive 'cloud' is no source that is not final"),
        ("fail", "--waive 'cluod' is no source that is not final"),
        ("fail", "--explain 'cloud/8' is nothing that needs a reason"),
    ]
    assert told[0].mend == (
        "leave out --waive cloud; `trueup close MONTH --dry-run` prints what needs one"
    )


def test_comments_can_be_optional_and_are_still_told() -> None:
    (told,) = found(comments=[comment("missing")], required=False)

    assert (told.verdict, told.text) == (
        "explained",
        "missing: p/data; close.comments is optional",
    )


def test_what_was_loaded_is_compared_with_its_control_total(spend_of: Any) -> None:
    lines = apart(spend_of)

    (told,) = found(lines=lines)

    assert told == Check(
        name="control total",
        verdict="fail",
        text="cloud/USD: loaded and control total differ by -0.01",
        mend="`trueup rebuild`, or --explain 'cloud/USD=REASON'",
    )
    assert found(lines=lines, explained={"cloud/USD": "known"})[0].verdict == "explained"


def test_invoices_with_an_amount_are_counted() -> None:
    even = replace(CENT, billed=Decimal(100))
    loose = replace(CENT, verdict=Verdict.UNSTATED, stated=None, invoice_id="")

    told = [each.text for each in checks(replace(SOUND, assertions=[even, loose]))]

    assert "invoices that are even with the bills: 1" in told
