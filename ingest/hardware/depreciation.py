"""Straight-line depreciation by month, in four conventions, with cumulative rounding.

What has been written off by the end of a month is rounded, and a month is the difference of
two such amounts, so that the whole life sums to cost less residual value to the last digit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from ingest.hardware.asset import Asset
from models.money import ZERO, rounded
from models.period import Month
from models.subunit import places


def depreciation(asset: Asset, month: Month) -> Decimal:
    """Return what an asset loses in a month; zero for a lease."""
    return accumulated(asset, month) - accumulated(asset, month + -1)


def accumulated(asset: Asset, month: Month) -> Decimal:
    """Return what it has lost by the end of a month, or by its disposal; rounded."""
    if not asset.is_owned:
        return ZERO
    whole = asset.cost - asset.residual
    return rounded(whole_of(asset, month) * Fraction(whole), places(asset.currency))


def whole_of(asset: Asset, month: Month) -> Fraction:
    """Return the part of its life that is over by the end of a month, from 0 to 1."""
    if asset.convention == "daily":
        return _days(asset, month)
    used = _months(asset, month)
    return min(max(used, Fraction(0)) / asset.life_months, Fraction(1))


def _months(asset: Asset, month: Month) -> Fraction:
    """Return months of use; of the month of disposal what the convention says."""
    first, disposed = Month.of(asset.in_service), asset.disposal
    last = month if disposed is None else min(month, Month.of(disposed))
    is_gone = disposed is not None and last == Month.of(disposed)
    number = last - first
    match asset.convention:
        case "full_month":
            return Fraction(number if is_gone else number + 1)
        case "next_month":
            return Fraction(number)
        case _:
            return Fraction(number) if is_gone else Fraction(2 * number + 1, 2)


def _days(asset: Asset, month: Month) -> Fraction:
    """Return the days of use of those in its life; the day of disposal is none."""
    end = Month.of(asset.in_service) + asset.life_months
    last_of_life = date(end.year, end.month, min(asset.in_service.day, end.days))
    until = min((month + 1).first, asset.disposal or last_of_life, last_of_life)
    days = max(0, (until - asset.in_service).days)
    return Fraction(days, (last_of_life - asset.in_service).days)


def gain(asset: Asset, month: Month) -> Decimal | None:
    """Return proceeds less net book value in the month of disposal, a loss negative."""
    if not asset.is_owned or asset.disposal is None or Month.of(asset.disposal) != month:
        return None
    return asset.proceeds - (asset.cost - accumulated(asset, month))


def book_value(asset: Asset, month: Month) -> Decimal:
    """Return what is left in the books at a month's end; zero once disposed of, and leased."""
    gone = asset.disposal is not None and asset.disposal <= month.last
    return ZERO if gone or not asset.is_owned else asset.cost - accumulated(asset, month)
