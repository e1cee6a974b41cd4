from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ingest.restatement import restatements
from ingest.source import Settlement
from models.errors import BrokenError
from models.period import Month
from scheduler.holding import holdings, lines, restated

ONE = [("10", "INV-1", "2026-10-05")]
MORE = [*ONE, ("5", "INV-1", "2026-10-31")]


@pytest.mark.failure("E01")
def test_a_month_goes_from_open_to_final_with_the_signs_of_its_provider(life: Any) -> None:
    life.night("2026-10-06", ONE)
    life.night("2026-10-31", [("10", "INV-1", "2026-10-05"), ("5", None, "2026-10-30")])
    life.night("2026-11-02", [("10", "INV-1", "2026-10-05"), ("5", None, "2026-10-31")])
    life.night("2026-11-16")  # the days have passed, one line has no invoice
    life.night("2026-11-20", MORE)

    assert life.stages() == [
        ("open", "2026-10-06"),
        ("provisional", "2026-11-02"),
        ("final", "2026-11-20"),
    ]
    last = life.stores.ledger.latest("month.state")["cloud/2026-10"]
    assert last.body["since"] == "2026-11-20T00:00:00+00:00"
    assert last.body["delivery"]
    assert last.body["reason"] == (
        "every charge has an invoice id, 14 days have passed since the month ended"
    )


@pytest.mark.failure("E01")
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            [("900", "INV-1", "2026-10-15"), ("5", None, "2026-10-31")], id="mid-month purchase"
        ),
        pytest.param([("-5", None, "2026-10-31")], id="credits only"),
        pytest.param(
            [("5", None, "2026-10-30"), ("-5", None, "2026-10-31")], id="that sum to nothing"
        ),
        pytest.param([("5", "", "2026-10-31")], id="a blank id"),
    ],
)
def test_no_month_is_final_while_a_cost_has_no_invoice(life: Any, lines: Any) -> None:
    for day in ("2026-11-02", "2026-11-15", "2026-12-30"):
        life.night(day, lines)

    assert [stage for stage, _ in life.stages()] == ["provisional"]
    assert life.report("2026-12-30").state == "FLASH"


def test_lines_that_cost_nothing_need_no_invoice(life: Any) -> None:
    life.night("2026-11-02", [*ONE, ("0", None, "2026-10-31")])
    life.night("2026-11-15")

    assert life.stages()[-1] == ("final", "2026-11-15")
    assert life.report("2026-11-15").state == "PRELIM"


def test_a_report_does_not_say_final_when_nobody_asked_since(life: Any) -> None:
    life.night("2026-11-02", ONE)

    (source,) = life.report("2026-11-20").sources

    assert (source.state.stage, source.state.detail) == (
        "provisional",
        "its source was not asked since 2026-11-15; run `trueup run`",
    )


@pytest.mark.failure("E02")
def test_a_month_that_never_gets_its_invoice_is_told_with_the_way_out(life: Any) -> None:
    life.night("2026-11-02", [("5", None, "2026-10-31")])
    life.night("2026-12-02", [("1", "INV-2", "2026-11-01")], month="2026-11")
    life.night("2026-12-30")
    assert life.report("2026-12-30", "2026-11").problems == ()
    life.night("2026-12-31", [("1", "INV-3", "2026-12-01")], month="2026-12")

    (problem,) = life.report("2026-12-31", "2026-11").problems

    said = (
        "cloud: 2026-10: estimated for 60 days: charges without an invoice id: 1; ask who issues "
        "the invoice for what is missing, or close the month with a reason [estimated]"
    )
    assert str(problem) == said
    (held,) = holdings(life.project, life.stores, life.moment)
    assert f"alarm      {said}" in list(lines(held))
    assert held.sound  # it waits for the provider, not for us


@pytest.mark.failure("E03")
def test_what_changes_after_the_invoice_is_restated_and_before_it_is_not(life: Any) -> None:
    life.night("2026-11-02", ONE)
    amounts = {"2026-11-04": "11", "2026-11-08": "12", "2026-12-11": "13", "2027-12-06": "14"}

    for day, amount in amounts.items():  # days 3, 7, 40 and 400 after the month
        if day == "2026-12-11":
            life.night("2026-11-20")
        life.night(day, [(amount, "INV-1", "2026-10-05")])

    found = restatements(life.stores.ledger)
    assert [(f"{each.at:%Y-%m-%d}", each.was) for each in found] == [
        ("2026-12-11", "final"),
        ("2027-12-06", "final"),
    ]
    assert [str(change.billed_cost) for each in found for change in each.changes] == [
        "1.000000000000000000",
        "1.000000000000000000",
    ]
    assert life.stages() == [
        ("provisional", "2026-11-02"),
        ("final", "2026-11-20"),
        ("restated", "2026-12-11"),
    ]
    assert next(restated(life.stores)) == (
        "restated   cloud/2026-10: USD +1.00 billed, +1.00 effective, +0 rows, on 2026-12-11, "
        "after it was final"
    )


@pytest.mark.failure("E03")
def test_a_report_shows_a_restatement_while_it_is_news(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.night("2026-11-20")
    life.night("2026-12-11", MORE)

    november, february = (
        life.report("2026-12-20", "2026-11"),
        life.report("2027-03-20", "2027-02"),
    )
    (line,) = november.restatements
    (source,) = life.report("2026-12-20").sources

    assert (line.restated.source, line.restated.month) == ("cloud", Month(2026, 10))
    assert (line.rows.value, line.billed.value) == (1, 5)
    assert february.restatements == ()
    assert (source.state.state, source.state.stage) == ("final", "restated")


def test_a_month_that_was_final_stays_it_while_its_next_delivery_is_broken(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.night("2026-11-20")
    life.source.shows["2026-10"] = BrokenError("cloud", "m.json", "is half a file")
    life.night("2026-12-01")

    assert life.stages()[-1][0] == "final"
    assert life.answers()[-1] == "broken"
    life.night("2026-12-02", MORE)
    assert [each.was for each in restatements(life.stores.ledger)] == ["final"]


def test_a_provider_without_invoice_ids_settles_by_its_days_alone(life: Any) -> None:
    life.source.settlement = Settlement(after=timedelta(days=5), invoiced=False)
    life.night("2026-11-02", [("5", None, "2026-10-31")])
    life.night("2026-11-05")
    life.night("2026-11-06")

    assert life.stages() == [("provisional", "2026-11-02"), ("final", "2026-11-06")]


def test_a_run_for_an_earlier_day_rewrites_no_history(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.night("2026-11-20")

    life.night("2026-10-20")

    assert life.stages() == [("provisional", "2026-11-02"), ("final", "2026-11-20")]


@pytest.mark.failure("A10")
@pytest.mark.parametrize("day", [1, 20])
def test_every_night_asks_for_the_months_that_may_still_change(life: Any, day: int) -> None:
    life.night("2025-01-31", [("1", "INV-0", "2025-01-01")], month="2025-01")
    life.night("2026-10-31", ONE)

    life.night(f"2026-11-{day:02d}", [("20", "INV-1", "2026-10-31")])

    asked = [str(month) for month in life.source.asked]
    assert asked == ["2025-01", "2026-08", "2026-09", "2026-10", "2026-11"]
    assert life.report(f"2026-11-{day:02d}").sources[0].amount.value == 20
