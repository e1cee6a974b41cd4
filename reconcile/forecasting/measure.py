"""What is measured of forecasts: earned value, each method, and how far off they were."""

from __future__ import annotations

from typing import Final

from reconcile.measure import Measure

RATIO: Final = "ratio"
FORECAST: Final = {
    "ev": Measure(
        "EV",
        "plan",
        "earned value: budget of the output that is there; of items whose output"
        " nobody counts, plan to date",
    ),
    "cv": Measure("CV", "effective", "cost variance: EV minus actual; + is cheaper than planned"),
    "sv": Measure("SV", "plan", "schedule variance: EV minus plan to date; + is ahead"),
    "cpi": Measure(
        "CPI", "effective", "EV by actual of reported months; below one costs more", RATIO
    ),
    "spi": Measure("SPI", "plan", "EV by plan to date; below one is behind plan", RATIO),
    "tcpi": Measure(
        "TCPI",
        "effective",
        "BAC minus EV by BAC minus actual: the CPI needed to end on budget",
        RATIO,
    ),
    "burn": Measure(
        "Burn ratio",
        "effective",
        "actual to date by plan to date; above one is over plan, and says nothing of output",
        RATIO,
    ),
    "covered_pct": Measure(
        "Covered", "plan", "plan to date of categories with any actual, in percent of it", "%"
    ),
    "months_reported": Measure(
        "Months", "effective", "months of the project that have ended and are whole", "months"
    ),
    "coverage_pct": Measure(
        "Coverage",
        "forecast",
        "the most that an interval without assumptions can cover, by how many months are reported",
        "%",
    ),
    "eac_remaining_plan": Measure(
        "AC + remaining plan", "forecast", "actual plus the plan of months not reported"
    ),
    "eac_run_rate": Measure(
        "Run rate", "forecast", "actual by reported months, times months of the plan"
    ),
    "eac_plan_shape": Measure("Plan shape", "forecast", "actual times BAC by plan to date"),
    "eac_remaining_work": Measure("AC + BAC - EV", "forecast", "actual plus BAC minus EV"),
    "eac_cpi": Measure("BAC / CPI", "forecast", "BAC by CPI"),
    "eac_cpi_spi": Measure(
        "CPI x SPI", "forecast", "actual plus BAC minus EV, by CPI times SPI; never the headline"
    ),
    "eac_category_cpi": Measure(
        "Category CPI",
        "forecast",
        "sum over categories of actual plus BAC minus EV by CPI, each CPI clipped",
    ),
    "eac_category_plan_shape": Measure(
        "Category plan shape", "forecast", "as category CPI, with EV = plan to date"
    ),
    "eac_bottom_up": Measure(
        "Bottom-up",
        "forecast",
        "actual plus what each item still costs: orders at their price, output left, plan left",
    ),
    **{
        f"{name}_{lag}": Measure(title, "forecast", said, "%")
        for lag, made in ((1, "one close"), (3, "three closes"))
        for name, title, said in (
            (
                "wape",
                f"WAPE, {made} before",
                f"sum of |AC - FC made {made} before| by sum of AC, by project and month",
            ),
            (
                "bias",
                f"Bias, {made} before",
                f"sum of AC - FC made {made} before, by sum of AC; + was forecast too low",
            ),
        )
    },
}
