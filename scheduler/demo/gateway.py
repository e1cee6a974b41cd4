"""What the gateway before our endpoints counted, and what was decided and asked about cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Final

from models.period import Month
from scheduler.demo.calendar import Calendar
from scheduler.demo.usage import STEADY

PROJECT: Final = "support-triage-8b"
ENDPOINTS: Final = 10
FORGOTTEN: Final = 7  # the endpoint that nobody calls any more,
SINCE: Final = 5  # from this day of the last ended month on
REQUESTS: Final = 40  # of an endpoint on a usual day, by what a usual day weighs
TOKENS: Final = {"input": 16_000, "output": 4_000}  # of all endpoints, likewise
HEAD: Final = "day,project,driver,endpoint,direction,quantity"
DECISIONS: Final = """\
# yaml-language-server: $schema=.trueup/schema/decisions.schema.json
# What was decided and is asked about cost: trueup decisions shows what comes of it.

# Contingency given to an item by approval; an overrun draws nothing by itself.
draws:
  - project: code-assist-33b
    on: {on}
    amount: 400.00
    item: infra
    by: cfo@example.com
    reason: a second machine for evaluation, for two weeks

# Would an API cost less than our endpoints? Prices of 1,000 tokens, made up.
hosting:
  - id: support-endpoints
    project: {project}
    items: [serving]
    api: {{input: {{low: 0.010, high: 0.045}}, output: {{low: 0.030, high: 0.120}}}}
    ops_share: 0.25                # of its logs and metrics
    tco_months: 24                 # should we have? with what making the model cost
    capacity: {{tokens_per_second: 250, utilisation: 0.60, replicas: 10}}

# An endpoint that costs and is not called for 14 days on end is told. The gateway counts calls.
endpoints: {{days: 14, grace: 7}}
"""


def decisions(calendar: Calendar) -> str:
    """Return the text of decisions.yaml."""
    on = (calendar.last + -1).first.replace(day=15)
    return DECISIONS.format(on=on, project=PROJECT)


def counts(calendar: Calendar) -> dict[str, str]:
    """Return what was counted, by name: the last month that has ended, and this one."""
    return {
        f"{month}.csv": "\n".join([HEAD, *_rows(month, calendar), ""])
        for month in (calendar.last, calendar.last + 1)
        if calendar.days(month)
    }


def _rows(month: Month, calendar: Calendar) -> Iterator[str]:
    idle = calendar.last.first.replace(day=SINCE)
    for day in calendar.days(month):
        random = Random(f"gateway/{day}")  # noqa: S311 - the same calls for the same day
        for number in range(1, ENDPOINTS + 1):
            forgotten = number == FORGOTTEN and day >= idle
            count = 0 if forgotten else REQUESTS * random.randint(*STEADY)
            yield _row(day, "requests", f"{PROJECT}-{number:02d}", "", count)
        for direction, tokens in TOKENS.items():
            yield _row(day, "tokens", "", direction, tokens * random.randint(*STEADY))


def _row(day: date, driver: str, endpoint: str, direction: str, quantity: int) -> str:
    return f"{day},{PROJECT},{driver},{endpoint},{direction},{quantity}"
