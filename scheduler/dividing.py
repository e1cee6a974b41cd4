"""Dividing of what is shared: each billing month by the version of its rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import polars as pl

from models.period import Month
from models.problem import Problem
from models.spend import SPEND
from models.split.share import SHARES
from scheduler.sharing import SOURCE, Divided, shared
from scheduler.version import Versions
from scheduler.workspace import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The spend of all deliveries that count, at daily grain, in the schema SPEND.

    Attributes:
        direct: As rules give it: what is shared has the id of its split as `path`.
        spend: With what is shared divided between projects.
        shares: What each target of a split was given, and by which keys.
        usage: The table `usage`, with the project of each row.
        told: What is odd about splits, and about rules of closed months.
    """

    direct: pl.DataFrame
    spend: pl.DataFrame
    shares: pl.DataFrame
    usage: pl.DataFrame
    told: tuple[Problem, ...] = ()

    def of(self, month: Month) -> Iterator[Problem]:
        """Yield what is to be told with a month: of splits, only what is of that month."""
        for each in self.told:
            if each.source != SOURCE or each.document == str(month):
                yield each


def divided(
    direct: pl.DataFrame, usage: pl.DataFrame, versions: Versions, project: Project
) -> Spent:
    """Return direct spend with what is shared divided, in an order that spend alone decides.

    Args:
        direct: The direct spend of all deliveries that count.
        usage: The usage of the same, with its projects.
        versions: By which version the rows of each billing month are divided.
        project: Whose currency and rates spend is weighed in.

    Raises:
        InvariantError: when divided spend is not direct spend to the last digit.
        StoreError: when the ledger does not have a version.
    """
    parts = [*_by_version(direct, usage, versions, project)]
    return Spent(
        direct=direct,
        spend=pl.concat([pl.DataFrame(schema=SPEND), *(part.spend for part in parts)]),
        shares=pl.concat([pl.DataFrame(schema=SHARES), *(part.shares for part in parts)]),
        usage=usage,
        told=tuple(dict.fromkeys(chain(_unpinned(direct, versions), *(p.told for p in parts)))),
    )


def _by_version(
    direct: pl.DataFrame, usage: pl.DataFrame, versions: Versions, project: Project
) -> Iterator[Divided]:
    """Yield what each version divides, which others only weigh."""
    pools = {*direct.filter(pl.col("path").is_not_null())["period"].unique()}
    named = {month: versions.name(month) for month in sorted({*direct["period"].unique()})}
    for name in sorted({*named.values()}):
        months = [month for month, each in named.items() if each == name]
        if not pools.intersection(months):  # a version that shares nothing need not be read
            whole = len(months) == len(named)  # then nothing is copied
            mine = direct if whole else direct.filter(pl.col("period").is_in(months))
            yield Divided(spend=mine, shares=pl.DataFrame(schema=SHARES))
            continue
        version = versions.named(name)
        yield shared(
            direct,
            usage,
            version.rules,
            version.registry,
            rates=project.rates,
            currency=project.settings.reporting_currency,
            periods=months,
        )


def _unpinned(direct: pl.DataFrame, versions: Versions) -> Iterator[Problem]:
    """Yield the months that were closed by a program which did not pin rules."""
    for month in sorted(versions.unpinned & {*direct["period"].unique()}):
        yield Problem(
            source="rules",
            document=month,
            rule="closed_without_rules",
            detail="was closed by an earlier version of trueup, which kept no rules with it; "
            "it counts by the rules as they are, and an edit of them moves its spend",
            severity="warning",
        )
