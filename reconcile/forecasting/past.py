"""Forecasts as they were made, and how far off they were when the months had come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from models.money import ZERO, plain, rounded
from models.period import Month

LAGS: Final = (1, 3)
Amounts = Mapping[Month, Decimal]


@dataclass(frozen=True, slots=True)
class PastForecast:
    """The forecast of one project as a report of a month had it.

    Attributes:
        month: The month of that report: its closing month.
        months: What each month after it was expected to cost.
    """

    project: str
    month: Month
    months: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """How far forecasts of a lag were off.

    Attributes:
        lag: How many closes before the month they were made.
        months: How many months of projects are compared.
        wape: Sum of |AC - FC| by sum of AC, in percent with two decimals.
        bias: Sum of (AC - FC) by sum of AC; + was forecast too low.
    """

    lag: int
    months: int
    wape: Decimal
    bias: Decimal


def body(outlooks: Iterable[Any], whole: Mapping[str, bool]) -> dict[str, Any]:
    """Return forecasts as the ledger keeps them: amounts as text.

    Args:
        outlooks: Of all projects, each with `basis` and `estimates`.
        whole: By project, whether the data of the report's month is.
    """
    return {
        each.basis.project: {
            "whole": whole.get(each.basis.project, False),
            "method": each.method,
            "categories": {
                one.category: {
                    "eac": plain(one.eac),
                    "method": one.method,
                    "months": {str(m): plain(a) for m, a in one.months.items()},
                }
                for one in each.estimates
            },
        }
        for each in outlooks
    }


def first_whole(month: Month, bodies: Iterable[Mapping[str, Any]]) -> list[PastForecast]:
    """Return by project the first forecast of a month's reports that saw all of that month.

    Later ones of the same month know more of what was to come than a forecast of a lag may.

    Args:
        month: The month of the reports.
        bodies: What the ledger keeps of them, oldest first: `projects` as `body` made it.
    """
    found: dict[str, PastForecast] = {}
    for each in bodies:
        for project, said in each["projects"].items():
            if said["whole"] and project not in found:
                found[project] = PastForecast(project, month, _later(month, said))
    return list(found.values())


def misses(
    past: Iterable[PastForecast],
    actual: Mapping[str, Amounts],
    reported: Mapping[str, Sequence[Month]],
) -> list[Miss]:
    """Return how far forecasts were off, by lag; nothing for a lag that nothing is known of.

    Args:
        past: Forecasts of the projects that are compared.
        actual: Cost by project and month.
        reported: Months by project whose actuals are whole.
    """
    made = {(each.project, each.month): each.months for each in past}
    found = (_miss(lag, made, actual, reported) for lag in LAGS)
    return [each for each in found if each]


def _miss(
    lag: int,
    made: Mapping[tuple[str, Month], Amounts],
    actual: Mapping[str, Amounts],
    reported: Mapping[str, Sequence[Month]],
) -> Miss | None:
    pairs = [
        (actual.get(project, {}).get(month, ZERO), made[project, month + -lag].get(month, ZERO))
        for project, months in reported.items()
        for month in months
        if (project, month + -lag) in made
    ]
    spent = sum((Fraction(ac) for ac, _ in pairs), Fraction(0))
    if spent <= 0:
        return None
    off = [Fraction(ac) - Fraction(fc) for ac, fc in pairs]
    return Miss(
        lag=lag,
        months=len(pairs),
        wape=rounded(sum(map(abs, off), Fraction(0)) / spent * 100),
        bias=rounded(sum(off, Fraction(0)) / spent * 100),
    )


def _later(month: Month, said: Mapping[str, Any]) -> dict[Month, Decimal]:
    """Return what the months after the report were expected to cost, all categories."""
    result: dict[Month, Decimal] = {}
    for category in said["categories"].values():
        for text, amount in category["months"].items():
            if (at := Month.parse(text)) > month:
                result[at] = result.get(at, ZERO) + Decimal(amount)
    return result
