"""One night, in order: fetch to alert. Takes the time as an argument."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from models.ledger import Entry
from models.period import Month
from reconcile.portfolio import Portfolio, alerted, portfolio
from reconcile.reallocation import Reallocation
from scheduler import decisions as drawing
from scheduler import forecasting, planning, reallocating
from scheduler.alerting import raise_alerts
from scheduler.booking import booked
from scheduler.outbox import deliver
from scheduler.past import recording
from scheduler.progress import Progress, RunLog
from scheduler.publish import (
    inputs,
    open_alert_rows,
    publish,
    reported_month,
    write_reports,
)
from scheduler.rounds import Round, asked
from scheduler.sound import damaged
from scheduler.version import entries
from scheduler.workspace import Project, Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one run did.

    Attributes:
        arrived: Messages delivered; `failed` are still in the outbox.
        subjects: Subjects of the alerts that changed.
        round: What the sources brought, and how each of their open months stands.
        moved: What an edit of the rules moved, as a sentence.
        damaged: Documents that the archive lost, or that somebody altered, a sentence each.
    """

    run: str
    report: Portfolio
    round: Round
    paths: list[Path]
    moved: list[str]
    subjects: list[str]
    arrived: int
    failed: int
    damaged: list[str]

    @property
    def exit_code(self) -> int:
        """0 done, overruns included; 4 when somebody has to act, or a bill is not its invoice."""
        apart = any(each.verdict.fails for each in self.report.assertions)
        return 4 if self.round.exit_code or apart or self.damaged else 0


def run_id(now: datetime) -> str:
    """Return a new run id that sorts by time."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def instant(today: date | None, now: datetime) -> datetime:
    """Return when the data is current: now, or the first instant of a day that was given."""
    return now if today is None else datetime.combine(today, time(), UTC)


def night(
    project: Project,
    stores: Stores,
    *,
    as_of: datetime,
    progress: Progress,
    now: Callable[[], datetime],
    month: Month | None = None,
) -> Night:
    """Run one night; the caller holds the lock.

    Raises:
        InvariantError: when figures do not add up; the last good ones stay published.
    """
    run = run_id(now())
    log = _begun(project, stores, run, as_of, now)
    month = month or reported_month(as_of.date())
    read = [*entries(project, stores.ledger), *recording.configuration(project, stores.ledger)]
    project = planning.standing(project, stores.ledger)  # before anything is asked for
    told = asked(project, stores, progress, as_of, also=month)
    books = booked(project, stores, progress, as_of)
    moved = reallocating.entries(project, stores, books, progress)
    _keep(project, stores, [*read, *moved])
    progress.step("reconcile")
    report = portfolio(inputs(project, stores, books, month))
    subjects = raise_alerts(project, stores, report, run=run)
    report = alerted(report, open_alert_rows(project, stores))  # with those of tonight
    progress.step("publish")
    publish(project, stores, books, report)
    forecasting.record(stores, report)
    paths = write_reports(project, stores, report)
    progress.step("deliver")
    arrived, failed = deliver(stores.ledger, project.settings.channels, project.folder, now)
    done = Night(
        run=run,
        report=report,
        round=told,
        paths=paths,
        moved=[Reallocation.read(0, each.body).said() for each in moved],
        subjects=subjects,
        arrived=arrived,
        failed=failed,
        damaged=damaged(project, stores),
    )
    _finished(stores, done, log)
    return done


def _begun(
    project: Project, stores: Stores, run: str, as_of: datetime, now: Callable[[], datetime]
) -> RunLog:
    """Note that a run begins, and clear what one that was killed has left."""
    log = _log(project, run, now)
    stores.ledger.append(Entry("run.started", run, {"as_of": as_of.isoformat()}))
    stores.sweep()
    return log


def _keep(project: Project, stores: Stores, read: Iterable[Entry]) -> None:
    """Keep in one transaction what was read, decided and configured, as far as it is new.

    Args:
        project: With the versions of its plans.
        stores: Where it is kept.
        read: What was noted before the sources were asked, since a night is long.
    """
    drawn = [*drawing.entries(project, stores), *planning.entries(project, stores.ledger)]
    news = [*read, *drawn, *recording.versions(project, stores.ledger)]
    if news:
        stores.ledger.append(*news)


def _finished(stores: Stores, done: Night, log: RunLog) -> None:
    """Note how a run ended."""
    report, intake = done.report, done.round.intake
    body = {"exit_code": done.exit_code, "snapshot": report.snapshot, "month": str(report.month)}
    stores.ledger.append(Entry("run.finished", done.run, body))
    refused, urgent = [*map(str, intake.errors)], [*map(str, done.round.urgent)]
    log("finished", **body, loaded=intake.loaded, refused=refused, urgent=urgent)


def _log(project: Project, run: str, now: Callable[[], datetime]) -> RunLog:
    folder = project.state / "runs"
    folder.mkdir(mode=0o700, exist_ok=True)
    log = RunLog(folder / f"{run}.jsonl", now)
    log("started", run=run)
    return log
