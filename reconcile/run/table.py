"""Runs as a table: one row for each run, month and state, and one for what is without a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any, Final

import polars as pl

from models.category import UNALLOCATED
from models.errors import InvariantError
from models.money import MONEY, QUANTITY, WIDE, ZERO
from models.run.run import TRAINING, UNKNOWN, Names
from reconcile.actuals import Converter, actuals, own_currency
from reconcile.run.claim import Pool, claimed
from reconcile.run.hours import Scope, Worked, worked
from reconcile.run.outcome import Key, attempts, outcomes
from reconcile.run.share import BY_HOURS, RESOURCE, TAGGED, Claim, Part, Purse, shared

NO_EVIDENCE: Final = "none"  # the run is known, and nothing says what it cost
RUNS: Final = pl.Schema(
    {
        "month": pl.String(),
        "project": pl.String(),
        "run_id": pl.String(),
        "names": pl.String(),
        "state": pl.String(),
        "outcome": pl.String(),
        "restarts": pl.Int64(),
        "accepted": pl.String(),
        "evidence": pl.String(),
        "gpu_hours": QUANTITY,
        **dict.fromkeys(TRAINING, MONEY),
        "cost": MONEY,
        "direct": MONEY,
        "currency": pl.String(),
    }
)

_Row = tuple[str, str, str | None, str]  # month, project, run, state
_Found = Mapping[Scope, Sequence[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about runs, beside the spend.

    Attributes:
        told: What usage tells of all months: `models.run.usage.TOLD`, and `run`.
        named: Charges that name something, in the schema `models.run.charge.NAMED`.
        names: Every name of every run.
        preferred: Sources whose hours come first.
        clusters: The cluster whose cost a split divides, by billing month and its id, where it
            says one.
        accepted: What accepted models are called, by project and run.
    """

    told: pl.DataFrame
    named: pl.DataFrame
    names: Names
    preferred: Sequence[str] = ()
    clusters: Mapping[Pool, str] = field(default_factory=dict)
    accepted: Mapping[Key, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Cell:
    """What becomes a row; amounts in the reporting currency."""

    hours: Decimal = ZERO
    costs: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(TRAINING, ZERO))
    direct: Decimal = ZERO
    evidence: set[str] = field(default_factory=set)


def runs(spend: pl.DataFrame, evidence: Evidence, rates: Converter, currency: str) -> pl.DataFrame:
    """Return what each run costs by month and state, in the schema RUNS, sorted.

    The sum of each project and month is its training cost of the report, to the last digit;
    what belongs to no run is a row without one.

    Args:
        spend: The spend of all projects, accruals included.
        evidence: What is known about runs.
        rates: Dated exchange rates.
        currency: The reporting currency.

    Raises:
        InvariantError: when charges that name runs are not in the spend, or the sum of a
            project and month is not its training cost.
    """
    with localcontext(prec=WIDE):
        how = outcomes(evidence.told)
        hours = worked(evidence.told, how, evidence.preferred)
        own = own_currency(spend, "effective")
        claims = claimed(spend, evidence.named, evidence.names, evidence.clusters)
        found = {
            scope: shared(totals, claims.get(scope, ()), _dividing(scope, hours), _of(scope, how))
            for scope, totals in _totals(own).items()
        }
        whole = actuals(_as_spend(own, found), rates, currency)
        cells = _cells(found, whole)
        _with_hours(cells, hours, claims, how)
        _with_all(cells, evidence.told, how)
        frame = _frame(cells, evidence, how, currency)
        ties(frame, actuals(spend, rates, currency))
    return frame


def ties(frame: pl.DataFrame, actual: pl.DataFrame) -> None:
    """Check that runs, and what is without one, are the training cost of the report.

    Args:
        frame: In the schema RUNS.
        actual: In the schema ACTUALS, effective.

    Raises:
        InvariantError: names project, month, category and both amounts.
    """
    keys = ("project", "month", "category")
    ours = frame.unpivot(
        TRAINING, index=["project", "month"], variable_name="category", value_name="ours"
    )
    ours = ours.group_by(keys).agg(pl.col("ours").sum())
    theirs = actual.filter(pl.col("category").is_in(TRAINING))
    theirs = theirs.group_by(keys).agg(pl.col("amount").sum())
    both = ours.join(theirs, on=keys, how="full", coalesce=True)
    zero = pl.lit(ZERO, MONEY)
    apart = both.filter(pl.col("ours").fill_null(zero) != pl.col("amount").fill_null(zero))
    for project, month, category, mine, amount in apart.sort(keys).iter_rows():
        raise InvariantError(
            f"{project} {month} {category}: runs and what is without one are {mine or 0:f}, the "
            f"report says {amount or 0:f}; nothing is published, the last good figures stay"
        )


def _of(scope: Scope, how: Mapping[Key, str]) -> dict[str, str]:
    return {run: state for (project, run), state in how.items() if project == scope[0]}


