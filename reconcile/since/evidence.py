"""Evidence: what each cause of a change consists of, so that somebody can look it up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from models.currency import RateEntry, Rates
from models.money import plain
from models.plan.plan import Plan
from models.project import Registry
from models.rule.rule import RuleSet


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that is another than it was.

    Attributes:
        cause: A key of `reconcile.since.change.CAUSES`.
        subject: What it is: a billing month of a source, a rule, a pair of currencies.
        detail: What became of it.
        documents: Names of the documents it came with.
    """

    cause: str
    subject: str
    detail: str
    documents: tuple[str, ...] = ()


def rules_apart(before: RuleSet, after: RuleSet) -> Iterator[Evidence]:
    """Yield the rules and splits that were added, changed, moved or removed."""
    for what, old, new in (
        ("rule", {each.id: each for each in before.rules}, {each.id: each for each in after.rules}),
        (
            "split",
            {each.id: each for each in before.splits},
            {each.id: each for each in after.splits},
        ),
    ):
        yield from _apart("rules", what, old, new)
    kept = {rule.id for rule in before.rules} & {rule.id for rule in after.rules}
    if _order(before, kept) != _order(after, kept):
        yield Evidence("rules", "order of rules", "changed")
    if before.tags != after.tags:
        yield Evidence("rules", "other keys of tags", "changed")


def projects_apart(before: Registry, after: Registry) -> Iterator[Evidence]:
    """Yield the projects that were added, changed or removed."""
    old = {each.id: each for each in before.projects}
    yield from _apart("rules", "project", old, {each.id: each for each in after.projects})


def rates_apart(before: Rates, after: Rates) -> Iterator[Evidence]:
    """Yield the rates that were stated, changed or withdrawn."""
    old, new = _rates(before), _rates(after)
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if (was and (was.rate, was.source)) != (now and (now.rate, now.source)):
            yield Evidence("rates", f"{key[0]} to {key[1]} from {key[2]}", _rate(was, now))


def plans_apart(before: Collection[Plan], after: Collection[Plan]) -> Iterator[Evidence]:
    """Yield the projects that are compared with another plan, and which.

    Args:
        before: The current plans of then.
        after: The current plans of now.
    """
    old, new = ({plan.project: plan for plan in plans} for plans in (before, after))
    for project in sorted({*old, *new}):
        was, now = old.get(project), new.get(project)
        if (was and was.fingerprint) != (now and now.fingerprint):
            yield Evidence("plan", project, _plan(was, now))


def _apart(
    cause: str, what: str, old: Mapping[str, object], new: Mapping[str, object]
) -> Iterator[Evidence]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            word = "changed" if name in old and name in new else "added"
            yield Evidence(cause, f"{what} {name}", word if name in new else "removed")


def _order(rules: RuleSet, kept: Collection[str]) -> list[str]:
    return [rule.id for rule in rules.rules if rule.id in kept]


def _rates(rates: Rates) -> dict[tuple[str, str, str], RateEntry]:
    return {
        (entry.currency, entry.to, str(entry.start)): entry
        for entries in rates.pairs.values()
        for entry in entries
    }


def _rate(was: RateEntry | None, now: RateEntry | None) -> str:
    shown = [f"{plain(each.rate)} ({each.source})" if each else "" for each in (was, now)]
    if not shown[0]:
        return f"stated: {shown[1]}"
    return f"{shown[0]} became {shown[1]}" if shown[1] else f"withdrawn: {shown[0]}"


def _plan(was: Plan | None, now: Plan | None) -> str:
    if now is None:
        return f"version {was.version} is no longer there" if was else ""
    said = f"version {now.version}" if was is None else f"version {was.version} to {now.version}"
    by, reason = now.approval.by, now.approval.reason
    return said + (f", approved by {by}" if by else "") + (f": {reason}" if reason else "")
