from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from models.period import Month, months
from reconcile.forecasting.basis import Basis, Item

JANUARY = Month(2026, 1)
SIX = months(JANUARY, 6)
ORACLES = Path(__file__).parents[2] / "oracles"

# A plan of 21,550.00 phased over six months.
PHASED = {
    "compute": ["0.00", "500.00", "500.00", "500.00", "500.00", "0.00"],
    "labeling": ["333.33", "833.34", "1083.33", "1083.33", "833.34", "333.33"],
    "storage": ["25.00"] * 6,
    "labor": ["3857.14", "3214.29", "2571.43", "1928.57", "1285.71", "642.86"],
    "infra": ["200.00"] * 6,
    "inference": ["0.00", "0.00", "0.00", "0.00", "100.00", "100.00"],
}

Make = Callable[..., Basis]


def by_month(amounts: Sequence[object]) -> dict[Month, Decimal]:
    return {month: Decimal(str(each)) for month, each in zip(SIX, amounts, strict=False)}


def item_of(amounts: Sequence[object] = (100,) * 6, **given: Any) -> Item:
    base: dict[str, Any] = {"id": "train", "category": "infra"}
    return Item(**{**base, **given}, plan=by_month(amounts))


def basis_of(
    *items: Item, spent: Mapping[str, Sequence[object]] | None = None, n: int = 3, **given: Any
) -> Basis:
    """Build a basis; `spent` is cost from January on by item of `infra`, n months reported."""
    actual = {"infra": {key: by_month(each) for key, each in (spent or {}).items()}}
    base: dict[str, Any] = {"project": "p", "month": SIX[max(n, 1) - 1], "days": 90}
    base |= {"actual": actual if spent else {}, "reported": frozenset(SIX[:n])}
    return Basis(**{**base, **given}, items=items)


@pytest.fixture(name="six_months", scope="session")
def six_months_fixture() -> Sequence[Month]:
    return SIX


@pytest.fixture(name="item", scope="session")
def item_fixture() -> Callable[..., Item]:
    return item_of


@pytest.fixture(name="basis", scope="session")
def basis_fixture() -> Make:
    return basis_of


@pytest.fixture(name="oracle", scope="session")
def oracle_fixture() -> Callable[[str], dict[str, Any]]:
    def read(group: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((ORACLES / f"{group}.json").read_text("utf-8"))
        return found

    return read


@pytest.fixture(name="third_month", scope="session")
def third_month_fixture(oracle: Callable[[str], dict[str, Any]]) -> Basis:
    """Return the worked example after three of six months, with progress of outputs."""
    given = oracle("eac_month3")
    items = [
        Item(
            id=name,
            category=name,
            plan=by_month(amounts),
            gained={SIX[2]: Fraction(given["progress"][name])},
        )
        for name, amounts in PHASED.items()
    ]
    actual = {name: {"": {SIX[2]: Decimal(amount)}} for name, amount in given["actuals"].items()}
    return basis_of(*items, actual=actual)
