"""Every cause at once, told apart: two nights, between which everything changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.errors import RefusedError
from models.ledger import Entry
from models.period import Month
from reconcile.since.change import CAUSES, Changed, changes
from reconcile.since.evidence import Evidence
from scheduler.past.exchanging import exchanged, read, steps
from scheduler.past.opening import was
from scheduler.past.proving import apart

pytestmark = pytest.mark.once

JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
Told = tuple[list[Changed], list[Evidence], list[str], dict[str, Any]]


@pytest.fixture(scope="module")
def told(unlived: Callable[[], Any]) -> Told:
    """Return what changed between two nights, its evidence, its causes, and both readings."""
    year = unlived()
    year.bill(JANUARY, ("legal", "100.00"), ("bot", "50.00"), ("x", "8.00"))
    year.invoice(JANUARY, "L-1", "2026-02-01", ("legal", "10.00"))
    year.night("2026-02-03")
    year.bill(JANUARY, ("legal", "103.00"), ("bot", "50.00"), ("x", "8.00"))
    year.invoice(JANUARY, "L-2", "2026-02-05", ("bot", "20.00"))
    year.edit("projects.yaml", "name: Bot,", "name: Bot, aliases: [x],")
    year.edit("rates.yaml", "1.08", "1.10")
    year.write("plans/bot-2.yaml", year.plan("bot", 2, "15000.00", "2026-02-10", "more languages"))
    year.edit("trueup.yaml", "name: Year", "name: The year")
    year.night("2026-02-12")
    year.close("2026-02-26", JANUARY)
    year.bill(JANUARY, ("legal", "104.00"), ("bot", "50.00"), ("x", "8.00"))
    year.bill(FEBRUARY, ("legal", "90.00"))
    year.night("2026-03-12")
    with year.open() as (project, opened):
        before, after = was(project, opened, "2026-02-03"), was(project, opened, "2026-03-12")
        found = changes(*steps(before, after))
        causes = [cause for cause, _ in exchanged(before, after)]
        sides = {"before": read(before), "after": read(after)}
        return list(found), list(apart(before, after)), causes, sides


def part(told: Told, scope: str, period: str, measure: str) -> dict[str, str]:
    (found,) = (
        each
        for each in told[0]
        if (each.reading.scope, each.reading.period, each.reading.measure)
        == (scope, period, measure)
    )
    return {" + ".join(causes): f"{amount:.2f}" for causes, amount in found.parts.items()}


def test_the_causes_of_every_figure_sum_to_its_change(told: Told) -> None:
    found, _, _, sides = told

    assert {each.reading for each in found} >= {
        key
        for key in {*sides["before"], *sides["after"]}
        if sides["before"].get(key, 0) != sides["after"].get(key, 0)
    }
    for each in found:
        assert each.before == sides["before"].get(each.reading, 0)
        assert each.after == sides["after"].get(each.reading, 0)
        assert each.before + each.change == each.after


def test_each_cause_moves_what_it_is_about(told: Told) -> None:
    assert {*told[2]} == {each for each in CAUSES if each != "purchases"}
    assert part(told, "legal", "2026-01", "ac") == {"bill": "3.00", "rates": "0.20"}
    assert part(told, "bot", "2026-01", "ac") == {
        "invoice": "21.60", "rules": "8.00", "rates": "0.40",
    }  # fmt: skip
    assert part(told, "unallocated", "2026-01", "ac") == {"rules": "-8.00"}
    assert part(told, "bot", "completion", "bac") == {"plan": "3000.00"}
    assert part(told, "legal", "2026-02", "ac") == {"bill": "91.00"}
    assert part(told, "legal", "to-date", "ac") == {
        "bill": "3.00", "rates": "0.20", "time": "91.00",
    }  # fmt: skip


def test_what_comes_after_a_close_is_no_move_there_and_back(told: Told) -> None:
    """The bill of January that came in March is in February; January bears nothing of it."""
    assert told[2].count("bill") == 2
    assert not [each for each in told[0] if each.change == 0]
    assert not [each for each in told[0] if ("close",) in each.parts]


def test_each_cause_names_what_it_consists_of(told: Told) -> None:
    said = {(each.cause, each.subject): each for each in told[1]}

    assert said["bill", "cloud/2026-01"].documents == ("2026-01/a.csv",)
    assert " replaces " in said["bill", "cloud/2026-01"].detail
    assert " replaces " not in said["bill", "cloud/2026-02"].detail
    assert said["invoice", "labels/2026-02"].documents == ("L-2.csv",)
    assert said["rules", "project bot"].detail == "changed"
    assert said["rates", "EUR to USD from 2025-12"].detail == (
        "1.08 (monthly average) became 1.1 (monthly average)"
    )
    assert said["plan", "bot"].detail == (
        "version 1 to 2, approved by f@example.com: more languages"
    )
    assert said["settings", "trueup.yaml"].detail == "edited"
    assert said["close", "2026-01"].detail == "closed as version 1 by f@example.com"
    assert ("plans/bot-2.yaml" in {subject for _, subject in said}) is False
    assert said["time", "report"].detail.startswith("2026-01 as of 2026-02-03 (")


def test_a_state_that_cannot_be_told_is_exchanged_with_the_next(
    unlived: Callable[[], Any],
) -> None:
    year = unlived()
    year.bill(JANUARY, ("legal", "100.00"))
    year.write("rates.yaml", "rates: []\n")
    year.night("2026-02-03")
    year.invoice(JANUARY, "L-1", "2026-02-05", ("legal", "10.00"))
    year.write(
        "rates.yaml",
        "rates:\n  - {currency: EUR, to: USD, from: 2026-01, rate: 1.5, source: bank}\n",
    )
    year.night("2026-02-06")
    with year.open() as (project, opened):
        before, after = was(project, opened, "2026-02-03"), was(project, opened, "2026-02-06")
        _, found = steps(before, after)

    assert [each.causes for each in found] == [("invoice", "rates"), ("time",)]


def test_the_past_takes_no_entries_and_is_made_again_where_the_lake_lost_it(
    unlived: Callable[[], Any],
) -> None:
    year = unlived()
    year.bill(JANUARY, ("legal", "100.00"))
    year.night("2026-02-03")
    year.bill(JANUARY, ("legal", "101.00"))
    year.night("2026-02-04")
    with year.open() as (project, opened):
        before = read(was(project, opened, "2026-02-03"))
        opened.lake.clear()
        then = was(project, opened, "2026-02-03")

        assert read(then) == before
        assert (then.was, then.as_of.date().isoformat()) == (True, "2026-02-03")
        with pytest.raises(RefusedError, match="nothing is written to the past"):
            then.stores.ledger.append(Entry("message", "m", {}))


def test_what_came_late_for_a_closed_month_is_made_again_for_the_past(
    unlived: Callable[[], Any],
) -> None:
    year = unlived()
    year.bill(JANUARY, ("legal", "100.00"))
    year.night("2026-02-03")
    year.close("2026-02-20", JANUARY)
    year.bill(JANUARY, ("legal", "101.00"))
    year.night("2026-02-21")
    with year.open() as (project, opened):
        before = read(was(project, opened, "2026-02-21"))
        opened.lake.clear()

        assert read(was(project, opened, "2026-02-21")) == before
