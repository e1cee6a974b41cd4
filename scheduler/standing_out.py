"""Days that stand out, of what one night has counted."""

from __future__ import annotations

from datetime import timedelta

from models.period import Month
from reconcile.anomaly.detector import Sensitivity
from reconcile.anomaly.found import Seen, anomalies
from reconcile.anomaly.rule import Anomaly
from scheduler.beside import invoicing
from scheduler.booking import Books
from scheduler.workspace import Project, Stores


def standing_out(
    project: Project, stores: Stores, books: Books, month: Month
) -> tuple[Anomaly, ...]:
    """Return the anomalies of a month and of the days after it that are over."""
    settings = project.settings
    return anomalies(
        Seen(
            spend=books.spend,
            usage=books.spent.usage,
            plans=project.budgets,
            rates=books.rates,
            currency=settings.reporting_currency,
            first=month.first,
            last=books.as_of.date() - timedelta(days=1),
            invoiced=invoicing(stores),
            judgements=project.decisions.anomalies,
            sensitivity=Sensitivity(floor=settings.anomalies.floor),
        )
    )
