"""Allocation as a report shows it: coverage with its trend, what is open, what is contested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

import polars as pl

from models.money import ZERO, rounded
from models.period import Month, months
from models.problem import Problem
from reconcile.actuals import Converter
from reconcile.claimed import Claim, tally
from reconcile.coverage import Share, Shares, change, shares, total
from reconcile.figure import PORTFOLIO, Figure, Figures, scope
from reconcile.ruleuse import RuleUse
from reconcile.ruling import Ruling

MONTHS: Final = 12  # of the trend, the reported one the last
TOP: Final = 5  # rows of what is open and of what is contested


class Targets(Protocol):
    """What is expected of allocation; `models.settings.Allocation` is the one in use."""

    @property
    def target(self) -> Decimal:
        """Share of cost with a project that is aimed at, in percent."""
        ...

    @property
    def drop(self) -> Decimal:
        """Points by which the share that tags decide may fall in a month before it is told."""
        ...


@dataclass(frozen=True, slots=True)
class Cell:
    """One source, or all of them, in one month: the share with a project, the cost without."""

    month: Month
    percent: Figure
    open: Figure


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """One source, or all of them, over the months; a month without cost has no cell.

    Attributes:
        name: The source; empty for all.
        cells: One a month, in order.
        change: The reported month against the one before, in points.
    """

    name: str
    cells: tuple[Cell | None, ...]
    change: Figure


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A group of lines, their number and their cost."""

    claim: Claim
    lines: Figure
    amount: Figure


@dataclass(frozen=True, slots=True)
class Contested:
    """All lines of a month that two projects claim, and their cost."""

    lines: Figure
    amount: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What a report says about who has the cost of a month, and about the rules.

    Attributes:
        months: The months of the trend.
        percent: Cost with a project in percent of all cost, in the reported month.
        total: All sources together.
        sources: Each of them, by name.
        open: The largest groups that no rule gives a project, in the reported month.
        conflicts: The largest groups that two projects claim, in the reported month.
        contested: The sum of all that two projects claim in it.
        target: Share of cost with a project that is aimed at, in percent.
        idle: Rules that match nothing, or decide nothing of what they match.
        problems: What is odd about coverage.
        shares: Of every month, by source.
        ruling: What the rules do.
    """

    months: tuple[Month, ...]
    percent: Figure
    total: CoverageLine
    sources: tuple[CoverageLine, ...]
    open: tuple[ClaimLine, ...]
    conflicts: tuple[ClaimLine, ...]
    contested: Contested
    target: Decimal
    idle: tuple[RuleUse, ...]
    problems: tuple[Problem, ...]
    shares: Shares
    ruling: Ruling


def allocation(  # noqa: PLR0917 - all that is said about one month
    spend: pl.DataFrame,
    rates: Converter,
    figures: Figures,
    month: Month,
    ruling: Ruling,
    targets: Targets,
) -> Allocation:
    """Return what a report of a month says about allocation, with every number a figure.

    Args:
        spend: The spend of all deliveries, what is shared divided.
        rates: Exchange rates.
        figures: The registry of the report.
        month: The month of the report.
        ruling: What the rules do.
        targets: What is expected.
    """
    found = shares(spend, rates, figures.currency, tagging=ruling.tagging)
    whole: Shares = {("", at): share for at, share in total(found).items()}
    span = _span(whole, month)
    names = sorted({name for name, at in found if at in span})
    open_ones = _claims(ruling, month, lambda claim: claim.open)
    contested = _claims(ruling, month, lambda claim: claim.conflict)
    return Allocation(
        months=span,
        percent=figures.add(PORTFOLIO, str(month), "allocated_pct", _percent(whole, "", month)),
        total=_line(whole, "", span, figures),
        sources=tuple(_line(found, name, span, figures) for name in names),
        open=tuple(_claim_lines(open_ones, "open", figures, month)),
        conflicts=tuple(_claim_lines(contested, "conflict", figures, month)),
        contested=_sum(contested, figures, month),
        target=targets.target,
        idle=tuple(use for use in ruling.uses if use.state in {"unmatched", "overtaken"}),
        problems=tuple(_drops(found, month, targets.drop)),
        shares=found,
        ruling=ruling,
    )


def _span(whole: Shares, month: Month) -> tuple[Month, ...]:
    """Return the months of the trend, from the first that has cost."""
    span = months(month + (1 - MONTHS), MONTHS)
    known = [at for _, at in whole if at in span]
    return span[span.index(min(known)) :] if known else (month,)


def _percent(found: Shares, name: str, month: Month) -> Decimal | None:
    return found.get((name, month), Share()).percent


def _line(found: Shares, name: str, span: tuple[Month, ...], figures: Figures) -> CoverageLine:
    where = scope("source", name) if name else PORTFOLIO
    now, before = (_percent(found, name, at) for at in (span[-1], span[-1] + -1))
    cells = (
        _cell(found[name, at], where, at, figures) if (name, at) in found else None for at in span
    )
    moved = figures.add(where, str(span[-1]), "allocated_change", change(now, before))
    return CoverageLine(name, tuple(cells), moved)


def _cell(share: Share, where: str, month: Month, figures: Figures) -> Cell:
    return Cell(
        month,
        figures.add(where, str(month), "allocated_pct", share.percent),
        figures.add(where, str(month), "open_cost", share.unallocated),
    )


def _claims(ruling: Ruling, month: Month, wanted: Callable[[Claim], bool]) -> list[Claim]:
    return [claim for claim in ruling.claims if claim.month == month and wanted(claim)]


def _claim_lines(
    claims: list[Claim], kind: str, figures: Figures, month: Month
) -> Iterator[ClaimLine]:
    """Yield the largest groups; the one of what is too small to be told apart is none."""
    named = [each for each in claims if each.account or each.service or each.rule or each.resource]
    for number, claim in enumerate(named[:TOP], 1):
        where = scope(kind, str(number))
        yield ClaimLine(
            claim,
            figures.add(where, str(month), f"{kind}_lines", Decimal(claim.lines)),
            figures.add(where, str(month), f"{kind}_cost", claim.amount),
        )


def _sum(contested: list[Claim], figures: Figures, month: Month) -> Contested:
    whole = tally(contested)
    return Contested(
        figures.add(PORTFOLIO, str(month), "conflict_lines", Decimal(whole.lines)),
        figures.add(PORTFOLIO, str(month), "conflict_cost", whole.amount),
    )


def _drops(found: Shares, month: Month, most: Decimal) -> Iterator[Problem]:
    """Yield the sources of which tags decide less than the month before, by too many points."""
    for name in sorted({name for name, at in found if at == month}):
        now = found[name, month].tagged_percent
        before = found.get((name, month + -1), Share()).tagged_percent
        moved = change(now, before)
        if moved is not None and -moved > most:
            yield Problem(
                source=name,
                document=str(month),
                rule="tags_lost",
                detail=f"tags decide the project of {rounded(now or ZERO, 1)} % of cost, "
                f"{rounded(-moved, 1)} points less than in {month + -1}; see whether bills still "
                "carry them: `trueup rules coverage`",
                severity="warning",
            )
