"""A year of a tiny project as it is lived: nights, late bills, edits, closes; all that was printed.

Everything goes by the functions that the commands call, in this process, on a clock of its own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.closing import close, reopen
from models.charge import FOCUS
from models.period import Month
from scheduler.booking import booked
from scheduler.close.closing import freeze
from scheduler.close.signed import rendered
from scheduler.past import recording
from scheduler.pipeline import Night, night
from scheduler.progress import Quiet
from scheduler.publish import reconcile
from scheduler.workspace import Project, Stores, configured, stores

FORMS: Final = ("html", "json", "md")
JANUARY: Final = Month(2026, 1)

SETTINGS: Final = """\
name: Year
reporting_currency: USD
allocation: {unallocated_over: 100}
workers: 1
sources:
  cloud:
    kind: focus
    location: cloud
    pattern: "{month}/*.csv"
    expected_by_day: 5
  labels:
    kind: invoice_csv
    folder: invoices
    issuer: Acme Labels
    service: Data labeling
    columns: {number: Invoice, issued: Date, line: Line, amount: Net, currency: Currency,
              service_start: From, service_end: To, tags: {project: Project}}
    dates: "%Y-%m-%d"
"""
PROJECTS: Final = """\
projects:
  - {id: legal, name: Legal, owner: l@example.com}
  - {id: bot, name: Bot, owner: b@example.com}
"""
RULES: Final = """\
rules:
  - {id: tagged, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: labels, when: {source: labels}, to: {category: data}}
  - {id: compute, when: {source: cloud}, to: {category: training_compute}}
"""
RATES: Final = """\
rates:
  - {currency: EUR, to: USD, from: 2025-12, rate: 1.08, source: monthly average}
"""
PLAN: Final = """\
plan: {{project: {project}, id: {project}-2026, version: {version}, currency: USD, start: 2026-01,
       horizon_months: 12}}
approval: {{status: approved, author: a@example.com, by: f@example.com, at: {at}, reason: {reason}}}
contingency: {{rate: 0.1}}
items:
  - {{id: train, category: training_compute, amount: {train}, phasing: {{method: even}}}}
  - {{id: label, category: data, term: labeling, amount: 2400.00, phasing: {{method: even}}}}
