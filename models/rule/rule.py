"""Rules: ordered statements that give charges a project, a category and an item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from models.fingerprint import fingerprint
from models.split.split import Split, content

TAG: Final = "tag."


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: the field spells one of the patterns.

    Attributes:
        field: A key of `When`, or `tag.` and a canonical tag key.
        patterns: Canonical texts; `*` stands for any text, `?` for one character.
    """

    field: str
    patterns: tuple[str, ...]

    @property
    def tag(self) -> str | None:
        """The canonical tag key, where the condition is about a tag."""
        return self.field.removeprefix(TAG) if self.field.startswith(TAG) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What matching charges get; at least one is set.

    Attributes:
        project: A project id.
        project_tag: Canonical key of the tag whose value spells the project, instead;
            a charge whose value spells none is not matched.
        split: Id of the split that shares the charge between projects, instead.
        category: One of the seven terms a rule can set.
        item: A plan item id.
    """

    project: str | None = None
    project_tag: str | None = None
    split: str | None = None
    category: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement: charges that meet every condition get the target.

    Attributes:
        id: Stable id, kept on every row the rule caught.
        when: Conditions that must all hold.
        to: What the charges get.
        unless: Conditions that must not all hold; none excludes nothing.
        since: First day of charges it holds for; None for any.
        until: Last day of charges it holds for; None for any.
    """

    id: str
    when: tuple[Condition, ...]
    to: Target
    unless: tuple[Condition, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def edges(self) -> Iterator[date]:
        """The days on which it begins to hold, and no longer does."""
        if self.since is not None:
            yield self.since
        if self.until is not None and self.until < date.max:
            yield self.until + timedelta(1)

    def holds(self, day: date) -> bool:
        """Return whether it is about charges of a day."""
        return (self.since or date.min) <= day <= (self.until or date.max)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in order; the first that matches and sets a thing wins.

    Attributes:
        rules: In order of precedence.
        splits: How shared cost is divided, by id.
        tags: Canonical tag keys that are read as another, in order of precedence:
            (tag, its other keys); the tag's own key comes first.
    """

    rules: tuple[Rule, ...]
    splits: tuple[Split, ...] = ()
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def edges(self) -> frozenset[date]:
        """The days on which a rule begins to hold, or no longer does."""
        return frozenset(day for rule in self.rules for day in rule.edges)

    @property
    def project_tags(self) -> frozenset[str]:
        """Canonical keys of the tags that spell projects."""
        found = (rule.to.project_tag for rule in self.rules)
        return frozenset(tag for tag in found if tag is not None)

    @property
    def asked_tags(self) -> frozenset[str]:
        """Canonical keys of the tags that rules look at."""
        asked = (each.tag for rule in self.rules for each in (*rule.when, *rule.unless))
        return frozenset(tag for tag in asked if tag is not None) | self.project_tags

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the rules say, however they are spelled."""
        rules, splits = [_content(rule) for rule in self.rules], [*map(content, self.splits)]
        return fingerprint([rules, splits, [[tag, *keys] for tag, keys in self.tags]])


def _content(rule: Rule) -> list[object]:
    target = [getattr(rule.to, name) for name in Target.__slots__]
    days = [str(day) for day in (rule.since, rule.until)]
    return [rule.id, _conditions(rule.when), _conditions(rule.unless), target, days]


def _conditions(conditions: Iterable[Condition]) -> list[list[str]]:
    return sorted([each.field, *sorted(each.patterns)] for each in conditions)
