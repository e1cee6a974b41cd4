from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any

import polars as pl
import pytest

from models.money import MONEY
from models.period import Month, months
from reconcile.alertline import AlertRow
from reconcile.inputs import Inputs
from reconcile.portfolio import Portfolio, alerted, portfolio
from reconcile.restatement import Restated
from reconcile.tie_out import SourceState

OCTOBER = Month(2026, 10)
MARCH = Month(2026, 3)
SPEND = pl.Schema(
    {
        "source": pl.String(),
        "period": pl.String(),
        "project": pl.String(),
        "category": pl.String(),
        "item": pl.String(),
        "project_rule": pl.String(),
        "category_rule": pl.String(),
        "path": pl.String(),
        "share": pl.Decimal(38, 18),
        "service_name": pl.String(),
        "charge_category": pl.String(),
        "pricing_category": pl.String(),
        "commitment_discount_status": pl.String(),
        "gpu_type": pl.String(),
        "currency": pl.String(),
        "consumed_unit": pl.String(),
        "day": pl.Date(),
        "billed_cost": MONEY,
        "effective_cost": MONEY,
        "tco_cost": MONEY,
        "list_cost": MONEY,
        "consumed_quantity": pl.Decimal(38, 18),
        "lines": pl.UInt32(),
        "adjusts": pl.String(),
    }
)


@dataclass(frozen=True)
class Item:
    """A line of a plan; `phased` is one amount a month of its plan."""

    id: str
    category: str
    phased: Sequence[Decimal]
    quantity: Mapping[str, Decimal] = field(default_factory=dict)
    unit: str | None = None
    unit_price: Decimal | None = None
    price_basis: str | None = None
    weights: Sequence[Fraction] = ()

    @property
    def amount(self) -> Decimal:
        return sum(self.phased, Decimal(0))

    @property
    def shares(self) -> Sequence[Fraction]:
        return self.weights or tuple(map(Fraction, self.phased))

    @property
    def units(self) -> Fraction | None:
        factors = map(Fraction, self.quantity.values())
        return prod(factors, start=Fraction(1)) if self.quantity else None


@dataclass(frozen=True)
class Plan:
    """A plan by category and month, or of items from `start`, which stand for themselves."""

    project: str
    amounts: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    contingency: Decimal = Decimal(0)
    currency: str = "USD"
    version: int = 1
    start: Month = MARCH
    items: Sequence[Item] = ()

    @property
    def months(self) -> Sequence[Month]:
        long = max((len(item.phased) for item in self.items), default=0)
        return months(self.start, long) or sorted({Month.parse(m) for _, m in self.amounts})

    def frame(self) -> pl.DataFrame:
        rows = [(self.project, c, "", m, amount) for (c, m), amount in self.amounts.items()]
        for item in self.items:
            rows += [
                (self.project, item.category, item.id, str(month), amount)
                for month, amount in zip(self.months, item.phased, strict=True)
            ]
        names = ["project", "category", "item", "month", "amount"]
        types = [pl.String(), pl.String(), pl.String(), pl.String(), MONEY]
        return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")


@dataclass(frozen=True)
class Merged:
    into: str
    on: date


@dataclass(frozen=True)
class Project:
    id: str
    name: str | None = None
    owner: str | None = None
    cost_center: str | None = None
    start: date | None = None
    end: date | None = None
    merged: Merged | None = None


@dataclass(frozen=True)
class Thresholds:
    percent: Decimal = Decimal(5)
    floor: Decimal = Decimal(1000)
    always: Decimal = Decimal(50000)
    colour_percent: Decimal = Decimal(3)


@dataclass(frozen=True)
class Targets:
    target: Decimal = Decimal(80)
    drop: Decimal = Decimal(10)


@dataclass(frozen=True)
class Rates:
    """One rate for each (currency, month); a missing one raises, as the real table does."""

    table: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)

    def convert(self, amount: Decimal, currency: str, to: str, month: Month) -> Decimal:
        return amount if currency == to else amount * self.table[currency, str(month)]


