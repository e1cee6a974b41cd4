"""One round: ask every source for every month that may change, and note how each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.period import Month
from scheduler.intake import Intake, due, record_asked, take_in
from scheduler.lifecycle import MonthState, month_states, record
from scheduler.progress import Progress
from scheduler.workspace import Project, Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What sources brought, and how each month of each of them stands afterwards."""

    intake: Intake
    states: list[MonthState]

    @property
    def urgent(self) -> list[MonthState]:
        """Months that somebody has to act on: late, forbidden, broken, empty though over."""
        return [state for state in self.states if state.urgent]

    @property
    def exit_code(self) -> int:
        """4 when somebody has to act.

        Nobody has to while something is only not due yet, or empty while the month runs.
        """
        return 4 if self.intake.errors or self.urgent else 0


def asked(
    project: Project,
    stores: Stores,
    progress: Progress,
    as_of: datetime,
    *,
    only: Sequence[str] = (),
    months: Sequence[Month] = (),
    also: Month | None = None,
) -> Round:
    """Ask, load, and append what is news about the months to the ledger.

    The caller holds the lock.

    Args:
        project: The project.
        stores: Its stores.
        progress: Told what happens.
        as_of: The instant.
        only: Names of the sources to ask; all unless given.
        months: Months to ask for; unless given, every month that may change.
        also: A month to look at though it is not asked for.
    """
    wanted = months or due(project, stores, as_of.date())
    intake = take_in(project, stores, wanted, progress, only, as_of=as_of)
    if not months:
        record_asked(stores, intake)
    looked = {*wanted, also} if also else {*wanted}
    states = month_states(project, stores, looked, as_of, only)
    record(stores, states, as_of)
    return Round(intake=intake, states=states)
