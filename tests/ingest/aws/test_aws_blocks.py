from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.aws import block, control, cur
from ingest.aws.block import Window
from ingest.source import Delivery, Document
from ingest.sources.aws_data_export import DataExport
from models.money import MONEY

FEE: Final = {
    "line_item_line_item_type": "Fee",
    "line_item_usage_type": "USE2-CapacityBlockFee:p5.48xlarge",
    "line_item_line_item_description": "Capacity Block",
    "line_item_unblended_cost": 1000.0,
    "line_item_resource_id": "arn:aws:ec2:us-east-2:000000000001:capacity-reservation/cr-0abc",
}
WINDOWLESS: Final = (
    "1 fees or refunds of capacity blocks do not state when the block is, so they count on the "
    "day they are billed; state its start and end under capacity_blocks of the source"
)
DAYS: Final = ("line_item_usage_start_date", "line_item_usage_end_date")
Totals = Callable[[pl.LazyFrame], list[tuple[object, ...]]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spread(path: Path, **windows: Any) -> pl.DataFrame:
    charges = cur.convert(path, tax_recoverable=False, **windows).charges.collect()
    return charges.filter(pl.col("x_derived") == "capacity_block")


@pytest.mark.failure("C03")
@given(
    cost=st.decimals(-(10**6), 10**6, places=12),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001
    length=st.timedeltas(timedelta(microseconds=1), timedelta(days=60)),
)
@settings(max_examples=50, deadline=None)
def test_the_days_of_a_block_bear_its_fee_to_the_last_digit(
    cost: Decimal, start: datetime, length: timedelta
) -> None:
    start = start.replace(tzinfo=UTC)
    fees = pl.DataFrame(
        {"cost": [cost, -cost], "block_start": [start] * 2, "block_end": [start + length] * 2},
        schema_overrides={"cost": MONEY},
    )

    found = block.days(fees)
    fee, refund = (found.filter(pl.col("fee") == n).drop("fee") for n in (0, 1))

    assert fee["effective_cost"].sum() == cost
    assert refund["effective_cost"].to_list() == [-part for part in fee["effective_cost"]]
    starts, ends = (fee[f"charge_period_{edge}"].to_list() for edge in ("start", "end"))
    assert (starts[0], ends[-1]) == (start, start + length)
    assert starts[1:] == ends[:-1]
    assert len({moment.date() for moment in starts}) == len(starts)
    assert all(
        (moment.hour, moment.minute, moment.microsecond) == (0, 0, 0) for moment in starts[1:]
    )


@pytest.mark.parametrize(
    ("dates", "description", "window"),
    [
        (
            ("2026-10-07T04:55:00", "2026-10-07T11:30:00"),
            "x",
            ("2026-10-07T04:55", "2026-10-07T11:30"),
        ),
        (("2026-10-07T12:00:00", "2026-10-07T13:00:00"), "x", None),
        (("2026-10-07", "2026-10-08"), "x", None),
        (("2026-10-01", "2026-11-01"), "x", None),
        (("2026-10-07T12:00:00", "2026-10-07T12:00:00"), "x", None),
        (("2026-10-07T12:00:00", "2026-10-06T11:30:00"), "x", None),
        (("2026-10-07T12:00:00", "2029-10-06T11:30:00"), "x", None),
        (
            ("2026-10-01", "2026-11-01"),
            "p5 2026-10-07T11:30:00Z - 2026-10-14 11:30Z",
            ("2026-10-07T11:30", "2026-10-14T11:30"),
        ),
        (("2026-10-01", "2026-11-01"), "p5 bought 2026-10-07T11:30:00Z", None),
        (("2026-10-01", "2026-11-01"), "2026-13-07T11:30 - 2026-10-14T11:30", None),
    ],
)  # fmt: skip
def test_a_window_is_known_only_where_something_states_it(
    dates: tuple[str, str],
    description: str,
    window: tuple[str, str] | None,
    make: Any,
) -> None:
    line = {**FEE, **dict(zip(DAYS, dates, strict=True))}
    path = make.written(make.cur([{**line, "line_item_line_item_description": description}]))

    conversion = cur.convert(path, tax_recoverable=False)

    charges = conversion.charges.collect()
    days = charges.filter(pl.col("x_derived") == "capacity_block")
    fee = charges.filter(pl.col("x_derived").is_null())
    assert charges["effective_cost"].sum() == charges["billed_cost"].sum() == 1000
    if window is None:
        assert days.is_empty()
        assert fee["effective_cost"].item() == 1000
        assert conversion.notes == (("capacity_block", WINDOWLESS),)
    else:
        assert conversion.notes == ()
        assert fee["effective_cost"].item() == 0
        assert days["charge_period_start"].min() == at(window[0])
        assert days["charge_period_end"].max() == at(window[1])


CONFIGURED: Final = Window(at("2026-10-30T11:30"), at("2026-11-02T11:30"))


@pytest.mark.parametrize(
    "naming",
    [
        {},
        {
            "line_item_resource_id": None,
            "line_item_line_item_description": "Capacity Block cr-0abc",
        },
        {
            "line_item_resource_id": None,
            "capacity_reservation_capacity_reservation_arn": FEE["line_item_resource_id"],
        },
    ],
)
def test_a_configured_window_counts_before_any_other(
    naming: dict[str, Any], make: Any, totals: Totals
) -> None:
    path = make.written(make.cur([{**FEE, **naming}, {**FEE, "line_item_resource_id": "cr-other"}]))
    windows = {"cr-0abc": CONFIGURED, "cr-0fff": Window(at("2026-01-01"), at("2026-01-02"))}

    charges = cur.convert(path, tax_recoverable=False, windows=windows).charges
    pairs = {name: (each.start, each.end) for name, each in windows.items()}
    stated = control.cur(path, windows=pairs)

    days = charges.filter(pl.col("x_derived") == "capacity_block").collect()
    assert days["x_row"].unique().to_list() == [1]
    assert days["charge_period_start"].min() == CONFIGURED.start
    assert days["charge_period_end"].max() == CONFIGURED.end
    assert (stated.first, stated.last) == ("2026-10-05", "2026-11-02")
    assert totals(charges) == [
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in stated.totals
    ]


def test_a_reservation_or_a_usage_line_is_never_taken_for_a_block(make: Any) -> None:
    window = dict(zip(DAYS, ("2026-10-07T11:30:00", "2026-10-08T11:30:00"), strict=True))
    lines = [
        {**FEE, **window, "reservation_reservation_a_r_n": "arn:aws:ec2:x"},
        {**FEE, **window, "line_item_line_item_type": "Usage"},
        {**FEE, **window, "line_item_operation": "EKSPod-EC2"},
    ]

    assert spread(make.written(make.cur(lines))).is_empty()


def test_a_day_of_a_block_meters_nothing_and_keeps_its_month(make: Any) -> None:
    window = dict(zip(DAYS, ("2026-10-31T11:30:00", "2026-11-01T11:30:00"), strict=True))

    days = spread(make.written(make.cur([{**FEE, **window}])))

    assert days["consumed_quantity"].null_count() == days.height == 2
    assert days["billed_cost"].to_list() == [0, 0]
    assert days["effective_cost"].to_list() == days["x_tco_cost"].to_list()
    assert days["billing_period_start"].unique().to_list() == [at("2026-10-01")]
    assert days["x_gpu_type"].unique().to_list() == ["H100"]


MOMENTS: Final = st.datetimes(datetime(2026, 10, 1), datetime(2026, 12, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0).isoformat()
) | st.sampled_from(["2026-10-07", "2026-10-08", "2026-10-07T11:30:00"])
LINES: Final = st.fixed_dictionaries(
    {
        "line_item_line_item_type": st.sampled_from(["Fee", "Refund", "Usage"]),
        "line_item_unblended_cost": st.sampled_from([0.0, 1e-12, 1000.01, -1000.01]),
        "line_item_line_item_description": st.none()
        | st.just("x")
        | st.tuples(MOMENTS, MOMENTS).map(" to ".join),
        "line_item_usage_start_date": MOMENTS,
        "line_item_usage_end_date": MOMENTS,
        "reservation_reservation_a_r_n": st.sampled_from([None, None, "", "arn"]),
        "savings_plan_savings_plan_a_r_n": st.sampled_from([None, None, "arn"]),
    }
)


@given(lines=st.lists(LINES, min_size=1, max_size=8))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_second_reader_knows_the_same_windows(
    lines: list[dict[str, Any]], make: Any, totals: Totals
) -> None:
    path = make.written(make.cur([{**FEE, **each} for each in lines]))

    charges = cur.convert(path, tax_recoverable=False).charges
    stated = control.cur(path)

    assert totals(charges) == [
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in stated.totals
    ]
    days = charges.select(pl.col("charge_period_start").dt.date().cast(pl.String)).collect()
    assert (stated.first, stated.last) == (days.min().item(), days.max().item())


BLOCK: Final = {"start": "2026-10-07T11:30:00+02:00", "end": "2026-10-08T09:30:00Z"}


def test_windows_of_the_settings_reach_both_readers_and_the_fingerprint(
    make: Any, build: Callable[..., DataExport], delivery: Callable[[str], Delivery]
) -> None:
    document = Document("ft-00001.snappy.parquet", "0" * 64, 1)
    path = make.written(make.cur([FEE]))
    source = build(capacity_blocks={"cr-0abc": BLOCK})

    conversion = source.convert(path, document, delivery("cur2"))
    stated = source.control(path, document, delivery("cur2"))

    charges = conversion.charges.collect()
    days = charges.filter(pl.col("x_derived") == "capacity_block")
    assert conversion.notes == ()
    assert days["charge_period_start"].to_list() == [at("2026-10-07T09:30"), at("2026-10-08")]
    assert (stated.first, stated.last) == ("2026-10-05", "2026-10-08")
    assert [(t.charge_category, t.rows) for t in stated.totals] == [("Purchase", 1), ("Usage", 2)]
    assert source.fingerprint == (
        "aws_data_export 2 tax_recoverable=False "
        "cr-0abc=20261007T093000.000000-20261008T093000.000000"
    )


@pytest.mark.parametrize(
    ("blocks", "complaint"),
    [
        (
            {"cr-0abc": {**BLOCK, "end": BLOCK["start"]}},
            "must end after it starts, within 366 days",
        ),
        ({"cr-0abc": {**BLOCK, "end": "2029-10-08T09:30:00Z"}}, "must end after it starts"),
        ({"cr-0abc": {**BLOCK, "end": "2026-10-08T09:30:00"}}, "should have timezone info"),
        ({"my-block": BLOCK}, "String should match pattern"),
        ({"cr-0abc": {**BLOCK, "hours": 24}}, "Extra inputs are not permitted"),
    ],
)
def test_a_block_in_the_settings_is_strict(
    blocks: dict[str, Any], complaint: str, build: Callable[..., DataExport]
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        build(capacity_blocks=blocks)
