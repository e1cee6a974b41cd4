from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl
import pytest

from scheduler.demo import STORIES, cur, focus_rows, gcp_rows
from scheduler.demo.calendar import Calendar
from scheduler.demo.meter import METERS
from scheduler.demo.story import Story
from scheduler.demo.usage import HOURS, Usage

CENT: Final = Decimal("0.01")


def paid(used: list[Usage], project: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for usage in used:
        if usage.project == project:
            sums[str(usage.month)] += sum(usage.quantities) * usage.price
    return sums


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.id)
def test_a_project_uses_what_its_story_says(
    story: Story, used: list[Usage], calendar: Calendar
) -> None:
    sums = paid(used, story.id)

    metered = [item for item in story.items if item.parts]
    for month in calendar.billed[:-1]:
        told = sum(item.actual(calendar.number(month)) for item in metered)
        assert sums[str(month)] == pytest.approx(Decimal(float(told)), abs=Decimal(1))
    running = calendar.billed[-1]
    share = len(calendar.days(running)) / running.days
    told = sum(item.actual(calendar.number(running)) for item in metered)
    assert float(sums[str(running)]) == pytest.approx(float(told) * share, abs=1)


def test_a_third_of_kyc_lost_its_tag_last_month_and_none_before(
    used: list[Usage], calendar: Calendar
) -> None:
    kyc = next(story for story in STORIES if story.id == "kyc-extract-8b")
    lost = [each for each in used if "project" not in each.tags]
    cost = sum(sum(each.quantities) * each.price for each in lost if each.month == calendar.last)

    whole = sum(item.actual(calendar.number(calendar.last)) for item in kyc.items)

    assert {each.project for each in lost} == {"kyc-extract-8b"}
    assert {each.month for each in lost} == set(calendar.billed[-2:])
    assert all("kyc-extract-8b" in each.resource for each in lost)
    assert float(cost) / float(whole) == pytest.approx(0.37, abs=0.005)


def test_one_day_of_sweeps_stands_out(used: list[Usage], calendar: Calendar) -> None:
    days: dict[int, Decimal] = defaultdict(Decimal)
    for usage in used:
        if usage.month == calendar.last and usage.tags.get("workload") == "dpo-sweep":
            for day, quantity in zip(usage.days, usage.quantities, strict=True):
                days[day.day] += quantity

    assert days.pop(17) > 5 * median(days.values())
    assert max(days.values()) < 2 * median(days.values())


def test_search_moved_from_spot_h100_to_h200(used: list[Usage], calendar: Calendar) -> None:
    hours: dict[str, list[Decimal]] = {"SpotUsage:p5.48xlarge": [], "BoxUsage:p5en.48xlarge": []}
    for month in calendar.billed[:-1]:
        for usage_type, found in hours.items():
            found.append(
                sum(
                    (
                        sum(each.quantities, Decimal(0))
                        for each in used
                        if each.project == "search-rerank-1b"
                        and each.month == month
                        and each.meter.usage_type == usage_type
                    ),
                    Decimal(0),
                )
            )

    spot, on_demand = hours.values()
    together = [a + b for a, b in zip(spot, on_demand, strict=True)]
    assert on_demand[0] == 0
    assert on_demand == sorted(on_demand)
    assert on_demand[-1] > spot[-1]
    # the hours hardly change: it is the mix that costs
    assert max(together) < min(together) * Decimal("1.01")


@pytest.fixture(scope="module")
def lines(written: Path) -> pl.DataFrame:
    return pl.concat(
        pl.read_parquet(path) for path in sorted(written.glob("exports/aws/*/data/*/*.parquet"))
    )


def test_lines_have_the_columns_and_types_of_cur_2(lines: pl.DataFrame) -> None:
    assert lines.schema == cur.SCHEMA
    assert lines.schema["resource_tags"] == pl.Map(pl.String, pl.String)
    assert lines.schema["line_item_unblended_cost"] == pl.Float64


def test_every_type_of_line_that_the_story_needs_is_there(lines: pl.DataFrame) -> None:
    counts = Counter(lines["line_item_line_item_type"].to_list())

    assert set(counts) == {
        "Usage",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "SavingsPlanRecurringFee",
        "DiscountedUsage",
        "RIFee",
        "Fee",
        "Tax",
        "Credit",
        "Refund",
    }
    assert (counts["Credit"], counts["Refund"]) == (1, 1)
    assert 20_000 < lines.height < 80_000


def test_an_id_of_a_line_is_its_own(lines: pl.DataFrame) -> None:
    assert lines["identity_line_item_id"].is_unique().all()


def test_quantity_times_rate_is_cost_to_the_last_digit(lines: pl.DataFrame) -> None:
    usage = lines.filter(pl.col("line_item_line_item_type") == "Usage")
    names = (
        "line_item_usage_amount",
        "line_item_unblended_rate",
        "line_item_unblended_cost",
        "pricing_public_on_demand_cost",
    )

    wrong = [
        row
        for row in usage.select(names).iter_rows()
        if not Decimal(str(row[0])) * Decimal(row[1])
        == Decimal(str(row[2]))
        == Decimal(str(row[3]))
    ]

    assert wrong == []


