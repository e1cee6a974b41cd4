"""`rules.yaml` and what it includes: rules, other keys of tags; read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from models.canonical import canonical_key
from models.errors import ConfigError, Mistake
from models.project import Registry
from models.rule import check as rulecheck
from models.rule import tagalias
from models.rule.check import Written, tag_of
from models.rule.entry import RuleEntry, To, When
from models.rule.included import Including, Part, Reader, parts
from models.rule.pattern import pattern
from models.rule.rule import TAG, Condition, Rule, RuleSet, Target
from models.rule.tagalias import Tags
from models.split import check as splitcheck
from models.split.file import SplitEntry, splits
from models.yamlfile import read


class RuleFile(Including):
    """`rules.yaml`."""

    rules: tuple[RuleEntry, ...] = ()
    """By priority, or in this order; the first that matches wins."""
    tags: Tags = Field(default_factory=dict)
    """Other keys a tag is read from, in order; the tag's own key comes first."""
    splits: tuple[SplitEntry, ...] = ()
    """How cost that several projects share is divided; a rule sends charges `to` a split."""


def load(path: Path, registry: Registry, reader: Reader = read) -> RuleSet:
    """Read `rules.yaml` and the files that it includes.

    Args:
        path: The file.
        registry: The projects.
        reader: How a file is read; `AbsentFileError` says that it is not there.

    Raises:
        ConfigError: with every mistake, unknown projects and duplicate ids among them.
    """
    found = parts(path, RuleFile, reader)
    written = [Written(p.tree, n, rule) for p in found for n, rule in enumerate(p.file.rules)]
    tags = [(part.tree, part.file.tags) for part in found]
    shared = next((part for part in found if part.file.splits), found[0])
    ids = [split.id for split in shared.file.splits]
    wrong = (
        *tagalias.mistakes(tags),
        *rulecheck.mistakes(written, registry, ids),
        *_scattered(found, shared),
        *splitcheck.mistakes(shared.tree, shared.file.splits, registry),
    )
    if wrong:
        raise ConfigError(*wrong)
    ordered = sorted(written, key=lambda each: each.entry.priority or 0)
    return RuleSet(
        tuple(_rule(each.entry, registry) for each in ordered),
        splits=splits(shared.file.splits, registry),
        tags=tagalias.aliases(tags),
    )


def files(path: Path, reader: Reader = read) -> tuple[Path, ...]:
    """Return every file that the rules are read from, `rules.yaml` first.

    Raises:
        ConfigError: when one of them is not well formed, or not there.
    """
    return tuple(part.path for part in parts(path, RuleFile, reader))


def _scattered(found: Sequence[Part[RuleFile]], first: Part[RuleFile]) -> Iterator[Mistake]:
    """Yield splits beside those of the first file that has any: they are checked as a whole."""
    for part in found:
        if part.file.splits and part is not first:
            yield part.tree.mistake(
                f"splits stand in {first.tree.file}; move these there", "splits"
            )


def _rule(entry: RuleEntry, registry: Registry) -> Rule:
    return Rule(
        entry.id,
        _conditions(entry.when),
        _target(entry.to, registry),
        _conditions(entry.unless),
        entry.since,
        entry.until,
    )


def _target(to: To, registry: Registry) -> Target:
    tag = tag_of(to.project)
    return Target(
        project=registry.resolve(to.project) if to.project and not tag else None,
        project_tag=canonical_key(tag) if tag else None,
        split=to.split,
        category=to.category,
        item=to.item,
    )


def _conditions(when: When | None) -> tuple[Condition, ...]:
    written = when.model_dump(exclude_unset=True) if when else {}
    return tuple(_condition(key, texts) for key, texts in written.items())


def _condition(key: str, texts: Sequence[str]) -> Condition:
    name = TAG + canonical_key(key.removeprefix(TAG)) if key.startswith(TAG) else key
    return Condition(name, tuple(map(pattern, texts)))
