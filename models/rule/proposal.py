"""Proposals: entries of projects.yaml and rules.yaml, ready to be pasted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from models.canonical import canonical_value
from models.project import Registry
from models.projectfile import RESERVED
from models.rule.rule import RuleSet
from models.yamltext import quoted

_Taken = Callable[[str], bool]

_OTHER: Final = re.compile(r"[^a-z0-9._-]+")
_LONGEST: Final = 60  # characters of an id


@dataclass(frozen=True, slots=True)
class Proposals:
    """What is proposed in one go; ids are new, and each is given once."""

    registry: Registry
    rules: RuleSet
    _projects: dict[str, str] = field(default_factory=dict)  # canonical text: id of its project
    _rules: set[str] = field(default_factory=set)

    def project(self, text: str, *, spelt: bool) -> tuple[str, str]:
        """Return the id of a new project called by a text, and its entry; none the second time.

        Args:
            text: As delivered.
            spelt: Whether bills spell the project so, and an alias is needed where it is no id.
        """
        key = canonical_value(text)
        if key in self._projects:
            return self._projects[key], ""
        found = _free(text, self._is_project)
        self._projects[key] = found
        entry = f"  - id: {_plain(found)}\n"
        if spelt and canonical_value(found) != key:
            entry += f"    aliases: [{quoted(text)}]\n"
        return found, entry

    def rule(self, name: str, value: str, project: str) -> tuple[str, str]:
        """Return the id of a new rule with one condition, and its entry.

        Args:
            name: Name of the condition.
            value: Its pattern.
            project: Id of the project.
        """
        found = _free(f"{name}-{value}", self._is_rule)
        self._rules.add(found)
        key = name if name.isidentifier() else quoted(name)
        when = f"    when: {{{key}: {quoted(value)}}}\n"
        return found, f"  - id: {_plain(found)}\n{when}    to: {{project: {_plain(project)}}}\n"

    def _is_project(self, text: str) -> bool:
        new = text in self._projects.values()
        return new or canonical_value(text) in RESERVED or self.registry.resolve(text) is not None

    def _is_rule(self, text: str) -> bool:
        return text in self._rules or any(rule.id == text for rule in self.rules.rules)


def alias(text: str) -> str:
    """Return the line of a spelling below `aliases`."""
    return f"      - {quoted(text)}\n"


def _plain(slug: str) -> str:
    """Return an id without quotes where it is read as text without them."""
    is_word = slug[0].isalpha() and slug not in {"null", "true", "false"}
    return slug if is_word else quoted(slug)


def _free(text: str, taken: _Taken) -> str:
    """Return an id made of a text that is not taken yet."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = _OTHER.sub("-", letters).strip("._-")[:_LONGEST].strip("._-") or "new"
    return next(each for each in _numbered(slug) if not taken(each))


def _numbered(slug: str) -> Iterator[str]:
    yield slug
    yield from (f"{slug}-{number}" for number in count(2))
