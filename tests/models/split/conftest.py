from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.beside import BESIDE
from models.currency import Rates
from models.money import rounded
from models.projectfile import load as load_projects
from models.reduction import SUMMED
from models.rule.file import load as load_rules
from models.spend import SPEND
from models.split.driver import Drivers
from models.split.sharing import Shared, divided
from models.split.weighing import Scales
from models.usage import owned

Row = Mapping[str, Any]
Scaled = Callable[..., tuple[pl.DataFrame, Scales]]
Divided = Callable[..., Shared]
Allocated = Callable[..., dict[str, str]]

_COST = {
    "source": "cloud",
    "period": "2026-10",
    "project": "unallocated",
    "category": "infra",
    "item": None,
    "project_rule": "shared",
    "category_rule": "shared",
    "path": None,
    "share": Decimal(1),
    "service_name": "Compute",
    "charge_category": "Usage",
    "currency": "USD",
    **dict.fromkeys(("pricing_category", "commitment_discount_status", "gpu_type")),
    "consumed_unit": None,
    "day": date(2026, 10, 1),
    "consumed_quantity": Decimal(0),
    "lines": 1,
}
_USE = {
    "period": "2026-10",
    "x_source": "scheduler",
    "x_document": "0" * 64,
    "x_row": 1,
    "driver": "gpu_hours",
    "day": date(2026, 10, 1),
    "tags": {},
}


def cost(row: Row) -> dict[str, Any]:
    """Return a row of direct spend, of what matters about it; `amount` is every cost of it."""
    amount = Decimal(row.get("amount", 0))
    costs = {name: amount for name in SUMMED if name.endswith("_cost")}
    given = {name: value for name, value in row.items() if name not in {"amount", "hours"}}
    if "hours" in row:
        given |= {"consumed_quantity": Decimal(row["hours"]), "consumed_unit": "GPU-Hours"}
    return {**_COST, **costs, **given}


def use(row: Row) -> dict[str, Any]:
    """Return a row of the table `usage`, of what matters about it."""
    return {**_USE, **row, "quantity": Decimal(row["quantity"])}


@pytest.fixture
def scaled(tmp_path: Path) -> Scaled:
    """Return direct spend, and what weighs it, from files of a project and rows."""

    def made(
        projects: str, splits: str, costs: Sequence[Row], used: Sequence[Row] = (), **rest: Any
    ) -> tuple[pl.DataFrame, Scales]:
        (tmp_path / "projects.yaml").write_text(f"projects:\n{projects}", "utf-8")
        (tmp_path / "rules.yaml").write_text(f"splits:\n{splits}", "utf-8")
        registry = load_projects(tmp_path / "projects.yaml")
        rules = load_rules(tmp_path / "rules.yaml", registry)
        direct = pl.DataFrame([cost(row) for row in costs], schema=SPEND)
        stated = pl.Schema({"period": pl.String(), **BESIDE["usage"].schema})
        usage = owned(pl.DataFrame([use(row) for row in used], schema=stated), rules, registry)
        drivers = Drivers(direct, usage, rest.get("rates", Rates({})), "USD")
        return direct, Scales({each.id: each for each in rules.splits}, registry, drivers)

    return made


@pytest.fixture
def divided_(scaled: Scaled) -> Divided:
    """Divide what files and rows say."""

    def made(*args: Any, **rest: Any) -> Shared:
        return divided(*scaled(*args, **rest))

    return made


@pytest.fixture
def allocated(divided_: Divided) -> Allocated:
    """Return cents of what is shared, by project and path; each is exact to the cent."""

    def made(*args: Any, **rest: Any) -> dict[str, str]:
        shared = divided_(*args, **rest).spend.filter(pl.col("path").is_not_null())
        sums = shared.group_by("project", "path").agg(pl.col("effective_cost").sum())
        found = {f"{name} by {path}": amount for name, path, amount in sums.iter_rows()}
        assert all(rounded(amount) == amount for amount in found.values()), found
        return {name: f"{rounded(amount):f}" for name, amount in sorted(found.items())}

    return made
