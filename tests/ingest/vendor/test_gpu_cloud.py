"""Tables of usage with declared columns, by stated costs and by unit prices."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given as examples
from hypothesis import settings as limits
from hypothesis import strategies as st

from ingest.source import Delivery
from ingest.vendor.span import days
from models.errors import BrokenError, SourceError
from models.money import parts
from models.period import Month

OCTOBER: Final = Month(2026, 10)
COSTED: Final[Mapping[str, Any]] = {
    "kind": "gpu_cloud_csv",
    "location": "in",
    "issuer": "Acme GPU",
    "columns": {
        "start": "time",
        "project": "team",
        "resource": "pod",
        "sku": "gpu",
        "gpu_count": "n",
        "quantity": "billed_ms",
        "cost": "amount",
        "tags": {"run": "run"},
    },
    "unit": "milliseconds",
}
HEADINGS: Final = "time,team,pod,gpu,n,billed_ms,amount,run,mail"
ROW: Final = "2026-10-05,nlp,pod-1,NVIDIA H100 80GB,8,5400000,19.92,r-1,a@b.c"
PRICED: Final[Mapping[str, Any]] = {
    "kind": "gpu_cloud_csv",
    "location": "in",
    "issuer": "Acme GPU",
    "columns": {"start": "day", "sku": "sku", "quantity": "hours", "unit": "unit"},
    "prices": [
        {"sku": "h100*", "since": "2026-01-01", "price": "2.49"},
        {"sku": "h100*", "since": "2026-10-10", "price": "1.99"},
        {"sku": "l4", "since": "2026-01-01", "price": "0.0002", "per": "second"},
    ],
}


@pytest.fixture
def put(reader: Any) -> Callable[..., Path]:
    def written(*lines: str, name: str = "usage.csv") -> Path:
        path: Path = reader.home / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return written


def test_a_row_is_a_charge_and_gpu_hours(reader: Any, put: Any) -> None:
    put(HEADINGS, ROW)

    found = reader.load(reader.source(COSTED))

    row = found.charges.row(0, named=True)
    assert row["billed_cost"] == row["x_tco_cost"] == Decimal("19.92")
    assert (row["consumed_quantity"], row["consumed_unit"]) == (Decimal(12), "GPU-Hours")
    assert (row["x_gpu_type"], row["x_gpu_count"], row["x_workload"]) == ("H100", 8, "compute")
    assert (row["sub_account_id"], row["resource_id"]) == ("nlp", "pod-1")
    assert row["billing_currency"] == "USD"
    assert dict(row["tags"]) == {"run": "r-1"}
    assert "a@b.c" not in str(found.charges.rows())
    used = found.usage.row(0, named=True)
    assert (used["unit"], used["driver"], used["quantity"]) == ("nlp", "gpu_hours", Decimal(12))
    assert (used["day"], used["gpu_type"], used["cluster"]) == (date(2026, 10, 5), "H100", "pod-1")


def test_each_row_goes_to_the_month_it_states(reader: Any, put: Any) -> None:
    put(HEADINGS, ROW, ROW.replace("2026-10-05", "2026-09-30"), name="a.csv")
    put(HEADINGS, ROW.replace("2026-10-05", "2026-10-31"), name="b.csv")
    source = reader.source(COSTED)

    found = reader.fetched(source, [Month(2026, 8), Month(2026, 9), OCTOBER])

    absent, september, october = found
    assert isinstance(absent, SourceError)
    assert "no row is of 2026-08 in 2 files" in str(absent)
    assert [document.name for document in september.documents] == ["a.csv"]
    assert [document.name for document in october.documents] == ["a.csv", "b.csv"]
    assert reader.loaded(source, september).charges.height == 1
    known = {OCTOBER: october.manifest.sha256}
    assert reader.fetched(source, known=known) == []


def test_gpu_hours_are_cut_at_midnight(reader: Any, put: Any) -> None:
    columns = {**COSTED["columns"], "end": "until"}
    put(
        f"{HEADINGS},until",
        ROW.replace("2026-10-05", "2026-10-30T22:00:00Z") + ",2026-11-01 01:00:00",
    )

    found = reader.load(reader.source({**COSTED, "columns": columns}))

    assert dict(found.usage.select("day", "quantity").rows()) == {
        date(2026, 10, 30): Decimal("0.888888888888888889"),
        date(2026, 10, 31): Decimal("10.666666666666666667"),
        date(2026, 11, 1): Decimal("0.444444444444444444"),
    }
    assert found.usage["quantity"].sum() == Decimal(12)


COSTS: Final = {
    "2026-10-09,H100-SXM,10,h": "24.9",
    "2026-10-10,H100-SXM,10,hours": "19.9",
    "2026-10-10,H100-SXM,90,Min": "2.985",
    "2026-10-10,l4,10,GPU_Seconds": "0.002",
    "2026-10-10,h100,1,seconds": "0.000552777777777778",
    "2026-10-10,h100,0,h": "0",
    "2026-10-10,h100,,h": "0",
}


def test_the_price_of_the_day_makes_the_cost(reader: Any, put: Any) -> None:
    put("day,sku,hours,unit", *COSTS)

    charges = reader.load(reader.source(PRICED)).charges.sort("x_row")

    assert charges["billed_cost"].to_list() == [Decimal(cost) for cost in COSTS.values()]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "2026-10-09,A100,10,h",
            "row 1: time of A100 has no price on 2026-10-09; add one to prices",
        ),
        ("2025-12-31,H100,10,h", "row 1: time of H100 has no price on 2025-12-31"),
        ("2026-10-09,,10,h", "row 1: time of no SKU has no price on 2026-10-09"),
        ("2026-10-09,H100,10,moons", "row 1: unit 'moons' is none of time; add it to units"),
    ],
)
def test_a_use_without_a_price_is_an_error(reader: Any, put: Any, row: str, said: str) -> None:
    put("day,sku,hours,unit", row)

    with pytest.raises(BrokenError) as caught:
        reader.load(reader.source(PRICED), Month.parse(row[:7]))

    assert said in str(caught.value)


def test_own_units_moments_and_patterns_are_asked_first(reader: Any, put: Any) -> None:
    put("day,sku,hours,unit", "31/10/2026,h100-train,2,Moon")
    own = {
        "units": {"moon": "hours"},
        "moments": ["%d/%m/%Y"],
        "gpu_types": {"Hopper": ["h100*"]},
        "workloads": {"training": ["*-TRAIN"]},
        "currency": "EUR",
    }

    row = reader.load(reader.source({**PRICED, **own})).charges.row(0, named=True)

    assert (row["x_gpu_type"], row["x_workload"]) == ("Hopper", "training")
    assert (row["billed_cost"], row["billing_currency"]) == (Decimal("3.98"), "EUR")


def test_what_has_no_accelerator_has_no_gpu_hours(reader: Any, put: Any) -> None:
    put(HEADINGS, "2026-10-05,nlp,vol-1,network volume,,3600000,1.5,,", ROW)

    found = reader.load(reader.source(COSTED))

    assert found.charges.select("x_workload", "consumed_unit", "x_gpu_type").rows() == [
        ("storage", "Hours", None),
        ("compute", "GPU-Hours", "H100"),
    ]
    assert found.usage["x_row"].to_list() == [2]


FIREWORKS: Final = (
    "email,start_time,end_time,usage_type,accelerator_type,accelerator_seconds,base_model_name,"
    "model_bucket,parameter_count,prompt_tokens,completion_tokens"
)


def test_a_table_of_tokens_and_seconds_is_priced_by_both(reader: Any, put: Any) -> None:
    begin = "a@b.c,2026-10-05 00:00:00,2026-10-06 00:00:00"
    put(
        FIREWORKS,
        f"{begin},TEXT_COMPLETION_INFERENCE_USAGE,,,llama-v3p1-8b,0-16B,8,2000000,500000",
        f"{begin},DEDICATED_DEPLOYMENT_USAGE,NVIDIA_H100_80GB,7200,llama-v3p1-70b,,70,0,0",
        f"{begin},FINE_TUNING_USAGE,,,llama-v3p1-8b,0-16B,8,1000000,",
    )
    prices = [
        {
            "sku": "llama*8b",
            "tokens": "input",
            "since": "2026-01-01",
            "price": "0.2",
            "per": "million tokens",
        },
        {
            "sku": "*",
            "tokens": "output",
            "since": "2026-01-01",
            "price": "0.0004",
            "per": "thousand tokens",
        },
        {"sku": "*h100*", "since": "2026-01-01", "price": 4},
    ]
    given = {
        "kind": "gpu_cloud_csv",
        "location": "in",
        "issuer": "Fireworks AI",
        "profile": "fireworks",
        "prices": prices,
    }

    found = reader.load(reader.source(given))

    shown = found.charges.select("x_row", "billed_cost", "consumed_unit", "x_workload", "x_derived")
    assert shown.rows() == [
        (1, Decimal("0.4"), "Tokens", "inference", None),
        (1, Decimal("0.2"), "Tokens", "inference", "priced_part"),
        (2, Decimal(8), "GPU-Hours", "inference", None),
        (3, Decimal("0.2"), "Tokens", "training", None),
    ]
    assert found.quantities("driver", "detail") == {
        ("tokens", "input"): 3_000_000,
        ("tokens", "output"): 500_000,
        ("gpu_hours", None): 2,
    }
    assert "a@b.c" not in f"{found.charges.rows()}{found.usage.rows()}"


def test_a_table_of_apps_by_day_states_its_costs(reader: Any, put: Any) -> None:
    given = {"kind": "gpu_cloud_csv", "location": "in", "issuer": "Modal", "profile": "modal"}
    put(
        "object_id,description,environment_name,interval_start,cost",
        "ap-1,finetune-llama,main,2026-10-05T00:00:00+00:00,1.23456789",
        "ap-2,chat endpoint,prod,2026-10-06T00:00:00+00:00,-0.5",
    )

    charges = reader.load(reader.source(given)).charges

    shown = charges.select("billed_cost", "sub_account_id", "x_workload", "charge_category")
    assert shown.rows() == [
        (Decimal("1.23456789"), "main", "training", "Usage"),
        (Decimal("-0.5"), "prod", "inference", "Credit"),
    ]
    assert charges["charge_period_end"][0].replace(tzinfo=None) == datetime(2026, 10, 6)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": "x"}, "row 1: column amount holds 'x', which cannot be read as a number"),
        ({"amount": ""}, "row 1: column amount is empty; every row has a cost"),
        ({"time": ""}, "row 1: column time is empty; every row has a time"),
        ({"time": "soon"}, "row 1: column time holds 'soon', which cannot be read as a moment"),
        ({"n": "-8"}, "row 1: a quantity is negative"),
    ],
)
@pytest.mark.failure("B04")
def test_what_cannot_be_read_stops_the_table_with_its_row(
    reader: Any, put: Any, change: dict[str, str], said: str
) -> None:
    cells = dict(zip(HEADINGS.split(","), ROW.split(","), strict=True)) | change
    put(HEADINGS, ",".join(cells.values()))

    (error,) = reader.fetched(reader.source(COSTED))

    assert said in str(error)
    assert "usage.csv" in str(error)


def test_a_column_that_is_gone_is_named(reader: Any, put: Any) -> None:
    put(HEADINGS.replace("amount", "amounts"), ROW)

    (error,) = reader.fetched(reader.source(COSTED))

    assert "has no column amount; the nearest one is amounts" in str(error)


def test_a_row_that_ends_before_it_begins_is_refused(reader: Any, put: Any) -> None:
    put(f"{HEADINGS},until", f"{ROW},2026-10-04")
    columns = {**COSTED["columns"], "end": "until"}

    (error,) = reader.fetched(reader.source({**COSTED, "columns": columns}))

    assert "row 1: is from 2026-10-05 00:00 to 2026-10-04 00:00, which is no time" in str(error)


def test_gzip_and_headings_in_other_case_are_no_harm(reader: Any, put: Any) -> None:
    path = put(HEADINGS.upper(), ROW)
    path.with_name("usage.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()

    found = reader.load(reader.source({**COSTED, "pattern": "*.csv.gz"}))

    assert found.charges["billed_cost"].to_list() == [Decimal("19.92")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": None}, "names no columns; set columns, or a profile"),
        ({"unit": None}, "a quantity has no unit; set unit"),
        ({"prices": PRICED["prices"]}, "has a column of costs and prices"),
        ({"columns": {"start": "time"}}, "has no cost; name its column, or a quantity and prices"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    reader: Any, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        reader.source({**COSTED, **change})


def test_a_price_is_of_time_or_of_tokens(reader: Any) -> None:
    price = {"since": "2026-01-01", "price": "1", "tokens": "input"}

    with pytest.raises(ValueError, match="is a price per hour; tokens says which"):
        reader.source({**PRICED, "prices": [price]})


def test_the_check_up_lists_and_reads(reader: Any, put: Any) -> None:
    put(HEADINGS, ROW)
    source = reader.source({**COSTED, "expected_by_day": 2})

    found = {
        each.check: each.state
        for each in source.probe([OCTOBER], datetime.fromisoformat("2026-10-06T00:00:00Z"))
    }

    assert found == {"list": "ok", "read": "ok", "delivery": "ok"}
    assert [*source.grants()] == []
    assert f"{source.due(OCTOBER):%Y-%m-%d}" == "2026-11-03"
    assert source.settlement.after.days == 5


def test_a_delivery_is_of_files_that_hold_the_month(reader: Any, put: Any) -> None:
    put(HEADINGS, ROW)
    (delivery,) = reader.fetched(reader.source(COSTED))

    assert isinstance(delivery, Delivery)
    assert delivery.scope == "vendor/2026-10"


@limits(max_examples=25, deadline=None)
@examples(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001
    length=st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=40)),
    hours=st.decimals(0, 10_000, places=18),
)
def test_days_of_a_span_sum_to_it(start: datetime, length: Any, hours: Decimal) -> None:
    found = days(start, start + length)

    assert sum(found.values()) == length // length.resolution
    assert sum(parts(hours, [*found.values()], 18)) == hours
    assert min(found) == start.date()
