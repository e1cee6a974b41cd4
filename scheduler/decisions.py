"""What decisions of a project folder are worked out from; draws of closed months stay as they are.

A draw changes the budget of its month, so none may be added to a month that is closed, and none
taken from it. What was drawn is written to the ledger each night.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ingest.closing import closed
from models.decision.draw import applied, doubts, identities
from models.decision.file import Draw
from models.errors import ConfigError, RefusedError
from models.ledger import Entry, Record
from models.period import Month
from models.plan.plan import current
from models.yamlfile import read
from reconcile.decision.asked import Asked
from scheduler.booking import Books
from scheduler.endpoints import endpoints, machines
from scheduler.workspace import Project, Stores

DRAWN: Final = "contingency.drawn"  # the draws as a night read them, when they changed


def asked(project: Project, stores: Stores, books: Books, month: Month) -> Asked:
    """Return what is known and what is asked.

    Raises:
        RefusedError: when a draw of a closed month is new, or another than it was.
        ConfigError: when the plans, as the ledger has them, do not allow a draw.
    """
    settled(project, stores)
    allowed(project)
    plans = current(project.plans)
    return Asked(
        file=project.decisions,
        draws={plan.project: applied(plan, project.decisions.draws) for plan in plans},
        levers={plan.project: plan.levers for plan in plans},
        usage=books.spent.usage,
        runs=books.ran.frame,
        endpoints=endpoints(project, stores, books),
        machines=machines(project, stores, month, books.rates),
    )


def entries(project: Project, stores: Stores) -> list[Entry]:
    """Return the entry that records the draws as they are; none when nothing changed."""
    draws = {draw.fingerprint: str(draw.month) for draw in project.decisions.draws}
    told = stores.ledger.entries(DRAWN)
    if (told[-1].body["draws"] if told else {}) == draws:
        return []
    return [Entry(DRAWN, project.settings.decisions, {"draws": draws})]


def allowed(project: Project) -> None:
    """Check draws against the plans that count, which the ledger may have approved.

    Raises:
        ConfigError: with every draw that cannot be.
    """
    found = [*doubts(project.decisions.draws, project.registry, project.plans)]
    if found:
        tree = read(project.folder / project.settings.decisions)
        raise ConfigError(*(tree.mistake(e.said, "draws", e.number, e.key) for e in found))


def settled(project: Project, stores: Stores) -> None:
    """Check that the draws of closed months are those that they were closed with.

    Raises:
        RefusedError: names the draw and the first open month.
    """
    shut, told = closed(stores.ledger), stores.ledger.entries(DRAWN)
    for month, record in sorted(shut.items()):
        known, mine = _known(told, record, month), set[str]()
        for draw in (each for each in project.decisions.draws if each.month == month):
            names = identities(draw, project.registry)
            if names.isdisjoint(known):
                raise RefusedError(_late(project, draw, month, max(shut) + 1))
            mine |= names
        if gone := known - mine:
            raise RefusedError(
                f"{project.settings.decisions}: {month} is closed, and {len(gone)} of its draws "
                "changed or went; put them back, and give back what is too much by a draw with "
                f"an amount below zero in an open month, from {max(shut) + 1} on"
            )


def _late(project: Project, draw: Draw, month: Month, first: Month) -> str:
    return (
        f"{project.settings.decisions}: the draw of {draw.amount} for {draw.item} of "
        f"{draw.project} is of {draw.on}, and {month} is closed; approve it on a day "
        f"in an open month, from {first} on"
    )


def _known(told: Sequence[Record], closing: Record, month: Month) -> set[str]:
    """Return the draws of a month as they were last recorded before it was closed.

    By whatever name their file had then.
    """
    before = [each for each in told if each.seq < closing.seq]
    draws = before[-1].body["draws"] if before else {}
    return {name for name, of in draws.items() if of == str(month)}
