"""Figures: every number a person can see, with an id, one value and one definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import quote

from models.errors import InvariantError
from models.period import Month
from reconcile.bridgemeasure import REBASELINE
from reconcile.decision.measure import DECISIONS
from reconcile.driver.measure import DRIVERS
from reconcile.forecasting.measure import FORECAST
from reconcile.measure import Measure

PORTFOLIO: Final = "portfolio"
COMPLETION: Final = "completion"
CENTS: Final = 2


MEASURES: Final = {
    "ac": Measure("AC", "effective", "actual: effective cost plus non-recoverable tax"),
    "pl": Measure("PL", "plan", "plan: the current plan version, without contingency"),
    "fc": Measure(
        "FC",
        "forecast",
        "forecast: the month's part of what is still to come by the category's method, in the"
        " shape of the remaining plan; never less than what is spent",
    ),
    "delta": Measure("ΔPL", "effective", "actual minus plan; + is over plan"),
    "dfc": Measure("ΔPL", "forecast", "actual or forecast minus plan; + is over plan"),
    "pct": Measure("%", "effective", "actual minus plan, in percent of plan", "%"),
    "eac": Measure(
        "EAC",
        "forecast",
        "estimate at completion: actual of reported months plus forecast of all others, each"
        " category by the method that the section Forecast names",
    ),
    "eac_low": Measure(
        "EAC low",
        "forecast",
        "lower end of the estimate at completion; assumes a future like the past, and excludes"
        " what is not billed yet",
    ),
    "eac_high": Measure(
        "EAC high",
        "forecast",
        "upper end of the estimate at completion; assumes a future like the past, and excludes"
        " what is not billed yet",
    ),
    "etc": Measure(
        "ETC", "forecast", "estimate to complete: EAC minus actual up to the report's month"
    ),
    **FORECAST,
    **REBASELINE,
    "bac": Measure("BAC", "plan", "budget at completion: plan of all months, without contingency"),
    "dbac": Measure("ΔBAC", "forecast", "EAC minus BAC; + is over budget"),
    "dbac_pct": Measure("ΔBAC %", "forecast", "EAC minus BAC, in percent of BAC", "%"),
    "vac": Measure("VAC", "forecast", "variance at completion: BAC minus EAC; + is under budget"),
    "limit": Measure("Limit", "plan", "BAC plus approved contingency"),
    "beyond": Measure("Beyond limit", "forecast", "EAC minus limit; + is over the limit"),
    "reserve": Measure("Contingency", "plan", "approved contingency"),
    "drawn": Measure(
        "Needed", "forecast", "overrun at completion, at most the contingency; drawn or not"
    ),
    "reserve_left": Measure(
        "Left after", "forecast", "contingency minus needed, by project; not pooled in sums"
    ),
    "reserve_left_pct": Measure(
        "Left after %", "forecast", "contingency left after what is needed, in percent of it", "%"
    ),
    "unfunded": Measure(
        "Unfunded", "forecast", "overrun at completion beyond contingency, by project; not pooled"
    ),
    "allocated_pct": Measure(
        "Allocated",
        "effective",
        "cost with a project, in percent of all cost; credits without one count by their size",
        "%",
    ),
    "allocated_change": Measure(
        "Change", "effective", "allocated minus allocated of the month before", "points"
    ),
    "open_cost": Measure("Unallocated", "effective", "cost without a project"),
    "open_lines": Measure("Lines", "effective", "lines without a project", "rows"),
    "conflict_cost": Measure(
        "Contested",
        "effective",
        "cost of lines that another rule or spelling gives another project",
    ),
    "conflict_lines": Measure(
        "Lines", "effective", "lines that another rule or spelling gives another project", "rows"
    ),
    "final_pct": Measure(
        "Final", "billed", "billed cost from final sources, in percent of all billed cost", "%"
    ),
    "billed": Measure("Amount", "billed", "billed cost loaded for the billing period"),
    "effective": Measure(
        "Effective", "effective", "cost loaded for the billing period, billed or not"
    ),
    "control": Measure("Control total", "billed", "billed cost as the second reader summed it"),
    "difference": Measure("Difference", "billed", "amount minus control total"),
    "unallocated": Measure("Unallocated", "billed", "billed cost that no rule gave a project"),
    "rows": Measure("Rows", "billed", "lines loaded for the billing period", "rows"),
    "invoice_rows": Measure("Lines", "billed", "lines of the invoice, without tax lines", "rows"),
    "invoice_billed": Measure("Billed", "billed", "sum of the invoice's lines, without tax lines"),
    "invoice_stated": Measure("Invoice", "billed", "what the invoice says, without tax"),
    "invoice_difference": Measure(
        "Difference", "billed", "billed minus invoice, exactly; + is more in the bill"
    ),
    "invoice_tolerance": Measure(
        "Tolerance",
        "billed",
        "what rounding may explain, by FOCUS: the greater of a hundred subunits and half a subunit"
        " times the root of the lines",
    ),
    "invoice_tax": Measure("Tax", "billed", "the tax that the invoice says"),
    "invoice_tax_billed": Measure("Tax billed", "billed", "sum of the invoice's tax lines"),
    "invoice_tax_difference": Measure(
        "Tax difference", "billed", "tax billed minus tax of the invoice; shown, never judged"
    ),
    "restated_rows": Measure("Rows", "billed", "charges more than before; - for fewer", "rows"),
    "restated_billed": Measure(
        "Billed", "billed", "billed cost more than before, in a month that was settled"
    ),
    "restated_effective": Measure(
        "Effective", "effective", "effective cost more than before, in a month that was settled"
    ),
    "adjusted": Measure(
        "Effective",
        "effective",
        "effective cost that the month bears for months that were closed; + is more",
    ),
    "adjusted_billed": Measure(
        "Billed",
        "billed",
        "billed cost that the month bears for months that were closed; + is more",
    ),
    "day_cost": Measure(
        "Cost", "effective", "cost of a category on a day, without things told apart, or of a thing"
    ),
    "day_expected": Measure(
        "Expected", "effective", "what the schedule, the plan or earlier days let expect"
    ),
    "day_excess": Measure("Excess", "effective", "cost minus expected; + is more"),
    "told_excess": Measure("Now", "effective", "cost beyond what was expected, when last told"),
    "told_unplanned": Measure("Now", "effective", "cost of a month without a plan, when last told"),
    "accrued": Measure("Accrued", "effective", "cost of the month that no bill has brought"),
    "accrued_balance": Measure(
        "Balance", "effective", "accrued and not invoiced, or paid and not used, at the month's end"
    ),
    "runs": Measure("Runs", "effective", "training runs that worked or ended in the month", "runs"),
    "runs_succeeded": Measure("Succeeded", "effective", "cost of attempts that succeeded"),
    "runs_failed": Measure("Failed", "effective", "cost of attempts that failed"),
    "runs_preempted": Measure("Preempted", "effective", "cost of attempts that were preempted"),
    "runs_cancelled": Measure("Cancelled", "effective", "cost of attempts that were cancelled"),
    "runs_other": Measure("Other", "effective", "cost of runs under way, or of which nobody says"),
    "runs_without": Measure("Without a run", "effective", "training cost that no run is known of"),
    "runs_total": Measure("Training", "effective", "training compute and depreciation"),
    "runs_lost_pct": Measure(
        "Lost", "effective", "failed, preempted and cancelled, in percent of training cost", "%"
    ),
    "models_accepted": Measure("Accepted", "effective", "models accepted so far", "models"),
    "runs_per_model": Measure(
        "A model", "effective", "cost of all runs so far, by the models accepted so far"
    ),
    "projects": Measure("Projects", "effective", "projects with a plan or spend", "projects"),
    "over_limit": Measure(
        "Over limit", "forecast", "projects whose EAC or actual is beyond their limit", "projects"
    ),
    "worst": Measure("Worst", "forecast", "the alert's value at its worst"),
    "now": Measure("Now", "forecast", "the alert's value in this run"),
    "told": Measure("Now", "effective", "spend after the project's end when last told"),
    "over": Measure(
        "Now", "effective", "cost without a project beyond the accepted share, when last told"
    ),
    "after": Measure("After end", "effective", "cost of days after the project's last, all loaded"),
    "before": Measure(
        "Before start", "effective", "cost of days before the project's first, all loaded"
    ),
    "fy_ac": Measure("AC", "effective", "actual of the months of the fiscal year so far"),
    "fy_pl": Measure("PL", "plan", "plan of the months of the fiscal year so far"),
    "fy_delta": Measure(
        "ΔPL", "effective", "actual minus plan of the fiscal year so far; + is over plan"
    ),
    "fy_pct": Measure(
        "%", "effective", "the same in percent of the plan of the fiscal year so far", "%"
    ),
    "said_eac": Measure(
        "Effect on EAC", "forecast", "what a comment says that it adds to EAC; + is more cost"
    ),
    "stranded": Measure("Planned", "plan", "plan of open months after the project's end"),
    **DECISIONS,
    **DRIVERS,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: `value` is at full scale, None is shown `n/a`."""

    id: str
    value: Decimal | None
    basis: str
    unit: str
    definition: str


