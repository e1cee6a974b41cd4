"""What figures about decisions measure: one definition each."""

from __future__ import annotations

from typing import Final

from reconcile.measure import Measure

_TOKENS: Final = "tokens"
_SPEND: Final = "effective"
_PLAN: Final = "plan"

DECISIONS: Final = {
    # contingency, by approval
    "opening": Measure("Opening", _PLAN, "approved contingency before any draw"),
    "approved_draw": Measure("Drawn", _PLAN, "contingency given to items by approval, to date"),
    "balance": Measure("Balance", _PLAN, "opening minus drawn: what is left to be drawn"),
    "used_pct": Measure("Used", _PLAN, "drawn, in percent of the opening", "%"),
    "progress_pct": Measure(
        "Progress",
        "forecast",
        "share of the work that is done: of outputs where they are measured, else actual by EAC",
        "%",
    ),
    "burn_ratio": Measure(
        "Burn", "forecast", "used by progress; above one contingency goes faster than work", "ratio"
    ),
    "room": Measure(
        "VAC with contingency",
        "forecast",
        "BAC plus contingency minus EAC, which no draw changes; + is what is left",
    ),
    # levers
    "lever_planned": Measure(
        "Planned", _PLAN, "baseline minus plan of the same time: what levers were to save"
    ),
    "lever_saved": Measure(
        "Realised", _SPEND, "counterfactual minus actual, to date; consistent with the levers"
    ),
    "lever_counterfactual": Measure(
        "Counterfactual", _SPEND, "what was really made, at baseline quantities and prices"
    ),
    "lever_actual": Measure("Actual", _SPEND, "what the item cost, to date"),
    "lever_naive": Measure(
        "Naive", _SPEND, "baseline minus actual, with more or less output in it"
    ),
    "lever_output": Measure(
        "Output", _SPEND, "counterfactual minus baseline: what more output costs at its rates"
    ),
    "lever_part": Measure(
        "Saving", _SPEND, "part of the realised saving that goes with this factor; + is a saving"
    ),
    "lever_cut_planned": Measure("Planned cut", _PLAN, "planned reduction of the factor", "%"),
    "lever_cut": Measure("Cut", _SPEND, "reduction of the factor against its baseline", "%"),
    "spot_list": Measure("On demand", _SPEND, "list cost of the hours bought as spot, to date"),
    "spot_paid": Measure("Paid", _SPEND, "cost of the hours bought as spot, to date"),
    "spot_rerun": Measure("Run again", _SPEND, "cost of attempts that were preempted, to date"),
    "spot_saved": Measure("Saved", _SPEND, "on demand minus paid minus run again"),
    # hosting or API
    "host_tokens": Measure("Tokens", _SPEND, "tokens served in the month", _TOKENS),
    "host_price_low": Measure("API low", _PLAN, "lowest price of a thousand tokens asked of"),
    "host_price_high": Measure("API high", _PLAN, "highest price of a thousand tokens asked of"),
    "host_fixed": Measure("Fixed", _SPEND, "cost of the month that does not grow with tokens"),
    "host_per_1k": Measure("Own", _SPEND, "fixed cost by tokens served, and own marginal cost"),
    "host_even_low": Measure(
        "Even at low", _SPEND, "tokens a month at which the cheapest API costs as much", _TOKENS
    ),
    "host_even_high": Measure(
        "Even at high", _SPEND, "tokens a month at which the dearest API costs as much", _TOKENS
    ),
    "host_capacity": Measure(
        "Capacity", _PLAN, "tokens a month that the machines can serve", _TOKENS
    ),
    # what idles
    "zombie_days": Measure("Idle", _SPEND, "days on end that cost and had no request", "days"),
    "zombie_cost": Measure("So far", _SPEND, "cost of these days"),
    "zombie_monthly": Measure(
        "A month", _SPEND, "cost of thirty days at the rate of the idle days"
    ),
    "machine_hours": Measure("Idle hours", _SPEND, "accelerator hours nobody used", "hours"),
    "machine_cost": Measure("A month", _SPEND, "cost of the month's hours that nobody used"),
    # where the money goes
    "data_pct": Measure("Data", _SPEND, "data, in percent of all cost to date", "%"),
    "data_prep_pct": Measure(
        "With labor on data", _SPEND, "data and labor that prepares it, in percent of cost", "%"
    ),
    "data_plan_pct": Measure("Planned", _PLAN, "data, in percent of the plan", "%"),
    "runs_planned": Measure("Planned", _PLAN, "training runs planned to date", "runs"),
    "runs_to_date": Measure("Runs", _SPEND, "training runs known, to date", "runs"),
    "runs_failed_pct": Measure(
        "Failed", _SPEND, "failed and broken off, in percent of runs that ended", "%"
    ),
    "runs_per_success": Measure(
        "A success", _SPEND, "cost of all runs to date by those that succeeded"
    ),
}
