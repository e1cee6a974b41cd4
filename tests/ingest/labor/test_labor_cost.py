from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.verify import reading

ORACLES: Final = Path(__file__).resolve().parents[2] / "oracles"
LABOR: Final = json.loads((ORACLES / "labor.json").read_text())
DIVISORS: Final = json.loads((ORACLES / "labor_divisors.json").read_text())

FEBRUARY: Final = "2026-02"


def test_hours_cost_what_the_oracle_says(office: Any) -> None:
    office.given["divisor"] = str(LABOR["divisor_hours"])
    office.rows("2026-02-05,FT-001,ML engineer,A,100.25", "2026-02-06,FT-001,ML engineer,B,175.75")

    (delivery,) = office.deliveries()
    (row,) = office.charges(delivery).iter_rows(named=True)

    assert row["effective_cost"] == row["x_tco_cost"] == Decimal(LABOR["cost"])
    assert row["consumed_quantity"] == Decimal(LABOR["hours"])
    assert dict(row["tags"]) == {
        "project": "FT-001",
        "role": "ML engineer",
        "role_months": LABOR["role_months"],
    }
    assert row["billed_cost"] == 0
    assert (row["service_name"], row["consumed_unit"], row["x_row"]) == ("Labor", "Hours", 0)
    assert (str(row["charge_period_start"])[:10], str(row["charge_period_end"])[:10]) == (
        "2026-02-01",
        "2026-03-01",
    )


@pytest.mark.parametrize(("divisor", "cost"), [*DIVISORS["by_divisor"].items()])
def test_the_divisor_decides_what_an_hour_costs(divisor: str, cost: str, office: Any) -> None:
    office.secret(
        "rates.yaml",
        f"currency: USD\nroles: {{r: [{{valid_from: 2026-01, monthly: {DIVISORS['rate']}}}]}}\n",
    )
    office.given["divisor"] = divisor
    office.rows(f"2026-02-05,FT-001,R,A,{DIVISORS['hours']}")

    assert office.costs() == {(FEBRUARY, "FT-001", "r"): Decimal(cost)}


def test_a_loaded_rate_is_midpoint_burden_and_overhead(office: Any) -> None:
    loaded = "{valid_from: 2026-01, band_midpoint: 72000, burden_percent: 30, overhead: 1200}"
    office.secret("rates.yaml", f"currency: USD\nroles: {{r: [{loaded}]}}\n")
    office.rows("2026-02-05,FT-001,R,A,160")

    assert office.costs()[FEBRUARY, "FT-001", "r"] == Decimal(LABOR["loaded_rate"]["monthly"])


def test_a_role_is_rounded_once_over_all_files_and_rows_of_a_month(office: Any) -> None:
    office.secret(
        "rates.yaml", "currency: USD\nroles: {r: [{valid_from: 2026-01, monthly: 100}]}\n"
    )
    office.given["divisor"] = "3"
    for number in range(3):
        office.rows("2026-02-05,P,R,A,1", f"2026-03-0{number + 1},P,r,A,1", name=f"{number}.csv")

    assert office.costs() == {
        (FEBRUARY, "P", "r"): Decimal("100.00"),  # each file alone would be 33.33
        ("2026-03", "P", "r"): Decimal("100.00"),
    }


@pytest.mark.failure("G06")
def test_a_currency_without_cents_has_costs_without_cents(office: Any) -> None:
    office.secret(
        "rates.yaml", "currency: JPY\nroles: {r: [{valid_from: 2026-01, monthly: 100}]}\n"
    )
    office.given["divisor"] = "3"
    office.rows("2026-02-05,P,R,A,1")

    assert office.costs() == {(FEBRUARY, "P", "r"): Decimal(33)}


