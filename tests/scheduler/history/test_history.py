"""A year as it was lived: whatever was printed is printed again, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models.period import Month
from reconcile.report import page
from scheduler.booking import booked
from scheduler.close.signed import rendered, signed
from scheduler.past.opening import was
from scheduler.progress import Quiet
from scheduler.publish import reconcile

pytestmark = pytest.mark.once

JANUARY, APRIL = Month(2026, 1), Month(2026, 4)


@pytest.fixture(scope="module", autouse=True)
def drawn() -> Iterator[None]:
    """Leave the charts out: they are of the same figures, and take most of a night."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "drawings", lambda _: ())
        patch.setattr("scheduler.pipeline.publish", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def lived(unlived: Callable[[], Any]) -> Any:
    """Return a year with late bills, credits, edits of every file, closes and a reopening."""
    year = unlived()
    for number in range(12):
        month = JANUARY + number
        for tell in (bills, closes, edits):
            tell(year, month)
    return year


def bills(year: Any, month: Month) -> None:
    """Deliver a month, restate it, and credit what came months before."""
    n = month.month
    first = (month + 1).first
    year.bill(month, ("legal", f"{900 + n}.25"), ("bot", f"{700 + 13 * n}.10"), ("x", "3.40"))
    year.invoice(month, f"L-{n}", str(first), ("legal", f"{100 + n}.15"), ("bot", "80.00"))
    year.night(f"{month + 1}-03")
    if n % 2:
        year.bill(month, ("legal", f"{950 + n}.25"), ("bot", f"{700 + 13 * n}.10"), ("x", "7.40"))
    if n % 4 == 0:
        year.invoice(month + -3, f"C-{n}", str(first), ("legal", "-12.35"))
    if n % 5 == 0:
        year.bill(month + -1, ("legal", f"{960 + n}.00"), ("bot", "0.01"), ("x", "7.40"))


def edits(year: Any, month: Month) -> None:
    """Edit one file of the configuration, another every month; at times a night sees it apart."""
    if month.month in EDITS:
        EDITS[month.month](year)
    if month.month % 3 == 0:
        year.night(f"{month + 1}-28")


EDITS: dict[int, Callable[[Any], None]] = {
    2: lambda year: year.edit("rates.yaml", "rate: 1.08,", "rate: 1.11,"),
    3: lambda year: year.edit(
        "rules.yaml",
        "rules:\n",
        "rules:\n  - {id: storage, when: {tag.project: bot}, to: {category: infra}}\n",
    ),
    4: lambda year: year.edit("projects.yaml", "name: Bot,", "name: Bot, aliases: [x],"),
    5: lambda year: year.write(
        "plans/bot-2.yaml",
        year.plan("bot", 2, "15000.00", "2026-06-01", "more languages, kind: correction"),
    ),
    6: lambda year: year.edit(
        "rates.yaml",
        "rates:\n",
        "rates:\n  - {currency: EUR, to: USD, from: 2026-05, rate: 1.2, source: monthly average}\n",
    ),
    7: lambda year: year.edit(
        "trueup.yaml", "workers: 1\n", "workers: 1\nmateriality: {percent: 1, floor: 1}\n"
    ),
    8: lambda year: year.write("runs.yaml", "hours: [cloud]\n"),
    9: lambda year: (year.folder / "plans/bot.yaml").unlink(),
    10: lambda year: year.edit("projects.yaml", "aliases: [x]", "aliases: [x, y]"),
}


def closes(year: Any, month: Month) -> None:
    """Close the months up to May, April twice; what comes later is told in open months."""
    n = month.month
    if n == 5:
        year.reopen("2026-06-14", APRIL)
        year.night("2026-06-15", APRIL)
        year.close("2026-06-16", APRIL)
    if n < 6:
        year.close(f"{month + 1}-26", month)


def reported(then: Any, month: Month) -> dict[str, bytes]:
    """Return what `trueup report` says: of a closed month what was signed."""
    if forms := signed(then.stores, month):
        return forms
    books = booked(then.project, then.stores, Quiet(), then.as_of)
    return rendered(reconcile(then.project, then.stores, books, month))


@pytest.mark.failure("F05")
@pytest.mark.failure("G02")
def test_every_report_as_of_a_day_is_the_one_that_was_printed_on_it(lived: Any) -> None:
    different = []
    with lived.open() as (project, opened):
        for each in lived.printed:
            found = reported(was(project, opened, str(each.day)), each.month)
            different += [
                (each.day, form) for form, data in each.forms.items() if found[form] != data
            ]

    assert not different
    assert len({each.snapshot for each in lived.printed}) >= 15


@pytest.mark.failure("F06")
def test_every_version_of_a_closed_month_is_the_report_that_was_signed(lived: Any) -> None:
    with lived.open() as (project, opened):
        for (month, version), forms in lived.signed.items():
            assert signed(opened, month, version) == forms
        then = was(project, opened, "2026-08-31")
        assert signed(then.stores, APRIL) == lived.signed[APRIL, 2]
        first = was(project, opened, "2026-06-13")
        assert signed(first.stores, APRIL) == lived.signed[APRIL, 1] != lived.signed[APRIL, 2]
