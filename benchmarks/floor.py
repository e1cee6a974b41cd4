"""F, the floor: a bare scan of a month that sums its amounts by account, service and one tag."""

from __future__ import annotations

import sys
from typing import Final

import polars as pl

AMOUNTS: Final = (
    "line_item_unblended_cost",
    "line_item_usage_amount",
    "pricing_public_on_demand_cost",
    "reservation_effective_cost",
    "savings_plan_savings_plan_effective_cost",
)


def floor(files: str) -> int:
    """Return the number of lines, having read and summed what an ingest must at least read."""
    found = (
        pl.scan_parquet(files, hive_partitioning=False)
        .group_by(
            pl.col("line_item_usage_start_date").dt.month(),
            "line_item_usage_account_id",
            "line_item_product_code",
            pl.col("resource_tags").map.get("user_project"),
        )
        .agg(pl.col(AMOUNTS).sum(), pl.len())
        .collect(engine="streaming")
    )
    return int(found["len"].sum())


if __name__ == "__main__":
    print(floor(sys.argv[1]))
