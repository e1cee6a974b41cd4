"""The sections that a report has beside its fixed parts, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconcile.portfolio import Portfolio
from reconcile.report import (
    adjustments,
    anomalies,
    commentary,
    decisions,
    drivers,
    forecasts,
    life,
    running,
)
from reconcile.report.section import Section

Made = Callable[[Portfolio], Section]

# key in JSON: what makes the section, and the schema of its `document`
SECTIONS: Final[Mapping[str, tuple[Made, Mapping[str, Any]]]] = {
    "month_state": (life.section, life.SCHEMA),
    "commentary": (commentary.section, commentary.SCHEMA),
    "adjustments": (adjustments.section, adjustments.SCHEMA),
    "forecast": (forecasts.section, forecasts.SCHEMA),
    "drivers": (drivers.section, drivers.SCHEMA),
    "anomalies": (anomalies.section, anomalies.SCHEMA),
    "runs": (running.section, running.SCHEMA),
    "decisions": (decisions.section, decisions.SCHEMA),
}


def sections(p: Portfolio) -> tuple[Section, ...]:
    """Return every section, shown or not."""
    return tuple(section(p) for section, _ in SECTIONS.values())


def shown(p: Portfolio) -> tuple[Section, ...]:
    """Return the sections that have something to show."""
    return tuple(each for each in sections(p) if each.shown)
