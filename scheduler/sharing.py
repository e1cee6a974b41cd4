"""What several projects share, divided by the splits of one version of the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.currency import Rates
from models.problem import Problem
from models.project import Registry
from models.rule.rule import RuleSet
from models.split.driver import Drivers
from models.split.share import Finding
from models.split.sharing import divided
from models.split.weighing import Scales

SOURCE: Final = "splits"  # of problems; their document is the month
_MILD: Final = frozenset(("split_left_out",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """Spend with what is shared divided.

    Attributes:
        spend: In the schema SPEND: what is not shared in its order, then shares in theirs,
            which does not depend on the order of rows.
        shares: What each target was given and why: the table `shares`, sorted.
        told: What is odd about a split in a month, each once.
    """

    spend: pl.DataFrame
    shares: pl.DataFrame
    told: tuple[Problem, ...] = ()


def shared(
    direct: pl.DataFrame,
    usage: pl.DataFrame,
    rules: RuleSet,
    registry: Registry,
    *,
    rates: Rates,
    currency: str,
    periods: Collection[str] | None = None,
) -> Divided:
    """Return direct spend with what is shared divided between projects.

    Args:
        direct: Direct spend of all deliveries that count, in the schema SPEND.
        usage: Usage of the same, with its projects, in the schema OWNED.
        rules: Whose splits divide.
        registry: The projects.
        rates: Rates into `currency`.
        currency: In which spend of several currencies is weighed.
        periods: Billing months whose spend is asked for; all when absent. Others only weigh.

    Raises:
        InvariantError: when divided spend is not direct spend to the last digit.
        RateError: when spend that weighs has no rate.
    """
    splits = {split.id: split for split in rules.splits}
    drivers = Drivers(direct, usage, rates, currency)
    done = divided(direct, Scales(splits, registry, drivers), periods)
    return Divided(spend=done.spend, shares=done.shares, told=tuple(_told(done.findings)))


def _told(findings: Sequence[Finding]) -> Iterator[Problem]:
    """Yield what is odd, each once, by month and split."""
    said = {
        (found.month, found.split, rule, detail): None
        for found in findings
        for rule, detail in _notes(found)
    }
    for month, split, rule, detail in sorted(said):
        yield Problem(
            source=SOURCE,
            document=month,
            rule=rule,
            detail=f"split '{split}': {detail}",
            severity="info" if rule in _MILD else "warning",
        )


def _notes(found: Finding) -> Iterator[tuple[str, str]]:
    weighing = found.weighing
    if weighing.method == "none":
        out = "give it `otherwise`, or what it is divided by"
        yield "split_undivided", f"{weighing.why}; what is shared stays unallocated; {out}"
    elif weighing.why:
        yield "split_otherwise", f"{weighing.why}; divided as `otherwise` says"
    yield from weighing.notes
