"""`trueup close`: how far each month is, and the act by which one stops changing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from models.errors import RefusedError
from models.period import Month
from reconcile.report import closing as said
from scheduler import planning
from scheduler.booking import Books, booked
from scheduler.cli import Shell
from scheduler.close import signing
from scheduler.close.closings import history, listed
from scheduler.close.signed import signed
from scheduler.close.signing import Asked, Dossier
from scheduler.options import Day, MonthType, form_option, month_named, once
from scheduler.past import recording
from scheduler.pipeline import instant
from scheduler.progress import Quiet
from scheduler.publish import placed
from scheduler.workspace import Project, Stores, alone, configured, now, stores

Looked = Callable[[Project, Stores, Books, Month, Asked], Dossier]


class Reason(click.ParamType[tuple[str, str]]):
    """A key and a reason, `KEY=REASON`."""

    name = "key=reason"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both, or end with a usage error."""
        if isinstance(value, tuple):
            return value
        key, _, reason = str(value).partition("=")
        if not (key.strip() and reason.strip()):
            self.fail(f"{value!r} gives no reason; write KEY=REASON", param, ctx)
        return key.strip(), reason.strip()


@click.command()
@click.argument("month", type=MonthType(), required=False)
@month_named
@click.option("--by", default="", help="Who closes it, prepares it, or signs it.")
@click.option("--reason", default="", help="Why it can be closed, in the words of who closes it.")
@click.option("--waive", type=Reason(), multiple=True, help="SOURCE=REASON: not final, but closed.")
@click.option("--explain", type=Reason(), multiple=True, help="KEY=REASON: in spite of a check.")
@click.option("--sign", is_flag=True, help="Sign what another person has prepared.")
@click.option("--dry-run", is_flag=True, help="Print every check, and change nothing.")
@click.option("--history", "past", is_flag=True, help="Who closed what, when, and from what.")
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@form_option
@click.pass_obj
def command(shell: Shell, /, month: Month | None, named: Month | None, **given: Any) -> int:  # noqa: ANN401 - click's own values
    """Close MONTH: it is checked, its books and its report are pinned by hash, and signed.

    Without MONTH: how far each month is. With `close.two_person` in trueup.yaml it prepares
    MONTH, and another person signs with --sign. Exit code 6 when it is refused; every check
    that fails says what mends it.
    """
    month = once(month, named)
    _refuse_slips(month, given)
    project, at = configured(shell.folder), instant(given["today"], now())
    if month is None or given["past"]:
        _list(project, month, at, given)
        return 0
    if given["dry_run"]:
        return _check(project, month, at, given)
    with alone(project), stores(project) as opened:
        return _close(project, opened, month, at, given)


def _refuse_slips(month: Month | None, given: dict[str, Any]) -> None:
    """End with a usage error where words do not belong together, before anything is read."""
    acts = ("by", "reason", "waive", "explain", "sign", "dry_run")
    if given["past"]:
        return
    if month is None:
        if any(given[act] for act in acts):
            raise click.UsageError("say which month to close: MONTH, as in 2026-10")
        return
    if not given["dry_run"] and not given["by"].strip():
        raise click.UsageError("say who closes the month: --by NAME")
    if given["sign"] and (given["waive"] or given["explain"] or given["reason"]):
        raise click.UsageError("reasons were given when the month was prepared; leave them out")


def _check(project: Project, month: Month, at: datetime, given: dict[str, Any]) -> int:
    """Print every check, as of the reasons that are given."""
    with stores(project) as opened:
        asked = _asked(opened, month, given)
        found = _found(project, opened, month, at, asked, looked=signing.checked)
    click.echo(said.checked(month, found.checks, given["form"]), nl=False)
    return RefusedError.exit_code if found.failing else 0


def _list(project: Project, month: Month | None, at: datetime, given: dict[str, Any]) -> None:
    with stores(project) as opened:
        if given["past"]:
            text = said.history(history(opened, month), given["form"])
        else:
            text = said.listed(listed(project, opened, at), given["form"])
    click.echo(text, nl=False)


def _close(
    project: Project, opened: Stores, month: Month, at: datetime, given: dict[str, Any]
) -> int:
    two, by = project.settings.close.two_person, given["by"].strip()
    asked = _asked(opened, month, given)
    kept = recording.configuration(project, opened.ledger, at)
    found = _found(project, opened, month, at, asked)
    if found.failing:
        click.echo(said.checked(month, found.failing, given["form"]), nl=False)
        return RefusedError.exit_code
    if kept:  # files that no night has read yet, such as those of comments
        opened.ledger.append(*kept)
    if not given["sign"]:
        signing.prepare(project, opened, found, asked)
    if two and not given["sign"]:
        click.echo(said.prepared(month, found.hash, by))
        return 0
    record = signing.sign(opened, found, by=by, two_person=two)
    paths = placed(project, month, signed(opened, month))
    _done(found, record.body, [str(path) for path in paths], given["form"])
    return 0


def _found(
    project: Project,
    opened: Stores,
    month: Month,
    at: datetime,
    asked: Asked,
    *,
    looked: Looked = signing.dossier,
) -> Dossier:
    signing.refuse_closed(opened, month)
    project = planning.standing(project, opened.ledger)
    return looked(project, opened, booked(project, opened, Quiet(), at), month, asked)


def _asked(opened: Stores, month: Month, given: dict[str, Any]) -> Asked:
    """Return what was asked for: now, or by the person who prepared it."""
    if given["sign"]:
        return Asked.read(signing.prepared(opened, month))
    return Asked(
        by=given["by"].strip(),
        reason=given["reason"].strip(),
        waived=dict(given["waive"]),
        explained=dict(given["explain"]),
    )


def _done(found: Dossier, body: Any, paths: Sequence[str], form: str) -> None:  # noqa: ANN401 - a body of the ledger
    click.echo(said.closed(found.report, found.checks, body, paths, form), nl=False)
