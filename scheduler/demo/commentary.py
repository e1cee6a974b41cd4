"""What owners say of the last month of the demonstration; on one line nobody has said a word."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from scheduler.demo.calendar import Calendar

DAYS: Final = 4  # after the month's end: by then owners have written
HEAD: Final = """\
# yaml-language-server: $schema=../.trueup/schema/commentary.schema.json
# Why lines of this month are off plan: `trueup comment missing` lists what nobody explains yet.
comments:
"""
# line of the report, what happened, whether it stays, what is done about it, who says so
SAID: Final = (
    (
        *("legal-summarizer-70b/training_compute", "Evaluation regressed: twice the sweeps."),
        *("permanent", "Review sweeps from the third on", "r.okafor@example.com"),
    ),
    (
        *("legal-summarizer-70b/contingency", "The sweeps take all of it."),
        *("permanent", "Ask for a new budget", "r.okafor@example.com"),
    ),
    (
        *("kyc-extract-8b/training_compute", "A template lost its tags: see unallocated."),
        *("timing", "Tag the template", "s.petrov@example.com"),
    ),
    (
        *("kyc-extract-8b/inference", "Endpoints of that template have no tag either."),
        *("timing", "", "s.petrov@example.com"),
    ),
    (
        *("kyc-extract-8b/contingency", "More runs than planned since summer."),
        *("permanent", "", "s.petrov@example.com"),
    ),
    (
        *("search-rerank-1b/training_compute", "Spot H100 ran dry: H200 on demand."),
        *("permanent", "Reserve capacity", "l.moreau@example.com"),
    ),
    (
        *("search-rerank-1b/contingency", "The dearer hours of the last months."),
        *("permanent", "", "l.moreau@example.com"),
    ),
    (
        *("support-triage-8b/training_compute", "Fewer tokens were trained."),
        *("permanent", "", "a.bianchi@example.com"),
    ),
    (
        *("support-triage-8b/inference", "A savings plan carries part of serving."),
        *("permanent", "", "a.bianchi@example.com"),
    ),
)


def comments(calendar: Calendar) -> str:
    """Return the text of the file of comments of the last month that has ended."""
    on = min(calendar.last.last + timedelta(DAYS), calendar.today)
    found = []
    for scope, text, effect, action, by in SAID:
        lines = {"scope": scope, "text": text, "effect": effect, "action": action, "by": by}
        told = (f"    {key}: {_quoted(word)}\n" for key, word in lines.items() if word)
        found.append("".join([*told, f"    on: {on}\n"]).replace("    ", "  - ", 1))
    return HEAD + "".join(found)


def _quoted(text: str) -> str:
    """Return a text as YAML has it: quoted where a colon would make it something else."""
    return json.dumps(text) if ": " in text else text
