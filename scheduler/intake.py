"""The first half of a night: fetch every due period of every source, and load it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from ingest import book
from ingest.kind import ASKED
from ingest.load import LoadedDelivery
from ingest.source import Delivery, Known, Source
from models.errors import AbsentError, EmptyError, SourceError
from models.ledger import Entry
from models.period import Month, between
from models.problem import Problem
from scheduler.deciding import doubted
from scheduler.loading import Arrival, Arrivals, Loading, load
from scheduler.progress import Progress
from scheduler.reference import refer
from scheduler.workspace import Project, Stores

BACK: Final = 3  # months before this one that are asked for though nobody planned them


@dataclass(slots=True)
class Intake:
    """What one night brought in.

    Attributes:
        as_of: The instant of the night.
        loaded, unchanged: Scopes.
        absent, empty: Answers nobody has to act on by themselves.
        errors: What somebody has to act on: forbidden, broken, empty though the month is over.
        problems: Findings in what was loaded.
        asked: Why a source as a whole did not answer, by its name; empty where it did.
    """

    as_of: datetime
    loaded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    absent: list[AbsentError] = field(default_factory=list)
    empty: list[EmptyError] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)


def due(project: Project, stores: Stores, today: date) -> tuple[Month, ...]:
    """Return the months whose bills may still change, oldest first.

    Those of the plans so far, the last three, and every month that was ever loaded: a bill
    can change a year later (refunds, tags set backwards), and a source answers at the cost
    of one small request that nothing is new.
    """
    this = Month.of(today)
    first = min((plan.start for plan in project.plans), default=this)
    loaded = {Month.parse(scope.rpartition("/")[2]) for scope in book.current(stores.ledger)}
    asked = {*between(min(first, this + -BACK), this), *loaded}
    return tuple(sorted(month for month in asked if month <= this))


def take_in(
    project: Project,
    stores: Stores,
    months: Sequence[Month],
    progress: Progress,
    only: Sequence[str] = (),
    *,
    as_of: datetime,
) -> Intake:
    """Fetch and load; a source that fails is recorded, and the others go on."""
    intake = Intake(as_of)
    for source in project.sources:
        if not only or source.name in only:
            progress.step(f"ingest {source.name}")
            _source(project, source, stores, months, progress, intake)
            refer(source, stores, months, progress)
    return intake


def record_asked(stores: Stores, intake: Intake) -> None:
    """Note that sources were asked for all open months, and whether each answered."""
    entries = [
        Entry(
            ASKED,
            source,
            {"as_of": intake.as_of.isoformat(), "answered": not error, "detail": error},
        )
        for source, error in intake.asked.items()
    ]
    if entries:
        stores.ledger.append(*entries)


def _source(  # noqa: PLR0917 - one night's state, handed on as it is
    project: Project,
    source: Source,
    stores: Stores,
    months: Sequence[Month],
    progress: Progress,
    intake: Intake,
) -> None:
    arrivals = Arrivals(stores.archive, stores.lake)
    intake.asked[source.name] = ""
    asked = _fetched(project, source, stores, months, progress, intake, arrivals)
    for answer in stores.engine.each(load, asked, lambda task: progress.advance(task.name)):
        arrivals.take(answer)
        _record(arrivals, stores, progress, intake)
    _record(arrivals, stores, progress, intake)


def _fetched(  # noqa: PLR0917 - as above
    project: Project,
    source: Source,
    stores: Stores,
    months: Sequence[Month],
    progress: Progress,
    intake: Intake,
    arrivals: Arrivals,
) -> Iterator[Loading]:
    """Yield the documents to load as they are fetched; note what needs no loading."""
    known = _known(source, stores)
    unseen = set(months) & set(known)
    for found in doubted(project, stores, source) or source.fetch(months, stores.archive, known):
        if isinstance(found, Delivery):
            unseen.discard(found.period)
            if _is_news(source, found, stores, intake):
                progress.expect(len(found.documents))
                yield from arrivals.tasks(source, found)
        else:
            unseen = {month for month in unseen if str(month) != found.period and found.period}
            _silence(found, stores, progress, intake)
    intake.unchanged += [f"{source.name}/{month}" for month in sorted(unseen)]


def _silence(
    error: SourceError,
    stores: Stores,
    progress: Progress,
    intake: Intake,
    delivery: Delivery | None = None,
) -> None:
    """Record what a source did not deliver, by which of the answers it is."""
    if isinstance(error, AbsentError):
        book.absent(stores.ledger, error, intake.as_of)
        intake.absent.append(error)
        return
    book.refused(stores.ledger, error.scope, error, delivery)
    if not error.period:
        intake.asked[error.source] = str(error)
    if isinstance(error, EmptyError) and _runs(error.period, intake.as_of):
        intake.empty.append(error)
        return
    intake.errors.append(error)
    progress.note(f"trueup: {error}")


def _runs(period: str, as_of: datetime) -> bool:
    return bool(period) and as_of < Month.parse(period).end


def _known(source: Source, stores: Stores) -> Known:
    """Return the manifests of what is loaded as the source reads it now, and undisputed."""
    disputed = {*book.quarantined(stores.ledger), *book.gone(stores.ledger)}
    deliveries = [
        delivery
        for scope, body in book.current(stores.ledger).items()
        if (delivery := book.delivery(scope, body)).source == source.name and delivery.manifest
    ]
    undisputed = [
        delivery
        for delivery in deliveries
        if not {delivery.scope, source.name} & disputed
        and book.is_loaded(stores.ledger, delivery, source)
    ]
    return Known(_manifests(undisputed), _manifests(deliveries))


def _manifests(deliveries: Sequence[Delivery]) -> dict[Month, str]:
    return {each.period: each.manifest.sha256 for each in deliveries if each.manifest}


def _is_news(source: Source, delivery: Delivery, stores: Stores, intake: Intake) -> bool:
    """Note that a delivery came; say whether it must be loaded."""
    book.receive(stores.ledger, delivery, intake.as_of)
    if book.is_loaded(stores.ledger, delivery, source):
        intake.unchanged.append(delivery.scope)
        return False
    return True


def _record(arrivals: Arrivals, stores: Stores, progress: Progress, intake: Intake) -> None:
    """Write what became of the deliveries that are over into the ledger, in their order."""
    for arrival in arrivals.over():
        _delivery(arrival, stores, progress, intake)


def _delivery(arrival: Arrival, stores: Stores, progress: Progress, intake: Intake) -> None:
    delivery = arrival.delivery
    try:
        loaded = arrival.loaded()
        _refuse_empty(loaded)
    except SourceError as error:
        _silence(error.of(delivery.period), stores, progress, intake, delivery)
        return
    book.loaded(stores.ledger, delivery, loaded, intake.as_of)
    intake.loaded.append(delivery.scope)
    intake.problems += loaded.problems


def _refuse_empty(loaded: LoadedDelivery) -> None:
    """Refuse a delivery without a line: it would make zero of a month that had cost.

    Raises:
        EmptyError: when no document of it has a line, or says anything beside lines.
    """
    delivery = loaded.delivery
    controls = [document.control for document in loaded.documents]
    if not any(control.rows or control.beside for control in controls):
        named = delivery.manifest or next(iter(delivery.documents), None)
        name = named.name if named else str(delivery.period)
        raise EmptyError(delivery.source, name, "the delivery has no line")
