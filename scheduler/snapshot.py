"""Snapshots: the identity of everything the figures of a report depend on."""

from __future__ import annotations

from typing import Final, get_args

from ingest import book
from ingest.closing import closed
from models.field import Inside
from models.fingerprint import fingerprint
from models.lake import input_hash
from models.settings import Settings
from scheduler import planning
from scheduler.past.restoring import PRESENT
from scheduler.spending import period, spend_name
from scheduler.version import present, versions
from scheduler.workspace import Project, Stores

LENGTH: Final = 12  # short enough to read out
# settings that no figure depends on, beside places: where a project lives, and what the lake's
# files are named by already
_ELSEWHERE: Final = (*PRESENT, "sources", "schedule")


def snapshot(project: Project, stores: Stores) -> str:
    """Return the identity of everything the figures depend on."""
    mine = versions(stores.ledger, present(project))
    said = (*book.counting(stores.ledger).items(), *book.stated(stores.ledger).items())
    spend = sorted({spend_name(each.body, mine.name(period(scope))) for scope, each in said})
    books = [each.body.get("books", {}).get("sha256") for each in closed(stores.ledger).values()]
    plans = sorted(plan.fingerprint for plan in planning.counting(project, stores.ledger))
    inputs = (project.rates.fingerprint, *plans, *spend, *filter(None, books), *_stated(project))
    return input_hash(*inputs)[:LENGTH]


def _stated(project: Project) -> list[str]:
    """Return the hashes of what else is configured; files that are not there leave none."""
    stated = [project.statements.fingerprint] if project.statements.all else []
    stated += [project.purchases.fingerprint] if project.purchases else []
    stated += [project.runs.fingerprint] if project.runs.model_fields_set else []
    stated += [project.progress.fingerprint] if project.progress.items else []
    stated += [project.decisions.fingerprint] if project.decisions.model_fields_set else []
    return [*stated, settings(project.settings)]


def settings(found: Settings) -> str:
    """Return the hash of the settings that figures depend on, as far as they are not the usual.

    So a setting that is new, with its default, changes no snapshot.
    """
    (check,) = get_args(Inside)[1:]
    places = {name for name, each in Settings.model_fields.items() if check in each.metadata}
    out = {*_ELSEWHERE, *places}
    return fingerprint(found.model_dump(mode="json", exclude=out, exclude_defaults=True))
