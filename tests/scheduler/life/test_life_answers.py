from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ingest.source import Settlement
from models.errors import AbsentError, BrokenError, EmptyError, ForbiddenError, SourceError
from models.period import Month
from reconcile.report import document
from scheduler.answer import answer
from scheduler.commands.report import breached
from scheduler.holding import holdings, lines
from scheduler.shelf import shelf

ONE = [("10", "INV-1", "2026-10-05")]
TWO = [("20", "INV-2", "2026-11-05")]


def of_sources(report: Any) -> tuple[str, ...]:
    """Return the notes that are not about rules, of which this project has some in vain."""
    return tuple(note for note in report.notes if not note.startswith("rules that "))


def silence(kind: type[SourceError]) -> SourceError:
    return kind("cloud", "m.json", "is as it is")


# what is shown of November, whether it was filled before, when: word, exit code
MATRIX = [
    ("nothing", False, "2026-11-01", "absent", 0),
    ("nothing", False, "2026-11-20", "late", 4),
    (AbsentError, False, "2026-11-01", "absent", 0),
    (AbsentError, False, "2026-11-20", "late", 4),
    (AbsentError, True, "2026-11-20", "delivered", 0),
    (ForbiddenError, False, "2026-11-01", "forbidden", 4),
    (ForbiddenError, True, "2026-12-20", "forbidden", 4),
    (BrokenError, False, "2026-11-20", "broken", 4),
    (BrokenError, True, "2026-12-20", "broken", 4),
    (EmptyError, False, "2026-11-20", "empty", 0),
    (EmptyError, True, "2026-12-20", "empty", 4),
    ([], True, "2026-11-20", "empty", 0),
    ([], False, "2026-12-20", "empty", 4),
    ([], True, "2026-12-20", "empty", 4),
]


@pytest.mark.failure("K03")
@pytest.mark.parametrize(("shown", "filled", "day", "word", "code"), MATRIX)
def test_each_silence_has_its_word_in_ledger_report_and_exit_code(
    life: Any, shown: Any, filled: Any, day: str, word: str, code: int
) -> None:
    life.night("2026-10-31", ONE)
    if filled:
        life.night("2026-11-01", TWO, month="2026-11")
    if shown == "nothing":
        life.source.shows.pop("2026-11", None)
    else:
        life.source.shows["2026-11"] = silence(shown) if isinstance(shown, type) else shown
    if day.startswith("2026-12"):
        life.source.shows["2026-12"] = [("1", "INV-3", "2026-12-01")]

    done = life.night(day)

    report = life.report(day, "2026-11")
    (line,) = report.sources
    (state,) = json.loads(document.render(report))["sources"]
    assert life.answers("cloud/2026-11")[-1] == word
    assert done.exit_code == code
    assert bool(done.intake.errors) == (code == 4 and word != "late")
    assert line.amount.value == (20 if filled else None)  # never a zero
    is_here = word == "delivered"
    assert breached(report, "data") != is_here
    assert state["state"] == ("estimated" if is_here else word)
    assert state["waiting"] == (code == 0 and not is_here)
    said = f"2026-11 is incomplete: source cloud {word}: {state['detail']}"
    assert of_sources(report) == (() if is_here else (said,))
    assert [str(each) for each in done.urgent] == (
        [f"cloud/2026-11 is {word}: {state['detail']}"] if code else []
    )


@pytest.mark.failure("K03")
def test_a_source_that_is_forbidden_leaves_the_others_alone(life: Any) -> None:
    other = replace(life.source, name="other", shows={}, asked=[])
    life.project = replace(life.project, sources=(life.source, other))
    life.source.fails = ForbiddenError("cloud", "s3://bills", "access denied; allow s3:GetObject")
    other.shows["2026-10"] = [("7", "INV-9", "2026-10-31")]

    done = life.night("2026-11-02")

    report = life.report("2026-11-02")
    assert done.exit_code == 4
    assert done.intake.loaded == ["other/2026-10"]
    (note,) = of_sources(report)
    assert note == (
        "2026-10 is incomplete: source cloud forbidden: "
        "s3://bills: access denied; allow s3:GetObject"
    )
    assert [line.amount.value for line in report.sources] == [None, 7]
    assert report.state == "FLASH"
    first, second = holdings(life.project, life.stores, life.moment)
    assert (first.state, second.state) == ("forbidden", "loaded")


def test_a_source_that_answers_again_is_told_once_more(life: Any) -> None:
    life.night("2026-10-31", ONE)
    life.source.fails = ForbiddenError("cloud", "s3://bills", "access denied")
    life.night("2026-11-01")
    life.night("2026-11-01")
    life.source.fails = None
    life.night("2026-11-01")

    assert life.answers() == ["delivered", "forbidden", "delivered"]
    asked = [e.body["answered"] for e in life.stores.ledger.entries("source.asked", "cloud")]
    assert asked == [True, False, False, True]


