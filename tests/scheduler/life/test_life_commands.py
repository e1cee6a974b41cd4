from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.errors import RefusedError
from models.period import Month, between
from scheduler.commands.backfill import summary
from scheduler.holding import holdings, lines
from scheduler.progress import Quiet
from scheduler.reload import buildable
from scheduler.rounds import asked
from scheduler.spending import spent

Trueup = Callable[..., Any]
YEAR = tuple(between(Month(2025, 9), Month(2026, 10)))


def bills(months: tuple[Month, ...]) -> dict[str, Any]:
    """Return one invoiced line of one dollar a month."""
    return {str(month): [("1", f"INV-{month}", f"{month}-05")] for month in months}


def backfill(life: Any, months: tuple[Month, ...] = YEAR) -> list[str]:
    done = asked(life.project, life.stores, Quiet(), life.moment, months=months)
    return list(summary(life.project, done, months, ()))


def test_a_year_is_loaded_and_told_a_line_a_month(life: Any) -> None:
    life.night("2026-11-20", [("1", "INV", "2026-11-01")], month="2026-11")
    life.source.shows |= bills(YEAR[2:])

    told = backfill(life)

    assert life.source.asked == list(YEAR)
    assert told[:3] == [
        "cloud/2025-09: absent, before the first month of its source",
        "cloud/2025-10: absent, before the first month of its source",
        "cloud/2025-11: loaded, 1 rows, USD 1.00, final",
    ]
    assert told[-1] == "12 loaded, 0 unchanged, 0 refused"
    assert backfill(life)[2] == "cloud/2025-11: unchanged, 1 rows, USD 1.00, final"


def test_months_that_were_filled_in_are_in_the_figures_of_every_later_night(life: Any) -> None:
    life.night("2026-11-20", [("1", "INV", "2026-11-01")], month="2026-11")
    life.source.shows |= bills(YEAR[:3])
    backfill(life, YEAR[:3])

    life.night("2026-11-21")
    life.source.shows["2025-09"] = [("5", "INV", "2025-09-05")]  # and they may change
    life.night("2026-11-22")

    spend = spent(life.project, life.stores, Quiet()).spend
    assert spend["billed_cost"].sum() == Decimal(5 + 3)
    assert spend["period"].n_unique() == 3 + 1
    report = life.report("2026-11-22", "2025-09")
    assert report.sources[0].amount.value == 5


def test_a_backfill_that_is_killed_loses_nothing_and_goes_on(life: Any) -> None:
    life.night("2026-11-20", [("1", "INV", "2026-11-01")], month="2026-11")
    shown = bills(YEAR[:5])
    life.source.shows |= shown

    class Killed(dict[str, Any]):
        def get(self, month: str, default: Any = None) -> Any:
            if month == "2025-12":
                raise KeyboardInterrupt
            return super().get(month, default)

    life.source.shows = Killed(shown)
    with pytest.raises(KeyboardInterrupt):
        backfill(life, YEAR[:5])
    life.source.shows = shown
    told = backfill(life, YEAR[:5])

    assert [line.split(": ")[1].split(",")[0] for line in told[:-1]] == (
        ["unchanged"] * 3 + ["loaded"] * 2
    )
    assert spent(life.project, life.stores, Quiet()).spend.height == 5 + 1


def test_a_backfill_alone_does_not_make_a_month_final(life: Any) -> None:
    life.source.shows |= bills(YEAR[-1:])
    life.clock.moment = datetime.fromisoformat("2026-11-20T00:00+00:00")

    assert backfill(life, YEAR[-1:])[0].endswith("USD 1.00, provisional")


