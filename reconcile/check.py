"""Invariants of a portfolio: what a person would add up on paper must add up here, every run."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import polars as pl

from models.errors import InvariantError
from models.money import ZERO, stored
from models.period import Month
from reconcile.actuals import MONTH, Converter, own_currency, rated
from reconcile.forecasting.spreading import total
from reconcile.line import Line


def spend_total(spend: pl.DataFrame, rates: Converter, currency: str) -> Decimal:
    """Return all effective spend in the reporting currency, without going through projects."""
    months = (
        own_currency(spend, "effective", rated(spend, MONTH["effective"]))
        .group_by("currency", "month", "rated")
        .agg(pl.col("amount").sum())
        .iter_rows()
    )
    return sum(
        (
            stored(rates.convert(amount, money, currency, Month.parse(month)))
            for money, _, month, amount in months
        ),
        ZERO,
    )


def agree(what: str, left: Decimal, right: Decimal) -> None:
    """Raise when two sums that must be equal are not, to the last stored digit.

    Raises:
        InvariantError: naming both sums and their difference.
    """
    if left != right:
        raise InvariantError(f"{what}: {left} is not {right}, difference {left - right}")


def lines_add_up(
    projects: Iterable[Line], categories: Iterable[Line], unallocated: Line, spent: Decimal
) -> None:
    """Check that projects and unallocated are all spend, and that categories are the projects.

    Raises:
        InvariantError: when one of the sums differs.
    """
    lines, terms = list(projects), list(categories)
    actual = sum((total(line.tally.actual) for line in lines), ZERO)
    loose = total(unallocated.tally.actual)
    agree("sum of projects and unallocated against all spend", actual + loose, spent)
    for name in ("actual", "plan", "forecast"):
        left = sum((total(getattr(line.tally, name)) for line in terms), ZERO)
        right = sum((total(getattr(line.tally, name)) for line in lines), ZERO)
        agree(f"sum of categories against sum of projects, {name}", left, right)
    for line in lines:
        parts = sum((total(part.tally.forecast) for part in line.categories), ZERO)
        agree(f"sum of categories of {line.key}, forecast", parts, line.tally.estimate)
