from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.run.charge import NAMED
from models.run.run import Names
from models.run.usage import TOLD, called, said
from reconcile.run import claim
from reconcile.run.table import Evidence, runs

DAY = date(2026, 10, 5)


def money(text: str | int) -> Decimal:
    return Decimal(text)


def told(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Return usage; a row says at least who, and how many hours."""
    whole = []
    for row in rows:
        day = row.get("day", DAY)
        names = row.get("names")
        base = {
            "project": "p",
            "source": "slurm",
            "month": f"{day:%Y-%m}",
            "day": day,
            "driver": "gpu_hours",
            "own": names is not None,
            "quantity": Decimal(0),
        }
        whole.append({**base, **row})
    return pl.DataFrame(whole, schema=TOLD)


def named(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    base = {
        "project": "p",
        "category": "training_compute",
        "month": "2026-10",
        "currency": "USD",
        "apart": False,
        "hours": Decimal(0),
        "lines": 1,
    }
    return pl.DataFrame([{**base, **row} for row in rows], schema=NAMED)


@pytest.fixture(name="told_of", scope="session")
def told_of_fixture() -> Callable[[Iterable[Mapping[str, Any]]], pl.DataFrame]:
    """Return usage with what its runs are called."""

    def build(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
        whole = told(rows)
        return called(whole, Names(said(whole)))

    return build


@pytest.fixture(name="runs_of", scope="session")
def runs_of_fixture(
    spend_of: Callable[[Iterable[Mapping[str, Any]]], pl.DataFrame], rates_of: type[Any]
) -> Callable[..., pl.DataFrame]:
    """Return the runs of spend, usage and charges that name something."""

    def build(
        spend: Iterable[Mapping[str, Any]],
        usage: Iterable[Mapping[str, Any]] = (),
        charges: Iterable[Mapping[str, Any]] = (),
        *,
        rates: Mapping[tuple[str, str], Decimal] | None = None,
        **given: Any,
    ) -> pl.DataFrame:
        whole = [{"project": "p", "category": "training_compute", "day": DAY, **r} for r in spend]
        words, tagged = told(usage), named(charges)
        names = Names([*said(words), *claim.said(tagged)])
        evidence = Evidence(told=called(words, names), named=tagged, names=names, **given)
        return runs(spend_of(whole), evidence, rates_of(rates or {}), "USD")

    return build
