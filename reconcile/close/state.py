"""How far a month is: open, provisional, final, reconciled, closed; and closed how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.period import Month
from reconcile.balance import Assertion
from reconcile.close.balance import is_even, named
from reconcile.tie_out import SourceState


class Stage(StrEnum):
    """The life of a month; a closed one moves no more unless it is reopened."""

    OPEN = "open"
    PROVISIONAL = "provisional"
    FINAL = "final"
    RECONCILED = "reconciled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """How far one month is.

    Attributes:
        version: How often it was closed; 0 for never.
        reason: Why it is no further, one line; empty where nothing is missing.
    """

    month: Month
    stage: Stage
    version: int = 0
    reason: str = ""

    def __str__(self) -> str:
        """Return `open`, `closed v2`, or `final, reopened after v1`."""
        if self.stage is Stage.CLOSED:
            return f"{self.stage} v{self.version}"
        return f"{self.stage}, reopened after v{self.version}" if self.version else self.stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the stage of a month follows from.

    Attributes:
        as_of: The instant to judge at, UTC.
        sources: How each source stands for the month.
        assertions: How the bills of the month stand to their invoices.
        is_closed: Whether it is closed now.
        version: How often it was closed.
    """

    month: Month
    as_of: datetime
    sources: Sequence[SourceState] = ()
    assertions: Sequence[Assertion] = ()
    is_closed: bool = False
    version: int = 0


def life(given: Standing) -> Life:
    """Return how far a month is.

    Final is what every source says; reconciled is final with every invoice even to the
    last subunit.
    """
    stage, reason = _stage(given)
    return Life(month=given.month, stage=stage, version=given.version, reason=reason)


def _stage(given: Standing) -> tuple[Stage, str]:
    if given.is_closed:
        return Stage.CLOSED, ""
    if given.as_of < given.month.end:
        return Stage.OPEN, "the month runs"
    waiting = [each.source for each in given.sources if not each.settled]
    if waiting:
        return Stage.PROVISIONAL, f"not final: {', '.join(waiting)}"
    uneven = [named(each) for each in given.assertions if not is_even(each)]
    if uneven:
        return Stage.FINAL, f"does not tie out: {', '.join(uneven)}"
    return Stage.RECONCILED, ""
