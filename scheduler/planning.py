"""Which version of each plan counts: what its file says, and what the ledger holds it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ingest.closing import closed
from models.errors import ConfigError, Mistake
from models.ledger import Entry, Ledger, Record
from models.period import Month
from models.plan.head import Approval
from models.plan.plan import Plan, current
from models.plan.version import (
    APPROVED,
    VERSION,
    approval,
    body,
    frozen_months_changed,
    is_stated,
    kept,
)
from models.project import Registry
from scheduler.workspace import Project

KEPT: Final = "ledger "  # begins the place of a version that no file says any more
UNNAMED: Final = Registry(())  # where no project ever had another id
UNMOVED: Final = "leave closed months as they were, item by item"
Names = tuple[str, int]  # project and version


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds a version to what it said: an approval by command, or a closed month.

    Attributes:
        hash: What it said, as a hash.
        why: As a part of a sentence.
        record: The approval; None for a month.
    """

    hash: str
    why: str
    record: Record | None = None


def plans(project: Project, ledger: Ledger) -> tuple[Plan, ...]:
    """Return every plan of the files as it stands by the ledger, and those it alone has.

    Raises:
        ConfigError: for a version that says something else than was approved or closed with,
            and for a new version that changes closed months without being a correction.
        StoreError: when this program cannot read a version of the ledger.
    """
    holds, records = _holds(ledger, project.registry), recorded(ledger, project.registry)
    mistakes = [*_edited(project.plans, holds)]
    if mistakes:
        raise ConfigError(*mistakes)
    filed = [_standing(plan, holds, records) for plan in project.plans]
    found = (*filed, *_unfiled(project, filed, holds, records))
    mistakes = [*_rebaselined(found, project, ledger, records)]
    if mistakes:
        raise ConfigError(*mistakes)
    return found


def standing(project: Project, ledger: Ledger) -> Project:
    """Return a project whose plans stand as the ledger says; the same again changes nothing.

    Raises:
        ConfigError: what `plans` raises.
    """
    return replace(project, plans=plans(project, ledger))


def counting(project: Project, ledger: Ledger) -> tuple[Plan, ...]:
    """Return the version of each project's plan that counts: the newest that is approved.

    Raises:
        ConfigError: what `plans` raises.
    """
    return current(plans(project, ledger))


def history(project: Project, ledger: Ledger) -> dict[str, tuple[Plan, ...]]:
    """Return the versions that counted one after the other, by project; the last counts now.

    Raises:
        ConfigError: what `plans` raises.
    """
    records = recorded(ledger, project.registry)
    found = {}
    for plan in counting(project, ledger):
        before = (_kept(each, plan.project) for each in _before(plan, records))
        found[plan.project] = (*before, plan)
    return found


def closed_plans(project: Project, ledger: Ledger) -> dict[tuple[str, Month], Plan]:
    """Return the version that a month was closed with, by project and month, where another counts.

    A month that was closed by an earlier program names none.

    Args:
        project: A project whose plans stand as the ledger says.
        ledger: The ledger.
    """
    now = {plan.project: plan.fingerprint for plan in current(project.plans)}
    resolve = project.registry.resolve
    others = [
        (resolve(name) or name, month, pin)
        for month, record in closed(ledger).items()
        for name, pin in record.body.get("plans", {}).items()
        if now.get(resolve(name) or name, pin["hash"]) != pin["hash"]
    ]
    records = recorded(ledger, project.registry) if others else {}
    return {
        (owner, month): _kept(texts[-1], owner)
        for owner, month, pin in others
        if (texts := _saying(records, f"{owner}/{pin['version']}", pin["hash"]))
    }


def versions(project: Project, ledger: Ledger) -> tuple[Plan, ...]:
    """Return every version there is: of the files, and of the ledger where no file says it.

    Raises:
        ConfigError: what `plans` raises.
    """
    found = plans(project, ledger)
    there = {plan.subject for plan in found}
    known = recorded(ledger, project.registry)
    gone = {subject: each[-1] for subject, each in known.items() if subject not in there}
    old = [
        replace(_kept(each, subject.partition("/")[0]), file=f"{KEPT}{each.subject}")
        for subject, each in gone.items()
    ]
    return tuple(sorted((*found, *old), key=lambda plan: (plan.project, plan.version)))


def entries(project: Project, ledger: Ledger) -> list[Entry]:
    """Return the entries of versions that the ledger does not have as they are.

    Raises:
        ConfigError: what `plans` raises, or when a file was edited since it was read.
    """
    newest = ledger.latest(VERSION)
    found = [each for each in plans(project, ledger) if not each.file.startswith(KEPT)]
    return [
        Entry(VERSION, plan.subject, body(plan))
        for plan in found
        if plan.subject not in newest or not is_stated(plan, newest[plan.subject].body)
    ]


def rebaselined(plan: Plan, ledger: Ledger, registry: Registry = UNNAMED) -> str:
    """Return how a version changes closed months, as a sentence; empty when it may count.

    Args:
        plan: The version.
        ledger: The ledger.
        registry: The projects, of which some had another id when the ledger was written.
    """
    old = [*_before(plan, recorded(ledger, registry))]
    if not old or plan.approval.kind == "correction":
        return ""
    through = max(closed(ledger), default=None)
    changes = frozen_months_changed(kept(old[-1].subject, old[-1].body), plan, through)
    if not changes:
        return ""
    first = changes[0]
    what = f"'{first.item}'" if first.item else "the currency"
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return (
        f"version {plan.version} of '{plan.project}' changes {what} in {first.month}, "
        f"{first.before} -> {first.after}{more}, and months are closed through {through}"
    )


