"""Formulas of bills: sources, coverage, invoices, accruals, restatements, runs and alerts."""

from __future__ import annotations

from typing import Final

from models.category import UNALLOCATED
from models.run.run import TRAINING
from reconcile.explain.formula import (
    Builder,
    Formula,
    Input,
    figures,
    leaf,
    method,
    minus,
    missing,
    stated,
)
from reconcile.explain.ground import Asked
from reconcile.explain.leaf import ON_TIME, Condition, Spent, Stated, project_is
from reconcile.explain.parts import if_it_comes
from reconcile.figure import PORTFOLIO

_INVOICE: Final = "the invoice, as invoices.yaml or its document states it"
_CLAIM: Final = "lines of this group that are so; see `trueup rules coverage`"
_RUNS: Final = "cost by the evidence of runs; see `trueup runs` and the table `runs`"


def _delivered(cost: str, *, loose: bool = False) -> Builder:
    """Return the sum of what a source delivered in one currency for a billing month."""

    def built(asked: Asked) -> Formula:
        if asked.figure.value is None:
            return missing(asked)
        _, source, currency = asked.names
        where = (
            Condition("source", "=", (source,)),
            Condition("currency", "=", (currency,)),
            Condition("period", "=", (str(asked.month),)),
            ON_TIME,
            *((project_is(UNALLOCATED),) if loose else ()),
        )
        own = Spent(where=where, cost=cost, converted=False)
        return leaf(asked.figure.definition, own)

    return built


def _control(asked: Asked) -> Formula:
    """Return the control total, with the state of its source."""
    states = [line.state for line in asked.ground.report.sources]
    notes = tuple(f"{each.source} is {each.state}" for each in states if each.source in asked.names)
    said = "control totals of the documents, by the second reader, in the ledger"
    return leaf(said, Stated(kind="control", said=said, value=asked.figure.value, notes=notes))


def _of_month(asked: Asked, *more: Condition) -> Spent:
    source = () if asked.names[0] == PORTFOLIO else (Condition("source", "=", (asked.names[1],)),)
    return Spent(where=(*source, *more, Condition("month", "=", (str(asked.month),))))


def _coverage(asked: Asked) -> Formula:
    """Return cost with a project, and cost without; each counts by its size."""
    had = Condition("project", "!=", (UNALLOCATED,))
    sides = (_of_month(asked, had), _of_month(asked, project_is(UNALLOCATED)))
    said = "cost with a project in percent of all, each source and charge category by its size"
    return Formula(how="method", said=said, inputs=tuple(Input(leaf=side) for side in sides))


def _moved(asked: Asked) -> Formula:
    before = asked.id("allocated_pct", period=str(asked.month + -1))
    ids = ((1, asked.id("allocated_pct")), (-1, before))
    inputs = tuple(each for each in figures(asked, ids) if each.value is not None)
    if asked.figure.value is None:
        return Formula(how="method", said="one of both months has no cost", inputs=inputs)
    said = "allocated minus that of the month before"
    return if_it_comes(Formula(how="sum", said=said, inputs=inputs), asked)


def _open_cost(asked: Asked) -> Formula:
    if asked.names[0] == "open":
        return _claim(asked)
    return leaf(asked.figure.definition, _of_month(asked, project_is(UNALLOCATED)))


def _claim(asked: Asked) -> Formula:
    return stated("claim", _CLAIM)(asked)


def _final(asked: Asked) -> Formula:
    lines = asked.ground.report.sources
    ids = tuple((1, line.amount.id) for line in lines if line.amount.value is not None)
    said = "billed cost of sources that are final, in percent of all; at the rates of the month"
    return Formula(how="method", said=said, inputs=tuple(figures(asked, ids)))


def _accrued(asked: Asked) -> Formula:
    """Return an accrual with its purchase and line."""
    _, number, line, kind = (*asked.names, "", "")[:4]
    said = f"purchase {number}" + (f" line {line}" if line else "") + f": {kind}"
    notes = tuple(
        f"accepted until the month's end, not invoiced: {each.accrual.quantity} units"
        for each in asked.ground.report.accruals
        if each.amount.id.rsplit("/", 1)[0] == asked.figure.id.rsplit("/", 1)[0]
        and each.accrual.quantity is not None
    )
    return leaf(said, Stated(kind="accrual", said=said, value=asked.figure.value, notes=notes))


def _training(asked: Asked) -> Formula:
    """Return training cost of a project: what its runs and what no run cost are its parts."""
    training = Condition("category", "in", tuple(sorted(TRAINING)))
    month = Condition("month", "=", (str(asked.month),))
    own = Spent(where=(project_is(asked.names[0]), training, month))
    return leaf("training compute and depreciation of the project", own)


def _count(asked: Asked) -> Formula:
    """Return the projects that are counted, by their estimates."""
    ids = tuple((1, line.completion.eac.id) for line in asked.ground.report.projects)
    return Formula(
        how="method", said=f"count of {asked.figure.definition}", inputs=tuple(figures(asked, ids))
    )


_ALERT: Final = stated("alert", "entries `alert` of the ledger")
_RESTATED: Final = stated("ledger", "entry `delivery.restated` of the ledger")
_STATED: Final = stated("invoice", _INVOICE)
_OF_RUNS: Final = stated("run", _RUNS)

BILLS: Final[dict[str, Builder]] = {
    "billed": _delivered("billed_cost"),
    "effective": _delivered("effective_cost"),
    "unallocated": _delivered("billed_cost", loose=True),
    "control": _control,
    "difference": minus("billed", "control"),
    "rows": stated("count", "lines of the documents, by the entry `delivery.loaded`"),
    "allocated_pct": _coverage,
    "allocated_change": _moved,
    "open_cost": _open_cost,
    "open_lines": _claim,
    "conflict_cost": _claim,
    "conflict_lines": _claim,
    "final_pct": _final,
    "invoice_rows": stated("count", "lines of the bill that name the invoice"),
    "invoice_billed": stated("invoice", "lines of the bill that name the invoice, without tax"),
    "invoice_stated": _STATED,
    "invoice_difference": minus("invoice_billed", "invoice_stated"),
    "invoice_tolerance": method("the tolerance of FOCUS", "invoice_rows"),
    "invoice_tax": _STATED,
    "invoice_tax_billed": stated("invoice", "tax lines of the bill that name the invoice"),
    "invoice_tax_difference": minus("invoice_tax_billed", "invoice_tax"),
    "restated_rows": _RESTATED,
    "restated_billed": _RESTATED,
    "restated_effective": _RESTATED,
    "accrued": _accrued,
    "accrued_balance": _accrued,
    "runs": stated("count", "runs of the table `runs` in the month"),
    "runs_succeeded": _OF_RUNS,
    "runs_failed": _OF_RUNS,
    "runs_preempted": _OF_RUNS,
    "runs_cancelled": _OF_RUNS,
    "runs_other": _OF_RUNS,
    "runs_without": _OF_RUNS,
    "runs_total": _training,
    "runs_lost_pct": method(
        "what was lost in percent of all",
        "runs_failed", "runs_preempted", "runs_cancelled", "runs_total",
    ),
    "models_accepted": stated("count", "entries of runs.yaml and of sources that accept models"),
    "runs_per_model": method("cost of all runs so far by the models accepted", "models_accepted"),
    "projects": _count,
    "over_limit": _count,
    "worst": _ALERT,
    "now": _ALERT,
    "told": _ALERT,
    "over": _ALERT,
}  # fmt: skip
