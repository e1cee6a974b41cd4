"""A year of nights in milliseconds: a source that follows a script, and a clock that obeys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.closing import Pins, close
from ingest.source import (
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Total,
)
from models.archive import Archive
from models.charge import COLUMNS
from models.errors import SourceError
from models.lake import Lake
from models.ledger import Entry, Ledger, Record
from models.money import MONEY
from models.period import Month
from models.projectfile import load as load_projects
from models.rule.file import load as load_rules
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown, page
from scheduler import reallocating
from scheduler.booking import Books, booked
from scheduler.cli import main
from scheduler.close.closing import freeze
from scheduler.progress import Quiet
from scheduler.publish import publish, reconcile
from scheduler.rounds import Round, asked
from scheduler.version import entries, present
from scheduler.workspace import Project, Stores, configured

Line = tuple[str, str | None, str] | tuple[str, str | None, str, str]
# billed cost, invoice id, day, and what the tag `project` says
PLAIN = {
    column.name: Decimal(0) if column.dtype == MONEY else "x"
    for column in COLUMNS
    if not column.null and column.name not in ("x_source", "x_document")
}


def charge(number: int, line: Sequence[Any], month: Month) -> dict[str, Any]:
    cost, invoice, day, *tag = line
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    costs = dict.fromkeys(("billed_cost", "effective_cost", "x_tco_cost"), Decimal(cost))
    return {
        **PLAIN,
        **costs,
        "x_row": number,
        "invoice_id": invoice,
        "tags": {"project": tag[0]} if tag else None,
        "billing_currency": "USD",
        "charge_category": "Usage",
        "charge_period_start": start,
        "charge_period_end": start + timedelta(hours=1),
        "billing_period_start": month.start,
        "billing_period_end": month.end,
    }


BY_INVOICE = Settlement(after=timedelta(days=14), invoiced=True)


@dataclass
class Script:
    """A source that shows, by month, lines, or an error of that month; or fails as a whole."""

    name: str = "cloud"
    settlement: Settlement = BY_INVOICE
    delay: timedelta | None = timedelta(hours=36)  # from the start of a month to its due instant
    shows: dict[str, list[Line] | SourceError] = field(default_factory=dict)
    fails: SourceError | None = None
    fingerprint: str = "1"
    asked: list[Month] = field(default_factory=list)

    def due(self, period: Month) -> datetime | None:
        return None if self.delay is None else period.start + self.delay

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        self.asked = list(periods)
        if self.fails:
            yield self.fails
            return
        for month in periods:
            shown = self.shows.get(str(month))
            if isinstance(shown, SourceError):
                yield shown.of(month)
            elif shown is not None:
                kept = archive.put([json.dumps([str(month), shown]).encode()])
                name = Document(f"{month}.json", kept.sha256, kept.size)
                if known.get(month) != kept.sha256:
                    yield Delivery(
                        source=self.name,
                        period=month,
                        version="v",
                        documents=(name,),
                        manifest=name,
                    )

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        del periods, at
        yield from ()

    def grants(self) -> Iterator[Grant]:
        yield from ()

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        del document
        _, lines = json.loads(path.read_text())
        rows = [charge(n, line, delivery.period) for n, line in enumerate(lines, 1)]
        names = (*PLAIN, "invoice_id", "tags")
        types = {column.name: column.dtype for column in COLUMNS if column.name in names}
        return Conversion(charges=pl.DataFrame(rows, schema=types).lazy())

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        del document, delivery
        _, lines = json.loads(path.read_text())
        total = str(sum((Decimal(line[0]) for line in lines), Decimal(0)))
        days = sorted(line[2] for line in lines)
        return Control(
            rows=len(lines),
            totals=(Total("USD", "Usage", len(lines), total, total),) if lines else (),
            first=days[0] if days else "",
            last=days[-1] if days else "",
        )


@dataclass
class Clock:
    """Where the last night left it."""

    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Life:
    """A project whose nights a test tells; the clock stands where the last night left it."""

    project: Project
    stores: Stores
    source: Script
    clock: Clock

    @property
    def moment(self) -> datetime:
        return self.clock.moment

    def night(self, day: str, lines: Sequence[Line] | None = None, month: str = "2026-10") -> Round:
        """Run the first half of a night; the source shows these lines from now on."""
        self.clock.moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
        if lines is not None:
            self.source.shows[month] = list(lines)
        return asked(self.project, self.stores, Quiet(), self.moment)

    def stages(self, scope: str = "cloud/2026-10") -> list[tuple[str, str]]:
        """Return every stage that the ledger was told, with its day."""
        return [
            (entry.body["state"], entry.body["as_of"][:10])
            for entry in self.stores.ledger.entries("month.state", scope)
        ]

    def answers(self, scope: str = "cloud/2026-10") -> list[str]:
        """Return every answer that the ledger was told."""
        return [e.body["answer"] for e in self.stores.ledger.entries("month.state", scope)]

    def report(self, day: str, month: str = "2026-10") -> Portfolio:
        """Return the report of a month, as of a day."""
        return reconcile(self.project, self.stores, self.books(day), Month.parse(month))

    def books(self, day: str) -> Books:
        """Return what figures are made of, as of a day."""
        as_of = datetime.fromisoformat(day).replace(tzinfo=UTC)
        return booked(self.project, self.stores, Quiet(), as_of)

    def close(self, month: str = "2026-10") -> Record:
        """Close a month by the rules as they are."""
        if news := entries(self.project, self.stores.ledger):
            self.stores.ledger.append(*news)
        rules = present(self.project).hash
        return close(self.stores.ledger, Month.parse(month), by="ada", pins=Pins(rules=rules))

    def shut(
        self, day: str, month: str = "2026-10", reports: Mapping[str, bytes] | None = None
    ) -> Record:
        """Freeze the books of a month as of a day, and close it with them."""
        if news := entries(self.project, self.stores.ledger):
            self.stores.ledger.append(*news)
        at = Month.parse(month)
        pins = freeze(self.project, self.stores, self.books(day), at, reports or {})
        as_of = datetime.fromisoformat(day).replace(tzinfo=UTC)
        return close(self.stores.ledger, at, by="ada", pins=pins, as_of=as_of)

    def forge(self, body: Mapping[str, Any], month: str = "2026-10") -> None:
        """Write another close of a month, past the one write path."""
        ledger = self.stores.ledger
        newest = ledger.newest(("month.closed", "month.reopened"), (month,))
        ledger.settle(Entry("month.closed", month, body), newest.seq if newest else 0)

    def edit(self, rules: str = "", projects: str = "") -> None:
        """Write rules or projects, and read both as the next night does."""
        for name, text in (("rules.yaml", rules), ("projects.yaml", projects)):
            if text:
                (self.project.folder / name).write_text(text)
        registry = load_projects(self.project.folder / "projects.yaml")
        found = load_rules(self.project.folder / "rules.yaml", registry)
        self.project = replace(self.project, rules=found, registry=registry)

    def counted(self, day: str = "2026-12-20") -> Books:
        """Attribute, tell what moves and record the rules, as a night does."""
        news = entries(self.project, self.stores.ledger)
        books = self.books(day)
        news += reallocating.entries(self.project, self.stores, books, Quiet())
        if news:
            self.stores.ledger.append(*news)
        return books

    def actuals(self, month: str = "") -> list[tuple[str, str, Decimal]]:
        """Return what each project and category bears, in a month of charges or in all."""
        spend = self.books("2026-12-20").spend
        mine = spend.filter(pl.col("day").dt.strftime("%Y-%m").str.starts_with(month))
        sums = mine.group_by("project", "category").agg(pl.col("tco_cost").sum())
        return sums.sort("project", "category").rows()

    def rendered(self, day: str, month: str = "2026-10") -> tuple[str, ...]:
        """Return the bytes of a report in each of its forms."""
        report = self.report(day, month)
        return page.render(report), markdown.render(report), document.render(report)

    def publish(self, day: str) -> None:
        """Build the warehouse."""
        publish(self.project, self.stores, self.books(day), self.report(day))


@pytest.fixture(scope="session")
def unborn(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project without plans and sources, as `trueup init` writes it otherwise."""
    folder = tmp_path_factory.mktemp("life") / "project"
    answers = ("--name", "n", "--currency", "USD", "--project", "p", "--owner", "o@example.com")
    assert main(["-q", "-C", str(folder), "init", *answers]) == 0
    for plan in (folder / "plans").iterdir():
        plan.unlink()
    return configured(folder, {})


