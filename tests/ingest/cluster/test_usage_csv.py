"""Tables of usage with headings of their own become rows of usage in the months they state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from ingest.cluster.settings import UsageSettings
from models.errors import BrokenError
from models.period import Month

JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
LABELS: Final = {
    "columns": {"day": "Datum", "unit": "Projekt", "quantity": "Menge", "run_id": "Batch"},
    "driver": "labels_accepted",
    "decimal": ",",
    "thousands": ".",
    "dates": "%d.%m.%Y",
    "delimiter": ";",
}
RUNS: Final = {
    "columns": {
        "day": "day",
        "unit": "team",
        "driver": "what",
        "quantity": "n",
        "state": "end",
        "run_id": "run",
        "gpu_type": "gpu",
        "model": "model",
        "detail": "part",
        "tags": {"queue": "queue"},
    },
    "cluster": "c1",
    "states": {"Done": "succeeded"},
}
HEAD: Final = "day,team,what,n,end,run,gpu,model,part,queue\n"


@pytest.fixture
def tables(meter: Callable[..., Any]) -> Callable[..., Any]:
    def build(content: str, **given: Any) -> Any:
        made = meter(kind="usage_csv", location="in", **given)
        made.put("usage.csv", content)
        return made

    return build


@pytest.mark.failure("H06")
def test_labels_come_in_the_locale_declared_each_in_its_month(tables: Callable[..., Any]) -> None:
    made = tables(
        "Datum;Projekt;Menge;Batch\n31.01.2026;ft-001;1.200,5;b1\n\n01.02.2026;ft-001;800;b2\n",
        **LABELS,
    )
    columns = ("unit", "driver", "day", "quantity", "run_id", "x_row")
    assert made.usage().select(columns).rows() == [
        ("ft-001", "labels_accepted", date(2026, 1, 31), Decimal("1200.5"), "b1", 1)
    ]
    assert made.usage(FEBRUARY).select(columns).rows() == [
        ("ft-001", "labels_accepted", date(2026, 2, 1), Decimal(800), "b2", 2)
    ]


def test_a_row_says_all_that_usage_can_hold(tables: Callable[..., Any]) -> None:
    content = HEAD + (
        "2026-01-05,nlp,gpu_hours,12.25,Done,r1,H100,llama,training,long\n"
        "2026-01-05,nlp,runs,1,failed,r2,,,,\n"
    )
    first, second = tables(content, **RUNS).usage().to_dicts()
    assert first == {
        "x_row": 1,
        "unit": "nlp",
        "driver": "gpu_hours",
        "day": date(2026, 1, 5),
        "quantity": Decimal("12.25"),
        "detail": "training",
        "state": "succeeded",
        "run_id": "r1",
        "cluster": "c1",
        "gpu_type": "H100",
        "model": "llama",
        "tags": {"queue": "long"},
    }
    assert (second["state"], second["gpu_type"], second["tags"]) == ("failed", None, {})


def test_without_a_column_for_it_each_row_counts_one(tables: Callable[..., Any]) -> None:
    made = tables(
        "day,run\n2026-01-05,a\n2026-01-06,b\n",
        columns={"day": "day", "run_id": "run"},
        unit="ft-001",
        driver="runs",
    )
    assert made.usage()["quantity"].to_list() == [Decimal(1), Decimal(1)]
    assert {*made.usage()["unit"]} == {"ft-001"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-01-05,a,gpu_hours,1e3,,,,,,", "n: '1e3': is not a number written like 1234.56"),
        ("2026-01-05,a,gpu_hours,-1,,,,,,", "n: '-1': is below zero"),
        ("2026-01-05,a,runs,1.5,,,,,,", "n: '1.5': is no whole number of runs"),
        ("2026-01-05,a,hours,1,,,,,,", "what: 'hours': is no driver; there are gpu_hours, tokens"),
        ("2026-01-05,a,runs,1,ok,,,,,", "end: 'ok': is none of running, succeeded, failed"),
        ("05.01.2026,a,runs,1,,,,,,", "day: '05.01.2026': is not a date written like %Y-%m-%d"),
    ],
)
def test_a_cell_that_is_not_as_declared_sets_its_row_aside(
    tables: Callable[..., Any], row: str, said: str
) -> None:
    made = tables(f"{HEAD}{row}\n2026-01-06,a,gpu_hours,1,,,,,,\n", **RUNS)
    (found,) = made.converted()
    (rejected,) = found.rejected.to_dicts()
    assert said in f"{rejected['column']}: {rejected['value']!r}: {rejected['reason']}"
    assert made.usage()["quantity"].to_list() == [Decimal(1)]


@pytest.mark.failure("B02")
@pytest.mark.failure("B08")
@pytest.mark.failure("B10")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("day,team\n", "usage.csv:1: has no heading 'what' for driver; there are day, team"),
        (HEAD.replace("queue", "run"), "usage.csv:1:10: heading 'run' is there twice; rename one"),
        (HEAD + "2026-01-05,a\n", "usage.csv:2: has 2 cells where the headings are 10; is the del"),
        (HEAD + '"a\n', "is not CSV"),
        (HEAD + "5,a,runs,1,,,,,,\n", "usage.csv:2: no day can be read, such as '5'; see dates"),
        (HEAD, "no row is in any of 1 files"),
        (HEAD.strip(), "is cut short"),
    ],
)
def test_a_table_that_is_not_as_declared_is_refused(
    tables: Callable[..., Any], content: str, said: str
) -> None:
    assert said in str(tables(content, **RUNS).error())


def test_with_a_month_in_its_name_a_file_holds_that_month_alone(
    tables: Callable[..., Any],
) -> None:
    made = tables("", pattern="{month}.csv", **RUNS)
    made.put("2026-01.csv", HEAD + "2026-02-05,a,runs,1,,,,,,\n")
    error = made.error()
    assert isinstance(error, BrokenError)
    assert "holds rows of 2026-02, but its name says 2026-01" in str(error)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"driver": None}, "set driver, or columns.driver; one of them, and not both"),
        ({"driver": "hours"}, "'hours' is no driver; there are gpu_hours, tokens"),
        ({"unit": "x"}, "set unit, or columns.unit; one of them, and not both"),
        ({"thousands": ","}, "decimal and thousands are both ','; one must differ"),
        ({"states": {"ok": "good"}}, "'good' is no state; there are running, succeeded"),
        ({"dates": "%d.%m"}, "'%d.%m' is not a format of dates; write day, month and year"),
    ],
)
def test_settings_that_leave_something_open_are_refused(change: dict[str, Any], said: str) -> None:
    given = {"kind": "usage_csv", "location": "in", **LABELS, **change}
    with pytest.raises(ValueError, match="validation error") as caught:
        UsageSettings.model_validate(given)
    assert said in str(caught.value)


def test_a_table_is_loaded_and_expected(tables: Callable[..., Any]) -> None:
    made = tables(HEAD + "2026-01-05,nlp,runs,1,Done,r1,,,,\n", **RUNS, expected_by_day=5)
    (document,) = made.loaded().documents
    assert (document.rows, document.beside) == (0, ("usage",))
    assert made.source.due(JANUARY) == datetime(2026, 2, 6, tzinfo=UTC)
    assert made.source.settlement.after.days == 7
    assert [*made.source.grants()] == []
    at = datetime(2026, 2, 1, tzinfo=UTC)
    assert [each.check for each in made.source.probe((JANUARY,), at) if each.state != "ok"] == []
    made.put("usage.csv", HEAD + "5.1.,nlp,runs,1,Done,r1,,,,\n")
    *_, wrong = made.source.probe((JANUARY,), at)
    assert wrong.detail.startswith("usage.csv: row 1, day: '5.1.' is not a date written like")
