"""Which plan a person means by project, version and scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from models.plan.plan import Plan, current
from models.wording import suggestion
from scheduler.workspace import Project


def known(project: Project, name: str) -> str:
    """Return the id of the project that a name means, or end with the nearest."""
    found = project.registry.resolve(name)
    if found is None:
        hint = suggestion(name, project.registry.ids)
        raise click.BadParameter(f"no project {name!r}. {hint}")
    return found


def chosen(
    project: Project, plans: Sequence[Plan], name: str, version: int | None, scenario: str | None
) -> Plan:
    """Return the plan that is meant: of a version, or the one that counts, or the newest.

    Args:
        project: The project.
        plans: Every version.
        name: Id, name or alias of a project.
        version: Its version; None for the one that counts.
        scenario: Name of a scenario; None for a plan that may count.
    """
    wanted = known(project, name)
    mine = [each for each in plans if (each.project, each.scenario) == (wanted, scenario)]
    found = mine if version is None else [each for each in mine if each.version == version]
    if not found:
        raise click.BadParameter(f"{_asked(wanted, version, scenario)}; {_there(plans, wanted)}")
    newest = max(found, key=lambda each: each.version)
    return next(iter(current(found)), newest)


def named(project: Project, plans: Sequence[Plan], text: str) -> Plan:
    """Return the plan of `PROJECT`, `PROJECT/VERSION`, `PROJECT/VERSION/SCENARIO` or a scenario.

    Args:
        project: The project.
        plans: Every version.
        text: As written; `PROJECT/SCENARIO` means its newest version.
    """
    name, *rest = text.split("/")
    version = next((int(part) for part in rest if part.isascii() and part.isdigit()), None)
    scenario = next((part for part in rest if not (part.isascii() and part.isdigit())), None)
    return chosen(project, plans, name, version, scenario)


def _asked(name: str, version: int | None, scenario: str | None) -> str:
    parts = [f"no plan of {name}", f"version {version}" if version else ""]
    return " ".join(filter(None, [*parts, f"scenario {scenario!r}" if scenario else ""]))


def _there(plans: Iterable[Plan], name: str) -> str:
    there = [each.subject for each in plans if each.project == name]
    return f"there are {', '.join(there)}" if there else "write one, or `trueup plan import`"
