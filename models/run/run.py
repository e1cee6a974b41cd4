"""Runs: which texts name one run, in usage and in charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from models.beside import RUN_STATES
from models.canonical import canonical_value

# what training costs: machines that are billed, and the write-off of one's own
TRAINING: Final = ("training_compute", "depreciation")
LOST: Final = ("failed", "preempted", "cancelled")  # states whose cost made no model
UNKNOWN: Final = "unknown"  # nobody says how the run stands
STATES: Final = (*RUN_STATES, UNKNOWN)

_Node = tuple[str, str, str]  # project, canonical name, canonical cluster where it takes one


@dataclass(frozen=True, slots=True)
class Said:
    """One row that names a run: all its names are names of that run.

    Attributes:
        project: Whose it is; runs of two projects are two runs.
        names: In the row's own words, none blank.
        cluster: Where it ran, if the row says so.
        own: Whether the first name is what usage calls the run itself, not a tag.
    """

    project: str
    names: tuple[str, ...]
    cluster: str | None = None
    own: bool = False


class Names:
    """Every name of every run.

    Equal names in a project are one run, and so are names that stand in one row. A number that
    usage gives on two clusters is two runs: it then counts only together with its cluster,
    and is shown as `number@cluster`.
    """

    def __init__(self, said: Iterable[Said]) -> None:
        """Join what belongs together."""
        rows = {each: None for each in said if each.names}
        self._twice = _twice(rows)
        self._above: dict[_Node, _Node] = {}
        self._spelt: dict[_Node, str] = {}
        for row in sorted(rows, key=lambda row: (row.project, row.names, row.cluster or "")):
            nodes = [self._node(row.project, name, row.cluster) for name in row.names]
            for node, name in zip(nodes, row.names, strict=True):
                self._spelt.setdefault(node, name.strip())
                self._above[self._top(node)] = self._top(nodes[0])
        self._known = {node[:2] for node in self._spelt}
        self._shown = self._titles()
        self._labels = {(n[0], canonical_value(self._label(n))): n for n in self._spelt if n[2]}

    def run(self, project: str, name: str, cluster: str | None = None) -> str:
        """Return what the run is called that a name of a project means."""
        shown = self._labels.get((project, canonical_value(name)))
        node = shown or self._node(project, name, cluster)
        return self._shown.get(self._top(node), name.strip())

    def knows(self, project: str, name: str) -> bool:
        """Return whether something of a project has that name."""
        named = (project, canonical_value(name))
        return named in self._known or named in self._labels

    def others(self, project: str) -> Mapping[str, tuple[str, ...]]:
        """Return by what a run of a project is called its other names, sorted."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for node in self._spelt:
            shown = self._shown[self._top(node)]
            if node[0] == project and self._label(node) != shown:
                found[shown].append(self._label(node))
        return {run: tuple(sorted(names)) for run, names in found.items()}

    def _node(self, project: str, name: str, cluster: str | None) -> _Node:
        word, where = canonical_value(name), canonical_value(cluster or "")
        known = where in self._twice.get((project, word), ())
        return project, word, where if known else ""

    def _top(self, node: _Node) -> _Node:
        while (above := self._above.setdefault(node, node)) != node:
            self._above[node] = self._above[above]
            node = above
        return node

    def _label(self, node: _Node) -> str:
        return f"{self._spelt[node]}@{node[2]}" if node[2] else self._spelt[node]

    def _titles(self) -> dict[_Node, str]:
        """Return what runs are called: their longest name, a tracker's rather than a number."""
        found: defaultdict[_Node, list[str]] = defaultdict(list)
        for node in self._spelt:
            found[self._top(node)].append(self._label(node))
        return {
            top: min(names, key=lambda name: (-len(name), name)) for top, names in found.items()
        }


def _twice(rows: Iterable[Said]) -> dict[tuple[str, str], frozenset[str]]:
    """Return the clusters of numbers that usage gives on several, by project and number."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        number = not any(map(str.isalpha, row.names[0]))  # each scheduler counts from 1
        if row.own and row.cluster and number:
            found[row.project, canonical_value(row.names[0])].add(canonical_value(row.cluster))
    return {key: frozenset(where) for key, where in found.items() if len(where) > 1}
