from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from models.currency import Rates
from models.money import QUANTITY
from models.project import Project, Registry
from models.spend import SPEND
from models.split.driver import UNIT, Drivers
from models.split.sharing import _edges
from models.split.split import Spend, Usage
from models.split.weighing import _left_out, _shown
from models.usage import OWNED


@pytest.mark.parametrize(
    ("projects", "told"),
    [
        ("abc", "24 gpu_hours are of 'a', 'b', 'c', no target under way"),
        ("abcd", "30 gpu_hours are of 'a', 'b', 'c' and 1 more, no target under way"),
    ],
)
def test_three_that_are_left_out_are_named_and_the_others_counted(projects: str, told: str) -> None:
    others = {project: (9 - at) * UNIT for at, project in enumerate(projects)}

    found = [*_left_out(others, Usage(driver="gpu_hours"))]

    assert found == [("split_left_out", f"{told}; the targets bear their part")]


def test_units_are_shown_to_the_last_digit_however_many_there_are() -> None:
    assert _shown(12345678901234567890 * UNIT + 1) == "12345678901234567890.000000000000000001"
    assert _shown(20 * UNIT) == "20"


def test_what_a_project_used_of_several_sources_and_clusters_is_added_up() -> None:
    use = {"period": "2026-10", "driver": "gpu_hours", "project": "bot"}
    rows = [
        {**use, "x_source": source, "cluster": cluster, "quantity": Decimal(hours)}
        for source, cluster, hours in (("one", "a", 1), ("one", "b", 2), ("other", "a", 4))
    ]
    usage = pl.DataFrame(rows, schema_overrides={"quantity": QUANTITY}).with_columns(
        pl.lit(None, pl.String).alias("unit"), pl.lit(None, pl.String).alias("detail")
    )
    drivers = Drivers(pl.DataFrame(schema=SPEND), usage, Rates({}), "USD")

    assert drivers.measured(Usage(driver="gpu_hours"), "2026-10").projects == {"bot": 7 * UNIT}


def test_what_was_spent_counts_to_the_last_digit_that_frames_hold() -> None:
    most = Decimal("12345678901234567890.123456789012345678")
    row = {"period": "2026-10", "project": "bot", "currency": "USD", "tco_cost": most}
    direct = pl.DataFrame([row], schema=SPEND)
    drivers = Drivers(direct, pl.DataFrame(schema=OWNED), Rates({}), "USD")

    assert drivers.measured(Spend(), "2026-10").projects == {
        "bot": 12345678901234567890123456789012345678
    }


def test_a_project_that_ends_on_the_last_day_of_all_has_no_day_after() -> None:
    assert [*_edges(Registry((Project(id="bot", end=date.max),)))] == []
