"""The rules of a project folder as peers read them: plain patterns, first match wins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from world import SKUS, TAG_KEYS

_TAG: Final = "tag."
_PREFIX: Final = "user_"
NAMES: Final = {sku.code: sku.product for sku in SKUS}
PURCHASES: Final = ("SavingsPlanRecurringFee", "RIFee")
UNPRICED: Final = ("SavingsPlanNegation", "Tax", "Credit")  # these have no SKU as charges
# keys of the map by the tag that they spell
SPELLINGS: Final = {
    tag: [key for key in TAG_KEYS if key.removeprefix(_PREFIX).lower() == tag]
    for tag in dict.fromkeys(key.removeprefix(_PREFIX).lower() for key in TAG_KEYS)
} | {"team": ["user_team"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: patterns by field, and what matching charges get."""

    id: str
    when: dict[str, tuple[str, ...]]
    project: str | None = None
    project_tag: str | None = None
    category: str | None = None


def rules(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of `rules.yaml`, in order."""
    written = YAML(typ="safe").load(folder / "rules.yaml")["rules"]
    return tuple(map(_rule, written))


def projects(folder: Path) -> tuple[str, ...]:
    """Return the ids in `projects.yaml`."""
    written = YAML(typ="safe").load(folder / "projects.yaml")["projects"]
    return tuple(project["id"] for project in written)


def _rule(written: dict[str, Any]) -> Rule:
    to = written["to"]
    project = to.get("project")
    tag = project.strip("{}").removeprefix(_TAG) if project and project[0] == "{" else None
    when = {
        field.removeprefix(_TAG) if field.startswith(_TAG) else field: _patterns(patterns)
        for field, patterns in written["when"].items()
    }
    return Rule(
        id=written["id"],
        when=when,
        project=None if tag else project,
        project_tag=tag,
        category=to.get("category"),
    )


def _patterns(written: str | list[str]) -> tuple[str, ...]:
    texts = [written] if isinstance(written, str) else written
    return tuple(text.strip().lower() for text in texts)