def test_the_command_tells_each_month_and_what_it_would_not_do(trueup: Trueup, small: Path) -> None:
    call = ("-q", "-C", str(small), "backfill", "--today", "2026-11-22")

    said = trueup(*call, "--from", "2026-09", "labeling")
    swapped = trueup(*call, "--from", "2026-09", "--to", "2026-08")
    ahead = trueup(*call, "--from", "2026-09", "--to", "2026-12")
    unknown = trueup(*call, "--from", "2026-09", "labelling")

    assert said.code == 0
    assert said.out.splitlines() == [
        "labeling/2026-09: absent, before the first month of its source",
        "labeling/2026-10: loaded, 2 rows, USD 150.25, provisional",
        "labeling/2026-11: absent, nothing is delivered, and nothing is promised",
        "1 loaded, 0 unchanged, 0 refused",
    ]
    assert swapped.code == ahead.code == 2
    assert "--from 2026-09 lies after --to 2026-08; swap them" in swapped.err
    assert "--to 2026-12 has not begun; the newest month is 2026-11" in ahead.err
    assert "no source 'labelling'. Did you mean 'labeling'?" in unknown.err


def test_pruning_removes_only_when_it_is_told_to(trueup: Trueup, small: Path) -> None:
    folder = ("-q", "-C", str(small))
    october = small / "invoices" / "october.csv"
    trueup(*folder, "ingest", "--today", "2026-11-20")
    october.write_text(october.read_text().replace("100.00", "200.00"))
    trueup(*folder, "ingest", "--today", "2026-11-22")
    later = ("--older-than", "400d", "--today", "2099-01-01")

    nothing = trueup(*folder, "prune", "--older-than", "400d")
    dry = trueup(*folder, "prune", *later, "--dry-run")
    done = trueup(*folder, "prune", *later)
    again = trueup(*folder, "prune", *later)
    wrong = trueup(*folder, "prune", "--older-than", "1y")

    assert nothing.out == "nothing to remove: every delivery counts, or did until lately\n"
    assert dry.out.startswith("would remove 2 documents and 7 lake files, ")
    assert done.out == dry.out.replace("would remove", "removed")
    assert again.out == nothing.out
    assert wrong.code == 2
    assert "'1y' is not an age; write days, for example 400d" in wrong.err
    assert trueup(*folder, "rebuild", "--today", "2026-11-22").code == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": "other"}, "source 'cloud' is no longer in trueup.yaml; put it back"),
        ({"fingerprint": "2"}, "was loaded by another version of trueup or with other settings"),
    ],
)
def test_what_could_not_be_built_again_is_not_deleted(
    life: Any, change: dict[str, str], complaint: str
) -> None:
    life.night("2026-11-02", [("1", "INV", "2026-10-05")])
    changed = replace(life.project, sources=(replace(life.source, **change),))

    with pytest.raises(RefusedError, match=f"^cloud/2026-10: {complaint}"):
        buildable(changed, life.stores)

    buildable(life.project, life.stores)


def test_status_names_each_month_that_is_not_settled_and_why(life: Any) -> None:
    life.night("2026-11-02", [("1", "INV", "2026-09-05")], month="2026-09")
    life.night("2026-11-20", [("1", None, "2026-11-05")], month="2026-11")

    (held,) = holdings(life.project, life.stores, life.moment)

    assert (held.state, held.sound) == ("late", False)
    assert held.detail == "2026-10: nothing is delivered; it was due by 2026-10-02 12:00"
    assert list(lines(held)) == [
        (
            "month      cloud/2026-10: provisional, late, "
            "nothing is delivered; it was due by 2026-10-02 12:00"
        ),
        "month      cloud/2026-11: open, the month runs",
    ]


def test_status_prints_months_below_their_source(trueup: Trueup, small: Path) -> None:
    trueup("-q", "-C", str(small), "ingest", "--today", "2026-11-02")
    (small / "invoices" / "october.csv").write_text("Invoice,Date\n")
    trueup("-q", "-C", str(small), "ingest", "--today", "2026-11-03")

    said = trueup("-C", str(small), "status")

    assert said.code == 4
    line = next(line for line in said.out.splitlines() if line.startswith("source "))
    assert line.startswith("source     labeling: broken, october.csv:1: ")
    assert "\nmonth      labeling/2026-10: provisional, broken, october.csv:1: " in said.out