@contextmanager
def lived(born: Project, folder: Path, script: Script, clock: Clock) -> Iterator[Life]:
    """Yield the life of a copy of a project, in a folder."""
    shutil.copytree(born.folder, folder, dirs_exist_ok=True)
    project = replace(born, folder=folder, sources=(script,))
    project.state.mkdir(exist_ok=True)
    with Ledger(f"sqlite:///{project.state}/ledger.sqlite", lambda: clock.moment) as ledger:
        stores = Stores(Archive(project.state / "archive"), Lake(project.state / "lake"), ledger)
        yield Life(project, stores, script, clock)


@pytest.fixture
def life(unborn: Project, tmp_path: Path) -> Iterator[Life]:
    """Return a project with one scripted source, before its first night."""
    with lived(unborn, tmp_path, Script(), Clock()) as life:
        yield life


@pytest.fixture(scope="session")
def told_lives(
    unborn: Project, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[Life], object]], Life]:
    """Return a function that tells a life once for all its tests; to be copied, not changed."""

    @cache
    def told(tell: Callable[[Life], object]) -> Life:
        folder = tmp_path_factory.mktemp("told") / "project"
        with lived(unborn, folder, Script(), Clock()) as life:
            tell(life)
        return life

    return told


@pytest.fixture
def after(
    told_lives: Callable[[Callable[[Life], object]], Life], tmp_path: Path
) -> Iterator[Callable[[Callable[[Life], object]], Life]]:
    """Return a function that gives a life of a test's own, after what another function told."""
    with ExitStack() as stack:

        def lives(tell: Callable[[Life], object]) -> Life:
            told = told_lives(tell)
            script = replace(told.source, shows=dict(told.source.shows))
            return stack.enter_context(lived(told.project, tmp_path, script, replace(told.clock)))

        yield lives
