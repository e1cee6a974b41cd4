"""Sources: what each has delivered for a month, and whether it ties out with its control total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from models.category import UNALLOCATED
from models.money import MONEY, ZERO
from models.period import Month
from reconcile.figure import Figure, Figures, scope

# What a source may be for a month; only the first three have delivered it.
DELIVERED: Final = ("final", "estimated", "accrued")
ABSENT: Final = (
    "missing",
    "absent",
    "late",
    "stale",
    "quarantined",
    "refused",
    "forbidden",
    "broken",
    "empty",
    "failed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What the shell knows about one source and one billing month.

    Attributes:
        source: Name of the configured source.
        state: `final`, `estimated` or `accrued` when delivered; any other word of `ABSENT`
            when not. The words differ because the ways out differ.
        stage: The provider's side of the month: open, provisional, final, restated; or closed.
        since: Day since when it is in that stage.
        newest: Day of its newest charge; None before the first.
        expected: Day by which it should have delivered.
        rows: Lines loaded for the month.
        controls: Billed cost by currency as the second reader summed it.
        detail: One line for a person, such as why it was refused.
        waiting: Nobody has to act, though it is not here: it is not due yet.
        promised: Whether something may be missing; a vendor without a day promises nothing.
        gaps: Earlier months that it should have delivered and has not.
    """

    source: str
    state: str
    stage: str = ""
    since: date | None = None
    newest: date | None = None
    expected: date | None = None
    rows: int = 0
    controls: Mapping[str, Decimal] = field(default_factory=dict)
    detail: str = ""
    waiting: bool = False
    promised: bool = True
    gaps: tuple[Month, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a state that no reader would know.

        Raises:
            ValueError: for a word that is neither in DELIVERED nor in ABSENT.
        """
        if self.state not in {*DELIVERED, *ABSENT}:
            known = ", ".join((*DELIVERED, *ABSENT))
            raise ValueError(f"source {self.source}: {self.state!r} is not a state; one of {known}")

    @property
    def delivered(self) -> bool:
        """Whether the month is here, if only as an estimate."""
        return self.state in DELIVERED

    @property
    def whole(self) -> bool:
        """Whether nothing of the month is missing: it is here, or nothing was promised."""
        return self.delivered or (self.state == "absent" and not self.promised)

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come in the normal course."""
        return self.state == "final" or (self.whole and self.stage == "final")

    def has(self, at: Month, reported: Month) -> bool:
        """Return whether a month up to the reported one is here."""
        return at not in self.gaps and (at != reported or self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source and one currency of one billing month; on the billed basis but `effective`."""

    state: SourceState
    currency: str
    rows: Figure
    amount: Figure
    effective: Figure
    control: Figure
    difference: Figure
    unallocated: Figure


def source_lines(
    spend: pl.DataFrame, sources: Sequence[SourceState], figures: Figures, month: Month
) -> tuple[SourceLine, ...]:
    """Return one line per source and currency; each stays in the currency of its bill."""
    sums = _sums(spend, month)
    return tuple(
        _line(figures, month, state, currency, sums)
        for state in sources
        for currency in _currencies(state, sums, figures.currency)
    )


def contributors(spend: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Return the sources that have ever charged each project."""
    rows = spend.select("project", "source").unique().iter_rows()
    result: dict[str, set[str]] = {}
    for project, source in rows:
        result.setdefault(project, set()).add(source)
    return {project: frozenset(found) for project, found in result.items()}


def concerning(
    project: str, charged: Mapping[str, frozenset[str]], sources: Iterable[SourceState]
) -> tuple[SourceState, ...]:
    """Return the sources whose silence would make a project's figures incomplete.

    A source that has never charged anybody may concern any project, so it concerns all.
    """
    ever = frozenset[str]().union(*charged.values())
    mine = charged.get(project, frozenset())
    return tuple(each for each in sources if each.source in mine or each.source not in ever)


def _sums(spend: pl.DataFrame, month: Month) -> dict[tuple[str, str], Sequence[Decimal]]:
    """Return (billed, effective, unallocated) by source and currency of a billing month.

    What a month bears for another one is not of its bill.
    """
    late = pl.col("adjusts").is_not_null() if "adjusts" in spend.columns else pl.lit(value=False)
    loose = pl.when(pl.col("project") == UNALLOCATED).then(pl.col("billed_cost"))
    frame = (
        spend.filter(pl.col("period") == str(month), ~late)
        .group_by("source", "currency")
        .agg(
            pl.col("billed_cost").sum().cast(MONEY).alias("billed"),
            pl.col("effective_cost").sum().cast(MONEY).alias("effective"),
            loose.sum().cast(MONEY).alias("loose"),
        )
    )
    return {(source, money): sums for source, money, *sums in frame.iter_rows()}


def _currencies(
    state: SourceState, sums: Mapping[tuple[str, str], object], fallback: str
) -> list[str]:
    found = {money for source, money in sums if source == state.source} | set(state.controls)
    return sorted(found) or [fallback]


def _line(
    figures: Figures,
    month: Month,
    state: SourceState,
    currency: str,
    sums: Mapping[tuple[str, str], Sequence[Decimal]],
) -> SourceLine:
    known = sums.get((state.source, currency))
    nothing: Sequence[Decimal | None] = [ZERO if state.delivered else None] * 3
    billed, effective, loose = nothing if known is None else known
    control = state.controls.get(currency)
    gap = None if billed is None or control is None else billed - control
    where = scope("source", state.source, currency)

    def add(measure: str, value: Decimal | None) -> Figure:
        return figures.add(where, str(month), measure, value, currency)

    rows = figures.add(scope("source", state.source), str(month), "rows", Decimal(state.rows))
    return SourceLine(
        state=state,
        currency=currency,
        rows=rows,
        amount=add("billed", billed),
        effective=add("effective", effective),
        control=add("control", control),
        difference=add("difference", gap),
        unallocated=add("unallocated", loose),
    )
