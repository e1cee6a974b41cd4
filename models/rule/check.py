"""Checks of rules across keys, lines and files; every mistake with its place and way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from models.canonical import canonical_value
from models.charge import CHARGE_CATEGORIES, WORKLOADS
from models.errors import Mistake
from models.project import Registry
from models.rule.entry import RuleEntry, When, is_tag
from models.rule.pattern import is_literal, pattern
from models.rule.rule import TAG
from models.wording import suggestion
from models.yamlfile import Tree

# conditions on a closed list: its words, and what they are called
_LISTED: Final = {
    "charge_category": (CHARGE_CATEGORIES, "a charge category"),
    "workload": (tuple(WORKLOADS), "a workload"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A rule, and where it stands: a file, and its number there from 0."""

    tree: Tree
    index: int
    entry: RuleEntry

    def mistake(self, message: str, *at: str | int) -> Mistake:
        """Return a mistake at a place of the rule."""
        return self.tree.mistake(message, "rules", self.index, *at)

    def place(self, key: str, other: Tree) -> str:
        """Return where a key stands, for a message about another file or the same."""
        line = f"line {self.tree.at('rules', self.index, key).line}"
        return line if self.tree.file == other.file else f"{self.tree.file} {line}"


def mistakes(
    rules: Sequence[Written], registry: Registry, splits: Sequence[str]
) -> Iterator[Mistake]:
    """Yield what is wrong with rules that each are well formed.

    Args:
        rules: Of all files.
        registry: The projects.
        splits: Ids of the splits.
    """
    yield from _duplicates(rules)
    yield from _priorities(rules)
    for rule in rules:
        yield from _unknown(rule, registry, splits)
        yield from _dates(rule)
        yield from _unlisted(rule, "when", rule.entry.when)
        yield from _unlisted(rule, "unless", rule.entry.unless)


def tag_of(project: str | None) -> str | None:
    """Return the key of a tag in `{tag.<key>}`, as written; None for a project's own id."""
    inner = (project or "").removeprefix("{").removesuffix("}")
    return inner.removeprefix(TAG) if project == f"{{{inner}}}" and is_tag(inner) else None


def _duplicates(rules: Sequence[Written]) -> Iterator[Mistake]:
    first: dict[str, Written] = {}
    for rule in rules:
        other = first.setdefault(rule.entry.id, rule)
        if other is not rule:
            place = other.place("id", rule.tree)
            yield rule.mistake(
                f"'{rule.entry.id}' is already the rule in {place}; choose another", "id"
            )


def _priorities(rules: Sequence[Written]) -> Iterator[Mistake]:
    """Yield rules whose place among the others is not said, or said twice."""
    ranked = [rule for rule in rules if rule.entry.priority is not None]
    several = len({rule.tree.file for rule in rules}) > 1
    if not ranked and not several:
        return
    why = "rules of several files have no order of their own"
    if not several:
        why = f"rule '{ranked[0].entry.id}' in {ranked[0].place('priority', rules[0].tree)} has one"
    for rule in rules:
        if rule.entry.priority is None:
            yield rule.mistake(f"missing key 'priority', since {why}; give each rule a number")
    yield from _ties(ranked)


def _ties(ranked: Sequence[Written]) -> Iterator[Mistake]:
    first: dict[int | None, Written] = {}
    for rule in ranked:
        other = first.setdefault(rule.entry.priority, rule)
        if other is not rule:
            place = other.place("priority", rule.tree)
            yield rule.mistake(
                f"{rule.entry.priority} is already that of rule '{other.entry.id}' in {place}; "
                "choose another",
                "priority",
            )


def _unknown(rule: Written, registry: Registry, splits: Sequence[str]) -> Iterator[Mistake]:
    """Yield a project or split that is not there."""
    to = rule.entry.to
    if to.split is not None and to.split not in splits:
        said = f"'{to.split}' is not a split. {suggestion(to.split, splits)}"
        yield rule.mistake(said, "to", "split")
    if to.project is None or tag_of(to.project):
        return
    if "{" in to.project:
        said = f"'{to.project}': write a project id, or {{tag.<key>}} for the value of a tag"
        yield rule.mistake(said, "to", "project")
    elif not registry.resolve(to.project):
        said = f"'{to.project}' is not a project. {suggestion(to.project, registry.ids)}"
        yield rule.mistake(said, "to", "project")


def _dates(rule: Written) -> Iterator[Mistake]:
    since, until = rule.entry.since, rule.entry.until
    if since is not None and until is not None and until < since:
        yield rule.mistake(
            f"{until} is before since, {since}: the rule never holds; until is its last day",
            "until",
        )


def _unlisted(rule: Written, name: str, when: When | None) -> Iterator[Mistake]:
    """Yield patterns without a wildcard that no charge can ever match."""
    for key, (words, called) in _LISTED.items():
        known = frozenset(map(canonical_value, words))
        for text in getattr(when, key, ()):
            if is_literal(pattern(text)) and pattern(text) not in known:
                said = f"'{text}' is not {called}. {suggestion(text, words)}"
                yield rule.mistake(said, name, key)
