"""Decisions: `decisions.yaml` read against projects and plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from models.decision import judgement
from models.decision.draw import Doubt, against, unplanned
from models.decision.file import DecisionFile
from models.errors import ConfigError, Mistake
from models.plan.plan import Plan, current
from models.project import Registry
from models.wording import suggestion
from models.yamlfile import Tree, read

_OPEN: Final = frozenset({"draft", "submitted"})  # a command may approve it; the ledger knows
_ASKED: Final = ("hosting", "quality", "data_prep")

Versions = Mapping[str, Sequence[Plan]]  # by project, the one that counts first


def load(path: Path, registry: Registry, plans: Iterable[Plan]) -> DecisionFile:
    """Read `decisions.yaml`.

    Approvals by command are not known here: a draw is good where one of the versions allows it
    that count or may be approved yet. `models.decision.draw.doubts` asks again once that is known.

    Args:
        path: The file.
        registry: The projects.
        plans: All plans, as their files have them.

    Raises:
        ConfigError: with every mistake: a project or an item that is not there, a draw that
            nobody else approved, or of more than is left.
    """
    tree, known = read(path), tuple(plans)
    file, versions = _resolved(tree.validated(DecisionFile), registry), _versions(known)
    mistakes = [
        *_unknown(tree, file, registry, versions),
        *judgement.unknown(tree, file.anomalies, registry.ids),
        *_twice(tree, file),
    ]
    if not mistakes:
        found = _draws(file, registry, versions, known)
        mistakes = [tree.mistake(each.said, "draws", each.number, each.key) for each in found]
    if mistakes:
        raise ConfigError(*mistakes)
    return file


def _resolved(file: DecisionFile, registry: Registry) -> DecisionFile:
    """Return what it says of projects by their ids, where it calls them by another name."""
    found = {
        section: tuple(
            each.model_copy(update={"project": registry.resolve(each.project) or each.project})
            for each in getattr(file, section)
        )
        for section in ("draws", *_ASKED, "anomalies")
    }
    return file.model_copy(update={name: each for name, each in found.items() if each})


def _versions(plans: Iterable[Plan]) -> Versions:
    """Return the versions of each project's plan that count, or may when they are approved."""
    known = tuple(plans)
    counting = {plan.project: plan for plan in current(known)}
    found = defaultdict[str, list[Plan]](list)
    for project, plan in counting.items():
        found[project].append(plan)
    for plan in sorted(known, key=lambda each: -each.version):
        before = counting[plan.project].version if plan.project in counting else 0
        if plan.scenario is None and plan.status in _OPEN and plan.version > before:
            found[plan.project].append(plan)
    return found


def _unknown(
    tree: Tree, file: DecisionFile, registry: Registry, versions: Versions
) -> Iterator[Mistake]:
    """Yield projects, and items of those that have a plan, which are not there."""
    for section in ("draws", *_ASKED):
        for number, entry in enumerate(getattr(file, section)):
            at, project = (section, number), entry.project
            if project not in registry.ids:
                said = f"'{project}' is not a project. {suggestion(project, registry.ids)}"
                yield tree.mistake(said, *at, "project")
            elif section == "draws" and project not in versions:
                yield tree.mistake(unplanned(project), *at, "project")
            elif section in _ASKED and project in versions:
                yield from _items(tree, entry, versions[project], at)


def _items(
    tree: Tree, entry: object, plans: Sequence[Plan], at: tuple[str | int, ...]
) -> Iterator[Mistake]:
    known = [item.id for plan in plans for item in plan.items]
    single = isinstance(getattr(entry, "item", None), str)
    named = [entry.item] if single else entry.items  # type: ignore[attr-defined]
    for number, name in enumerate(named):
        if name not in known:
            place = ("item",) if single else ("items", number)
            said = f"'{name}' is not an item of {plans[0].file}. {suggestion(name, known)}"
            yield tree.mistake(said, *at, *place)


def _twice(tree: Tree, file: DecisionFile) -> Iterator[Mistake]:
    """Yield questions with the name of another, whose figures would be one, and equal draws."""
    asked = [each.id for each in file.hosting]
    for number, line in _repeated(tree, asked, "hosting", "id"):
        said = f"'{asked[number]}' is already asked in line {line}; give it another id"
        yield tree.mistake(said, "hosting", number, "id")
    drawn = [each.fingerprint for each in file.draws]
    for number, line in _repeated(tree, drawn, "draws", "project"):
        said = f"the same draw is in line {line}; remove one, or say in its reason what it is for"
        yield tree.mistake(said, "draws", number)


def _repeated(
    tree: Tree, names: Sequence[str], section: str, key: str
) -> Iterator[tuple[int, int]]:
    """Yield entries whose name another has, by number, with the line of the other."""
    lines: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in lines:
            yield number, lines[name]
        lines.setdefault(name, tree.at(section, number, key).line)


def _draws(
    file: DecisionFile, registry: Registry, versions: Versions, plans: Sequence[Plan]
) -> Iterator[Doubt]:
    """Yield what speaks against draws, where no version allows all of a project."""
    for project in dict.fromkeys(draw.project for draw in file.draws):
        found = [
            [*against(plan, file.draws, registry, plans)] for plan in versions.get(project, ())
        ]
        if all(found):
            yield from found[0]