def test_a_rate_holds_from_its_month_on(office: Any) -> None:
    office.secret(
        "rates.yaml",
        "currency: USD\nroles:\n  r:\n  - {valid_from: 2026-03, monthly: 20}\n"
        "  - {valid_from: 2026-01, monthly: 10}\n",
    )
    office.given["divisor"] = "1"
    office.rows(*(f"2026-0{month}-05,P,R,A,1" for month in (1, 2, 3, 4)))

    assert [*office.costs().values()] == [10, 10, 20, 20]


@pytest.mark.parametrize(
    ("role", "day", "said"),
    [
        (
            "Wizard",
            "2026-02-05",
            "has no rate of role 'Wizard'; add it, a role without a rate is never free",
        ),
        ("lead", "2025-12-31", "has no rate of role 'lead' for 2025-12; add one, valid from then"),
    ],
)
def test_a_role_without_a_rate_refuses_the_month(
    role: str, day: str, said: str, office: Any
) -> None:
    office.rows(f"{day},P,{role},A,1")
    (delivery,) = [
        each for each in office.found([office.month(day)]) if not isinstance(each, Exception)
    ]

    with pytest.raises(office.broken) as caught:
        office.converted(delivery)

    assert str(caught.value) == f"timesheets: {office.home}/rates.yaml: {said}"


def test_other_rates_are_another_reading(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1")
    before = office.source.fingerprint

    office.secret("rates.yaml", (office.home / "rates.yaml").read_text().replace("16000", "16001"))

    assert office.source.fingerprint != before
    assert "16001" not in office.source.fingerprint
    assert office.costs() == {(FEBRUARY, "P", "lead"): Decimal("100.01")}


def test_hours_are_usage_by_month_beside_the_charge(office: Any) -> None:
    office.rows(
        "2026-02-05,FT-001,lead,A,1.5", "2026-02-06,FT-001,lead,A,1.5", "2026-02-06,,lead,A,0.25"
    )

    (delivery,) = office.deliveries()

    seen = office.usage(delivery).select("unit", "driver", "day", "quantity", "detail", "x_row")
    assert [tuple(map(str, row)) for row in seen.rows()] == [
        ("", "labor_hours", "2026-02-01", "0.250000000000000000", "lead", "0"),
        ("FT-001", "labor_hours", "2026-02-01", "3.000000000000000000", "lead", "0"),
    ]


@pytest.mark.failure("N05")
@pytest.mark.parametrize(
    ("smallest", "parts"),
    [
        (1, {"P/ML engineer": "112.50", "P/lead": "100.00", "Q/lead": "50", "reviewer": "30"}),
        (2, {"P/other_roles": "212.50", "Q/other_roles": "50.00", "other_roles": "30.00"}),
    ],
)
def test_a_second_reader_tells_each_role_of_a_project_from_its_rows(
    office: Any, smallest: int, parts: dict[str, str]
) -> None:
    """What a plan is compared with is the same; and of what is rejected nothing counts."""
    office.given |= {"divisor": "160", "smallest_group": smallest}
    office.rows(
        "2026-02-05,P,ML engineer,A,1.5", "2026-02-06,P,ml engineer,A,0.5", "2026-02-06,P,lead,B,1",
        "2026-02-07,Q,lead,B,0.5", "2026-02-07,,reviewer,C,1", "2026-02-08,P,lead,B,many",
    )  # fmt: skip
    (delivery,) = office.deliveries()
    (document, *_) = delivery.documents

    path = office.archive.path(document.sha256)
    found = reading(office.source, path, document, delivery)

    assert found.level == "part"
    rows = found.amounts.select("x_row", "part", "currency", "billed_cost").sort("part").rows()
    assert rows == [(0, part, "USD", Decimal(0)) for part in sorted(parts)]
    for cost in ("effective_cost", "tco_cost"):
        costs = dict(found.amounts.select("part", cost).iter_rows())
        assert costs == {part: Decimal(amount) for part, amount in parts.items()}
    charges = office.charges(delivery)
    rows = charges.select("sub_account_id", "sku_id", "effective_cost").iter_rows()
    assert {"/".join(filter(None, names)): cost for *names, cost in rows} == costs
