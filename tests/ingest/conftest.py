"""A bill as small as can be: JSON rows of currency, category, billed, effective and day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.load import Loaded, LoadedDelivery
from ingest.source import (
    REJECTED,
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
    Sum,
    Total,
)
from ingest.verify import reading
from models.archive import Archive
from models.beside import BESIDE
from models.charge import CHARGE
from models.errors import SourceError
from models.lake import Lake, input_hash
from models.ledger import Ledger
from models.money import MONEY
from models.period import Month

OCTOBER = Month(2026, 10)
OWN_CHARGE = {n: t for n, t in CHARGE.items() if n not in {"x_source", "x_document"}}
Row = tuple[str, str, str, str, str]


def charge_of(number: int, row: Sequence[Any], period: Month) -> dict[str, Any]:
    currency, category, billed, effective, day = row[:5]
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return {
        "x_row": number,
        "x_derived": row[5] if len(row) > 5 else None,
        "billed_cost": Decimal(billed) if billed else None,
        "effective_cost": Decimal(effective),
        "contracted_cost": Decimal(effective),
        "list_cost": Decimal(effective),
        "x_tco_cost": Decimal(effective),
        "billing_account_id": "1",
        "billing_account_type": "Account",
        "billing_currency": currency,
        "billing_period_start": period.start,
        "billing_period_end": period.end,
        "charge_category": category,
        "charge_frequency": "Usage-Based",
        "charge_period_start": start,
        "charge_period_end": start + timedelta(days=1),
        "invoice_issuer_name": "Acme",
        "provider_name": "Acme",
        "publisher_name": "Acme",
        "service_category": "Other",
        "service_name": "Service",
        "service_subcategory": "Other (Other)",
    }


def exact_sum(amounts: Iterable[str]) -> str:
    with localcontext(prec=60):
        return str(sum(map(Decimal, amounts)))


COSTS = ("billed_cost", "effective_cost", "contracted_cost", "list_cost", "x_tco_cost")


@dataclass(frozen=True)
class Bill:
    """A source of JSON documents; `stated` replaces what its second reader says."""

    name: str = "bill"
    fingerprint: str = "1"
    notes: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[int, ...] = ()
    stated: Callable[[Control], Control] = lambda control: control

    @property
    def settlement(self) -> Settlement:
        return Settlement(after=timedelta(days=14), invoiced=True)

    def due(self, period: Month) -> datetime | None:
        del period
        return None

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        del periods, archive, known
        yield from ()

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        del periods, at
        yield from ()

    def grants(self) -> Iterator[Grant]:
        yield from ()

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        del document
        numbered = list(enumerate(json.loads(path.read_text()), start=1))
        rows = [
            charge_of(row[6] if len(row) > 6 else number, row, delivery.period)
            for number, row in numbered
            if number not in self.unreadable
        ]
        rejected = [(number, "cost", "is not a number", "abc") for number in self.unreadable]
        frame = pl.DataFrame(
            rows, schema_overrides=dict.fromkeys(COSTS, MONEY), infer_schema_length=None
        )
        return Conversion(
            charges=frame.lazy(),
            rejected=pl.DataFrame(rejected, schema=REJECTED, orient="row"),
            notes=self.notes,
        )

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        del document, delivery
        rows = json.loads(path.read_text())
        kept = [row for n, row in enumerate(rows, start=1) if n not in self.unreadable]
        totals = tuple(
            Total(
                *key,
                len(group := [row for row in kept if tuple(row[:2]) == key]),
                exact_sum(row[2] or "0" for row in group),
                exact_sum(row[3] for row in group),
            )
            for key in sorted({(row[0], row[1]) for row in kept})
        )
        days = sorted(row[4] for row in kept)
        own = len([row for row in rows if len(row) < 6])
        control = Control(rows=own, totals=totals, first=days[0], last=days[-1])
        return self.stated(control)


@dataclass(frozen=True)
class Meter(Bill):
    """A source of documents of usage alone, [unit, hours] a row; nothing in them is a charge."""

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        del document, delivery
        rows = [
            {
                "x_row": number,
                "unit": unit,
                "driver": "gpu_hours",
                "day": date(2026, 10, 1),
                "quantity": Decimal(hours),
                "tags": {"team": "ml"},
            }
            for number, (unit, hours) in enumerate(json.loads(path.read_text()), start=1)
        ]
        schema = {name: BESIDE["usage"].schema[name] for name in rows[0]}
        usage = pl.LazyFrame(rows, schema=schema)
        return Conversion(charges=pl.LazyFrame(schema=OWN_CHARGE), beside={"usage": usage})

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        del document, delivery
        rows = json.loads(path.read_text())
        said = Sum("usage", "gpu_hours", len(rows), exact_sum(hours for _, hours in rows))
        return self.stated(Control(rows=len(rows), totals=(), first="", last="", beside=(said,)))


@pytest.fixture
def meter() -> Callable[..., Source]:
    """Return the maker of a source of usage."""
    return Meter


def shown(amount: str, month: Month = OCTOBER, *, reading: str = "1") -> LoadedDelivery:
    """Return a delivery of one charge as if it had been loaded, without any file."""
    document = Document("part-1.json", sha256(amount.encode()).hexdigest(), len(amount))
    delivery = Delivery(source="bill", period=month, version=amount, documents=(document,))
    total = Total("USD", "Usage", 1, amount, amount)
    name = input_hash(delivery.scope, document.sha256, reading)
    loaded = Loaded(
        document=document,
        **dict.fromkeys(("charges", "keys", "facts", "rejected"), name),
        control=Control(rows=1, totals=(total,), first=f"{month}-01", last=f"{month}-01"),
        totals=(total,),
        rows=1,
        rejected_rows=0,
        notes=(),
        problems=(),
        beside=(),
    )
    return LoadedDelivery(delivery=delivery, documents=(loaded,))


@pytest.fixture
def light() -> Callable[..., LoadedDelivery]:
    """Return the maker of deliveries that need neither archive nor lake."""
    return shown


@dataclass(frozen=True)
class Stores:
    archive: Archive
    lake: Lake
    ledger: Ledger

    def delivery(self, *documents: Sequence[Sequence[Any]], period: Month = OCTOBER) -> Delivery:
        """Return a delivery of these documents, each in the archive."""
        stored = [self.archive.put([json.dumps(rows).encode()]) for rows in documents]
        return Delivery(
            source="bill",
            period=period,
            version="v",
            documents=tuple(
                Document(f"part-{number}.json", each.sha256, each.size)
                for number, each in enumerate(stored, start=1)
            ),
        )

    def charges(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.lake.path("charges", name), glob=False)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    ticks = count()

    def now() -> datetime:
        return datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=next(ticks))

    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite", now) as ledger:
        yield Stores(Archive(tmp_path / "archive"), Lake(tmp_path / "lake"), ledger)


@pytest.fixture
def bill() -> Callable[..., Source]:
    def build(**changes: Any) -> Source:
        return replace(Bill(), **changes)

    return build


@pytest.fixture
def rows() -> list[Row]:
    return [
        ("USD", "Usage", "10.000000000000000001", "8", "2026-10-01"),
        ("USD", "Usage", "-2.5", "-2.5", "2026-10-03"),
        ("USD", "Tax", "1.90", "1.90", "2026-10-31"),
        ("EUR", "Usage", "7", "7", "2026-10-02"),
    ]


@pytest.fixture(scope="session")
def rows_agree() -> Callable[[Source, Path, Document, Delivery], int]:
    """Return what compares a converter with the second reader row by row, and counts the rows."""

    def compared(source: Source, path: Path, document: Document, delivery: Delivery) -> int:
        costs = ["billed_cost", "effective_cost"]
        charges = source.convert(path, document, delivery).charges.collect(engine="streaming")
        keyed = charges.group_by("x_row", currency="billing_currency").agg(pl.col(costs).sum())
        read = reading(source, path, document, delivery)
        both = keyed.join(read.amounts, on=["x_row", "currency"], how="left", suffix="_read")
        for name in costs:
            assert both[name].to_list() == both[f"{name}_read"].to_list(), name
        assert read.level == "row"
        return both.height

    return compared
