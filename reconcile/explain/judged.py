"""Formulas of what is judged: drivers, forecasts, decisions, adjustments, days that stand out.

A method makes these of spend, plan and usage; its inputs are named, and the rows of spend that
it looks at are listed, but they are not added up to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.category import UNALLOCATED
from reconcile.adjustment import CREDIT
from reconcile.explain.formula import (
    Builder,
    Formula,
    Input,
    leaf,
    method,
    minus,
    percent_of,
    stated,
)
from reconcile.explain.ground import UNTIL, Asked
from reconcile.explain.leaf import Condition, Spent, project_is
from reconcile.explain.parts import balance, bridged, drawn, driver, of_year, sum_of
from reconcile.figure import COMPLETION, PORTFOLIO

LAGS: Final = (1, 3)
CREDITED: Final = "credit"  # why a month bears them, as adjustments say it


def looks_at(said: str, *measures: str) -> Builder:
    """Return what a method makes of the spend of a scope until its month, and of measures."""
    named = method(said, *measures)

    def built(asked: Asked) -> Formula:
        known = named(asked).inputs
        return Formula(how="method", said=said, inputs=(*known, *_spend(asked)))

    return built


def _spend(asked: Asked) -> tuple[Input, ...]:
    """Return the spend of a project and category, of the month or until its end."""
    project, *rest = asked.names
    if project not in {line.key for line in asked.ground.report.projects} | {UNALLOCATED}:
        return ()
    known = asked.ground.lines.get("/".join(asked.scope.split("/")[:2]))
    category = (Condition("category", "=", (rest[0],)),) if rest and known else ()
    is_month = not asked.period.startswith((UNTIL, COMPLETION))
    at = Condition("month", "=" if is_month else "<=", (str(asked.month),))
    return (Input(leaf=Spent(where=(project_is(project), *category, at))),)


def _adjusted(cost: str) -> Builder:
    """Return what a month bears for closed ones: of all, or of one cause."""

    def built(asked: Asked) -> Formula:
        period = "period" if cost == "billed_cost" else "month"
        where = [Condition(period, "=", (str(asked.month),)), Condition("adjusts", "is filled", ())]
        if asked.names[0] != PORTFOLIO:
            where += _cause(asked.names[1:])
        said = "what deliveries say now of closed months less what their books hold"
        return leaf(said, Spent(where=tuple(where), cost=cost))

    return built


def _cause(names: tuple[str, ...]) -> Iterator[Condition]:
    """Yield what the rows of one line of adjustments have in common; credits stand apart."""
    month, source, project, category, reason, currency = names
    named = {"adjusts": month, "source": source, "project": project}
    named |= {"category": category, "currency": currency}
    yield from (Condition(column, "=", (word,)) for column, word in named.items())
    yield Condition("charge_category", "=" if reason == CREDITED else "!=", (CREDIT,))


def _of_day(asked: Asked) -> Formula:
    """Return the spend of a day; of a thing that is new, what its method looks at is told."""
    project, category, *_ = asked.names
    where = (
        project_is(project),
        Condition("category", "=", (category,)),
        Condition("day", "=", (asked.period,)),
    )
    said = "cost of the category on the day, or of one thing since it"
    return Formula(how="method", said=said, inputs=(Input(leaf=Spent(where=where)),))


def of_item(asked: Asked) -> Formula:
    """Return actual or plan of an item as drivers tell it: rows of its category are looked at."""
    said = "the item's part of its category, by its drivers"
    return Formula(how="method", said=said, inputs=_spend(asked))


_QUANTITY: Final = "units of the item; see `trueup variance`"
_DRIVER: Final = driver(
    looks_at("part of the difference by anchors; see `trueup variance`", "delta")
)
_LEVERED: Final = looks_at("the item and its lever; see `trueup decisions`")
_SAVED: Final = looks_at(
    "counterfactual of the lever; see `trueup decisions`", "lever_counterfactual", "lever_actual"
)
_HOSTED: Final = looks_at(
    "hosting against API; see `trueup decisions`", "host_fixed", "host_tokens", "host_price_low"
)
_STATED: Final = stated("decision", "what decisions.yaml, plan and usage state")
_METHOD: Final = looks_at(
    "a method of the forecast; see `trueup forecast`", "bac", "ac@now", "pl@now", "ev@now"
)

JUDGED: Final[dict[str, Builder]] = {
    **dict.fromkeys(("q_pl", "r_pl"), stated("plan", _QUANTITY)),
    **dict.fromkeys(("q_ac", "r_ac"), looks_at(_QUANTITY)),
    **{
        f"by_{part}": _DRIVER
        for part in (
            *("prior_period", "credits", "commitments", "waste", "volume", "factor", "mix"),
            *("price", "fx", "unplanned", "spend", "timing"),
        )
    },
    "ev": looks_at("budget of the output that is there; see `trueup forecast`", "bac@completion"),
    "cv": looks_at("EV minus actual", "ev", "ac"),
    "sv": looks_at("EV minus plan to date", "ev", "pl"),
    "cpi": looks_at("EV by actual of reported months", "ev", "ac"),
    "spi": looks_at("EV by plan to date", "ev", "pl"),
    "tcpi": looks_at("BAC minus EV by BAC minus actual", "bac@completion", "ev", "ac"),
    "burn": looks_at("actual to date by plan to date", "ac", "pl"),
    "covered_pct": looks_at("plan to date of categories with actuals, in percent", "pl"),
    "months_reported": stated("count", "months that have ended and are whole"),
    "coverage_pct": method("what an interval over so many months can cover", "months_reported"),
    **{
        f"eac_{name}": _METHOD
        for name in (
            *("remaining_plan", "run_rate", "plan_shape", "remaining_work", "cpi", "cpi_spi"),
            *("category_cpi", "category_plan_shape", "bottom_up"),
        )
    },
    **{
        f"{name}_{lag}": looks_at("earlier forecasts, as the ledger keeps them, against actuals")
        for lag in LAGS
        for name in ("wape", "bias")
    },
    **dict.fromkeys(("pl0", "bac0"), stated("plan", "the first approved version of the plan")),
    "dpl0": minus("ac", "pl0"),
    "dbac0": minus("eac", "bac0"),
    "bac_drawn": stated("decision", "draws into items that decisions.yaml approves"),
    "rebaselined": sum_of("bac minus bac0 minus bac_drawn",
                          (1, "bac"), (-1, "bac0"), (-1, "bac_drawn")),
    **dict.fromkeys(
        (
            *("bridge_quantity", "bridge_price", "bridge_amount", "bridge_currency"),
            *("bridge_added", "bridge_removed"),
        ),
        stated("plan", "both versions of the plan; see `trueup plan diff`"),
    ),
    "bridged": bridged,
    "opening": stated("plan", "contingency of the plan before any draw"),
    "approved_draw": drawn(stated("decision", "draws of the month that decisions.yaml approves")),
    "balance": balance,
    "used_pct": percent_of("approved_draw", "opening"),
    "progress_pct": looks_at("outputs that are done, or actual by estimate"),
    "burn_ratio": method("used by progress", "used_pct", "progress_pct"),
    "room": sum_of("minus what is beyond the limit", (-1, "beyond@completion")),
    **dict.fromkeys(("lever_planned", "lever_cut_planned"), stated("plan", "levers of the plan")),
    **dict.fromkeys(("lever_counterfactual", "lever_actual"), _LEVERED),
    **dict.fromkeys(("lever_saved", "lever_naive", "lever_output"), _SAVED),
    **dict.fromkeys(("lever_part", "lever_cut"), _SAVED),
    **dict.fromkeys(("spot_list", "spot_paid"), looks_at("hours bought as spot, to date")),
    "spot_rerun": looks_at("attempts of runs that were preempted; see `trueup runs`"),
    "spot_saved": sum_of("on demand minus paid minus run again",
                         (1, "spot_list"), (-1, "spot_paid"), (-1, "spot_rerun")),
    **dict.fromkeys(("host_price_low", "host_price_high", "host_capacity"), _STATED),
    **dict.fromkeys(("host_tokens", "host_fixed"), looks_at("what serves; see `trueup decisions`")),
    **dict.fromkeys(("host_per_1k", "host_even_low", "host_even_high"), _HOSTED),
    "zombie_days": looks_at("days without a request; see `trueup decisions`"),
    "zombie_cost": looks_at("cost of these days"),
    "zombie_monthly": method("thirty days at the rate of the idle days",
                             "zombie_cost", "zombie_days"),
    **dict.fromkeys(("machine_hours", "machine_cost"), stated("usage", "the register and usage")),
    "data_pct": looks_at("data in percent of cost to date"),
    "data_prep_pct": looks_at("data and its labor in percent of cost to date"),
    "data_plan_pct": stated("plan", "data in percent of the plan"),
    "runs_planned": stated("plan", "runs that the plan expects to date"),
    "runs_to_date": stated("count", "runs of the table `runs` to date"),
    "runs_failed_pct": method("failed runs in percent of those that ended", "runs_to_date"),
    "runs_per_success": looks_at("cost of runs by those that succeeded", "runs_to_date"),
    "adjusted": _adjusted("tco_cost"),
    "adjusted_billed": _adjusted("billed_cost"),
    "day_cost": _of_day,
    "day_expected": stated("method", "what the schedule, the plan or earlier days let expect"),
    "day_excess": minus("day_cost", "day_expected"),
    **dict.fromkeys(
        ("told_excess", "told_unplanned"), stated("alert", "entries `alert` of the ledger")
    ),
    "fy_ac": of_year("ac", looks_at("actual of the months of the fiscal year so far")),
    "fy_pl": of_year("pl", stated("plan", "plan of the months of the fiscal year so far")),
    "fy_delta": minus("fy_ac", "fy_pl"),
    "fy_pct": percent_of("fy_delta", "fy_pl"),
    "said_eac": stated("comment", "comments on the report, in their files and the ledger"),
}  # fmt: skip
