from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models import warehouse
from models.errors import BrokenError, InvariantError, StoreError
from models.period import Month
from scheduler.holding import restated
from scheduler.progress import Quiet
from scheduler.spending import spent
from scheduler.workspace import stores

OCTOBER = Month(2026, 10)
ONE = [("10", "INV-1", "2026-10-05")]
LATER = [("8", "INV-1", "2026-10-05"), ("5", "INV-7", "2026-10-31")]


def asked(life: Any, sql: str) -> list[tuple[Any, ...]]:
    project = life.project
    return warehouse.query(project.warehouse, project.state / "lake", sql)


@pytest.mark.failure("E04")
@pytest.mark.failure("E03")
def test_a_closed_month_keeps_every_byte_of_its_report_and_the_change_is_told(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.night("2026-11-20")
    life.close()
    before = life.rendered("2026-12-20")

    done = life.night("2026-12-11", LATER)

    assert done.intake.loaded == ["cloud/2026-10"]
    assert life.rendered("2026-12-20") == before
    (line,) = life.report("2026-12-20", "2026-11").restatements
    assert (line.restated.was, line.rows.value, line.billed.value) == ("closed", 1, 3)
    assert life.stages()[-1] == ("restated", "2026-12-11")
    assert next(restated(life.stores)).endswith("on 2026-12-11, after it was closed")
    (source,) = life.report("2026-12-20").sources
    assert (source.state.stage, source.amount.value) == ("closed", 10)
    assert life.report("2026-12-20").state == "FINAL"


@pytest.mark.failure("E04")
def test_every_figure_of_a_closed_month_is_of_what_it_was_closed_with(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.close()
    life.night("2026-12-11", LATER)
    life.publish("2026-12-20")

    assert asked(life, "select sum(billed_cost), count(*) from charges") == [(Decimal(10), 1)]
    assert asked(life, "select sum(billed_cost) from spend") == [(Decimal(10),)]
    assert asked(life, "select month, version from closes") == [("2026-10", 1)]
    assert asked(life, "select source, month, was, billed_cost from restatements") == [
        ("cloud", "2026-10", "closed", Decimal(3)),
    ]


@pytest.mark.failure("E04")
def test_a_source_that_is_broken_after_the_close_changes_nothing_of_the_report(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.close()
    before = life.rendered("2026-12-20")

    life.source.shows["2026-10"] = BrokenError("cloud", "m.json", "is half a file")
    life.night("2026-12-11")
    life.night("2026-12-12", [])

    assert life.answers()[-2:] == ["broken", "empty"]
    assert life.rendered("2026-12-20") == before


@pytest.mark.failure("E08")
def test_a_close_that_does_not_hold_stops_the_program_at_its_start(life: Any) -> None:
    life.night("2026-11-02", ONE)
    body = dict(life.close().body)
    with stores(life.project):
        pass

    life.forge({**body, "deliveries": {}})

    with (
        pytest.raises(StoreError, match="2026-10: is closed, and its deliveries are not those"),
        stores(life.project),
    ):
        pass


def test_every_charge_leads_to_its_delivery_and_its_document(life: Any) -> None:
    life.night("2026-11-02", ONE)
    life.night("2026-11-03", LATER)
    life.publish("2026-11-03")

    traced = asked(
        life,
        "select name, d.source, d.period, size > 0, rows, d.charges, rejected, x_row, billed_cost"
        " from charges c join documents d on sha256 = x_document and d.delivery = x_delivery"
        " order by x_row",
    )

    assert traced == [
        ("2026-10.json", "cloud", "2026-10", True, 2, 2, 0, 1, Decimal(8)),
        ("2026-10.json", "cloud", "2026-10", True, 2, 2, 0, 2, Decimal(5)),
    ]
    counts = life.stores.ledger.latest("delivery.loaded")["cloud/2026-10"]
    assert asked(life, "select delivery, scope, loaded_at from charge_files") == [
        (counts.body["delivery"], "cloud/2026-10", counts.at),
    ]


@pytest.mark.parametrize("table", ["charges", "rejected"])
def test_rows_that_are_missing_from_the_lake_stop_the_run(life: Any, table: str) -> None:
    life.night("2026-11-02", LATER)
    document = life.stores.ledger.latest("delivery.loaded")["cloud/2026-10"].body["documents"][0]
    path = life.stores.lake.path(table, document[table])
    rows = pl.read_parquet(path, glob=False)
    path.chmod(0o600)
    fewer = rows.head(1) if table == "charges" else rows.clear(1).with_columns(x_row=pl.lit(9))
    fewer.write_parquet(path)

    with pytest.raises(InvariantError, match=r"cloud/2026-10: 2026-10\.json: the lake holds") as e:
        spent(life.project, life.stores, Quiet())

    assert "loaded were 2 and 0; run `trueup rebuild`" in str(e.value)
