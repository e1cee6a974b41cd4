"""The second half of a night: attribute, reconcile, publish the warehouse and the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from models import warehouse
from models.durable import part_in, place, storing
from models.money import MONEY
from models.period import Month
from models.plan.plan import FRAME
from models.problem import Problem
from reconcile.actuals import actuals_frame
from reconcile.adjustment import frame
from reconcile.alertline import AlertRow
from reconcile.alerts import SEVERITY, Alert
from reconcile.driver.activity import activity
from reconcile.driver.table import drivers_frame
from reconcile.inputs import Inputs
from reconcile.portfolio import Portfolio, alerted, portfolio
from reconcile.ruling import (
    Ruling,
    conflicts_frame,
    coverage_frame,
    rule_use_frame,
    ruling,
)
from reconcile.run.line import project_runs
from scheduler import (
    accruing,
    beside,
    forecasting,
    planning,
    reallocating,
    reapproving,
    resembling,
    restating,
)
from scheduler.asserting import asserted, invoice_parts, invoices
from scheduler.booking import Books
from scheduler.close import adjusting
from scheduler.close.closing import closes_frame
from scheduler.close.commenting import commenting
from scheduler.close.life import month_life
from scheduler.close.signed import WRITTEN, rendered, signed
from scheduler.decisions import asked
from scheduler.origin import documents, origins
from scheduler.restating import restated
from scheduler.shelf import Shelf, shelf
from scheduler.snapshot import snapshot
from scheduler.standing import problems, source_states
from scheduler.standing_out import standing_out
from scheduler.workspace import Project, Stores

SOURCES: Final = pl.Schema(
    {
        "source": pl.String(),
        "month": pl.String(),
        "state": pl.String(),
        "stage": pl.String(),
        "since": pl.Date(),
        "newest": pl.Date(),
        "currency": pl.String(),
        "amount": MONEY,
        "control": MONEY,
        "difference": MONEY,
        "detail": pl.String(),
    }
)


def reported_month(today: date) -> Month:
    """Return the month a report is of unless told otherwise: the last that has ended."""
    return Month.of(today) + -1


def reconcile(project: Project, stores: Stores, books: Books, month: Month) -> Portfolio:
    """Reconcile spend with the plans: the one value every report is made of.

    Raises:
        InvariantError: when a sum does not agree; nothing was published.
    """
    made = portfolio(inputs(project, stores, books, month))
    return alerted(made, open_alert_rows(project, stores))


def inputs(project: Project, stores: Stores, books: Books, month: Month) -> Inputs:
    """Return everything that the report of a month is made of; alerts are decided on it."""
    project = planning.standing(project, stores.ledger)
    decided = asked(project, stores, books, month)  # no budget before its draws are allowed
    settings, owed, as_of = project.settings, books.owed, books.as_of
    held, judged = shelf(stores, as_of), asserted(project, stores)
    states = [
        *source_states(project, held, month),
        *accruing.states(project, owed, month, as_of),
    ]
    return Inputs(
        name=settings.name,
        month=month,
        currency=settings.reporting_currency,
        as_of=as_of,
        snapshot=snapshot(project, stores),
        spend=books.spend,
        plans=project.budgets,
        histories=planning.history(project, stores.ledger),
        closed_plans=planning.closed_plans(project, stores.ledger),
        projects=project.registry.projects,
        rates=books.rates,
        materiality=settings.materiality,
        targets=settings.allocation,
        ruling=ruled(project, books),
        sources=states,
        assertions=judged,
        problems=_found(project, stores, books, held, month),
        adjustments=adjusting.adjustments(project, stores, books),
        accruals=owed.accruals,
        anomalies=standing_out(project, stores, books, month),
        runs=project_runs(books.ran.frame, books.ran.accepted, month),
        activity=activity(books.ran.frame, books.spent.usage),
        commitments=owed.committed(),
        forecast=forecasting.known(project, stores, books),
        restated=restated(held, month),
        asked=decided,
        closed=held.closed,
        life=month_life(held, month, states, judged),
        commenting=commenting(project, stores),
        fiscal=settings.fiscal.first_month if settings.fiscal else None,
        demo=settings.demo,
    )


def _found(
    project: Project, stores: Stores, books: Books, held: Shelf, month: Month
) -> list[Problem]:
    """Return the findings about the data of a month."""
    return [
        *problems(project, held, month),
        *resembling.problems(project, stores, month),
        *reapproving.problems(project, stores.ledger),
        *books.owed.told(month),
        *books.spent.of(month),
        *reallocating.reallocated(held, month),
    ]


def ruled(project: Project, books: Books) -> Ruling:
    """Return what the rules do with all that is loaded."""
    return ruling(
        project.rules.rules,
        books.spent.direct,
        books.claims,
        books.rates,
        project.settings.reporting_currency,
        books.as_of.date(),
    )


def open_alerts(stores: Stores) -> list[Alert]:
    """Return the alerts that are open, by number."""
    return sorted(
        (alert for alert in known_alerts(stores).values() if alert.state == "open"),
        key=lambda alert: alert.number,
    )


def open_alert_rows(project: Project, stores: Stores) -> list[AlertRow]:
    """Return the alerts that are open, as a report shows them."""
    return [_row(project, alert) for alert in open_alerts(stores)]


def known_alerts(stores: Stores) -> dict[str, Alert]:
    """Return the newest state of every alert, by key."""
    newest = stores.ledger.latest("alert")
    return {key: Alert.read(key, record.body) for key, record in newest.items()}


def publish(project: Project, stores: Stores, books: Books, report: Portfolio) -> None:
    """Build the warehouse beside the old one and take its place."""
    project = planning.standing(project, stores.ledger)
    currency = project.settings.reporting_currency
    tables = {
        "spend": books.spend,
        "shares": books.spent.shares,
        "plan": _plans(project),
        "actuals": actuals_frame(books.spend, books.rates, currency),
        "variance": report.variance,
        "drivers": drivers_frame(report.drivers.lines.months),
        "drivers_to_date": drivers_frame(report.drivers.lines.to_date),
        "problems": _problems(report.problems),
        "sources": _sources(report),
        "runs": books.ran.frame,
        "invoices": invoices(report.assertions),
        "invoice_parts": invoice_parts(report.assertions),
        "restatements": restating.frame(stores),
        "adjustments": frame(report.adjusted.known, currency),
        "reallocations": reallocating.frame(stores),
        "documents": documents(stores),
        "closes": closes_frame(stores),
        "coverage": coverage_frame(report.allocation.shares, currency),
        "conflicts": conflicts_frame(report.allocation.ruling, currency),
        "rule_use": rule_use_frame(report.allocation.ruling, currency),
        **books.owed.frames,
        **beside.tables(stores, books.spent.usage),
    }
    warehouse.publish(project.warehouse, project.state / "lake", origins(stores), tables)


def write_reports(project: Project, stores: Stores, report: Portfolio) -> list[Path]:
    """Write the report of a month as HTML, Markdown and JSON; return the paths.

    Of a closed month it is the one that was signed, to the byte.
    """
    return placed(project, report.month, signed(stores, report.month) or rendered(report))


def placed(project: Project, month: Month, found: Mapping[str, bytes]) -> list[Path]:
    """Write a report that was rendered, by form, and return the paths."""
    return [
        _placed(project.reports / f"{month}.{form}", found[form])
        for form in WRITTEN
        if form in found
    ]


def _placed(path: Path, data: bytes) -> Path:
    with part_in(path.parent) as part, storing(path):
        part.write_bytes(data)
        place(part, path)
    return path


def _row(project: Project, alert: Alert) -> AlertRow:
    owners = {each.id: each.owner or "" for each in project.registry.projects}
    return AlertRow(
        name=alert.name,
        rule=alert.rule,
        severity=SEVERITY[alert.rule],
        project=alert.project,
        since=date.fromisoformat(alert.since),
        state=alert.state,
        now=alert.excess,
        owner=owners.get(alert.project, ""),
    )


def _plans(project: Project) -> pl.DataFrame:
    frames = [plan.frame() for plan in project.budgets]
    return pl.concat([pl.DataFrame(schema=FRAME), *frames]).sort(pl.all())


def _problems(found: Sequence[Problem]) -> pl.DataFrame:
    names = ("source", "document", "row", "column", "rule", "detail", "severity")
    rows = [tuple(getattr(problem, name) for name in names) for problem in found]
    schema = pl.Schema({name: pl.Int64() if name == "row" else pl.String() for name in names})
    return pl.DataFrame(rows, schema=schema, orient="row")


def _sources(report: Portfolio) -> pl.DataFrame:
    rows = [
        {
            "source": line.state.source,
            "month": str(report.month),
            "state": line.state.state,
            "stage": line.state.stage,
            "since": line.state.since,
            "newest": line.state.newest,
            "currency": line.currency,
            "amount": line.amount.value,
            "control": line.control.value,
            "difference": line.difference.value,
            "detail": line.state.detail,
        }
        for line in report.sources
    ]
    return pl.DataFrame(rows, schema=SOURCES)
