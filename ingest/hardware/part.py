"""Parts of an asset in a month: what each unit is charged, and what stood idle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from ingest.hardware.asset import Asset
from ingest.hardware.depreciation import depreciation, gain
from ingest.hardware.settings import Settings
from ingest.hardware.share import Basis, Shares, available, pool, same, shares
from ingest.hardware.told import Told
from models.money import SCALE, ZERO, parts, rounded
from models.period import Month
from models.subunit import places

Kind = Literal["depreciation", "idle", "disposal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One charge of an asset.

    Attributes:
        kind: What it is for; `idle` is depreciation that nobody used.
        unit: Who used it, in the words of the source of hours; empty for nobody known.
        project: Of the register, where nobody tells hours; empty otherwise.
        basis: What the part is a part of; `none` for all of it.
        cost: In the asset's currency; a gain of a disposal is negative.
        hours: Accelerator hours behind it; None where none are known.
    """

    asset: Asset
    kind: Kind
    unit: str = ""
    project: str = ""
    basis: Basis | Literal["none"] = "none"
    cost: Decimal
    hours: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Assets that are there in a month, and who used them."""

    month: Month
    assets: Sequence[Asset]
    told: Told
    settings: Settings

    _split: dict[str, dict[str, dict[str, Decimal]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    _shares: dict[str, Shares | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def clusters(self) -> list[str]:
        """Clusters of accelerators, each once."""
        names = {a.cluster.strip().casefold(): a.cluster for a in self.assets if a.cluster}
        return [names[name] for name in sorted(names)]

    def used(self, asset: Asset, *, so_far: bool = False) -> dict[str, Decimal]:
        """Return hours of the cluster of an asset, by unit."""
        alone = len(self.clusters) == 1
        return self.told.used(asset.cluster, alone=alone, so_far=so_far)

    def shares(self, asset: Asset) -> Shares | None:
        """Return the parts of an asset; None where nobody used it, as far as told."""
        if not available(asset, self.month):
            return None
        name = asset.cluster.strip().casefold()
        if name not in self._shares:
            whole = pool(self.assets, asset.cluster, self.month)
            self._shares[name] = shares(self.used(asset), whole, self.settings.basis)
        return self._shares[name]

    def hours(self, asset: Asset) -> dict[str, Decimal]:
        """Return the hours of each unit that fall to an asset: its part of its cluster's."""
        name = asset.cluster.strip().casefold()
        if name not in self._split:
            self._split[name] = self._by_asset(asset)
        return self._split[name].get(asset.asset_id, {})

    def _by_asset(self, one: Asset) -> dict[str, dict[str, Decimal]]:
        """Return the hours of all assets of the cluster of one, by their id and by unit."""
        mine = [asset for asset in self.assets if same(asset.cluster, one.cluster)]
        weights = [available(asset, self.month) for asset in mine]
        found: dict[str, dict[str, Decimal]] = {asset.asset_id: {} for asset in mine}
        used = self.used(one) if sum(weights) else {}
        for unit in sorted(unit for unit, hours in used.items() if hours):
            for asset, hours in zip(mine, parts(used[unit], weights, SCALE), strict=True):
                found[asset.asset_id][unit] = hours
        return found

    def parts(self, asset: Asset) -> Iterator[Part]:
        """Yield the charges of an asset; they sum to its depreciation, and its gain or loss."""
        if cost := depreciation(asset, self.month):
            yield from self._depreciation(asset, cost)
        if self.settings.share_disposal and (won := gain(asset, self.month)):
            yield from self._disposal(asset, -won)

    def _depreciation(self, asset: Asset, cost: Decimal) -> Iterator[Part]:
        found = self.shares(asset)
        if found is None:
            yield self._whole(asset, cost)
            return
        hours = self.hours(asset)
        costs = parts(cost, [*found.of.values(), found.idle], places(asset.currency))
        for (unit, _), each in zip(found.of.items(), costs, strict=False):
            yield Part(
                asset=asset,
                kind="depreciation",
                unit=unit,
                basis=found.basis,
                cost=each,
                hours=hours[unit],
            )
        if found.idle:
            left = rounded(available(asset, self.month), SCALE) - sum(hours.values(), ZERO)
            yield Part(asset=asset, kind="idle", basis=found.basis, cost=costs[-1], hours=left)

    def _whole(self, asset: Asset, cost: Decimal) -> Part:
        """Return all of an asset: its project's, idle, or nobody's."""
        hours = available(asset, self.month)
        is_idle = hours and not asset.project and self.settings.without_usage == "idle"
        return Part(
            asset=asset,
            kind="idle" if is_idle else "depreciation",
            project=asset.project,
            cost=cost,
            hours=rounded(hours, SCALE) if is_idle else None,
        )

    def _disposal(self, asset: Asset, loss: Decimal) -> Iterator[Part]:
        found = shares(self.used(asset, so_far=True), Fraction(0), "used")
        if found is None:
            yield Part(asset=asset, kind="disposal", project=asset.project, cost=loss)
            return
        costs = parts(loss, [*found.of.values()], places(asset.currency))
        for unit, each in zip(found.of, costs, strict=True):
            yield Part(asset=asset, kind="disposal", unit=unit, basis="used", cost=each)
