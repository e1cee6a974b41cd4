"""Versions of what attribution depends on beside the keys: rules and projects, with their text.

The ledger keeps the text of each version that a night used, so that a closed month can be
attributed by the one it was closed with for as long as the ledger lasts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ingest import closing
from ingest.kind import RULES
from models.errors import ConfigError, Mistake, RefusedError, StoreError
from models.lake import input_hash
from models.ledger import Entry, Ledger, Record
from models.node import parse
from models.period import Month
from models.project import Registry
from models.projectfile import load as load_projects
from models.rule.file import files
from models.rule.file import load as load_rules
from models.rule.rule import RuleSet
from models.yamlfile import AbsentFileError, Tree
from scheduler.workspace import Project

PROGRAM: Final = "3"  # rises when the same keys and rules would give other spend
READ: Final = 64  # versions that are kept as read: closed months ask for theirs many times a night


@dataclass(frozen=True, slots=True)
class Version:
    """What attribution depends on beside the keys.

    Attributes:
        rules: The rules.
        registry: The projects.
        hash: Its identity; spend files are named by it.
    """

    rules: RuleSet
    registry: Registry
    hash: str

    @property
    def exact(self) -> bool:
        """Whether this program attributes by it as the one that recorded it did."""
        return self.hash == identity(self.rules, self.registry)


def identity(rules: RuleSet, registry: Registry) -> str:
    """Return the hash of everything attribution depends on beside the keys."""
    return input_hash(PROGRAM, rules.fingerprint, registry.fingerprint)


def present(project: Project) -> Version:
    """Return the version that the files are now."""
    return Version(project.rules, project.registry, identity(project.rules, project.registry))


def entries(project: Project, ledger: Ledger) -> list[Entry]:
    """Return the entry that records the files as they are; none when it is the newest already.

    Raises:
        RefusedError: when a file was edited since it was read.
    """
    now, last = present(project), newest(ledger)
    if last is not None and last.body["hash"] == now.hash:
        return []
    body = {
        "hash": now.hash,
        "rules": project.settings.rules,
        "projects": project.settings.projects,
        "texts": _texts(project),
    }
    if _read(body).hash != now.hash:
        raise RefusedError(
            f"{project.settings.rules}: rules or projects were edited since this run read them; "
            "start it again"
        )
    return [Entry(RULES, project.settings.rules, body)]


def newest(ledger: Ledger) -> Record | None:
    """Return the entry of the version that the last night used, if it has the text."""
    known = closing.versions(ledger).values()
    return max(known, key=lambda record: record.seq, default=None)


def retired(ledger: Ledger, before: datetime) -> set[str]:
    """Return the hashes of versions that no night has used since, and no month is closed with."""
    history = ledger.entries(RULES)
    ends = {record.body["hash"]: later.at for record, later in pairwise(history)}
    kept = {*closing.pinned(ledger).values(), *(record.body["hash"] for record in history[-1:])}
    return {name for name, end in ends.items() if datetime.fromisoformat(end) < before} - kept


def of_last_run(ledger: Ledger) -> tuple[Versions, str]:
    """Return the versions by which everything counted last, and the day that of open months is of.

    Raises:
        RefusedError: when no run has recorded its rules, or another version of the program did,
            which attributed otherwise.
    """
    last = newest(ledger)
    if last is None:
        raise RefusedError("no run has kept its rules yet; use `trueup run`, and then edit them")
    found = recorded(ledger, last.body["hash"])
    if not found.exact:
        raise RefusedError(
            f"the run on {last.at[:10]} was by another version of trueup, which attributed "
            "otherwise; use `trueup run` first"
        )
    return versions(ledger, found), last.at[:10]


def recorded(ledger: Ledger, name: str) -> Version:
    """Return a version from the ledger alone.

    Args:
        ledger: The ledger.
        name: Its hash.

    Raises:
        StoreError: when the ledger does not have its text, or this program cannot read it.
    """
    record = closing.versions(ledger).get(name)
    if record is None:
        raise StoreError(f"rules {name}: the ledger does not have them; restore it from a backup")
    try:
        return Version(*_loaded(record.body), name)
    except ConfigError as error:
        raise StoreError(
            f"rules {name}: this version of trueup cannot read them, {error.mistakes[0]}; use the "
            f"version of {record.at[:10]}"
        ) from error


@dataclass(frozen=True, kw_only=True)
class Versions:
    """Which version attributes the deliveries of which billing month.

    Attributes:
        ledger: Where versions are kept.
        current: That of open months.
        pins: Hash of the version by billing month (`YYYY-MM`), of months that are closed.
        unpinned: Months that were closed without one; they count by the current version.
    """

    ledger: Ledger
    current: Version
    pins: Mapping[str, str]
    unpinned: frozenset[str] = frozenset()
    _read: dict[str, Version] = field(default_factory=dict, repr=False)

    def name(self, period: str) -> str:
        """Return the hash of the version of a billing month."""
        return self.pins.get(period, self.current.hash)

    def of(self, period: str) -> Version:
        """Return the version of a billing month.

        Raises:
            StoreError: when the ledger does not have it.
        """
        return self.named(self.name(period))

    def named(self, name: str) -> Version:
        """Return a version by its hash, each read once.

        Raises:
            StoreError: when the ledger does not have it.
        """
        if name == self.current.hash:
            return self.current
        if name not in self._read:
            self._read[name] = recorded(self.ledger, name)
        return self._read[name]


def versions(ledger: Ledger, current: Version) -> Versions:
    """Return which version attributes which billing month: pinned where it is closed.

    A month with books, closed by another program, counts by its rules as this one reads them:
    its books stay, and what differs is posted where it is seen.
    """
    again = _read_again(ledger)
    pins = _names(ledger, again)
    return Versions(
        ledger=ledger,
        current=current,
        pins={period: name for period, name in pins.items() if name},
        unpinned=frozenset(period for period, name in pins.items() if not name),
        _read={version.hash: version for version in again.values()},
    )


def pinned(ledger: Ledger) -> dict[str, str]:
    """Return the hash of the version by which each closed billing month counts; or empty.

    It is that of this program where another one closed the month with books.
    """
    return _names(ledger, _read_again(ledger))


def _names(ledger: Ledger, again: Mapping[str, Version]) -> dict[str, str]:
    pins = {str(month): name for month, name in closing.pinned(ledger).items()}
    return pins | {period: version.hash for period, version in again.items()}


def _read_again(ledger: Ledger) -> dict[str, Version]:
    return {str(month): _again(ledger, body) for month, body in _of_others(ledger)}


def _of_others(ledger: Ledger) -> Iterator[tuple[Month, Mapping[str, Any]]]:
    """Yield the closed months with books that another program attributed."""
    for month, record in closing.closed(ledger).items():
        if record.body.get("books") and record.body["program"] != PROGRAM:
            yield month, record.body


def _again(ledger: Ledger, body: Mapping[str, Any]) -> Version:
    """Return the rules of a closed month as this program reads them."""
    then = recorded(ledger, body["rules"])
    return replace(then, hash=identity(then.rules, then.registry))


def _texts(project: Project) -> dict[str, str]:
    """Return the text of every file that the version is made of, by its path in the folder."""
    rules = files(project.folder / project.settings.rules)
    return {
        path.relative_to(project.folder).as_posix(): path.read_text("utf-8-sig")
        for path in (project.folder / project.settings.projects, *rules)
    }


def _read(body: Mapping[str, Any]) -> Version:
    rules, registry = _loaded(body)
    return Version(rules, registry, identity(rules, registry))


def _loaded(body: Mapping[str, Any]) -> tuple[RuleSet, Registry]:
    """Return rules and projects from their texts.

    Raises:
        ConfigError: when this program refuses them, or they include a file without a text.
    """
    return _of_texts(body["projects"], body["rules"], tuple(sorted(body["texts"].items())))


@lru_cache(maxsize=READ)
def _of_texts(
    projects: str, rules: str, texts: tuple[tuple[str, str], ...]
) -> tuple[RuleSet, Registry]:
    found = dict(texts)

    def reader(path: Path) -> Tree:
        name = path.as_posix()
        if name not in found:
            raise AbsentFileError(Mistake(name, 1, 1, "was not kept with this version"))
        return Tree(parse(found[name], name))

    registry = load_projects(Path(projects), reader)
    return load_rules(Path(rules), registry, reader), registry
