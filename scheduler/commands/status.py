"""`trueup status`: one screen about the age of the data, what is missing, what is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from reconcile.alerts import SAYS
from scheduler import reallocating
from scheduler.cli import Shell
from scheduler.close.closings import due
from scheduler.commands.schedule import last_finished
from scheduler.deciding import forsaken
from scheduler.holding import Holding, holdings, lines, restated
from scheduler.jobs import missed
from scheduler.outbox import pending
from scheduler.publish import known_alerts
from scheduler.reference import unthought
from scheduler.sound import damaged
from scheduler.workspace import Project, Stores, configured, now, stores


@click.command()
@click.pass_obj
def command(shell: Shell) -> int:
    """Show the last run, every source and its open months, restatements, alerts, messages.

    Exit code 4 when a night was missed, or somebody has to act on a month: it is late,
    forbidden or broken, or empty though it is over, or a document is lost in the archive.
    """
    project = configured(shell.folder)
    moment = now()
    finished = last_finished(project)
    late = missed(project.settings.schedule.at, finished, moment)
    with stores(project) as opened:
        held = holdings(project, opened, moment)
        gone = damaged(project, opened)
        for line in [_run(finished, late=late), *_lines(project, opened, held, moment)]:
            click.echo(line)
        for line in gone:
            click.echo(f"archive    {line}")
    return 4 if late or gone or any(not each.sound for each in held) else 0


def _run(finished: datetime | None, *, late: bool) -> str:
    when = "never" if finished is None else finished.isoformat(timespec="seconds")
    return f"last run   {when}{'  LATE: run `trueup run`' if late else ''}"


def _lines(
    project: Project, opened: Stores, held: list[Holding], moment: datetime
) -> Iterator[str]:
    for each in held:
        yield f"source     {each.source}: {each.state}, {each.detail}"
        yield from lines(each)
    for source in project.sources:
        for problem in unthought(project, opened, source):
            yield f"account    {problem}"
    yield from due(project, opened, moment)
    yield from restated(opened)
    yield from reallocating.lines(opened)
    yield from (f"decision   {line}" for line in forsaken(project, opened))
    for alert in known_alerts(opened).values():
        if alert.state == "open":
            yield f"alert      {alert.name} {alert.project}: {SAYS[alert.rule]} since {alert.since}"
    unsent = pending(opened.ledger)
    for key, record in unsent.items():
        yield f"unsent     {key}: {record.body.get('error', record.body['state'])}"
    yield f"plans      {len(project.plans)}, projects {len(project.registry.projects)}"