"""
INVOICE: Final = "Invoice,Date,Line,Net,Currency,From,To,Project"
_CHARGE: Final = {  # a row of the cloud; amounts and days are its own
    "BillingAccountId": "000123",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeDescription": "GPU hours",
    "ChargeFrequency": "Usage-Based",
    "ConsumedUnit": "GPU-Hours",
    "InvoiceIssuerName": "Acme GPU Cloud",
    "PricingCategory": "Standard",
    "PricingCurrency": "USD",
    "PricingUnit": "GPU-Hours",
    "ProviderName": "Acme GPU Cloud",
    "PublisherName": "Acme GPU Cloud",
    "ServiceCategory": "Compute",
    "ServiceName": "GPU Jobs",
    "SkuId": "GPU8",
    "SkuPriceId": "GPU8.1",
}


@dataclass(frozen=True)
class Printed:
    """A report as a night wrote it: its day, its month, its run and the bytes of each form."""

    day: date
    month: Month
    run: str
    snapshot: str
    forms: dict[str, bytes]


@dataclass
class Year:
    """A project folder, its clock, and every report that was printed."""

    folder: Path
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    printed: list[Printed] = field(default_factory=list)
    signed: dict[tuple[Month, int], dict[str, bytes]] = field(default_factory=dict)

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def at(self, day: str) -> datetime:
        self.moment = datetime.combine(date.fromisoformat(day), time(2, 30), UTC)
        return self.moment

    def night(self, day: str, month: Month | None = None) -> Night:
        """Run a night and keep what it printed."""
        as_of = self.at(day)
        with self.open() as (project, opened):
            done = night(project, opened, as_of=as_of, progress=Quiet(), now=self.now, month=month)
        report = done.report
        forms = {path.suffix[1:]: path.read_bytes() for path in done.paths}
        self.printed.append(Printed(as_of.date(), report.month, done.run, report.snapshot, forms))
        return done

    @staticmethod
    def plan(*said: Any) -> str:
        return plan(*said)

    def open(self) -> Opening:
        return Opening(self.folder)

    def close(self, day: str, month: Month) -> None:
        """Close a month with its books and the report that is signed."""
        as_of = self.at(day)
        with self.open() as (project, opened):
            if news := recording.configuration(project, opened.ledger):
                opened.ledger.append(*news)
            books = booked(project, opened, Quiet(), as_of)
            forms = rendered(reconcile(project, opened, books, month))
            pins = freeze(project, opened, books, month, forms)
            done = close(opened.ledger, month, by="f@example.com", pins=pins, as_of=as_of)
        self.signed[month, done.body["version"]] = forms

    def reopen(self, day: str, month: Month) -> None:
        """Let a closed month change again."""
        with self.open() as (_, opened):
            said = {"by": "f@example.com", "reason": "a credit was promised"}
            reopen(opened.ledger, month, as_of=self.at(day), **said)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def bill(self, month: Month, *lines: tuple[str, str], part: str = "a") -> None:
        """Deliver a month of the cloud, in USD: amounts by what their tag `project` says."""
        rows = [_charge(month, n, *line) for n, line in enumerate(lines, 1)]
        out = io.StringIO()
        writer = csv.DictWriter(out, [column.focus_name for column in FOCUS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write(f"cloud/{month}/{part}.csv", out.getvalue())

    def invoice(self, month: Month, number: str, issued: str, *lines: tuple[str, str]) -> None:
        """Deliver an invoice of the labels, in EUR, for the service of a month."""
        days = month.first, (month + 1).first - timedelta(days=1)
        rows = [
            f"{number},{issued},{n},{amount},EUR,{days[0]},{days[1]},{project}"
            for n, (project, amount) in enumerate(lines, 1)
        ]
        self.write(f"invoices/{number}.csv", "\n".join([INVOICE, *rows, ""]))


class Opening:
    """A project folder as a command opens it."""

    def __init__(self, folder: Path) -> None:
        self.project = configured(folder, {})
        self.held = stores(self.project)

    def __enter__(self) -> tuple[Project, Stores]:
        return self.project, self.held.__enter__()

    def __exit__(self, *error: object) -> None:
        self.held.__exit__(*error)  # type: ignore[arg-type]


def _charge(month: Month, number: int, project: str, amount: str) -> dict[str, str]:
    day = month.first + timedelta(days=number)
    return {
        **_CHARGE,
        **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), amount),
        "ListUnitPrice": amount,
        "ContractedUnitPrice": amount,
        "BillingPeriodStart": f"{month.first}T00:00:00Z",
        "BillingPeriodEnd": f"{(month + 1).first}T00:00:00Z",
        "ChargePeriodStart": f"{day}T03:00:00Z",
        "ChargePeriodEnd": f"{day}T04:00:00Z",
        "ConsumedQuantity": "1",
        "PricingQuantity": "1",
        "ResourceId": f"job-{number}",
        "InvoiceId": f"INV-{month}",
        "Tags": json.dumps({"project": project}),
    }


@pytest.fixture(scope="session")
def unlived(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Year]:
    """Return a maker of years before their first night."""

    def make() -> Year:
        year = Year(tmp_path_factory.mktemp("year") / "project")
        texts = {"trueup.yaml": SETTINGS, "projects.yaml": PROJECTS, "rules.yaml": RULES}
        for name, text in {**texts, "rates.yaml": RATES}.items():
            year.write(name, text)
        for project in ("legal", "bot"):
            year.write(f"plans/{project}.yaml", plan(project))
        (year.folder / "cloud").mkdir()
        (year.folder / "invoices").mkdir()
        return year

    return make


def plan(
    project: str, version: int = 1, train: str = "12000.00", at: str = "2025-12-20",
    reason: str = "baseline",
) -> str:  # fmt: skip
    """Return the text of a plan."""
    return PLAN.format(project=project, version=version, train=train, at=at, reason=reason)
