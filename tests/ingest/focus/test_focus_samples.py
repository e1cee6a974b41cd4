"""Public samples: real rows, and the worked commitments of the specification.

They are not part of this project, and the tests are skipped where they are absent.
"""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from models.errors import BrokenError
from models.period import Month

HOME: Final = Path(os.environ.get("TRUEUP_SAMPLES", Path(__file__).parents[4] / "shared" / "data"))
SAMPLE: Final = HOME / "focus" / "focus_1_0_sample_1000.csv"
SCENARIOS: Final = sorted((HOME / "focus" / "commitment_scenarios").glob("*.csv"))

needs_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="the public samples are not here")


def read_alone(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {key: "" if value in {"NULL", "null"} else value for key, value in r.items()} for r in rows
    ]


@needs_sample
@pytest.mark.failure("B16")
@pytest.mark.failure("C02")
@pytest.mark.parametrize(("month", "count"), [("2024-09", 999), ("2024-10", 1)])
def test_the_sample_of_real_rows_has_the_sums_of_an_independent_reader(
    month: str, count: int, build: Any, bench: Any
) -> None:
    bench.lay("sample.csv", SAMPLE.read_bytes())
    rows = [r for r in read_alone(SAMPLE) if r["BillingPeriodStart"].startswith(month)]
    expected: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for row in rows:
        costs = [Decimal(row[f"{name}Cost"] or row["BilledCost"]) for name in COSTS]
        key = row["BillingCurrency"], row["ChargeCategory"]
        expected[key] = [a + b for a, b in zip(expected[key], costs, strict=True)]

    loaded = bench.load(build(pattern="*.csv"), Month.parse(month))

    charges = bench.charges(loaded)
    sums = charges.group_by("billing_currency", "charge_category").agg(
        pl.col(*(f"{name.lower()}_cost" for name in COSTS)).sum()
    )
    assert {(a, b): c for a, b, *c in sums.iter_rows()} == expected
    assert (charges.height, loaded.documents[0].rejected_rows) == (count, 0)


COSTS: Final = ("Billed", "Effective", "List", "Contracted")


@needs_sample
def test_what_the_sample_does_to_the_rules_is_told(build: Any, bench: Any) -> None:
    bench.lay("sample.csv", SAMPLE.read_bytes())

    loaded = bench.load(build(pattern="*.csv"), Month(2024, 9))

    notes = dict(loaded.documents[0].notes)
    assert notes["focus_version"] == "FOCUS 1.0, by its columns"
    assert notes["new_column"] == "not known and not used: Id (String)"
    counts = {name: int(found[1]) for name in notes if (found := COUNT.search(notes[name]))}
    assert counts == {
        "focus_list_price": 25,
        "focus_contracted_price": 17,
        "focus_sale_with_price": 4,
        "focus_effective_is_billed": 619,  # who made it anonymous rounded them
        "focus_consumption_of_usage": 2,
    }


@needs_sample
def test_ids_of_the_sample_stay_text(build: Any, bench: Any) -> None:
    bench.lay("sample.csv", SAMPLE.read_bytes())
    rows = [r for r in read_alone(SAMPLE) if r["BillingPeriodStart"].startswith("2024-09")]

    charges = bench.charges(bench.load(build(pattern="*.csv"), Month(2024, 9)))

    assert charges["sub_account_id"].to_list() == [r["SubAccountId"] or None for r in rows]
    assert charges["resource_id"].to_list() == [r["ResourceId"] or None for r in rows]


@pytest.mark.skipif(not SCENARIOS, reason="the public samples are not here")
@pytest.mark.failure("C07")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_worked_commitments_have_their_stated_costs(
    scenario: Path, make: Any, build: Any, bench: Any
) -> None:
    """They have some columns only; the others are those of an ordinary row, without prices."""
    stated = [{k: v or None for k, v in row.items()} for row in read_alone(scenario)]
    bare = dict.fromkeys(("ListUnitPrice", "ContractedUnitPrice", "ConsumedQuantity"))
    rows = [
        make.row(**{**bare, **row, "SkuPriceId": row.get("SkuPriceid") or "x"}) for row in stated
    ]

    if any("T30:" in str(row["ChargePeriodEnd"]) for row in rows):
        bench.lay("2023-01.csv", make.of(rows))
        with pytest.raises(BrokenError, match="ChargePeriodEnd holds '2023-02-01T30:00:00Z'"):
            bench.load(build(), Month(2023, 1))
    # two of the worked examples count hours beyond the day's last
    mended = [
        {k: v and v.replace("01T30:00:00Z", "02T06:00:00Z") for k, v in row.items()} for row in rows
    ]
    bench.lay("2023-01.csv", make.of(mended))

    loaded = bench.load(build(), Month(2023, 1))

    charges = bench.charges(loaded)

    for name in ("BilledCost", "EffectiveCost"):
        column = "billed_cost" if name == "BilledCost" else "effective_cost"
        assert charges[column].to_list() == [Decimal(row[name] or "") for row in stated]
    assert charges["commitment_discount_status"].to_list() == [
        row.get("CommitmentDiscountStatus") for row in stated
    ]
    broken = {name for name, _ in loaded.documents[0].notes} & COMMITMENT_RULES
    assert broken == BROKEN_BY_ITSELF.get(scenario.stem, set())


COUNT: Final = re.compile(r"not so in (\d+) rows")
COMMITMENT_RULES: Final = {
    "focus_commitment_bought",
    "focus_commitment_used",
    "focus_effective_is_billed",
    "focus_purchase_frequency",
    "focus_consumption_of_usage",
    "focus_commitment_unused",
}
# The worked example has the machine, not the commitment, as resource of what was not used.
BROKEN_BY_ITSELF: Final = {
    "zero_percent_utilization_without_commitment_discount_flexibility": {
        "focus_commitment_unused",
        "focus_consumption_of_usage",
    }
}
