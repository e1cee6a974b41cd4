"""Our own SQL, run: what comes back is the form that conversion reads, and sums to the rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.gcp import query
from ingest.gcp.partition import compact, span, window
from ingest.gcp.schema import COLUMNS, REDUCED
from ingest.load import load_delivery
from ingest.source import Delivery
from models.archive import Archive
from models.errors import AbsentError
from models.lake import Lake
from models.period import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
Fetch = Callable[..., list[Any]]
Read = Callable[[Any], pl.DataFrame]


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - as the table stores it


def credit(kind: str | None, amount: float) -> dict[str, Any]:
    return {"type": kind, "name": "a name", "amount": amount}


@pytest.fixture
def rows_of(warehouse: Any, fetch: Fetch, read: Read) -> Callable[..., list[dict[str, Any]]]:
    def found(*rows: dict[str, Any]) -> list[dict[str, Any]]:
        warehouse.fill(*rows)
        (delivery,) = fetch()
        return read(delivery).to_dicts()

    return found


def test_an_hour_becomes_its_day_in_the_form_of_the_conversion(
    warehouse: Any, fetch: Fetch, read: Read
) -> None:
    (delivery,) = fetch()
    frame = read(delivery)

    assert frame.schema == REDUCED
    (found,) = frame.to_dicts()
    assert found["usage_start_time"] == datetime(2026, 10, 5, tzinfo=UTC)
    assert found["usage_end_time"] == datetime(2026, 10, 6, tzinfo=UTC)
    assert found["partition_day"] == date(2026, 10, 5)
    assert found["invoice"] == {"month": "202610", "publisher_type": "GOOGLE"}
    assert found["project"]["id"] == "llm-ft"
    assert found["labels"] == [{"key": "run", "value": "r1"}]
    assert found["price"]["list_price"] == Decimal("3.5")
    assert found["tags"] is None  # the table has no such column
    assert found["subscription"] is None
    assert warehouse.requests == ["table", "insert", "results", "insert", "results"]


def test_hours_of_a_day_are_added_and_days_are_not(row: Any, rows_of: Any) -> None:
    found = rows_of(
        row(usage_start_time=at(2026, 10, 5, 0), cost=0.1, export_time=at(2026, 10, 6)),
        row(usage_start_time=at(2026, 10, 5, 23), cost=0.2, export_time=at(2026, 10, 6)),
        row(usage_start_time=at(2026, 10, 6, 0), cost=0.3, export_time=at(2026, 10, 6)),
    )

    assert [(each["cost"], each["line_count"]) for each in found] == [
        (Decimal("0.3"), 2),
        (Decimal("0.3"), 1),
    ]
    assert found[0]["usage"]["amount_in_pricing_units"] == 2


def test_a_row_with_several_credits_costs_once(row: Any, rows_of: Any) -> None:
    given_back = [credit("PROMOTION", -0.5), credit("DISCOUNT", -0.25), credit("PROMOTION", -0.1)]

    (found,) = rows_of(row(cost=2.0, credits=given_back), row(cost=1.0), row(cost=1.0))

    assert (found["cost"], found["line_count"]) == (4, 3)
    assert found["credits"] == [
        {"type": "DISCOUNT", "name": None, "amount": Decimal("-0.25")},
        {"type": "PROMOTION", "name": None, "amount": Decimal("-0.6")},
    ]


def test_a_credit_without_a_type_is_kept(row: Any, rows_of: Any) -> None:
    (found,) = rows_of(row(credits=[credit(None, -1.0), credit("DISCOUNT", -2.0)]))

    assert [(each["type"], each["amount"]) for each in found["credits"]] == [
        (None, -1),
        ("DISCOUNT", -2),
    ]


def test_labels_are_one_whatever_their_order(row: Any, rows_of: Any) -> None:
    one, two = {"key": "a", "value": "1"}, {"key": "b", "value": None}

    (found,) = rows_of(row(labels=[one, two]), row(labels=[two, one]))

    assert found["labels"] == [one, two]


def test_a_sum_of_nothing_is_nothing(row: Any, rows_of: Any) -> None:
    (found,) = rows_of(
        row(cost_at_list=None, credits=[credit("DISCOUNT", -1.0)]), row(cost_at_list=None)
    )

    assert found["cost_at_list"] is None


@pytest.mark.parametrize(
    "other",
    [
        {"cost_type": "tax"},
        {"project": {"id": "other", "number": "2", "name": "LLM", "labels": []}},
        {
            "project": {
                "id": "llm-ft",
                "number": "1",
                "name": "LLM",
                "labels": [{"key": "a", "value": "b"}],
            }
        },
        {"resource": {"name": "vm-2", "global_name": "//compute/vm-2"}},
        {"labels": []},
        {"price": {"list_price": Decimal(4), "effective_price": Decimal(4)}},
        {"currency": "EUR"},
        {"sku": {"id": "AAAA-0002", "description": "other"}},
    ],
)
def test_what_a_rule_may_see_keeps_rows_apart(
    other: dict[str, Any], row: Any, rows_of: Any
) -> None:
    assert len(rows_of(row(), row(**other))) == 2


def test_a_standard_table_has_no_resources(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    del warehouse.form["resource"]
    warehouse.fill(row())

    (delivery,) = fetch(detailed=False)

    assert read(delivery)["resource"].to_list() == [None]
    assert "llm-billing.costs.gcp_billing_export_v1_012345_567890_ABCDEF/2026-10/" in (
        delivery.documents[0].name
    )


def test_an_answer_of_many_pages_is_read_whole(
    warehouse: Any, row: Any, fetch: Fetch, read: Read
) -> None:
    warehouse.fill(*(row(labels=[{"key": "run", "value": str(n)}]) for n in range(10)))

    (delivery,) = fetch()

    assert read(delivery).height == 10
    assert warehouse.requests.count("results") == 1 + 4


def test_the_same_rows_in_another_order_are_the_same_delivery(
    warehouse: Any, row: Any, fetch: Fetch
) -> None:
    rows = [row(labels=[{"key": "run", "value": str(n % 4)}], cost=n / 10) for n in range(9)]
    warehouse.fill(*rows)
    first = fetch()
    warehouse.fill(*reversed(rows))

    assert fetch() == first


def test_a_delivery_loads_and_ties_to_the_table(
    warehouse: Any, row: Any, build: Any, fetch: Fetch, archive: Archive, tmp_path: Any
) -> None:
    warehouse.fill(
        row(
            cost=10.0, credits=[credit("PROMOTION", -4.0), credit("SUSTAINED_USAGE_DISCOUNT", -1.0)]
        ),
        row(cost=0.123456789, usage_start_time=at(2026, 10, 31, 23)),
        row(cost=1.9, cost_type="tax", export_time=at(2026, 11, 3)),
        row(cost=99.0, invoice={"month": "202611", "publisher_type": "GOOGLE"}),
    )
    (delivery,) = fetch()

    loaded = load_delivery(build(), delivery, archive, Lake(tmp_path / "lake"))

    totals = [total for document in loaded.documents for total in document.totals]
    billed = sum((Decimal(total.billed_cost) for total in totals), Decimal(0))
    assert billed == Decimal(10) - 5 + Decimal("0.123456789") + Decimal("1.9")


def test_no_day_depends_on_the_project_s_own_zone() -> None:
    paths = [path for path, _ in query.leaves()]
    for sql in (query.pairs("p.d.t"), query.rows("p.d.t", paths)):
        assert "DATE(" in sql
        assert sql.count("DATE(") == sql.count(", 'UTC')")


def test_everything_the_form_keeps_is_asked_for() -> None:
    asked = {path.partition(".")[0] for path, _ in query.leaves()} | {"credits", "usage_end_time"}

    assert asked | {"line_count", "partition_day"} == {cell.name for cell in COLUMNS}


ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati", "Etc/GMT+12")


@pytest.fixture
def zoned() -> Iterator[Callable[[str], None]]:
    before = os.environ.get("TZ", "UTC")

    def zone(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    yield zone
    zone(before)


@pytest.mark.failure("A19")
@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    hours=st.lists(st.integers(-5 * 24, 40 * 24), min_size=1, max_size=2),
    first=st.sampled_from([Month(2025, 12), Month(2026, 2), Month(2026, 10)]),
    zone=st.sampled_from(ZONES),
)
def test_every_row_is_in_one_month_and_the_months_add_up_to_the_table(
    hours: list[int],
    first: Month,
    zone: str,
    warehouse: Any,
    row: Any,
    fetch: Fetch,
    read: Read,
    zoned: Any,
) -> None:
    zoned(zone)
    months = [first, first + 1]
    edge = (first + 1).start.replace(tzinfo=None)
    moments = [edge, edge - timedelta(hours=1), *(edge + timedelta(hours=each) for each in hours)]
    warehouse.fill(
        *(
            row(
                usage_start_time=moment,
                export_time=moment + timedelta(minutes=30),
                invoice={"month": compact(months[n % 2]), "publisher_type": "GOOGLE"},
                cost=n + 0.25,
            )
            for n, moment in enumerate(moments)
        )
    )

    alone = [found for month in months for found in fetch(month)]
    together = fetch(*months)

    assert [each for each in alone if isinstance(each, Delivery)] == together
    frames = [read(each) for each in together if not isinstance(each, AbsentError)]
    total = pl.concat(frames)
    assert total["line_count"].sum() == len(moments)
    assert total["cost"].sum() == sum(Decimal(n) + Decimal("0.25") for n in range(len(moments)))
    days = {moment.replace(hour=0) for moment in moments}
    assert set(total["usage_start_time"].dt.replace_time_zone(None)) == days


@pytest.mark.failure("A19")
@given(start=st.integers(0, 200), count=st.integers(1, 14), days=st.integers(1, 400))
def test_windows_are_half_open_days_in_utc_that_leave_no_gap(
    start: int, count: int, days: int
) -> None:
    months = [Month(2020, 1) + start + n for n in range(count)]

    begin, end = span(months, days)

    assert (begin, end) == (window(months[0], days)[0], window(months[-1], days)[1])
    for month in months:
        opened, closed = window(month, days)
        assert opened.tzinfo is UTC
        assert (opened.hour, opened.minute, closed.hour, closed.minute) == (0, 0, 0, 0)
        assert opened < month.start
        assert closed >= month.end + timedelta(days=1)
        assert window(month + 1, days)[0] < closed