def _holds(ledger: Ledger, registry: Registry) -> dict[Names, Hold]:
    """Return what holds which version; months first, since an approval says who and when.

    A project whose id became an alias of another is that one: its plan would count twice.
    """
    found: dict[Names, Hold] = {}
    for month, record in sorted(closed(ledger).items()):
        for project, pin in record.body.get("plans", {}).items():
            version, why = pin["version"], f"{month} was closed with it"
            owner = registry.resolve(project) or project
            found[owner, version] = Hold(pin["hash"], why)
    for subject, record in ledger.latest(APPROVED).items():
        name, _, version = subject.rpartition("/")
        why = f"{record.body['by']} approved it on {record.body['at']}"
        owner = registry.resolve(name) or name
        found[owner, int(version)] = Hold(record.body["hash"], why, record)
    return found


def recorded(ledger: Ledger, registry: Registry) -> dict[str, list[Record]]:
    """Return what the ledger has of each version, oldest first, by its subject of today.

    A project may get another id, and its old one become an alias; its versions stay its own.
    """
    found: dict[str, list[Record]] = {}
    for record in ledger.entries(VERSION):
        name, _, rest = record.subject.partition("/")
        found.setdefault(f"{registry.resolve(name) or name}/{rest}", []).append(record)
    return found


def _saying(records: Mapping[str, list[Record]], subject: str, said: str) -> list[Record]:
    """Return the records of a version that say what has a hash."""
    return [each for each in records.get(subject, []) if each.body["hash"] == said]


def _kept(record: Record, project: str) -> Plan:
    """Return a version of the ledger, of a project by its id of today."""
    return replace(kept(record.subject, record.body), project=project)


def _edited(filed: Iterable[Plan], holds: Mapping[Names, Hold]) -> Iterator[Mistake]:
    for plan in filed:
        hold = holds.get((plan.project, plan.version))
        if plan.scenario is None and hold and hold.hash != plan.fingerprint:
            said = (
                f"version {plan.version} of '{plan.project}' says something else since "
                f"{hold.why}; raise version, or restore the file"
            )
            yield Mistake(plan.file, plan.line, 1, f"plan.version: {said}")


def _standing(plan: Plan, holds: Mapping[Names, Hold], records: Mapping[str, list[Record]]) -> Plan:
    """Return a plan of a file with the approval that the ledger gives it."""
    hold, mine = holds.get((plan.project, plan.version)), records.get(plan.subject, [])
    if plan.scenario or plan.status in {"approved", "superseded"}:
        return plan
    given = _given(hold, mine) if hold else _submitted(plan, mine)
    return replace(plan, approval=given) if given else plan


def _submitted(plan: Plan, records: Sequence[Record]) -> Approval | None:
    """Return the submission of exactly this version."""
    if not records or records[-1].body["hash"] != plan.fingerprint:
        return None
    said = approval(records[-1].body["approval"])
    return said if said.status == "submitted" else None


def _given(hold: Hold, records: Iterable[Record]) -> Approval | None:
    """Return the approval of a version that is held."""
    if hold.record is not None:
        said: dict[str, Any] = {**hold.record.body, "status": "approved"}
        return approval({name: said[name] for name in said if name != "hash" and said[name]})
    mine = [each for each in records if each.body["hash"] == hold.hash and _is_approved(each)]
    return approval(mine[-1].body["approval"]) if mine else None


def _unfiled(
    project: Project,
    filed: Iterable[Plan],
    holds: Mapping[Names, Hold],
    records: Mapping[str, list[Record]],
) -> Iterator[Plan]:
    """Yield versions that are held and that no file says any more, from the ledger."""
    there = {(plan.project, plan.version) for plan in filed if plan.scenario is None}
    for (name, version), hold in sorted(holds.items()):
        texts = _saying(records, f"{name}/{version}", hold.hash)
        given = _given(hold, texts)
        if (name, version) in there or not given or not project.registry.resolve(name):
            continue
        file = f"{KEPT}{texts[-1].subject}"
        yield replace(_kept(texts[-1], name), approval=given, file=file)


def _rebaselined(
    found: Iterable[Plan], project: Project, ledger: Ledger, records: Mapping[str, list[Record]]
) -> Iterator[Mistake]:
    for plan in current(found):
        mine = records.get(plan.subject, [])
        if any(each.body["hash"] == plan.fingerprint and _is_approved(each) for each in mine):
            continue
        said = rebaselined(plan, ledger, project.registry)
        if said:
            way = f"{UNMOVED}, or approve it with kind: correction"
            yield Mistake(plan.file, plan.line, 1, f"plan.version: {said}; {way}")


def _before(plan: Plan, records: Mapping[str, list[Record]]) -> Iterator[Record]:
    """Yield the newest approved record of each earlier version of a plan's project, in order."""
    for version in range(1, plan.version):
        mine = [each for each in records.get(f"{plan.project}/{version}", []) if _is_approved(each)]
        if mine:
            yield mine[-1]


def _is_approved(record: Record) -> bool:
    return bool(record.body["approval"]["status"] == "approved")
