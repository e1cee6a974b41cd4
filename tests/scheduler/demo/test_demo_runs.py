from __future__ import annotations

from scheduler.demo import STORIES, training
from scheduler.demo.calendar import Calendar
from scheduler.demo.usage import Usage


def test_a_model_was_accepted_of_a_run_that_bills_name(
    used: list[Usage], calendar: Calendar
) -> None:
    named = {usage.tags["run_id"] for usage in used if "run_id" in usage.tags}
    text = training.runs(STORIES, calendar)

    accepted = [line.partition("run: ")[2].partition(",")[0] for line in text.splitlines()[4:]]

    assert len(accepted) == 4
    assert set(accepted) <= named
    assert {name.rpartition("-20")[0] for name in named} == {"kyc-extract-8b"}
