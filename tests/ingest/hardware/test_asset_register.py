"""A register becomes charges of months: parts by use, idle by itself, exact to the cent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hardware.asset import Asset
from ingest.hardware.depreciation import depreciation
from ingest.hardware.part import Books
from ingest.hardware.settings import Settings
from ingest.hardware.share import shares
from ingest.hardware.told import Told
from ingest.load import load_delivery
from ingest.source import Control
from ingest.sources.usage_csv import UsageTables
from models.errors import AbsentError, BrokenError
from models.period import Month

ORACLE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "oracles" / "usage_fraction.json").read_text("utf-8")
)
JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
OTHERS: Final = ORACLE["all_projects_gpu_hours"] - ORACLE["project_gpu_hours"]
USED: Final = (
    ("2026-01-05", "ft-001", ORACLE["project_gpu_hours"]),
    ("2026-01-06", "other", OTHERS),
)
Company = Callable[..., Any]


def test_the_oracle_of_the_part_of_capacity_holds_and_idle_is_a_row(company: Company) -> None:
    made = company()
    made.hours(*USED)
    assert made.parts() == [
        ("dgx-1", "ft-001", "depreciation", Decimal(ORACLE["project_capacity_basis"])),
        ("dgx-1", "other", "depreciation", Decimal("375.00")),
        ("dgx-1", None, "idle", Decimal(ORACLE["idle_unallocated"])),
    ]
    project, _, idle = made.charges().to_dicts()
    assert project["tags"] == {
        "asset": "dgx-1",
        "basis": "capacity",
        "cluster": "c1",
        "unit": "ft-001",
    }
    assert idle["tags"]["idle"] == "true"
    assert idle["consumed_quantity"] == ORACLE["available_gpu_hours"] - 3720
    assert (project["consumed_quantity"], project["consumed_unit"]) == (1488, "GPU-Hours")
    assert (project["billed_cost"], project["x_tco_cost"]) == (0, project["effective_cost"])
    assert (project["service_name"], project["charge_category"]) == (
        "Hardware depreciation",
        "Usage",
    )


def test_the_oracle_of_the_part_of_what_was_used_holds(company: Company) -> None:
    made = company(basis="used")
    made.hours(*USED)
    assert made.parts() == [
        ("dgx-1", "ft-001", "depreciation", Decimal(ORACLE["project_used_basis"])),
        ("dgx-1", "other", "depreciation", Decimal("600.00")),
    ]
    assert {row["basis"] for row in made.charges()["tags"].to_list()} == {"used"}


def test_assets_stand_in_their_table_with_hours_and_value(company: Company) -> None:
    made = company({}, {"asset_id": "rack", "gpu_count": "", "cluster": "", "cost": "1200"})
    made.hours(*USED)
    server, rack = made.assets()
    assert (server["depreciation"], server["accumulated"]) == (1000, 2000)
    assert (server["net_book_value"], server["gain"]) == (46000, None)
    assert (server["available_hours"], server["used_hours"]) == (5952, 3720)
    assert (rack["available_hours"], rack["used_hours"], rack["depreciation"]) == (None, None, 25)
    assert (server["month"], server["funding"], server["gpu_count"]) == ("2026-01", "owned", 8)


def test_without_hours_all_of_it_is_idle_or_nobodys_or_its_projects(company: Company) -> None:
    plain: dict[str, str] = {}
    servers = (plain, {"asset_id": "dgx-2", "cluster": "", "project": "ft-002"})
    idle, given = company(*servers).charges().to_dicts()
    assert (idle["x_line_type"], idle["tags"]["idle"], idle["consumed_quantity"]) == (
        *("idle", "true"),
        5952,
    )
    assert (given["x_line_type"], given["tags"]["project"]) == ("depreciation", "ft-002")
    nobody = company(*servers, without_usage="unallocated").charges().to_dicts()[0]
    assert (nobody["x_line_type"], nobody["consumed_quantity"]) == ("depreciation", None)
    assert "idle" not in nobody["tags"]
    assert "no source of hours is set" in company().told()["no_hours"]


def test_more_hours_than_there_were_are_told_and_idle_is_never_below_zero(
    company: Company,
) -> None:
    made = company({"gpu_count": "4"})
    made.hours(*USED)
    assert [cost for *_, cost in made.parts()] == [Decimal(400), Decimal(600)]
    assert {row["basis"] for row in made.charges()["tags"].to_list()} == {"capacity_exceeded"}
    assert made.told()["capacity_exceeded"] == (
        "cluster 'c1': 3720 hours used of 2976 there were in 2026-01; parts are of what was used, "
        "and nothing was idle. Check gpu_count, in_service_date and capacity_hours_per_month"
    )


def test_servers_of_one_cluster_share_its_hours_leased_ones_too(company: Company) -> None:
    made = company(
        {"gpu_count": "6"},
        {"asset_id": "dgx-2", "gpu_count": "2", "cost": "", "funding": "lease"},
    )
    made.hours(*USED)
    assert [cost for *_, cost in made.parts()] == [Decimal(250), Decimal(375), Decimal(375)]
    assert made.charges()["consumed_quantity"].to_list() == [1116, 1674, 1674]
    leased = made.assets()[1]
    assert (leased["used_hours"], leased["net_book_value"], leased["depreciation"]) == (930, 0, 0)


def test_hours_count_from_the_first_day_of_use_and_as_the_register_says(
    company: Company,
) -> None:
    made = company({"in_service_date": "2026-01-17"}, {"capacity_hours_per_month": "3100"})
    made.register({"in_service_date": "2026-01-17"})
    assert made.assets()[0]["available_hours"] == 8 * 24 * 15
    made.register({"capacity_hours_per_month": "3100", "in_service_date": "2026-01-22"})
    assert made.assets()[0]["available_hours"] == 1000


def test_hours_of_no_asset_and_hours_nobody_can_read_are_told(company: Company) -> None:
    made = company({}, {"asset_id": "dgx-2", "cluster": "c2"})
    day = ("2026-01-07", "x")
    made.hours(*USED, (*day, 12, "c9"), (*day, 5, ""), (*day, "?"))
    nothing = "of no asset; nothing is charged by them"
    assert [*made.converted().notes] == [
        ("no_hours", "cluster 'c2': no hours are told of 2026-01"),
        ("stray_hours", f"5 hours without a cluster are {nothing}"),
        ("stray_hours", f"12 hours of cluster 'c9' are {nothing}"),
        ("hours_aside", "1 rows of hours cannot be read, and count as not used"),
    ]


def test_hours_without_a_cluster_are_of_the_only_one(company: Company) -> None:
    made = company()
    made.hours(("2026-01-05", "ft-001", 1488, ""))
    assert made.parts()[0] == ("dgx-1", "ft-001", "depreciation", Decimal("250.00"))


def test_a_disposal_is_outside_projects_unless_it_is_to_be_shared(company: Company) -> None:
    sold = {"disposal_date": "2026-02-10", "disposal_proceeds": "40000"}
    made = company(sold)
    made.hours(*USED, ("2026-02-02", "other", 12))
    assert made.parts(FEBRUARY) == []
    (row,) = made.assets(FEBRUARY)
    assert (row["gain"], row["net_book_value"], row["accumulated"]) == (-6000, 0, 2000)
    made.given["share_disposal"] = True
    # 1,488 and 2,244 hours so far
    assert made.parts(FEBRUARY) == [
        ("dgx-1", "ft-001", "disposal", Decimal("2392.28")),
        ("dgx-1", "other", "disposal", Decimal("3607.72")),
    ]
    assert isinstance(made.error(Month(2026, 3)), AbsentError)


def test_a_gain_that_is_shared_is_negative(company: Company) -> None:
    made = company(
        {"disposal_date": "2026-01-10", "disposal_proceeds": "50000"}, share_disposal=True
    )
    assert made.parts() == [("dgx-1", None, "disposal", Decimal(-3000))]


def test_hours_are_a_part_of_the_delivery_with_their_documents(company: Company) -> None:
    made = company()
    made.hours(*USED)
    delivery = made.delivery()
    said = json.loads(made.archive.path(delivery.manifest.sha256).read_bytes())
    assert said["hours"]["hours"] == {"c1": {"ft-001": "1488", "other": "2232"}}
    (sha256,) = said["hours"]["documents"]
    assert made.archive.path(sha256).read_bytes().startswith(b"day,unit,hours,cluster\n")
    known = {JANUARY: delivery.manifest.sha256}
    assert made.fetched(known=known) == []
    made.hours(*USED, ("2026-01-07", "ft-001", 1))
    (moved,) = made.fetched(known=known)
    assert json.loads(moved.table)["hours"]["c1"]["ft-001"] == "1489"


@pytest.mark.failure("A16")
def test_hours_that_are_gone_stay_as_they_were_told(company: Company) -> None:
    made = company()
    made.hours(*USED)
    known = {JANUARY: made.delivery().manifest.sha256}
    made.hours(("2026-02-01", "other", 1))
    assert made.fetched(known=known) == []


def test_hours_that_cannot_be_read_stop_the_month_and_not_the_register(company: Company) -> None:
    made = company()
    made.hours(*USED)
    made.write("hours/h.csv", "day,unit\n")
    error = made.error()
    assert isinstance(error, BrokenError)
    assert "h.csv:1: has no heading 'hours' for quantity" in str(error)


@pytest.mark.failure("A01")
def test_the_same_hours_in_two_files_are_refused(company: Company) -> None:
    made = company()
    made.hours(*USED)
    made.write("hours/copy.csv", (made.home / "hours/h.csv").read_text())
    error = made.error()
    assert isinstance(error, BrokenError)
    assert "h.csv: is twice among the hours of 2026-01; take one of both away" in str(error)


def test_hours_on_which_two_readers_differ_are_refused(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = company()
    made.hours(*USED)
    stated = Control(rows=2, totals=(), first="", last="")
    monkeypatch.setattr(UsageTables, "control", lambda *_: stated)
    error = made.error()
    assert isinstance(error, BrokenError)
    said = "h.csv: gpu_hours: two readers differ, one has 2 rows, sum 3720"
    assert said in str(error)


def test_a_month_before_the_first_asset_is_absent(company: Company) -> None:
    error = company().error(Month(2025, 11))
    assert isinstance(error, AbsentError)
    assert "no asset is there in 2025-11" in str(error)


def test_a_month_that_costs_nothing_any_more_still_has_its_assets(company: Company) -> None:
    made = company({"life_months": "1"})
    assert made.parts() == []
    loaded = load_delivery(made.source, made.delivery(), made.archive, made.lake)
    (document,) = loaded.documents
    assert (document.rows, document.control.rows, document.beside) == (0, 1, ("assets",))


def test_a_register_is_loaded_with_its_parts(company: Company) -> None:
    made = company({}, {"asset_id": "rack", "gpu_count": "", "cluster": "", "cost": "1200"})
    made.hours(*USED)
    loaded = load_delivery(made.source, made.delivery(), made.archive, made.lake)
    (document,) = loaded.documents
    assert (document.rows, document.control.rows) == (4, 2)
    assert document.totals[0].effective_cost == "1025.000000000000000000"
    assert made.source.due(JANUARY) is None
    assert made.source.settlement.after.days == 7


@pytest.mark.failure("G06")
def test_currencies_have_their_own_decimals(company: Company) -> None:
    made = company({"cost": "50000", "currency": "JPY", "life_months": "36"})
    made.hours(*(("2026-01-05", unit, 1) for unit in "abcd"))
    made.given["basis"] = "used"
    assert [cost for *_, cost in made.parts()] == [347, 348, 347, 347]
    assert sum(cost for *_, cost in made.parts()) == made.assets()[0]["depreciation"]


@pytest.mark.failure("B05")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cost": "12x"}, "assets.csv:2:2: cost: '12x' is not a number written like 1234.56"),
        ({"cost": ""}, "assets.csv:2:2: cost: is missing or zero; an asset that costs nothing"),
        ({"cost": "1.005"}, "assets.csv:2:2: cost: 1.005 has more decimals than USD has"),
        ({"cost": "-1"}, "assets.csv:2:2: cost: -1 is negative"),
        ({"currency": "usd"}, "assets.csv:2:3: currency: 'usd' is not a currency; write an ISO"),
        ({"currency": ""}, "assets.csv:2:3: currency: is not said; add it here, or currency to"),
        ({"in_service_date": "1.1.26"}, "assets.csv:2:4: in_service_date: '1.1.26' is not a date"),
        ({"life_months": ""}, "assets.csv:2:5: life_months: is not said; add it here, or life_"),
        ({"life_months": "4.5"}, "assets.csv:2:5: life_months: '4.5' must be a whole number"),
        ({"life_months": "0"}, "assets.csv:2:5: life_months: '0': input should be greater than"),
        (
            {"convention": "mid"},
            "assets.csv:2:6: convention: 'mid' is not possible. Possible: f",
        ),
        ({"cluster": ""}, "assets.csv:2:8: gpu_count: is said without a cluster, whose hours say"),
        ({"residual": "48001"}, "assets.csv:2:10: residual: 48001 is more than the cost, 48000"),
        (
            {"disposal_date": "2025-11-30"},
            "assets.csv:2:11: disposal_date: 2025-11-30 is before the first day, 2025-12-01",
        ),
        ({"disposal_proceeds": "1"}, "assets.csv:2:12: disposal_proceeds: is said without a dis"),
        ({"funding": "rent"}, "assets.csv:2:13: funding: 'rent' is not possible. Possible: owned"),
    ],
)
def test_a_mistake_in_the_register_is_told_with_its_place(
    company: Company, change: dict[str, str], said: str
) -> None:
    error = company(change).error()
    assert isinstance(error, BrokenError)
    assert said in str(error)


def test_of_several_mistakes_the_first_is_told_and_the_others_are_counted(
    company: Company,
) -> None:
    error = company({"cost": "x"}, {"cost": "y"}).error()
    assert "assets.csv:2:2: cost: 'x' is not a number" in str(error)
    assert str(error).endswith("; and 1 more mistakes")
    assert "assets.csv:3:1: asset_id: 'dgx-1' is there twice" in str(company({}, {}).error())


@pytest.mark.failure("B02")
@pytest.mark.failure("B08")
@pytest.mark.failure("B10")
@pytest.mark.parametrize(
    ("content", "given", "said"),
    [
        (
            "asset_id,costs\n",
            {},
            "assets.csv:1:2: heading 'costs' is not known. Did you mean 'cost'?",
        ),
        ("asset_id,cost\n", {}, "assets.csv:1:1: has no heading 'in_service_date'; add it, or dec"),
        ("asset_id,asset_id\n", {}, "assets.csv:1:2: heading 'asset_id' is there twice; rename"),
        ("asset_id,in_service_date\n", {}, "assets.csv:1:1: holds no asset; add one, or remove"),
        ("asset_id,in_service_date\na\n", {}, "assets.csv:2:1: has 1 cells where the headings are"),
        ('asset_id,in_service_date\n"a,b\n', {}, "is not CSV: unexpected end of data"),
        (
            "Nr\n",
            {"columns": {"asset_id": "No"}},
            "has no heading 'No' for asset_id. There are: Nr",
        ),
        ("", {}, "is empty (0 bytes); write it again"),
    ],
)
def test_a_table_that_is_no_register_is_refused(
    company: Company, content: str, given: dict[str, Any], said: str
) -> None:
    made = company(**given)
    made.write("assets.csv", content)
    assert said in str(made.error())


def test_a_register_has_headings_and_a_locale_of_its_own(company: Company) -> None:
    made = company(
        columns={"asset_id": "Nr", "cost": "AHK", "in_service_date": "Datum", "life_months": "ND"},
        decimal=",",
        thousands=".",
        dates="%d.%m.%Y",
        delimiter=";",
        currency="EUR",
        convention="mid_month",
    )
    made.write("assets.csv", "Nr;AHK;Datum;ND;Kst\n4711;48.000,00;15.01.2026;48;K1\n")
    assert made.parts() == [("4711", None, "depreciation", Decimal("500.00"))]


YAML: Final = """assets:
  - asset_id: dgx-1
    cost: 48000
    currency: USD
    in_service_date: 2026-01-15
    life_months: 48
    convention: mid_month
    cluster: c1
    gpu_count: 8"""


def test_a_register_may_be_yaml_with_places_of_mistakes(company: Company) -> None:
    made = company(file="assets.yaml")
    made.write("assets.yaml", YAML)
    made.hours(*USED)
    assert sum(cost for *_, cost in made.parts()) == 500
    made.write("assets.yaml", YAML.replace("life_months", "life_month"))
    assert "assets.yaml:6:5: assets.0.life_month: unknown key. Did you mean 'life" in str(
        made.error()
    )
    made.write("assets.yaml", YAML.replace("48000", "48000.005"))
    assert "assets.yaml:3:11: cost: 48000.005 has more decimals than USD" in str(made.error())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"file": "a.yaml", "columns": {}}, "columns are of CSV; a YAML register has the names"),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','; one must differ"),
        ({"hours": {"kind": "focus"}}, "does not match any of the expected tags"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        Settings.model_validate({"kind": "asset_register", "file": "a.csv", **given})
    assert said in str(caught.value)


def test_doctor_asks_for_the_register_and_for_the_hours(company: Company) -> None:
    made = company(expected_by_day=3)
    made.hours(*USED)
    at = datetime(2026, 2, 1, tzinfo=UTC)
    found = [(each.check, each.state) for each in made.source.probe((JANUARY,), at)]
    checks = ("list", "read", "delivery", "schema")
    assert found == [(check, "ok") for check in checks * 2]
    made.register({"cost": "x"})
    (wrong,) = (f for f in made.source.probe((JANUARY,), at) if f.state == "fail")
    assert wrong.detail.startswith("assets.csv:2:2: cost: 'x' is not a number")
    assert [*made.source.grants()] == []
    assert made.source.due(JANUARY) == datetime(2026, 2, 4, tzinfo=UTC)
    (made.home / "assets.csv").unlink()
    failed = [each.check for each in made.source.probe((JANUARY,), at) if each.state == "fail"]
    assert failed == ["delivery", "schema"]


UNITS: Final = st.dictionaries(
    st.sampled_from("abcdefg"),
    st.decimals(0, 10**6, places=6, allow_nan=False, allow_infinity=False),
    max_size=6,
)


@pytest.mark.failure("C04")
@given(used=UNITS, hours=st.integers(0, 10**6), basis=st.sampled_from(["capacity", "used"]))
def test_parts_and_idle_sum_to_one_exactly_and_none_is_negative(
    used: dict[str, Decimal], hours: int, basis: Any
) -> None:
    found = shares(used, Fraction(hours), basis)
    whole = sum(map(Fraction, used.values()), Fraction(0))
    assert (found is None) == (whole == 0)
    if found is None:
        return
    assert sum(found.of.values(), found.idle) == 1
    assert min([*found.of.values(), found.idle]) >= 0
    assert (found.basis == "capacity_exceeded") == (basis == "capacity" and whole > hours)
    assert {*found.of} == {unit for unit, each in used.items() if each}


@pytest.mark.failure("C03")
@given(used=UNITS, cents=st.integers(1, 10**7), day=st.integers(1, 28), basis=st.booleans())
def test_charges_of_an_asset_sum_to_its_depreciation(
    used: dict[str, Decimal], cents: int, day: int, basis: bool
) -> None:
    given = {"kind": "asset_register", "file": "a", "basis": "capacity" if basis else "used"}
    server = Asset(
        row=1,
        asset_id="a",
        description="",
        serial="",
        project="",
        cost=Decimal(cents).scaleb(-2),
        residual=Decimal(0),
        life_months=7,
        in_service=date(2026, 1, day),
        currency="USD",
        convention="daily",
        cluster="c1",
        gpus=8,
        gpu_type="",
        proceeds=Decimal(0),
        hours=None,
        funding="owned",
        invoice_id="",
        disposal=None,
    )
    books = Books(
        month=JANUARY,
        assets=(server,),
        told=Told(of={"c1": used}),
        settings=Settings.model_validate(given),
    )
    parts = [*books.parts(server)]
    assert sum(part.cost for part in parts) == depreciation(server, JANUARY)
