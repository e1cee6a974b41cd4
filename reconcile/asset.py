"""Assets of a month, side by side: value, depreciation, hours, and whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from models.money import ZERO, exact, rounded

KEY: Final = ("x_source", "asset_id")
PERCENT: Final = 100
PARTS: Final = pl.Schema(
    {
        "x_source": pl.String(),
        "asset_id": pl.String(),
        "project": pl.String(),
        "kind": pl.String(),
        "cost": pl.Decimal(38, 18),
        "hours": pl.Decimal(38, 18),
    }
)


@dataclass(frozen=True, slots=True)
class AssetPart:
    """What one project is charged of an asset: depreciation, idle, or its disposal."""

    project: str
    kind: str
    cost: Decimal
    hours: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLine:
    """One asset at the end of a month; amounts in `currency`.

    Attributes:
        value: Net book value.
        gain: Of its disposal in this month, a loss negative; None without one.
        available: Accelerator hours it had; None for what has none.
        used: Of them used, as far as told; None where `available` is.
        parts: Whose its charges of the month are, by project and kind.
    """

    source: str
    asset_id: str
    description: str
    cluster: str
    funding: str
    currency: str
    cost: Decimal
    value: Decimal
    depreciation: Decimal
    gain: Decimal | None
    available: Decimal | None
    used: Decimal | None
    parts: tuple[AssetPart, ...]

    @property
    def idle(self) -> Decimal | None:
        """Percent of the hours that nobody used, with two decimals; None where there are none."""
        if not self.available or self.used is None:
            return None
        left = max(ZERO, self.available - self.used)
        return rounded(exact(f"{left * PERCENT / self.available:f}"))


def asset_lines(assets: pl.DataFrame, parts: pl.DataFrame) -> list[AssetLine]:
    """Return the assets by source and id, each with its parts.

    Args:
        assets: Rows of the table `assets` of one month.
        parts: Charges of the same month in the schema PARTS.
    """
    summed = (
        parts.group_by(*KEY, "project", "kind")
        .agg(pl.col("cost", "hours").sum())
        .sort(*KEY, "kind", "project")
    )
    by_asset: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for part in summed.iter_rows(named=True):
        by_asset[tuple(part[name] for name in KEY)].append(part)
    return [
        _line(row, by_asset[tuple(row[name] for name in KEY)])
        for row in assets.sort(KEY).iter_rows(named=True)
    ]


def _line(row: dict[str, Any], parts: Sequence[dict[str, Any]]) -> AssetLine:
    return AssetLine(
        source=row["x_source"],
        asset_id=row["asset_id"],
        description=row["description"] or "",
        cluster=row["cluster"] or "",
        funding=row["funding"] or "",
        currency=row["currency"],
        cost=row["cost"],
        value=row["net_book_value"],
        depreciation=row["depreciation"],
        gain=row["gain"],
        available=row["available_hours"],
        used=row["used_hours"],
        parts=tuple(AssetPart(p["project"], p["kind"], p["cost"], p["hours"]) for p in parts),
    )
