"""Recording: what a night was configured with goes into the ledger, so that it can be told again.

Everything is appended in one transaction with the version of the rules; see `past.py`
for how a moment is read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from models.errors import RefusedError
from models.ledger import Entry, Ledger
from scheduler.past import texts
from scheduler.past.restoring import CONFIGURATION, restored
from scheduler.workspace import Project


def configuration(project: Project, ledger: Ledger, as_of: datetime | None = None) -> list[Entry]:
    """Return the entries that record every configuration file that changed, or is gone.

    Args:
        project: As it was read from its files.
        ledger: The ledger.
        as_of: When, on the clock of a command; a night has said so before.

    Raises:
        RefusedError: when a file was edited since it was read.
    """
    found = texts.texts(project.folder, project.settings)
    newest = ledger.latest(CONFIGURATION)
    known = {name: record.body["hash"] for name, record in newest.items()}
    clock = {"as_of": as_of.isoformat()} if as_of else {}
    news = [
        Entry(CONFIGURATION, name, {**texts.body(data), **clock})
        for name, data in found.items()
        if known.get(name) != texts.digest(data)
    ]
    if news:
        _prove(project, found)
    gone = [name for name, digest in known.items() if digest and name not in found]
    return [*news, *(Entry(CONFIGURATION, name, {"hash": "", **clock}) for name in gone)]


def versions(project: Project, ledger: Ledger) -> list[Entry]:
    """Return the entries that name the versions of rates, plans and the like that are new."""
    found = {
        ("rates", project.settings.rates): project.rates.fingerprint,
        ("invoices", project.settings.invoices): project.statements.fingerprint,
        **{("plan", f"{plan.project}/{plan.version}"): plan.fingerprint for plan in project.plans},
    }
    if project.purchases:
        found["purchases", project.settings.purchases] = project.purchases.fingerprint
    if project.runs.model_fields_set:
        found["runs", project.settings.runs] = project.runs.fingerprint
    return [
        Entry(kind, subject, {"hash": fingerprint})
        for (kind, subject), fingerprint in found.items()
        if _newest(ledger, kind, subject) != fingerprint
    ]


def _newest(ledger: Ledger, kind: str, subject: str) -> str | None:
    record = ledger.newest((kind,), (subject,))
    return record.body["hash"] if record else None


def _prove(project: Project, found: texts.Texts) -> None:
    """Make sure that these texts say what this run has read."""
    before, after = _marks(project), _marks(restored(project, found))
    apart = sorted(name for name, mark in after.items() if before[name] != mark)
    if apart:
        raise RefusedError(
            f"{project.folder}: the files of {', '.join(apart)} were edited since this run read "
            "them; start it again"
        )


def _marks(project: Project) -> Mapping[str, Any]:
    """Return the fingerprint of every part of a configuration that has one."""
    parts = {each.name: getattr(project, each.name) for each in fields(project)}
    found = {name: getattr(part, "fingerprint", None) for name, part in parts.items()}
    return found | {"plans": sorted(plan.fingerprint for plan in project.plans)}