class Figures(Mapping[str, Figure]):
    """The registry of one report; an id is given a value and a definition once."""

    def __init__(self, currency: str) -> None:
        """Start an empty registry; amounts are in the currency unless said otherwise."""
        self.currency = currency
        self._figures: dict[str, Figure] = {}

    def __getitem__(self, figure_id: str) -> Figure:
        """Return the figure with an id."""
        return self._figures[figure_id]

    def __iter__(self) -> Iterator[str]:
        """Yield ids in order."""
        return iter(sorted(self._figures))

    def __len__(self) -> int:
        """Return how many figures there are."""
        return len(self._figures)

    def add(
        self, scope: str, period: str, measure: str, value: Decimal | None, currency: str = ""
    ) -> Figure:
        """Register a figure and return it; the same one again is the same figure.

        Raises:
            InvariantError: if the id already has another value.
        """
        what = MEASURES[measure]
        unit = what.unit or currency or self.currency
        figure = Figure(f"{scope}/{period}/{measure}", value, what.basis, unit, what.definition)
        known = self._figures.setdefault(figure.id, figure)
        if known != figure:
            raise InvariantError(
                f"figure {figure.id}: {known.value} {known.unit} and {value} {unit};"
                " one id has one value, so give one of the two scopes another name"
            )
        return known


def exact_text(value: Decimal | None) -> str | None:
    """Return an amount as plain text with at least two decimals; nothing is rounded."""
    if value is None:
        return None
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(CENTS, '0')}"


def scope(*names: str) -> str:
    """Return names as the path of a scope; anything but letters, digits and `_.-~` is quoted."""
    return "/".join(quote(name, safe="") for name in names)


def to_date(month: Month) -> str:
    """Return the period from the start of the horizon to the end of a month."""
    return f"to-{month}"


def is_figure_id(text: str) -> bool:
    """Return whether text has the form of a figure id."""
    return (
        re.fullmatch(r"[\w.~%/-]+/(to-)?\d{4}-\d{2}/\w+|[\w.~%/-]+/completion/\w+", text, re.ASCII)
        is not None
    )
