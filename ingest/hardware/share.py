"""Whose an asset is in a month: parts by use, and what stood idle; together exactly one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from ingest.hardware.asset import Asset
from models.period import Month

Basis = Literal["capacity", "used", "capacity_exceeded"]
DAY: Final = 24  # hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Parts of an asset, or of all of a cluster.

    Attributes:
        basis: What hours are a part of; `capacity_exceeded` is `used`, because more hours
            were told than there were.
        of: The part of each unit, in order of their names.
        idle: What nobody used; zero on the basis of what was used.
    """

    basis: Basis
    of: Mapping[str, Fraction]
    idle: Fraction


def shares(
    used: Mapping[str, Decimal], available: Fraction, basis: Literal["capacity", "used"]
) -> Shares | None:
    """Return the parts of units by their hours; None when nobody used anything.

    Args:
        used: Hours by unit, zero or more.
        available: Hours that there were.
        basis: What the hours are a part of.
    """
    hours = {unit: Fraction(used[unit]) for unit in sorted(used) if used[unit]}
    whole = sum(hours.values(), Fraction(0))
    if not whole:
        return None
    if basis == "used" or whole > available:
        of = {unit: each / whole for unit, each in hours.items()}
        told: Basis = "used" if basis == "used" else "capacity_exceeded"
        return Shares(basis=told, of=of, idle=Fraction(0))
    of = {unit: each / available for unit, each in hours.items()}
    return Shares(basis="capacity", of=of, idle=1 - whole / available)


def available(asset: Asset, month: Month) -> Fraction:
    """Return the accelerator hours an asset had in a month, on the days it was in use."""
    days = asset.days(month)
    if asset.hours is not None:
        return Fraction(asset.hours) * days / month.days
    return Fraction(asset.gpus * DAY * days)


def pool(assets: Sequence[Asset], cluster: str, month: Month) -> Fraction:
    """Return the hours that all assets of a cluster had in a month; leased ones too."""
    mine = (asset for asset in assets if same(asset.cluster, cluster))
    return sum((available(asset, month) for asset in mine), Fraction(0))


def same(cluster: str, other: str) -> bool:
    """Return whether two names are of one cluster, capitals or not."""
    return bool(cluster) and cluster.strip().casefold() == other.strip().casefold()