def _dividing(scope: Scope, hours: Mapping[Scope, Sequence[Worked]]) -> Sequence[Worked]:
    """Return hours that cost is divided by: nobody knows whose unallocated cost is."""
    return () if scope[0] == UNALLOCATED else hours.get(scope, ())


def _totals(own: pl.DataFrame) -> dict[Scope, dict[Purse, Decimal]]:
    """Return training cost by project and month, then category and currency."""
    found: defaultdict[Scope, dict[Purse, Decimal]] = defaultdict(dict)
    sums = (
        own.filter(pl.col("category").is_in(TRAINING))
        .group_by("project", "month", "category", "currency")
        .agg(pl.col("amount").sum())
        .sort(pl.all())
    )
    for project, month, category, currency, amount in sums.iter_rows():
        found[project, month][category, currency] = amount
    return dict(found)


def _as_spend(own: pl.DataFrame, found: _Found) -> pl.DataFrame:
    """Return spend whose items are the parts of training cost, so that it converts as spend does.

    Amounts are converted as steps of a running total by project and category, which is the
    same at the end of each, however it is divided in between.
    """
    rows = [
        (scope[0], part.purse[0], _item(number), scope[1], part.purse[1], part.cost)
        for scope, parts in found.items()
        for number, part in enumerate(parts)
    ]
    divided = pl.DataFrame(rows, schema=own.schema, orient="row")
    other = own.filter(~pl.col("category").is_in(TRAINING))
    return pl.concat([other, divided]).select(
        *("project", "category", "item", "currency"),
        pl.col("month").alias("period"),
        pl.col("month").str.strptime(pl.Date, "%Y-%m").alias("day"),
        pl.col("amount").alias("tco_cost"),
    )


def _item(number: int) -> str:
    return f"{number:09d}"


def _cells(found: _Found, whole: pl.DataFrame) -> defaultdict[_Row, _Cell]:
    """Return parts by row, at what they come to in the reporting currency."""
    keys = whole.select("project", "month", "category", "item", "amount").iter_rows()
    amounts = {tuple(key): amount for *key, amount in keys}
    cells: defaultdict[_Row, _Cell] = defaultdict(_Cell)
    for (project, month), parts in found.items():
        for number, part in enumerate(parts):
            category = part.purse[0]
            amount = amounts[project, month, category, _item(number)]
            cell = cells[month, project, part.run, part.state if part.run else ""]
            cell.costs[category] += amount
            cell.direct += amount if part.evidence in {TAGGED, RESOURCE} else ZERO
            cell.evidence |= {part.evidence}
    return cells


def _with_hours(
    cells: defaultdict[_Row, _Cell],
    hours: Mapping[Scope, Sequence[Worked]],
    claims: Mapping[Scope, Sequence[Claim]],
    how: Mapping[Key, str],
) -> None:
    """Add hours: as usage states them, else as they were billed."""
    for (project, month), rows in hours.items():
        for each in rows:
            cells[month, project, each.run, each.state if each.run else ""].hours += each.hours
    for (project, month), mine in claims.items():
        stated = {each.run for each in hours.get((project, month), ())}
        for claim in mine:
            if claim.run is not None and claim.run not in stated and claim.hours:
                state = how.get((project, claim.run), UNKNOWN)
                cells[month, project, claim.run, state].hours += claim.hours


def _with_all(cells: defaultdict[_Row, _Cell], told: pl.DataFrame, how: Mapping[Key, str]) -> None:
    """Add runs of which nothing is known but that they were."""
    there = {row[:3] for row in cells}
    known = told.filter(pl.col("run").is_not_null()).select("month", "project", "run").unique()
    for month, project, run in known.iter_rows():
        if (month, project, run) not in there:
            cells[month, project, run, how.get((project, run), UNKNOWN)] = _Cell()


def _frame(
    cells: Mapping[_Row, _Cell], evidence: Evidence, how: Mapping[Key, str], currency: str
) -> pl.DataFrame:
    again, order = attempts(evidence.told), (TAGGED, RESOURCE, BY_HOURS)
    others = {project: evidence.names.others(project) for project in {row[1] for row in cells}}
    rows: list[dict[str, Any]] = []
    for (month, project, run, state), cell in cells.items():
        named: dict[str, Any] = {}
        if run is not None:
            named = {
                "run_id": run,
                "names": ", ".join(others[project].get(run, ())) or None,
                "state": state,
                "outcome": how.get((project, run), UNKNOWN),
                "restarts": again.get((project, run), 1) - 1,
                "accepted": evidence.accepted.get((project, run)),
                "evidence": ", ".join(e for e in order if e in cell.evidence) or NO_EVIDENCE,
            }
        money = {**cell.costs, "cost": sum(cell.costs.values(), ZERO), "direct": cell.direct}
        where = {"month": month, "project": project, "currency": currency}
        rows.append({**where, **named, **money, "gpu_hours": cell.hours})
    return pl.DataFrame(rows, schema=RUNS).sort("month", "project", "run_id", "state")
