"""Deliveries of each kind in any order, and rows of which some are bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import book
from ingest.load import LoadedDelivery, delivery_id, load_delivery
from ingest.source import Delivery
from models.ledger import Ledger
from models.period import Month

pytestmark = pytest.mark.once

MONTHS: Final = (Month(2026, 10), Month(2026, 11))
SHOWN: Final = {  # what a month's delivery says, by the delivery
    "D1": ("98.32",),
    "D2": ("98.32", "1.25"),
    "D3": ("-7",),
}
NAMES: Final = ("CUR 2.0 CSV.gz", "GCP NDJSON", "Azure FOCUS Parquet", "FOCUS CSV")


@dataclass
class Nights:
    """Shows deliveries of one kind to a ledger, night by night; loads each of them once."""

    case: Any
    trial: Any
    lines: Callable[..., Any]
    lay: dict[Month, dict[str, bytes]] = field(default_factory=dict)
    made: dict[tuple[str, Month], dict[str, bytes]] = field(default_factory=dict)
    loads: dict[str, LoadedDelivery] = field(default_factory=dict)

    def objects(self, shown: str, month: Month) -> dict[str, bytes]:
        key = (shown, month)
        if key not in self.made:
            rows = self.lines(*SHOWN[shown], month=month)
            self.made[key] = self.case.objects(self.case.document(rows, month), month, len(rows))
        return self.made[key]

    def night(self, ledger: Ledger, shown: str, month: Month) -> None:
        """Put a delivery at the place of its month, and let the source be asked."""
        self.lay[month] = self.objects(shown, month)
        self.trial.lay({k: v for each in self.lay.values() for k, v in each.items()})
        source = self.case.source(self.trial.folder)
        for found in source.fetch(list(self.lay), self.trial.archive, self.known(ledger)):
            assert isinstance(found, Delivery), found
            book.receive(ledger, found)
            book.loaded(ledger, found, self.load(found))

    def known(self, ledger: Ledger) -> dict[Month, str]:
        every = (book.delivery(*each) for each in book.current(ledger).items())
        return {each.period: each.manifest.sha256 for each in every if each.manifest}

    def load(self, delivery: Delivery) -> LoadedDelivery:
        name = delivery_id(delivery)
        if name not in self.loads:
            source = self.case.source(self.trial.folder)
            self.loads[name] = load_delivery(source, delivery, self.trial.archive, self.trial.lake)
        return self.loads[name]


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    """Open one new ledger after another."""
    opened: list[Ledger] = []
    seconds = count()

    def now() -> datetime:
        return datetime(2026, 12, 2, tzinfo=UTC) + timedelta(seconds=next(seconds))

    def another() -> Ledger:
        opened.append(Ledger(f"sqlite:///{tmp_path}/{len(opened)}.sqlite", now))
        return opened[-1].__enter__()

    yield another
    for ledger in opened:
        ledger.__exit__(None, None, None)


@pytest.mark.failure("A01")
@pytest.mark.failure("A17")
@pytest.mark.parametrize("name", NAMES)
def test_any_order_with_repeats_ends_in_the_last_delivery_of_each_month(
    named: Any, name: str, trial: Any, lines: Any, ledgers: Callable[[], Ledger]
) -> None:
    nights = Nights(named[name], trial, lines)

    @settings(max_examples=5)
    @given(st.lists(st.tuples(st.sampled_from([*SHOWN]), st.sampled_from(MONTHS)), min_size=1))
    def ends_in_the_last(shown: list[tuple[str, Month]]) -> None:
        nights.lay.clear()
        ledger = ledgers()
        for delivery, month in shown[:7]:
            nights.night(ledger, delivery, month)

        last = {month: delivery for delivery, month in shown[:7]}
        assert {scope: billed(body) for scope, body in book.current(ledger).items()} == {
            f"acme/{month}": sum(map(Decimal, SHOWN[delivery])) for month, delivery in last.items()
        }

    ends_in_the_last()


def billed(body: Any) -> Decimal:
    totals = (total for each in body["documents"] for total in each["totals"])
    return sum((Decimal(total["billed_cost"]) for total in totals), Decimal(0))


ROWS: Final = st.lists(st.sampled_from(["98.32", "-1.25", "0", "bad"]), min_size=1, max_size=6)
BAD: Final = {  # what makes a row of the first one that is set aside
    "CUR 2.0 CSV.gz": (b"USD", b"US$"),
    "GCP NDJSON": (b'"USD"', b'"US$"'),
    "Azure actual and amortised CSV": (b"USD", b"US$"),
    "FOCUS CSV": (b"USD", b"US$"),
}


@pytest.mark.failure("B16")
@pytest.mark.parametrize("name", BAD)
def test_rows_in_are_charges_and_rows_set_aside(
    named: Any, name: str, trial: Any, lines: Any
) -> None:
    case = named[name]
    sound, broken = BAD[name]

    @settings(max_examples=3)
    @given(ROWS)
    def add_up(costs: list[str]) -> None:
        header, *rows = case.table(
            lines(*(cost.replace("bad", "5") for cost in costs)), MONTHS[0]
        ).splitlines(keepends=True)
        if header.startswith(b"{"):
            rows, header = [header, *rows], b""
        made = [
            row.replace(sound, broken) if cost == "bad" else row
            for row, cost in zip(rows, costs, strict=True)
        ]
        found = trial.outcome(case, case.objects(case.wrap(header + b"".join(made))))

        bad = costs.count("bad")
        assert (found.rows, found.rejected) == (len(costs) - bad, bad)
        assert found.sums[0] == sum(Decimal(cost) for cost in costs if cost != "bad")

    add_up()
