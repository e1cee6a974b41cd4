"""What is measured of drivers: quantities, prices, and each part of a difference."""

from __future__ import annotations

from typing import Final

from reconcile.measure import Measure

PART: Final = "by_"  # a measure of a part is called so and as the part
DRIVERS: Final = {
    "q_pl": Measure("q PL", "plan", "planned units"),
    "q_ac": Measure("q AC", "effective", "units that were used, in the unit of the plan"),
    "r_pl": Measure("r PL", "plan", "planned price of one unit, at the planned rate of exchange"),
    "r_ac": Measure("r AC", "effective", "cost of the units that were used, by their number"),
    "by_prior_period": Measure(
        "Prior period", "effective", "cost of closed months that this month bears"
    ),
    "by_credits": Measure(
        "Credits", "effective", "credits, refunds, adjustments and discounts of bills"
    ),
    "by_commitments": Measure(
        "Commitments", "effective", "commitments that were bought, or that nobody used"
    ),
    "by_waste": Measure(
        "Failed runs",
        "effective",
        "cost of attempts of training runs that failed, were preempted or cancelled",
    ),
    "by_volume": Measure(
        "Volume", "effective", "more or fewer units than planned, at the planned blended price"
    ),
    "by_factor": Measure(
        "Volume by factor",
        "effective",
        "part of volume that one factor of the quantity explains, those before it as they were",
    ),
    "by_mix": Measure(
        "Mix", "effective", "dearer or cheaper sub-types among the same number of units"
    ),
    "by_price": Measure(
        "Price", "effective", "another price than planned of the units that were used"
    ),
    "by_fx": Measure(
        "FX", "effective", "other rates of exchange than those of the plan's first month"
    ),
    "by_unplanned": Measure("Unplanned", "effective", "cost of what no plan mentions"),
    "by_spend": Measure(
        "Spend", "effective", "difference that no quantity explains, and cost of other units"
    ),
    "by_timing": Measure(
        "Timing", "forecast", "part of the difference to date that the forecast takes back"
    ),
}
