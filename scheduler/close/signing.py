"""Signing a month: prepared by one person, signed by the same or another, and opened again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version as program
from typing import Any, Final

from ingest import closing
from ingest.closing import Pins
from models.canonical import canonical_value
from models.comment import of
from models.errors import RefusedError
from models.fingerprint import fingerprint
from models.ledger import Entry, Record
from models.period import Month
from reconcile.close.check import Check, checks, failing
from reconcile.close.state import Life, Stage
from reconcile.portfolio import Portfolio, alerted, portfolio
from scheduler.booking import Books
from scheduler.close import commenting
from scheduler.close.closing import freeze
from scheduler.close.evidence import evidence
from scheduler.close.life import times
from scheduler.close.signed import rendered
from scheduler.publish import inputs, open_alert_rows
from scheduler.workspace import Project, Stores

PREPARED: Final = "month.prepared"

Reasons = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person who closes a month says.

    Attributes:
        waived: Reasons, by source, to close without its final bill.
        explained: Reasons, by key, for what does not hold.
    """

    by: str
    reason: str = ""
    waived: Reasons = field(default_factory=dict)
    explained: Reasons = field(default_factory=dict)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Asked:
        """Return what was said when a month was prepared."""
        return cls(
            by=body["by"],
            reason=body["reason"],
            waived=body["waived"],
            explained=body["explained"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything that is signed with a month.

    Attributes:
        report: As it will be kept, in state FINAL.
        checks: Whether it may be closed.
        pins: What it is closed with; None where a check fails, or it was only checked.
        marks: Hash of each part of what is pinned, by a name for a person.
    """

    month: Month
    report: Portfolio
    checks: tuple[Check, ...]
    pins: Pins | None = None
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that stand against it."""
        return failing(self.checks)

    @property
    def hash(self) -> str:
        """The identity of everything that is pinned."""
        return fingerprint(dict(self.marks))


def checked(
    project: Project,
    stores: Stores,
    books: Books,
    month: Month,
    asked: Asked,
) -> Dossier:
    """Check a month; nothing is pinned, and nothing written.

    Raises:
        RefusedError: when it is closed already.
    """
    refuse_closed(stores, month)
    report = _final(project, stores, books, month)
    given = evidence(project, stores, report, waived=asked.waived, explained=asked.explained)
    return Dossier(month=month, report=report, checks=checks(given))


def dossier(
    project: Project,
    stores: Stores,
    books: Books,
    month: Month,
    asked: Asked,
) -> Dossier:
    """Check a month, and gather what would be pinned; the ledger is not changed.

    Raises:
        RefusedError: when it is closed already.
    """
    found = checked(project, stores, books, month, asked)
    if found.failing:
        return found
    pins = freeze(project, stores, books, month, rendered(found.report))
    return replace(found, pins=pins, marks=_marks(project, stores, pins, month))


def refuse_closed(stores: Stores, month: Month) -> None:
    """Refuse a month that is closed already, before anything is worked out.

    Raises:
        RefusedError: says how it is opened.
    """
    if month in closing.closed(stores.ledger):
        raise RefusedError(
            f"{month}: is closed already; `trueup reopen {month} --by NAME --reason TEXT` lets it "
            "change again"
        )


def _final(project: Project, stores: Stores, books: Books, month: Month) -> Portfolio:
    """Return the report as it is signed: of a month that is closed, in its next version."""
    given = inputs(project, stores, books, month)
    life = Life(month=month, stage=Stage.CLOSED, version=times(stores.ledger, month) + 1)
    made = portfolio(replace(given, closed={*given.closed, month}, life=life))
    return alerted(made, open_alert_rows(project, stores))


def _marks(project: Project, stores: Stores, pins: Pins, month: Month) -> dict[str, str]:
    """Return the hash of each part, so that a person can be told which one changed."""
    said = pins.body()
    comments = [each.body() for each in of(commenting.comments(project, stores.ledger), month)]
    deliveries = {
        scope: record.body["delivery"]
        for scope, record in stores.ledger.latest("delivery.loaded").items()
        if scope.endswith(f"/{month}")
    }
    parts = {
        "deliveries": deliveries,
        "books": said.get("books"),
        "rules": [said["rules"], said["program"]],
        "plans": said["plans"],
        "draws": sorted(draw.fingerprint for draw in project.decisions.draws),
        "progress": project.progress.fingerprint,
        "rates": said["rates"],
        "settings": said["settings"],
        "comments": comments,
    }
    return {name: fingerprint(part) for name, part in parts.items()}


def prepare(project: Project, stores: Stores, found: Dossier, asked: Asked) -> Record:
    """Write down what would be pinned, for somebody to sign.

    Raises:
        RefusedError: when a check fails, or nobody is named.
    """
    pins = _sound(found, asked.by)
    body = {
        **asdict(asked),
        "as_of": found.report.as_of.isoformat(),
        "hash": found.hash,
        "marks": dict(found.marks),
        "reports": dict(pins.reports),
        "program": program("trueup"),
    }
    entries = commenting.settled(project, stores.ledger, found.month, found.report.as_of)
    return stores.ledger.append(*entries, Entry(PREPARED, str(found.month), body))[-1]


def prepared(stores: Stores, month: Month) -> Mapping[str, Any]:
    """Return what was prepared of a month since it was last closed.

    Raises:
        RefusedError: when nothing was.
    """
    found = waiting(stores, month)
    if found is None:
        raise RefusedError(
            f"{month}: nobody has prepared it; use `trueup close {month} --by NAME` first"
        )
    return found


def waiting(stores: Stores, month: Month) -> Mapping[str, Any] | None:
    """Return what was prepared of a month and is not closed; None where nothing was."""
    record = stores.ledger.latest(PREPARED).get(str(month))
    last = [each.record.seq for each in closing.closes(stores.ledger) if each.month == month]
    return record.body if record and record.seq > max(last, default=0) else None


def sign(stores: Stores, found: Dossier, *, by: str, two_person: bool) -> Record:
    """Close a month as it was prepared; its report is the one that was prepared, to the byte.

    Args:
        stores: The stores.
        found: The month as it is now.
        by: Who signs.
        two_person: Whether that has to be another person than the one who prepared.

    Raises:
        RefusedError: when a check fails, nobody prepared it, the same person signs, or
            anything changed since.
    """
    pins, month = _sound(found, by), found.month
    said = prepared(stores, month)
    if two_person and canonical_value(by) == canonical_value(said["by"]):
        raise RefusedError(
            f"{month}: {said['by']} prepared it; close.two_person asks for another person to sign"
        )
    # an older program had no mark of some parts
    apart = [name for name, mark in found.marks.items() if said["marks"].get(name, mark) != mark]
    if apart:
        raise RefusedError(
            f"{month}: since {said['by']} prepared it there are other {', '.join(apart)}; read "
            f"the report again, and prepare it anew: `trueup close {month} --by NAME`"
        )
    return closing.close(
        stores.ledger,
        month,
        by=said["by"],
        pins=replace(pins, reports=said["reports"]),
        reason=said["reason"],
        waived={**said["waived"], **said["explained"]},
        signed_by=by.strip() if two_person else "",
        as_of=found.report.as_of,
    )


def _sound(found: Dossier, by: str) -> Pins:
    if not by.strip():
        raise RefusedError(f"{found.month}: nobody is named to close it; fill --by")
    if found.pins is None:
        count = len(found.failing)
        raise RefusedError(f"{found.month}: is not closed; checks that fail: {count}")
    return found.pins
