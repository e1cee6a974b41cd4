"""What is wrong with the rules by what is loaded: the findings of `trueup rules check`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from models.problem import Problem
from models.project import Project
from models.rule.rule import Rule
from reconcile.claimed import Claim
from reconcile.ruleuse import RuleUse
from reconcile.ruling import Ruling


@dataclass(frozen=True, slots=True)
class Quiet:
    """A project that is under way and has no spend; `rules` name it."""

    project: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """What there is to say about the rules.

    Attributes:
        currency: Of every amount.
        conflicts: What two projects claim, largest first, all months.
        spellings: Where spellings of one tag differ and no other project is named.
        uses: What came of each rule.
        quiet: Projects without spend.
        lookalikes: Texts that are almost a project, of the reported month.
        splits: What is odd about splits, such as a driver that is missing.
    """

    currency: str
    conflicts: tuple[Claim, ...]
    spellings: tuple[Claim, ...]
    uses: tuple[RuleUse, ...]
    quiet: tuple[Quiet, ...]
    lookalikes: tuple[Problem, ...]
    splits: tuple[Problem, ...]

    def uses_in(self, state: str) -> tuple[RuleUse, ...]:
        """Return the rules in a state."""
        return tuple(use for use in self.uses if use.state == state)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind, in the order of GATES."""
        return {name: len(found(self)) for name, found in GATES.items()}


# what `--fail-on` may name, and what it counts
GATES: Final[dict[str, Callable[[RuleCheck], Sequence[object]]]] = {
    "conflicts": lambda check: check.conflicts,
    "unmatched": lambda check: check.uses_in("unmatched"),
    "overtaken": lambda check: check.uses_in("overtaken"),
    "spellings": lambda check: check.spellings,
    "lookalikes": lambda check: check.lookalikes,
    "projects": lambda check: check.quiet,
    "splits": lambda check: check.splits,
}


def quiet(
    projects: Sequence[Project], rules: Sequence[Rule], spent: Collection[str], today: date
) -> Iterator[Quiet]:
    """Yield the projects that are under way and have no spend, with the rules that name them.

    Args:
        projects: The registry.
        rules: The rules.
        spent: Projects that have spend.
        today: A project that begins later, has ended or was merged by then is left out.
    """
    for each in projects:
        gone = each.merged is not None and each.merged.on <= today
        if each.id not in spent and each.active(today) and not gone:
            yield Quiet(each.id, tuple(rule.id for rule in rules if rule.to.project == each.id))


def checked(
    found: Ruling,
    currency: str,
    *,
    quiet: Sequence[Quiet],
    lookalikes: Sequence[Problem],
    splits: Sequence[Problem],
) -> RuleCheck:
    """Return the findings; see `RuleCheck`."""
    return RuleCheck(
        currency=currency,
        conflicts=tuple(each for each in found.claims if each.conflict),
        spellings=tuple(each for each in found.claims if each.differing),
        uses=found.uses,
        quiet=tuple(quiet),
        lookalikes=tuple(lookalikes),
        splits=tuple(splits),
    )
