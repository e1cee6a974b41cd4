from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from models.money import ZERO
from models.period import Month
from reconcile.actuals import actuals, cells
from reconcile.anchors import PARTS
from reconcile.driver.drivers import Drivers, Known, drivers
from reconcile.driver.line import DriverLine
from reconcile.given import Planned, plan_cells

ORACLES: Final = Path(__file__).resolve().parents[2] / "oracles"
OCTOBER: Final = Month(2026, 10)
PROJECT: Final = "legal"


@pytest.fixture(name="oracle", scope="session")
def oracle_fixture() -> Callable[[str], Any]:
    return lambda group: json.loads((ORACLES / f"{group}.json").read_text("utf-8"))


@pytest.fixture(name="charge", scope="session")
def charge_fixture() -> Callable[..., dict[str, Any]]:
    """Return a row of spend: October, training compute of one project, unless said otherwise."""

    def charge(cost: str, quantity: str | None = None, **said: Any) -> dict[str, Any]:
        unit = None if quantity is None else "GPU-Hours"
        base = {
            "project": PROJECT,
            "category": "training_compute",
            "item": "train",
            "day": date(2026, 10, 9),
            "cost": Decimal(cost),
            "consumed_quantity": Decimal(quantity or 0),
            "consumed_unit": unit,
        }
        return base | said

    return charge


@pytest.fixture(name="driven", scope="session")
def driven_fixture(
    spend_of: Callable[[Iterable[Mapping[str, Any]]], pl.DataFrame],
    rates_of: type[Any],
) -> Callable[..., Drivers]:
    """Return the drivers of plans and rows, with sums as a report has them."""

    def driven(
        plans: Iterable[Planned], rows: Iterable[Mapping[str, Any]], **given: Any
    ) -> Drivers:
        rates = given.pop("rates", rates_of())
        currency = given.pop("currency", "USD")
        spend, listed = spend_of(rows), list(plans)
        known = Known(
            actual=cells(actuals(spend, rates, currency)),
            plan=plan_cells(listed, rates, currency),
            rates=rates,
            currency=currency,
            month=given.pop("month", OCTOBER),
            **given,
        )
        return drivers(spend, listed, known)

    return driven


@pytest.fixture(name="plan_for", scope="session")
def plan_for_fixture(plan_of: type[Any], item_of: type[Any]) -> Callable[..., Planned]:
    """Return a plan of October alone, or from `start`: items are (id, factors, unit, price)."""

    def plan_for(*items: tuple[str, dict[str, str], str, str], **said: Any) -> Planned:
        category, months = said.pop("category", "training_compute"), said.pop("months", 1)
        basis = said.pop("price_basis", None)
        made = []
        for name, factors, unit, price in items:
            quantity = {factor: Decimal(value) for factor, value in factors.items()}
            amount = Decimal(price)
            for value in quantity.values():
                amount *= value
            made.append(
                item_of(
                    name,
                    category,
                    (amount / months,) * months,
                    quantity=quantity,
                    unit=unit,
                    unit_price=Decimal(price),
                    price_basis=basis,
                )
            )
        plan: Planned = plan_of(PROJECT, start=said.pop("start", OCTOBER), items=made, **said)
        return plan

    return plan_for


@pytest.fixture(name="explained", scope="session")
def explained_fixture() -> Callable[[DriverLine], dict[str, Decimal]]:
    """Return the parts of a line that are not zero."""
    return lambda line: {name: part for name, part in line.split.parts.items() if part}


@pytest.fixture(name="summed", scope="session")
def summed_fixture() -> Callable[[Iterable[DriverLine]], dict[str, Decimal]]:
    """Return the parts of several lines that do not sum to zero."""

    def summed(lines: Iterable[DriverLine]) -> dict[str, Decimal]:
        listed = list(lines)
        sums = {n: sum((line.split.parts[n] for line in listed), ZERO) for n in PARTS}
        return {name: part for name, part in sums.items() if part}

    return summed
