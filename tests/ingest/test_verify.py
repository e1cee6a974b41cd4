"""What second readers say of single rows, and of documents whose rows they do not tell apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.focus.control import amounts as of_focus
from ingest.source import Delivery, Document, Source
from ingest.vendor.anthropic.control import amounts as of_anthropic
from ingest.vendor.openai.control import amounts as of_openai
from ingest.verify import Amount, Itemised, reading
from models.errors import BrokenError
from models.period import Month
from models.scan import ScanError

pytestmark = pytest.mark.failure("N05")
DELIVERY = Delivery(source="bill", period=Month(2026, 10), version="v", documents=())
DOCUMENT = Document("october.json", "0" * 64, 1)


def test_a_document_whose_rows_are_not_told_apart_is_read_as_a_whole(
    bill: Callable[..., Source], rows: list[tuple[str, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "document"
    path.write_text(json.dumps(rows))

    found = reading(bill(), path, DOCUMENT, DELIVERY)

    assert not isinstance(bill(), Itemised)
    assert found.level == "document"
    assert sorted(found.amounts.rows()) == [
        (None, "", "EUR", Decimal(7), Decimal(7), None),
        (None, "", "USD", Decimal("9.400000000000000001"), Decimal("7.4"), None),
    ]


def test_what_a_second_reader_cannot_read_names_source_and_document(
    bill: Callable[..., Source], tmp_path: Path
) -> None:
    def broken(_: object) -> None:
        raise ScanError("is torn")

    path = tmp_path / "document"
    path.write_text('[["USD", "Usage", "1", "1", "2026-10-01"]]')

    with pytest.raises(BrokenError) as raised:
        reading(bill(stated=broken), path, DOCUMENT, DELIVERY)

    assert str(raised.value) == "bill: october.json: is torn"


def test_rows_of_a_focus_table_are_told_by_number(tmp_path: Path) -> None:
    path = tmp_path / "focus.csv"
    path.write_text(
        "BilledCost,BillingCurrency,BillingPeriodStart,ChargeCategory,ChargePeriodStart,"
        "EffectiveCost\n"
        "1.5,USD,2026-10-01,Usage,2026-10-02,1.25\n0,EUR,2026-10-01,Usage,2026-10-02,-3\n"
    )

    assert [*of_focus(path)] == [
        Amount(1, "USD", Decimal("1.5"), Decimal("1.25")),
        Amount(2, "EUR", Decimal(0), Decimal(-3)),
    ]


def test_rows_of_replies_are_counted_through_their_buckets() -> None:
    amount = {"value": "0.06", "currency": "usd"}
    row = {"object": "organization.costs.result", "amount": amount}
    buckets = [{"start_time": 1790812800, "results": [row, row]},
               {"start_time": 1790899200, "results": [row]}]  # fmt: skip
    cost = Decimal("0.06")

    found = of_openai(json.dumps({"object": "page", "data": buckets}).encode(), tokens="costs")

    assert found == [Amount(row, "USD", cost, cost) for row in (1, 2, 3)]


def test_cents_of_a_reply_are_units() -> None:
    data = {"starting_at": "2026-10-02T00:00:00Z",
            "results": [{"amount": "123.45", "currency": "USD"}]}  # fmt: skip
    cost = Decimal("1.2345")

    assert of_anthropic(json.dumps({"data": [data]}).encode()) == [Amount(1, "USD", cost, cost)]


class Told:
    """A source whose second reader tells some amounts."""

    def __init__(self, *amounts: Amount) -> None:
        self.found = amounts

    def amounts(self, *_: object) -> tuple[Amount, ...]:
        return self.found


def test_amounts_of_one_row_are_summed_and_a_part_of_it_stands_alone(tmp_path: Path) -> None:
    """What a plan is compared with is told of a row only where it is told of all of it."""
    one, two = Decimal(1), Decimal(2)
    source = Told(
        Amount(1, "EUR", one, two, tco=one), Amount(1, "EUR", one, two, tco=two),
        Amount(2, "EUR", one, two, tco=one), Amount(2, "EUR", one, two),
        Amount(0, "EUR", one, two, part="p/lead"), Amount(0, "EUR", one, one, part="q/lead"),
    )  # fmt: skip

    found = reading(source, tmp_path, DOCUMENT, DELIVERY)  # type: ignore[arg-type]

    assert found.level == "part"
    assert sorted(found.amounts.rows()) == [
        (0, "p/lead", "EUR", 1, 2, None),
        (0, "q/lead", "EUR", 1, 1, None),
        (1, "", "EUR", 2, 4, 3),
        (2, "", "EUR", 2, 4, None),
    ]


def test_rows_alone_are_of_the_level_of_rows(tmp_path: Path) -> None:
    source = Told(Amount(1, "EUR", Decimal(1), Decimal(1)))

    assert reading(source, tmp_path, DOCUMENT, DELIVERY).level == "row"  # type: ignore[arg-type]
