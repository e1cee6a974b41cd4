"""Public samples of the legacy report, where they are at hand; a third reader sums them up."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from ingest.load import load_delivery
from ingest.source import Delivery
from ingest.sources.aws_cur import CostReport
from ingest.stage import Signs, stage
from models.archive import Archive
from models.lake import Lake
from models.period import Month

HOME: Final = Path(os.environ.get("TRUEUP_SAMPLES", Path(__file__).parents[5] / "shared" / "data"))
SAMPLES: Final = HOME / "aws"
NAMES: Final = (
    *("cur_2023-06_final.csv", "cur_2023-06_not_final.csv"),
    "sample-anonymous-aws-export-dataset.csv",
)

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not at hand")


@pytest.fixture
def load(
    tmp_path: Path, report: Any, build_report: Callable[..., CostReport]
) -> Callable[[str], Any]:
    """Deliver a sample as a report of its month, and load it."""
    stores = Archive(tmp_path / "archive"), Lake(tmp_path / "lake")

    def loaded(name: str) -> Any:
        month = Month(2023, 6) if name.startswith("cur_2023-06") else Month(2023, 11)
        content = (SAMPLES / name).read_bytes()
        laid = report((content,), suffix="csv", mode="overwrite", version=name, period=month)
        laid.lay(tmp_path / "bills")
        source = build_report()
        (delivery,) = source.fetch([month], stores[0], {})
        assert isinstance(delivery, Delivery)
        return load_delivery(source, delivery, *stores), stores[1]

    return loaded


def lines(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cost(line: dict[str, str]) -> Decimal:
    """Return what a line really costs: covered usage by its plan, all other as it stands."""
    covered = line["lineItem/LineItemType"] == "SavingsPlanCoveredUsage"
    name = "savingsPlan/SavingsPlanEffectiveCost" if covered else "lineItem/UnblendedCost"
    return Decimal(line[name])


@pytest.mark.failure("B16")
@pytest.mark.parametrize("name", NAMES)
def test_a_sample_loads_with_the_totals_of_a_third_reader(
    name: str, load: Callable[[str], Any]
) -> None:
    billed: dict[str, Decimal] = defaultdict(Decimal)
    effective: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines(name):
        billed[line["lineItem/CurrencyCode"]] += Decimal(line["lineItem/UnblendedCost"])
        effective[line["lineItem/CurrencyCode"]] += cost(line)

    loaded, _ = load(name)

    (document,) = loaded.documents
    assert document.rejected_rows == 0
    assert document.control.rows == len(lines(name))
    assert {total.currency for total in document.totals} == set(billed)
    for currency, invoiced in billed.items():
        own = [total for total in document.totals if total.currency == currency]
        assert sum(Decimal(total.billed_cost) for total in own) == invoiced
        assert sum(Decimal(total.effective_cost) for total in own) == effective[currency]


def test_the_final_sample_of_a_month_replaces_the_one_before_it_and_makes_it_final(
    load: Callable[[str], Any], build_report: Callable[..., CostReport]
) -> None:
    month, asked = Month(2023, 6), datetime(2023, 8, 1, tzinfo=UTC)

    def told(name: str) -> tuple[str, str]:
        loaded, lake = load(name)
        path = lake.path("charges", loaded.documents[0].charges)
        charges = pl.scan_parquet(path, glob=False).filter(pl.col("billed_cost") != 0)
        signs = Signs(
            month=month,
            settlement=build_report().settlement,
            as_of=asked,
            asked=asked,
            uninvoiced=charges.select(pl.col("invoice_id").is_null().sum()).collect().item(),
        )
        return loaded.delivery.scope, stage(signs)[0]

    assert told("cur_2023-06_not_final.csv") == ("aws/2023-06", "provisional")
    assert told("cur_2023-06_final.csv") == ("aws/2023-06", "final")