def test_covered_usage_and_its_negation_cancel_each_day(lines: pl.DataFrame) -> None:
    kinds = ["SavingsPlanCoveredUsage", "SavingsPlanNegation"]
    by_day: dict[object, Decimal] = defaultdict(Decimal)
    for day, cost in (
        lines.filter(pl.col("line_item_line_item_type").is_in(kinds))
        .select("line_item_usage_start_date", "line_item_unblended_cost")
        .iter_rows()
    ):
        by_day[day] += Decimal(str(cost))

    assert len(by_day) == 245 + 20
    assert set(by_day.values()) == {Decimal(0)}


def test_the_plan_pays_for_what_it_covers_and_little_more(lines: pl.DataFrame) -> None:
    fees = lines.filter(pl.col("line_item_line_item_type") == "SavingsPlanRecurringFee")
    covered = lines.filter(pl.col("line_item_line_item_type") == "SavingsPlanCoveredUsage")
    effective = float(covered["savings_plan_savings_plan_effective_cost"].sum())

    assert fees["savings_plan_used_commitment"].sum() == pytest.approx(effective, abs=1e-6)
    assert (
        fees["savings_plan_total_commitment_to_date"].to_list()
        == fees["line_item_unblended_cost"].to_list()
    )
    assert effective == pytest.approx(
        0.985 * float(fees["line_item_unblended_cost"].sum()), rel=0.005
    )


def test_the_reservation_fee_is_what_its_machines_cost(lines: pl.DataFrame) -> None:
    fees = lines.filter(pl.col("line_item_line_item_type") == "RIFee")
    month = fees["bill_billing_period_start_date"].max()
    mine = lines.filter(
        (pl.col("line_item_line_item_type") == "DiscountedUsage")
        & (pl.col("bill_billing_period_start_date") <= month)
    )

    assert fees["line_item_unblended_cost"].sum() == pytest.approx(
        mine["reservation_effective_cost"].sum(), abs=1e-6
    )
    assert mine["line_item_unblended_cost"].sum() == 0


def test_ended_months_are_invoiced_and_the_running_one_is_not(
    lines: pl.DataFrame, calendar: Calendar
) -> None:
    invoiced = dict(
        lines.group_by("bill_billing_period_start_date")
        .agg(pl.col("bill_invoice_id").is_not_null().all())
        .iter_rows()
    )

    running = calendar.billed[-1].start.replace(tzinfo=None)
    assert invoiced.pop(running) is False
    assert len(invoiced) == 8
    assert all(invoiced.values())


def test_rows_of_the_second_payer_have_the_columns_of_focus(
    written: Path, used: list[Usage]
) -> None:
    paths = sorted(written.glob("exports/research/*/data/*/*.parquet"))
    rows = pl.concat(pl.read_parquet(path) for path in paths)

    assert rows.schema == focus_rows.SCHEMA
    assert {"BilledCost", "Tags", "x_ServiceCode"} < set(rows.columns)
    assert rows["BilledCost"].to_list() == rows["EffectiveCost"].to_list()
    code = sum(paid(used, "code-assist-33b").values(), Decimal(0))
    assert rows.filter(pl.col("ChargeCategory") == "Usage")["BilledCost"].sum() == pytest.approx(
        float(code), abs=1e-6
    )


def test_rows_of_google_cloud_have_the_columns_of_its_detailed_export(
    written: Path, used: list[Usage], calendar: Calendar
) -> None:
    paths = sorted(written.glob("exports/google/*/*.parquet"))
    rows = pl.concat(pl.read_parquet(path) for path in paths)

    assert rows.schema == gcp_rows.SCHEMA
    assert [path.parent.name for path in paths] == [str(month) for month in calendar.billed]
    voice = sum(paid(used, "voice-intent-3b").values(), Decimal(0))
    usage = rows.filter(pl.col("cost_type") == "regular")
    assert usage["cost"].sum() == pytest.approx(float(voice), abs=1e-6)
    assert rows.filter(pl.col("cost_type") == "tax")["cost"].to_list() == [212.6] * 8


def test_a_covered_machine_runs_all_day(used: list[Usage]) -> None:
    covered = [each for each in used if each.covered]

    assert {each.covered for each in covered} == {"plan", "reservation"}
    assert {quantity for each in covered for quantity in each.quantities} == {Decimal(HOURS)}
    assert all(each.price < each.meter.rate for each in covered)


def test_meters_have_ids_of_their_own() -> None:
    skus = {meter.sku for meter in METERS.values()}

    # one instance type, billed once as a machine and once under its reservation
    assert len(skus) == len({(m.code, m.usage_type) for m in METERS.values()}) == len(METERS)
