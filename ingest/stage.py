"""The provider's side of a month's life: open, provisional, final, restated; and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from ingest.source import Settlement
from models.period import Month

Stage = Literal["open", "provisional", "final", "restated"]

LONG: Final = 60  # days after its end from which a month that is not final needs somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of one month of one source.

    Attributes:
        month: The billing month.
        settlement: The provider's own signs of a final month.
        as_of: The instant to judge at.
        asked: When the source last answered, all open months asked for; None for never.
        uninvoiced: Charges that cost something and have no invoice id.
        aside: Rows that were set aside.
        settled: Since when the month was told to be final, if it ever was.
        restated: Day of the newest change of its totals after that.
        disputed: Whether its newest delivery was refused.
    """

    month: Month
    settlement: Settlement
    as_of: datetime
    asked: datetime | None = None
    uninvoiced: int = 0
    aside: int = 0
    settled: datetime | None = None
    restated: date | None = None
    disputed: bool = False

    @property
    def quiet(self) -> datetime:
        """When the provider is done with the month in the normal course."""
        return self.month.end + self.settlement.after


def stage(signs: Signs) -> tuple[Stage, str]:
    """Return the stage of a month and the reason, one line for a person.

    Final is never taken back: what changes afterwards is a restatement. An invoice id on
    one line proves nothing about the others, so all must have one where the provider gives
    them (AWS: a bill is final when each of its lines is), and the source must have been
    asked after the time in which it still changes the month.
    """
    if signs.as_of < signs.month.end:
        return "open", "the month runs"
    if signs.restated and signs.restated <= signs.as_of.date():
        return "restated", f"changed on {signs.restated} after it was final"
    if signs.settled and signs.settled <= signs.as_of:
        return "final", f"since {signs.settled.date()}"
    if doubt := _doubt(signs):
        return "provisional", doubt
    days = signs.settlement.after.days
    ids = "every charge has an invoice id, " if signs.settlement.invoiced else ""
    return "final", f"{ids}{days} days have passed since the month ended"


def _doubt(signs: Signs) -> str:
    """Return why a month that has ended is not final; empty when it is."""
    quiet = signs.quiet
    if signs.as_of < quiet:
        return f"may change until {quiet.date()}"
    if signs.disputed:
        return "its newest delivery was refused"
    if signs.aside:
        return f"rows that were set aside: {signs.aside}"
    if signs.settlement.invoiced and signs.uninvoiced:
        return f"charges without an invoice id: {signs.uninvoiced}"
    if signs.asked is None or signs.asked < quiet:
        return f"its source was not asked since {quiet.date()}; run `trueup run`"
    return ""


def overdue(signs: Signs) -> int:
    """Return for how many days a month is estimated, when that is too long; else 0."""
    days = (signs.as_of - signs.month.end).days
    return days if days >= LONG and stage(signs)[0] == "provisional" else 0
