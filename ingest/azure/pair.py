"""Actual and amortised cost of one month as one delivery: whose rows count for what."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from pathlib import Path

from ingest.azure import control
from models.money import WIDE
from models.scan import ScanError

Group = tuple[str, str, str]  # currency, day, subscription
Sums = dict[Group, tuple[int, Decimal]]


def roles(actual: Mapping[str, Path], amortized: Mapping[str, Path]) -> tuple[dict[str, str], str]:
    """Return the role of each document, and how the ordinary rows of the two differ.

    Rows that are of no commitment stand in both datasets, and are taken from the actual
    one. That holds where they are the same, which is compared by currency, day and
    subscription. Where two runs caught different moments, each dataset states its own
    basis, so that both sums stay what their exports say.

    Args:
        actual: The documents of actual cost by SHA-256.
        amortized: Those of amortized cost.
    """
    try:
        apart = _difference(_ordinary(actual), _ordinary(amortized))
    except ScanError:
        apart = ""  # the load refuses the document, and says why
    suffix = "apart" if apart else "of a pair"
    given = dict.fromkeys(amortized, f"amortized {suffix}")
    given |= dict.fromkeys(actual, f"actual {suffix}")
    # One object may be a part of both, such as a file without any commitment: it is kept
    # once, and states both bases.
    given |= dict.fromkeys({*actual} & {*amortized}, "both")
    return given, apart


def _ordinary(documents: Mapping[str, Path]) -> Sums:
    whole: Sums = {}
    with localcontext(prec=WIDE):
        for path in documents.values():
            for group, (rows, cost) in control.ordinary(path).items():
                n, before = whole.get(group, (0, Decimal(0)))
                whole[group] = (n + rows, before + cost)
    return whole


def _difference(actual: Sums, amortized: Sums) -> str:
    """Say in one line how the two differ: in how many days, and by how much; empty if not."""
    nothing = (0, Decimal(0))
    groups = sorted({*actual, *amortized})
    apart = [g for g in groups if actual.get(g, nothing) != amortized.get(g, nothing)]
    if not apart:
        return ""
    with localcontext(prec=WIDE):
        sums = {
            currency: sum(
                (
                    amortized.get(g, nothing)[1] - actual.get(g, nothing)[1]
                    for g in apart
                    if g[0] == currency
                ),
                Decimal(0),
            )
            for currency in sorted({group[0] for group in apart})
        }
    money = ", ".join(f"{amount.normalize():f} {currency}" for currency, amount in sums.items())
    return f"{money} more in amortized cost, first on {apart[0][1]} in {apart[0][2]}"
