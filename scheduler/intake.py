"""The first half of a night: fetch every due period of every source, and load it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from ingest import book
from ingest.load import load_delivery
from ingest.source import Delivery, Source
from models.errors import AbsentError, SourceError
from models.period import Month, between
from models.problem import Problem
from scheduler.progress import Progress
from scheduler.workspace import Project, Stores


@dataclass(slots=True)
class Intake:
    """What one night brought in."""

    loaded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    absent: list[AbsentError] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def due(project: Project, today: date) -> tuple[Month, ...]:
    """Return the months whose bills may still change: from the first plan month to this one."""
    this = Month.of(today)
    first = min((plan.start for plan in project.plans), default=this + -1)
    return tuple(between(min(first, this), this))


def take_in(
    project: Project,
    stores: Stores,
    months: Sequence[Month],
    progress: Progress,
    only: Sequence[str] = (),
) -> Intake:
    """Fetch and load; a source that fails is recorded, and the others go on."""
    intake = Intake()
    for source in project.sources:
        if not only or source.name in only:
            progress.step(f"ingest {source.name}", len(months))
            _source(source, stores, months, progress, intake)
    return intake


def _source(
    source: Source, stores: Stores, months: Sequence[Month], progress: Progress, intake: Intake
) -> None:
    known = _known(source, stores)
    unseen = set(months) & set(known)
    for found in source.fetch(months, stores.archive, known):
        if isinstance(found, Delivery):
            unseen.discard(found.period)
            _delivery(source, found, stores, progress, intake)
        elif isinstance(found, AbsentError):
            intake.absent.append(found)
        else:
            unseen = {month for month in unseen if str(month) != found.period}
            _refused(found, stores, progress, intake)
        progress.advance()
    intake.unchanged += [f"{source.name}/{month}" for month in sorted(unseen)]


def _known(source: Source, stores: Stores) -> dict[Month, str]:
    """Return the manifests of what is loaded as the source reads it now, and undisputed."""
    disputed = book.quarantined(stores.ledger)
    deliveries = [
        book.delivery(scope, body)
        for scope, body in book.current(stores.ledger).items()
        if scope not in disputed and source.name not in disputed
    ]
    return {
        delivery.period: delivery.manifest.sha256
        for delivery in deliveries
        if delivery.source == source.name
        and delivery.manifest is not None
        and book.is_loaded(stores.ledger, delivery, source)
    }


def _delivery(
    source: Source, delivery: Delivery, stores: Stores, progress: Progress, intake: Intake
) -> None:
    book.receive(stores.ledger, delivery)
    if book.is_loaded(stores.ledger, delivery, source):
        intake.unchanged.append(delivery.scope)
        return
    try:
        loaded = load_delivery(source, delivery, stores.archive, stores.lake)
    except SourceError as error:
        _refused(error, stores, progress, intake, delivery)
        return
    book.loaded(stores.ledger, delivery, loaded)
    intake.loaded.append(delivery.scope)
    intake.problems += loaded.problems


def _refused(
    error: SourceError,
    stores: Stores,
    progress: Progress,
    intake: Intake,
    delivery: Delivery | None = None,
) -> None:
    book.refused(stores.ledger, error.scope, error, delivery)
    intake.errors.append(error)
    progress.note(f"trueup: {error}")
