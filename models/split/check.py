"""What is wrong with splits beyond their form: targets, sums, and ways that lead round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Final

from models.category import UNALLOCATED
from models.errors import Mistake
from models.project import Registry
from models.split.file import Place, SplitEntry, named, splits
from models.split.split import ARROW, ENDS, Split, reached
from models.wording import suggestion
from models.yamlfile import Tree

_RESERVED: Final = frozenset({UNALLOCATED, *ENDS})
_WHOLE: Final = Decimal(100)  # percent


def mistakes(tree: Tree, entries: Sequence[SplitEntry], registry: Registry) -> Iterator[Mistake]:
    """Yield every mistake, at its place; ways are followed where each target is known."""
    found = [
        *_ids(tree, entries, registry),
        *_targets(tree, entries, registry),
        *_sums(tree, entries),
    ]
    yield from found or _ways(tree, entries, registry)


def _ids(tree: Tree, entries: Sequence[SplitEntry], registry: Registry) -> Iterator[Mistake]:
    lines: dict[str, int] = {}
    for index, entry in enumerate(entries):
        at = ("splits", index, "id")
        project = registry.resolve(entry.id)
        if entry.id in _RESERVED:
            yield tree.mistake(f"'{entry.id}' is reserved; choose another", *at)
        elif project is not None:
            said = f"'{entry.id}' is a spelling of project '{project}'; choose another"
            yield tree.mistake(said, *at)
        elif entry.id in lines:
            said = f"'{entry.id}' is already the split in line {lines[entry.id]}; choose another"
            yield tree.mistake(said, *at)
        lines.setdefault(entry.id, tree.at(*at).line)


def _targets(tree: Tree, entries: Sequence[SplitEntry], registry: Registry) -> Iterator[Mistake]:
    """Yield targets that are nothing known, and those that one method names twice."""
    ids = [entry.id for entry in entries]
    for index, entry in enumerate(entries):
        seen: dict[tuple[Place, str], str] = {}
        for target, at in named(entry):
            found, place = registry.resolve(target) or target, ("splits", index, *at)
            if found not in {*registry.ids, *ids}:
                choices = suggestion(target, [*registry.ids, *ids])
                said = f"'{target}' is neither a project nor a split. {choices}"
                yield _at_key(tree, said, place)
            elif (before := seen.get((at[:-1], found))) is not None:
                said = f"'{target}' is the target '{before}' once more; name it once"
                yield _at_key(tree, said, place)
            seen.setdefault((at[:-1], found), target)


def _at_key(tree: Tree, said: str, at: Place) -> Mistake:
    """Return a mistake about a target where it is written, be it a key."""
    found = tree.mistake(said, *at)
    line, column = tree.at(*at).key or (found.line, found.column)
    return replace(found, line=line, column=column) if at[-2] == "fixed" else found


def _sums(tree: Tree, entries: Sequence[SplitEntry]) -> Iterator[Mistake]:
    for index, entry in enumerate(entries):
        for parts, at in ((entry, ("fixed",)), (entry.otherwise, ("otherwise", "fixed"))):
            shares = parts.fixed if parts else None
            total = sum(shares.values(), Decimal(0)) if shares else _WHOLE
            if total != _WHOLE:
                said = f"the shares are {total} percent together; make them 100"
                yield tree.mistake(said, "splits", index, *at)


def _ways(tree: Tree, entries: Sequence[SplitEntry], registry: Registry) -> Iterator[Mistake]:
    """Yield the way that leads round, if one does; else projects that are reached twice."""
    known = {split.id: split for split in splits(entries, registry)}
    graph = {
        split.id: [each for each in split.targets if each in known] for split in known.values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield _round(tree, entries, registry, [*reversed(error.args[1])][1:])
        return
    for index, entry in enumerate(entries):
        yield from _twice(tree, index, entry, known, registry)


def _round(
    tree: Tree, entries: Sequence[SplitEntry], registry: Registry, way: Sequence[str]
) -> Mistake:
    """Return the mistake of a way round, told from its first split in the file."""
    ids = [entry.id for entry in entries]
    first = min(way, key=ids.index)
    turn = way.index(first)
    way = [*way[turn:], *way[:turn], first]
    index = ids.index(way[-2])
    places = {registry.resolve(target) or target: at for target, at in named(entries[index])}
    said = f"goes round: {ARROW.join(way)}; what is shared must end at projects"
    return _at_key(tree, said, ("splits", index, *places[first]))


def _twice(
    tree: Tree, index: int, entry: SplitEntry, known: Mapping[str, Split], registry: Registry
) -> Iterator[Mistake]:
    """Yield targets of a driver that reach a project which another has reached."""
    seen: dict[str, str] = {}
    for target, at in named(entry):
        if at[0] in {"usage", "spend"}:
            found = registry.resolve(target) or target
            for project in sorted(reached(found, known, registry.ids)):
                if (before := seen.setdefault(project, target)) != target:
                    said = (
                        f"'{target}' reaches project '{project}', as '{before}' does, whose use "
                        "would count twice; let one of them reach it"
                    )
                    yield tree.mistake(said, "splits", index, *at)
                    break