def spend_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Build spend from (project, category, day, cost) and whatever else a row says."""
    full = []
    for row in rows:
        day: date = row["day"]
        cost = row["cost"]
        base = {
            "source": "cloud",
            "period": f"{day:%Y-%m}",
            "item": None,
            "project_rule": "r",
            "category_rule": "r",
            "path": None,
            "share": Decimal(1),
            "service_name": "Compute",
            "charge_category": "Usage",
            **dict.fromkeys(("pricing_category", "commitment_discount_status", "gpu_type")),
            "currency": "USD",
            "consumed_unit": None,
            "billed_cost": cost,
            "effective_cost": cost,
            "tco_cost": cost,
            "list_cost": cost,
            "consumed_quantity": Decimal(0),
            "lines": 1,
            "adjusts": None,
        }
        full.append({**base, **{k: v for k, v in row.items() if k != "cost"}})
    return pl.DataFrame(full, schema=SPEND)


@pytest.fixture(name="spend_of", scope="session")
def spend_of_fixture() -> Callable[[Iterable[Mapping[str, Any]]], pl.DataFrame]:
    return spend_frame


@pytest.fixture(name="plan_of", scope="session")
def plan_of_fixture() -> type[Plan]:
    return Plan


@pytest.fixture(name="item_of", scope="session")
def item_of_fixture() -> type[Item]:
    return Item


@pytest.fixture(name="project_of", scope="session")
def project_of_fixture() -> type[Project]:
    return Project


@pytest.fixture(name="merged_of", scope="session")
def merged_of_fixture() -> type[Merged]:
    return Merged


@pytest.fixture(name="rates_of", scope="session")
def rates_of_fixture() -> type[Rates]:
    return Rates


@pytest.fixture(name="thresholds", scope="session")
def thresholds_fixture() -> Thresholds:
    return Thresholds()


@pytest.fixture(name="thresholds_of", scope="session")
def thresholds_of_fixture() -> type[Thresholds]:
    return Thresholds


@pytest.fixture(name="portfolio_of", scope="session")
def portfolio_of_fixture() -> Callable[..., Portfolio]:
    """Return `portfolio` with quiet defaults: October 2026 in USD, as of 20 November."""

    def build(
        rows: Iterable[Mapping[str, Any]] = (), alerts: Iterable[AlertRow] = (), **given: Any
    ) -> Portfolio:
        defaults: dict[str, Any] = {
            "name": "fine-tuning",
            "month": OCTOBER,
            "currency": "USD",
            "as_of": datetime(2026, 11, 20, 2, 30, tzinfo=UTC),
            "snapshot": "5f2c9e0b",
            "spend": spend_frame(rows),
            "plans": (),
            "projects": (),
            "rates": Rates(),
            "materiality": Thresholds(),
            "targets": Targets(),
        }
        return alerted(portfolio(Inputs(**{**defaults, **given})), alerts)

    return build


# Six projects, each a story: (owner, contingency, plan per month, deviation by category).
STORIES: dict[str, tuple[str, str, dict[str, int], dict[str, list[int]]]] = {
    "legal-summarizer-70b": (
        "r.okafor@example.com",
        "140000",
        {
            "training_compute": 68000,
            "data": 22000,
            "labor": 62000,
            "infra": 9000,
            "inference": 21000,
        },
        {"training_compute": [4, 5, 9, 12, 15, 18, 20, 21], "inference": [0, 0, 1, 2, 2, 3, 3, 3]},
    ),
    "search-rerank-1b": (
        "l.moreau@example.com",
        "16000",
        {"training_compute": 9000, "data": 4000, "labor": 11000, "inference": 3000},
        {"training_compute": [0, 1, 2, 2, 3, 4, 5, 5]},
    ),
    "kyc-extract-8b": (
        "s.petrov@example.com",
        "45000",
        {
            "training_compute": 18000,
            "data": 14000,
            "labor": 22000,
            "infra": 3000,
            "ops_overhead": 2400,
        },
        {"data": [0, 0, 3, 4, 5, 4, 4, 4]},
    ),
    "code-assist-33b": (
        "m.lindqvist@example.com",
        "120000",
        {
            "training_compute": 54000,
            "data": 9000,
            "labor": 48000,
            "infra": 6000,
            "depreciation": 8000,
        },
        {"training_compute": [1, -1, 0, 1, -2, 1, 0, 1]},
    ),
    "voice-intent-3b": (
        "j.tanaka@example.com",
        "40000",
        {"training_compute": 11000, "data": 9000, "labor": 15000, "inference": 3000},
        {"data": [0, 0, 0, 1, -1, 0, 0, 0]},
    ),
    "support-triage-8b": (
        "a.bianchi@example.com",
        "77000",
        {
            "training_compute": 24000,
            "data": 13000,
            "labor": 30000,
            "infra": 4000,
            "inference": 6000,
        },
        {"training_compute": [-1, -2, -3, -4, -4, -4, -5, -5]},
    ),
}


def _story_rows() -> Iterable[dict[str, Any]]:
    for number, (project, (_, _, plan, extra)) in enumerate(STORIES.items()):
        for category, amount in plan.items():
            for step, month in enumerate(months(MARCH, 8)):
                over = extra.get(category, [0] * 8)[step] * 1000
                cost = Decimal(amount + over) + Decimal(number * 7 + step).scaleb(-3)
                source = "labels" if category == "data" else "cloud"
                yield {
                    "project": project,
                    "category": category,
                    "day": month.last,
                    "cost": cost,
                    "source": source,
                }
            cost = Decimal(amount) / 2
            yield {
                "project": project,
                "category": category,
                "day": date(2026, 11, 15),
                "cost": cost,
            }
    yield {
        "project": "unallocated",
        "category": "unallocated",
        "day": date(2026, 10, 9),
        "cost": Decimal("24017.55"),
    }


@pytest.fixture(name="six", scope="session")
def six_fixture(portfolio_of: Callable[..., Portfolio]) -> Portfolio:
    """Six projects over twelve months, October whole, November running."""
    plans = [
        Plan(
            project,
            {(c, str(m)): Decimal(a) for c, a in plan.items() for m in months(MARCH, 12)},
            contingency=Decimal(contingency),
            version=3,
        )
        for project, (_, contingency, plan, _) in STORIES.items()
    ]
    sources = [
        SourceState(
            source="cloud",
            state="final",
            stage="restated",
            since=date(2026, 11, 17),
            newest=date(2026, 11, 18),
            expected=date(2026, 11, 20),
            rows=48213,
        ),
        SourceState(
            source="labels",
            state="final",
            newest=date(2026, 10, 31),
            expected=date(2026, 11, 10),
            rows=12,
            controls={"USD": Decimal("75000.147")},
        ),
    ]
    alert = AlertRow(
        name="A-1",
        rule="eac_over_limit",
        severity="critical",
        project="search-rerank-1b",
        since=date(2026, 9, 3),
        state="open",
        now=Decimal("6000.10"),
        worst=Decimal("6000.10"),
        owner="l.moreau@example.com",
    )
    restated = Restated(
        source="cloud",
        month=Month(2026, 8),
        at=date(2026, 11, 17),
        was="final",
        cause="delivery",
        before="a" * 64,
        after="b" * 64,
        currency="USD",
        rows=-2,
        billed=Decimal("-12.345678"),
        effective=Decimal("1234.5"),
    )
    return portfolio_of(
        _story_rows(),
        plans=plans,
        projects=[Project(p, owner=s[0], cost_center="4417") for p, s in STORIES.items()],
        sources=sources,
        alerts=[alert],
        restated=[restated],
        demo=True,
    )
