from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.period import Month
from reconcile.figure import Figures
from reconcile.tie_out import SourceState, source_lines

SpendOf = Callable[[list[Mapping[str, Any]]], pl.DataFrame]
OCTOBER = Month(2026, 10)


def row(cost: str, **rest: object) -> dict[str, object]:
    base = {"project": "p", "category": "infra", "day": date(2026, 10, 5), "cost": Decimal(cost)}
    return {**base, **rest}


def test_a_source_ties_out_in_each_currency_of_its_bills(spend_of: SpendOf) -> None:
    spend = spend_of(
        [
            row("10.5", currency="EUR"),
            row("4", currency="EUR", project="unallocated"),
            row("3", currency="USD"),
            row("99", period="2026-11"),
        ]
    )
    state = SourceState(
        source="cloud", state="final", rows=3, controls={"EUR": Decimal("14.5"), "USD": Decimal(4)}
    )

    lines = source_lines(spend, [state], Figures("USD"), OCTOBER)

    assert [
        (line.currency, line.amount.value, line.difference.value, line.unallocated.value)
        for line in lines
    ] == [
        ("EUR", Decimal("14.5"), Decimal(0), Decimal(4)),
        ("USD", Decimal(3), Decimal(-1), Decimal(0)),
    ]
    assert lines[0].amount.id == "source/cloud/EUR/2026-10/billed"
    assert lines[0].effective.id == "source/cloud/EUR/2026-10/effective"
    assert {line.rows.value for line in lines} == {3}


def test_an_absent_source_has_no_amount_and_a_whole_empty_one_has_zero(spend_of: SpendOf) -> None:
    states = [
        SourceState(source="gone", state="missing"),
        SourceState(source="idle", state="final"),
    ]

    gone, idle = source_lines(spend_of([row("1")]), states, Figures("USD"), OCTOBER)

    assert (gone.amount.value, gone.unallocated.value) == (None, None)
    assert (idle.amount.value, idle.unallocated.value) == (Decimal(0), Decimal(0))


def test_what_nobody_bills_has_an_effective_cost_alone(spend_of: SpendOf) -> None:
    spend = spend_of([row("0", effective_cost=Decimal("12.5"))])
    state = SourceState(source="cloud", state="final", rows=1, controls={"USD": Decimal(0)})

    (line,) = source_lines(spend, [state], Figures("USD"), OCTOBER)

    assert (line.amount.value, line.effective.value) == (Decimal(0), Decimal("12.5"))


def test_a_control_total_without_a_line_is_a_difference(spend_of: SpendOf) -> None:
    state = SourceState(source="idle", state="final", controls={"USD": Decimal(5)})

    (line,) = source_lines(spend_of([row("1")]), [state], Figures("USD"), OCTOBER)

    assert line.difference.value == -5


def test_a_state_that_no_reader_would_know_is_refused() -> None:
    message = "source cloud: 'fine' is not a state; one of final, estimated, accrued, missing"
    with pytest.raises(ValueError, match=message):
        SourceState(source="cloud", state="fine")
