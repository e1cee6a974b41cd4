"""Training runs: what their tags are called, and which models were accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scheduler.demo.calendar import Calendar
from scheduler.demo.story import Story
from scheduler.demo.usage import run_id

EVERY: Final = 2  # months, in which one model is accepted
RUNS: Final = """\
# yaml-language-server: $schema=.trueup/schema/runs.schema.json
# Which models were accepted, and by which run they were made: trueup runs shows what they cost.
# Runs are known by tags of charges, such as run_id, and by jobs of a scheduler.
models:
"""


def runs(stories: Sequence[Story], calendar: Calendar) -> str:
    """Return the text of runs.yaml."""
    ended = [month for month in calendar.billed if month <= calendar.last]
    accepted = [
        f"  - {{model: {story.id} v{number}, project: {story.id}, "
        f"run: {run_id(story, month, number)}, accepted: {month.last}}}\n"
        for story in stories
        if any(item.tracked for item in story.items)
        for number, month in enumerate(ended[EVERY - 1 :: EVERY], start=1)
    ]
    return RUNS + "".join(accepted)
