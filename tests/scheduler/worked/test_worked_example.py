"""The worked example through the whole program: bills in, the oracle's figures out."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

Json = dict[str, Any]
Figures = Callable[[str], str | None]

# row of the oracle: category and item
ROWS: Final = {
    "compute": ("training_compute", "train"),
    "labeling": ("data", "label"),
    "storage": ("data", "store"),
    "labor": ("labor", "eng"),
    "infra": ("infra", "ci"),
    "inference": ("inference", "serve"),
}
ACTUALS: Final = {"AC": "ac", "PV": "pl", "EV": "ev", "CV": "cv", "SV": "sv"}
INDICES: Final = {"CPI": "cpi", "SPI": "spi", "TCPI": "tcpi"}
METHODS: Final = {
    "AC+BAC-EV": "remaining_work",
    "BAC/CPI": "cpi",
    "AC+(BAC-EV)/(CPI*SPI)": "cpi_spi",
    "calendar_run_rate": "run_rate",
    "plan_shape": "plan_shape",
    "AC+remaining_plan": "remaining_plan",
    "category_cpi": "category_cpi",
}


def oracle(root: Path, name: str) -> Json:
    read: Json = json.loads((root / "tests" / "oracles" / f"{name}.json").read_text("utf-8"))
    return read


@pytest.mark.parametrize("row", ROWS)
def test_a_whole_month_is_the_monthly_report(row: str, root: Path, figures: Figures) -> None:
    stated, scope = oracle(root, "monthly_report")["rows"][row], "/".join(ROWS[row])

    found = [figures(f"seed-month/{scope}/2026-03/{name}") for name in ("pl", "ac", "delta")]

    amounts = [Decimal(each) if each else None for each in found]
    assert amounts == [Decimal(stated[name]) for name in ("plan", "actual", "var")]


def test_the_whole_month_differs_by_what_the_monthly_report_says(
    root: Path, figures: Figures
) -> None:
    stated = oracle(root, "monthly_report")

    assert figures("seed-month/2026-03/delta") == stated["total_variance"]


def test_materiality_is_that_of_the_monthly_report(root: Path, told: Json) -> None:
    stated = oracle(root, "monthly_report")
    month = next(each for each in told["projects"] if each["id"] == "seed-month")
    found = {each["id"]: each["month"] for each in month["categories"]}

    for row in ("compute", "labor", "infra", "inference"):
        category = found[ROWS[row][0]]
        assert category["material"] is stated["material"][row]
        assert Decimal(category["percent"]) == Decimal(stated["rows"][row]["pct"])


@pytest.mark.parametrize("row", ROWS)
def test_three_months_of_bills_are_the_actuals_of_the_oracle(
    row: str, root: Path, figures: Figures
) -> None:
    found = figures(f"seed-11-1/{'/'.join(ROWS[row])}/to-2026-03/ac")

    assert Decimal(found or 0) == Decimal(oracle(root, "eac_month3")["actuals"][row])


def test_earned_value_at_month_3_is_that_of_the_oracle(root: Path, figures: Figures) -> None:
    stated = oracle(root, "eac_month3")

    for name, measure in (ACTUALS | INDICES).items():
        assert Decimal(figures(f"seed-11-1/to-2026-03/{measure}") or 0) == Decimal(stated[name])
    assert figures("seed-11-1/completion/bac") == stated["BAC"]


@pytest.mark.parametrize("name", METHODS)
def test_each_method_estimates_what_the_oracle_says(name: str, root: Path, told: Json) -> None:
    mine = next(each for each in told["forecast"]["projects"] if each["project"] == "seed-11-1")
    found = {each["name"]: each["eac"] for each in mine["methods"]}

    assert found[METHODS[name]] == oracle(root, "eac_month3")["EAC"][name]


def test_the_headline_is_the_cpi_of_categories_with_its_range(root: Path, told: Json) -> None:
    line = next(each for each in told["projects"] if each["id"] == "seed-11-1")["completion"]

    assert line["eac"] == oracle(root, "eac_month3")["EAC"]["category_cpi"]
    assert (line["low"], line["low_method"]) == ("10687.50", "actual plus open commitments")
    assert told["forecast"]["projects"][1]["method"] == "category CPI; category plan shape"


def test_an_iteration_that_failed_is_told_apart(figures: Figures) -> None:
    assert figures("seed-11-1/2026-03/runs_failed") == "140.00"
    assert figures("seed-11-1/2026-03/runs_total") == "140.00"
