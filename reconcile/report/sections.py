"""The sections that a report has beside its fixed parts, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconcile.portfolio import Portfolio
from reconcile.report import (
    adjustments,
    anomalies,
    bridge,
    commentary,
    decisions,
    drivers,
    fiscal,
    forecasts,
    life,
    running,
)
from reconcile.report.section import Section


@dataclass(frozen=True, slots=True)
class Listed:
    """One section, by what is asked of it.

    Attributes:
        made: Makes it.
        schema: JSON Schema of its `document`.
        command: Shows its tables in a terminal, where a report shows its sentences alone; empty
            where they are few enough to be shown at once.
    """

    made: Callable[[Portfolio], Section]
    schema: Mapping[str, Any]
    command: str = ""


SECTIONS: Final[Mapping[str, Listed]] = {
    "month_state": Listed(life.section, life.SCHEMA),
    "drivers": Listed(drivers.section, drivers.SCHEMA, "trueup variance"),
    "forecast": Listed(forecasts.section, forecasts.SCHEMA, "trueup forecast"),
    "rebaselines": Listed(bridge.section, bridge.SCHEMA),
    "fiscal_year": Listed(fiscal.section, fiscal.SCHEMA),
    "commentary": Listed(commentary.section, commentary.SCHEMA, "trueup comment missing"),
    "anomalies": Listed(anomalies.section, anomalies.SCHEMA),
    "adjustments": Listed(adjustments.section, adjustments.SCHEMA),
    "decisions": Listed(decisions.section, decisions.SCHEMA, "trueup decisions"),
    "runs": Listed(running.section, running.SCHEMA, "trueup runs"),
}


def sections(p: Portfolio) -> tuple[Section, ...]:
    """Return every section, shown or not."""
    return tuple(each.made(p) for each in SECTIONS.values())


def shown(p: Portfolio) -> tuple[Section, ...]:
    """Return the sections that have something to show."""
    return tuple(each for each in sections(p) if each.shown)