@pytest.mark.failure("A13")
@pytest.mark.parametrize(
    ("after", "detail"),
    [
        (timedelta(hours=26), ""),
        (timedelta(hours=36), ""),
        (timedelta(hours=50), "nothing new for 50 hours, expected every 36 hours"),
        (timedelta(days=8), "nothing new for 8 days, expected every 36 hours"),
    ],
)
def test_a_source_that_goes_quiet_in_a_running_month_is_late(
    life: Any, after: timedelta, detail: str
) -> None:
    life.source.settlement = replace(life.source.settlement, every=timedelta(hours=36))
    life.night("2026-10-05", ONE)

    done = life.night((life.moment + after).isoformat().removesuffix("+00:00"))

    assert done.exit_code == (4 if detail else 0)
    assert life.answers() == (["delivered", "late"] if detail else ["delivered"])
    assert [each.answer.detail for each in done.states] == [detail]
    (held,) = holdings(life.project, life.stores, life.moment)
    assert (held.state, held.sound) == (("late", False) if detail else ("loaded", True))


@pytest.mark.failure("A13")
def test_a_month_whose_last_days_never_came_is_late_though_it_is_over(life: Any) -> None:
    every = timedelta(hours=36)
    life.source.settlement = Settlement(after=timedelta(days=14), invoiced=True, every=every)
    life.night("2026-10-28", ONE)

    life.night("2026-11-20", TWO, month="2026-11")

    assert life.answers() == ["delivered", "late"]
    assert life.report("2026-11-20").state == "FLASH"
    life.night("2026-11-21", [*ONE, ("1", "INV-1", "2026-10-31")])
    assert life.answers() == ["delivered", "late", "delivered"]


@pytest.mark.failure("A13")
def test_a_gap_between_delivered_months_goes_on_to_be_late(life: Any) -> None:
    life.night("2026-08-02", [("1", "INV-0", "2026-07-01")], month="2026-07")

    done = life.night("2026-11-20", TWO, month="2026-11")

    assert [(str(each.month), each.answer.word) for each in done.urgent] == [
        ("2026-08", "late"),
        ("2026-09", "late"),
        ("2026-10", "late"),
    ]
    assert done.exit_code == 4


@pytest.mark.failure("A16")
def test_what_is_deleted_at_its_source_is_an_event_and_changes_no_figure(life: Any) -> None:
    life.night("2026-11-02", ONE)
    before = life.report("2026-11-16").sources[0]
    life.source.shows["2026-10"] = AbsentError("cloud", "m.json", "is not there")

    done = life.night("2026-11-16")
    life.night("2026-11-16")

    after = life.report("2026-11-16").sources[0]
    assert done.exit_code == 4  # November is late; the loss of October is no fault
    assert [state.scope for state in done.urgent] == ["cloud/2026-11"]
    assert (after.amount, after.rows) == (before.amount, before.rows)
    assert after.state.detail == "m.json: is not there any more; the archive has it"
    (event,) = life.stores.ledger.entries("delivery.absent", "cloud/2026-10")
    assert event.body["as_of"] == "2026-11-16T00:00:00+00:00"


def test_rows_that_were_set_aside_are_told_with_where_they_are_named(life: Any) -> None:
    life.night("2026-11-02", ONE)
    held = shelf(life.stores, life.moment)

    said = answer(held, life.source, Month(2026, 10), {"documents": [{"rejected_rows": 2}]})

    assert (said.word, said.detail) == (
        "quarantined",
        "rows that were set aside: 2; `trueup report --month 2026-10` says which",
    )


def test_a_vendor_without_a_day_promises_nothing(life: Any) -> None:
    life.source.delay = None

    done = life.night("2026-11-02")
    life.night("2026-11-15")
    (held,) = holdings(life.project, life.stores, life.moment)

    (source,) = life.report("2026-11-15").sources
    assert done.exit_code == 0
    assert (source.state.state, source.amount.value) == ("absent", None)
    assert source.state.detail == "nothing is delivered, and nothing is promised"
    assert life.report("2026-11-15").state == "PRELIM"
    assert of_sources(life.report("2026-11-15")) == ()
    assert (held.state, held.detail, held.sound) == (
        "absent",
        (
            "nothing is delivered, and nothing is due; "
            "`trueup backfill --from MONTH cloud` asks for months before 2026-08"
        ),
        True,
    )
    assert list(lines(held)) == [
        "month      cloud/2026-08 to 2026-10: final, absent, nothing is promised for any of 3",
        "month      cloud/2026-11: open, absent, nothing is delivered, and nothing is promised",
    ]
