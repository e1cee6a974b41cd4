"""Every line of a plan is explained by month and item, and its parts sum to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.currency import RateError
from models.errors import InvariantError, Mistake
from models.money import ZERO
from models.period import Month
from reconcile.anchors import Decomposition
from reconcile.driver.activity import Activity, Loss
from reconcile.driver.drivers import Known, drivers
from reconcile.driver.line import DriverLine, checked

OCTOBER = Month(2026, 10)
RUNS = {"runs": "4", "gpu_hours_per_run": "200"}
Driven = Callable[..., Any]
Explained = Callable[[DriverLine], Any]
Made = Callable[..., Any]
Charge = Callable[..., dict[str, Any]]
Oracle = Callable[[str], Any]


class LateRates:
    """Rates that begin in October."""

    def convert(self, amount: Decimal, currency: str, to: str, month: Month) -> Decimal:
        if currency != to and month < OCTOBER:
            raise RateError(Mistake("rates.yaml", 1, 1, f"no rate {currency} to {to}"))
        return amount if currency == to else amount * Decimal("1.1")


def counted(runs: str | None = None, **losses: Any) -> Activity:
    counts = {} if runs is None else {("legal", OCTOBER, "runs training_compute"): Fraction(runs)}
    lost = {("legal", OCTOBER, "training_compute"): Loss(**losses)} if losses else {}
    return Activity(counts, lost)


def test_one_more_run_is_told_apart_from_shorter_runs_and_a_dearer_hour(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, explained: Explained
) -> None:
    stated = oracle("variance")["iterations"]
    found = driven(
        [plan_for(("train", RUNS, "gpu-hour", "2.50"))],
        [charge("2520.00", "900")],
        activity=counted("5"),
    )

    (line,) = found.months
    expected = {name: Decimal(stated[name]) for name in ("runs", "hours_per_run")}
    assert dict(zip(expected, line.split.factors.values(), strict=True)) == expected
    assert [*line.split.factors] == ["runs", "gpu_hours_per_run"]
    assert explained(line) == {"volume": 250, "price": Decimal(stated["price"])}
    assert (line.planned, line.used, line.kept) == (800, 900, 900)
    assert (line.planned_price, line.price) == (Fraction(5, 2), Fraction(14, 5))
    assert (line.unit, line.why, line.is_planned) == ("gpu-hour", "", True)
    assert line.split.total == Decimal(stated["total"])


def test_without_counted_runs_the_volume_is_not_divided(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    plans = [plan_for(("train", RUNS, "gpu-hour", "2.50"))]

    (line,) = driven(plans, [charge("2520.00", "900")]).months

    assert (line.split.volume, line.split.factors) == (250, {})


def test_factors_from_the_first_unknown_one_on_are_one(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    factors = {"runs": "4", "nodes": "5", "gpu_hours_per_node": "40"}
    plans = [plan_for(("train", factors, "gpu-hour", "2.50"))]

    (line,) = driven(plans, [charge("2520.00", "900")], activity=counted("5")).months

    assert line.split.factors == {"runs": 500, "nodes x gpu_hours_per_node": -250}


def test_items_on_spot_and_on_demand_are_a_mix(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, summed: Made
) -> None:
    stated = oracle("variance")["spot_vs_ondemand"]
    items = [(r["k"], {"h": r["pq"]}, "gpu-hour", r["pp"]) for r in stated["rows"]]
    rows = [charge(r["actual"], r["aq"], item=r["k"]) for r in stated["rows"]]

    found = driven([plan_for(*items)], rows).months

    assert summed(found) == {name: Decimal(stated[name]) for name in ("volume", "mix", "price")}
    assert sum(line.split.plan for line in found) == Decimal(stated["plan"])
    mix = found[-1]
    assert (mix.kind, mix.item, mix.split.total) == ("mix", "gpu-hour", 0)
    assert mix.split.mix == Decimal(stated["mix"]) == -mix.split.volume
    assert (mix.unit, mix.is_planned, mix.month) == (None, False, OCTOBER)


def test_the_mix_of_items_is_rounded_once(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, summed: Made
) -> None:
    stated = oracle("variance")["rounding_stress"]
    items = [("a", {"h": "100"}, "h", "0.333"), ("b", {"h": "50"}, "Hours", "1.005")]
    rows = [
        charge("35.71", "97.777", item="a", consumed_unit="Hours"),
        charge("58.02", "61.1", item="b", consumed_unit="Hrs"),
    ]

    found = driven([plan_for(*items)], rows).months

    assert summed(found) == {name: Decimal(stated[name]) for name in ("volume", "mix", "price")}


def test_units_that_are_free_are_one_side_of_a_mix(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    """By hand: 20 units at a blend of 2 as planned; 15 instead of 10 of them cost 4."""
    items = [("a", {"h": "10"}, "gpu-hour", "0"), ("b", {"h": "10"}, "gpu-hour", "4")]
    rows = [charge("0", "5", item="a"), charge("60", "15", item="b")]

    plan = plan_for(*items)
    plan = replace(plan, items=[replace(each, weights=(Fraction(1),)) for each in plan.items])

    found = driven([plan], rows).months

    assert [explained(line) for line in found] == [{}, {"volume": 20}, {"volume": -20, "mix": 20}]


def test_parts_are_rounded_to_what_the_currency_has(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    """By hand: 4 hours at 100.4 yen are 402, where 301.2 were planned."""
    plans = [plan_for(("train", {"h": "3"}, "gpu-hour", "100.4"), currency="JPY")]

    (line,) = driven(plans, [charge("410", "4", currency="JPY")], currency="JPY").months

    assert explained(line) == {"volume": Decimal("100.8"), "price": 8}


def test_the_largest_line_takes_what_conversion_leaves_of_the_last_digit(
    driven: Driven, charge: Charge, rates_of: Made, explained: Explained
) -> None:
    """By hand: halves of 1e-18 are 1e-18 each, and half of their sum is 1e-18 less."""
    last = "0.000000000000000001"
    rows = [
        charge(cost, item=name, currency="EUR")
        for name, cost in zip("abc", [last, "2", last], strict=True)
    ]

    found = driven([], rows, rates=rates_of({("EUR", "2026-10"): Decimal("0.5")})).months

    assert [explained(line)["unplanned"] for line in found] == [
        Decimal(last),
        Decimal("0.999999999999999999"),
        Decimal(last),
    ]


def test_items_that_count_different_things_are_no_mix(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    items = [("a", {"h": "10"}, "gpu-hour", "2"), ("b", {"h": "10"}, "hour", "4")]
    rows = [charge("40", "20", item="a"), charge("4", "1", item="b", consumed_unit="Hours")]

    assert [line.kind for line in driven([plan_for(*items)], rows).months] == ["item", "item"]


def test_months_are_split_and_then_summed(
    driven: Driven, item_of: Made, plan_of: Made, charge: Charge, oracle: Oracle
) -> None:
    stated = oracle("variance")["granularity"]["monthly_sum"]
    amounts = {Month(2026, 9): ("200", "50", "100"), OCTOBER: ("300", "150", "450")}
    plans, rows = [], []
    for month, (plan, used, cost) in amounts.items():
        quantity = {"h": Decimal(100)}
        item = item_of(
            f"train-{month}",
            "training_compute",
            [Decimal(plan) if month == each else ZERO for each in amounts],
            quantity=quantity,
            unit="gpu-hour",
            unit_price=Decimal(plan) / 100,
        )
        plans.append(item)
        rows.append(charge(cost, used, item=item.id, day=month.first))
    found = driven([plan_of("legal", start=Month(2026, 9), items=plans)], rows).to_date

    sums = {name: sum(line.split.parts[name] for line in found) for name in stated}
    assert sums == {name: Decimal(value) for name, value in stated.items()}


def test_what_nobody_planned_and_what_was_not_incurred(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, explained: Explained
) -> None:
    stated = oracle("variance")
    plans = [plan_for(("train", {"h": "60"}, "gpu-hour", "2.50"))]

    new, dropped = driven(plans, [charge("300", "3", item="new")]).months

    assert explained(new) == {"unplanned": Decimal(stated["unplanned_item"]["amount"])}
    assert (new.is_planned, new.why, new.unit) == (False, "nothing planned", None)
    assert explained(dropped) == {"volume": Decimal(stated["not_incurred"]["amount"])}
    assert (dropped.used, dropped.price, dropped.why) == (0, None, "")


@pytest.mark.failure("F08")
def test_a_rate_of_exchange_is_a_part_of_its_own(
    driven: Driven,
    plan_for: Made,
    charge: Charge,
    rates_of: Made,
    oracle: Oracle,
    explained: Explained,
) -> None:
    stated = oracle("fx_variance")
    plan, actual = stated["plan"], stated["actual"]
    start = Month(2026, 9)
    rates = rates_of(
        {("EUR", "2026-09"): Decimal(plan["fx"]), ("EUR", "2026-10"): Decimal(actual["fx"])}
    )
    label = ("label", {"hours": str(2 * int(plan["q"]))}, "hour", plan["price_eur"])
    cost = str(Decimal(actual["q"]) * Decimal(actual["price_eur"]))
    said = {"item": "label", "category": "data", "consumed_unit": "Hours", "currency": "EUR"}

    found = driven(
        [plan_for(label, category="data", start=start, months=2, currency="EUR")],
        [charge(cost, actual["q"], **said)],
        rates=rates,
    )

    (line,) = found.of(OCTOBER)
    assert explained(line) == {n: Decimal(stated[n]) for n in ("volume", "price", "fx")}
    assert (line.split.plan, line.split.actual) == (Decimal(plan["usd"]), Decimal(actual["usd"]))
    assert line.split.total == Decimal(stated["total"])
    assert line.planned_price == Fraction("30.80")


def test_without_the_rate_of_the_plan_price_has_the_exchange_and_says_so(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    found = driven(
        [plan_for(("train", {"h": "100"}, "gpu-hour", "2"), start=Month(2026, 9), months=2)],
        [charge("100", "50", currency="EUR")],
        rates=LateRates(),
    )

    (line,) = found.of(OCTOBER)
    assert explained(line) == {"price": 10}
    assert line.why == "no rate EUR to USD for 2026-09: price has the exchange"


def test_a_stated_amount_keeps_its_exchange_apart(
    driven: Driven, plan_of: Made, charge: Charge, rates_of: Made, explained: Explained
) -> None:
    rates = rates_of({("EUR", "2026-09"): Decimal("1.1"), ("EUR", "2026-10"): Decimal("1.2")})
    plan = plan_of(
        "legal",
        {("infra", "2026-09"): ZERO, ("infra", "2026-10"): Decimal(100)},
        start=Month(2026, 9),
    )

    found = driven(
        [plan], [charge("100", category="infra", item=None, currency="EUR")], rates=rates
    )

    (line,) = found.of(OCTOBER)
    assert explained(line) == {"spend": 10, "fx": 10}
    assert line.why == "planned as an amount"


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"charge_category": "Credit"}, "credits"),
        ({"charge_category": "Adjustment"}, "credits"),
        ({"charge_category": "Refund"}, "credits"),
        ({"commitment_discount_status": "Unused"}, "commitments"),
        ({"charge_category": "Purchase", "pricing_category": "Committed"}, "commitments"),
        ({"adjusts": "2026-08"}, "prior_period"),
        ({"adjusts": "2026-08", "charge_category": "Credit"}, "prior_period"),
    ],
)
def test_what_says_nothing_of_the_month_stands_apart(
    driven: Driven,
    plan_for: Made,
    charge: Charge,
    explained: Explained,
    said: dict[str, Any],
    part: str,
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))]

    (line,) = driven(plans, [charge("220", "110"), charge("-30", "7", **said)]).months

    assert explained(line) == {"volume": 20, part: -30}
    assert (line.used, line.price) == (110, 2)


@pytest.mark.parametrize(
    "said",
    [
        {"commitment_discount_status": "Used", "pricing_category": "Committed"},
        {"charge_category": "Purchase"},
        {"pricing_category": "Committed"},
    ],
)
def test_used_commitments_and_other_purchases_are_units_like_others(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained, said: dict[str, Any]
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))]

    (line,) = driven(plans, [charge("220", "110", **said)]).months

    assert explained(line) == {"volume": 20}


def test_failed_attempts_stand_apart_and_the_rest_is_split(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    found = driven(
        [plan_for(("train", RUNS, "gpu-hour", "2.50"))],
        [charge("2800", "1000")],
        activity=counted("5", cost=Decimal(280), hours=Fraction(100)),
    )

    (line,) = found.months
    assert explained(line) == {"waste": 280, "volume": 250, "price": 270}
    assert line.split.factors == {"runs": 500, "gpu_hours_per_run": -250}
    assert (line.used, line.kept) == (1000, 900)


def test_what_was_lost_is_divided_by_hours_between_items(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    items = [("a", {"h": "10"}, "gpu-hour", "2"), ("b", {"h": "10"}, "gpu-hour", "2")]
    rows = [
        charge("60", "30", item="a"),
        charge("20", "10", item="b"),
        charge("99", "9", item="c", consumed_unit="GB"),
    ]

    found = driven(
        [plan_for(*items)], rows, activity=counted(cost=Decimal(8), hours=Fraction(4))
    ).months

    assert [(line.item, line.split.waste, line.kept) for line in found] == [
        ("a", 6, 27),
        ("b", 2, 9),
        ("c", 0, None),
    ]


def test_what_was_lost_is_divided_by_cost_where_nothing_has_hours(
    driven: Driven, charge: Charge, explained: Explained
) -> None:
    rows = [charge("60", item="a"), charge("20", item="b"), charge("-5", "-2", item="c")]

    found = driven([], rows, activity=counted(cost=Decimal(8), hours=Fraction(4))).months

    assert [explained(line) for line in found] == [
        {"waste": 6, "unplanned": 54},
        {"waste": 2, "unplanned": 18},
        {"unplanned": -5},
    ]


def test_no_line_bears_more_of_what_was_lost_than_it_cost(
    driven: Driven, charge: Charge, explained: Explained
) -> None:
    (line,) = driven([], [charge("60")], activity=counted(cost=Decimal(61))).months

    assert explained(line) == {"waste": 60}


def test_other_units_and_tax_stand_beside_what_the_plan_counts(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    rows = [
        charge("220", "110"),
        charge("7", "3", consumed_unit="GB-Mo"),
        charge("5", charge_category="Tax"),
        charge("0"),
    ]

    (line,) = driven([plan_for(("train", {"h": "100"}, "gpu-hour", "2"))], rows).months

    assert explained(line) == {"volume": 20, "spend": 12}
    assert line.why == "also charged in GB-Mo"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([("220", "110", "GPU-Hours"), ("1", None, None)], "charged without a quantity"),
        ([("220", "110", "GPU-Hours"), ("1", "0", "GPU-Hours")], "charged without a quantity"),
        (
            [("220", "110", "GPU-Hours"), ("1", "4", "Units")],
            "charged in Units without saying of what, planned in gpu-hour",
        ),
        ([("221", "110", "Hours")], "charged in Hours, planned in gpu-hour"),
    ],
)
def test_cost_without_the_units_of_the_plan_is_not_explained(
    driven: Driven,
    plan_for: Made,
    charge: Charge,
    explained: Explained,
    rows: list[tuple[str, str | None, str | None]],
    why: str,
) -> None:
    found = driven(
        [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))],
        [
            charge(cost, number, consumed_unit=unit, service_name=str(n))
            for n, (cost, number, unit) in enumerate(rows)
        ]
        if len({unit for *_, unit in rows}) == len(rows)
        else [
            charge(cost, number, pricing_category=str(n))
            for n, (cost, number, _) in enumerate(rows)
        ],
    )

    (line,) = found.months
    assert explained(line) == {"spend": 21}
    assert (line.why, line.used, line.price, line.planned) == (why, None, None, 100)


def test_tax_alone_is_not_explained(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))]

    (line,) = driven(plans, [charge("5", charge_category="Tax")]).months

    assert explained(line) == {"spend": -195}
    assert line.why == "charged without a quantity"


def test_another_name_of_the_unit_is_converted(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    plans = [plan_for(("store", {"tb": "2"}, "tb-month", "25"), category="data")]
    rows = [charge("60", "3000", item="store", category="data", consumed_unit="GB-Mo")]

    (line,) = driven(plans, rows).months

    assert explained(line) == {"volume": 25, "price": -15}
    assert (line.used, line.price) == (3, 20)


def test_cost_without_an_item_is_of_the_only_item_or_of_the_only_one_in_its_unit(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    items = [("train", {"h": "100"}, "gpu-hour", "2"), ("store", {"gb": "5"}, "gb-month", "1")]
    rows = [charge("220", "110", item=None), charge("5", "5", item=None, consumed_unit="GB-Mo")]

    several = driven([plan_for(*items)], rows).months
    alone = driven([plan_for(items[0])], rows).months

    assert [(line.item, line.split.actual) for line in several] == [("store", 5), ("train", 220)]
    assert [(line.item, line.split.actual) for line in alone] == [("train", 225)]


def test_what_is_nobodys_is_compared_with_the_items_that_nothing_was_charged_to(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    items = [(name, {"h": "10"}, "gpu-hour", "2") for name in ("a", "b", "c")]
    rows = [charge("30", "15", item="a"), charge("50", "25", item=None)]

    pooled, own = driven([plan_for(*items)], rows).months

    assert (pooled.item, pooled.split.plan, explained(pooled)) == ("", 40, {"spend": 10})
    assert pooled.why == "planned as an amount"
    assert (own.item, explained(own)) == ("a", {"volume": 10})


def test_what_is_nobodys_is_of_the_last_item_that_nothing_was_charged_to(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    items = [(name, {"h": "10"}, "gpu-hour", "2") for name in ("a", "b")]
    rows = [charge("30", "15", item="a"), charge("50", "25", item=None)]

    found = driven([plan_for(*items)], rows).months

    assert [(line.item, explained(line)) for line in found] == [
        ("a", {"volume": 10}),
        ("b", {"volume": 30}),
    ]


def test_a_credit_of_nobody_pools_nothing(
    driven: Driven, plan_for: Made, charge: Charge, explained: Explained
) -> None:
    items = [(name, {"h": "10"}, "gpu-hour", "2") for name in ("a", "b")]
    rows = [charge("20", "10", item="a"), charge("-3", item=None, charge_category="Credit")]

    found = driven([plan_for(*items)], rows).months

    assert [(line.item, explained(line)) for line in found] == [
        ("", {"credits": -3}),
        ("a", {}),
        ("b", {"volume": -20}),
    ]


def test_units_that_are_planned_for_another_month_are_volume(
    driven: Driven, item_of: Made, plan_of: Made, charge: Charge, explained: Explained
) -> None:
    item = item_of(
        "train",
        "training_compute",
        [ZERO, Decimal(200)],
        quantity={"h": Decimal(100)},
        unit="gpu-hour",
        unit_price=Decimal(2),
    )

    (line,) = driven([plan_of("legal", start=OCTOBER, items=[item])], [charge("66", "30")]).months

    assert explained(line) == {"volume": 60, "price": 6}
    assert line.is_planned


def test_unallocated_cost_and_later_months_have_no_line(driven: Driven, charge: Charge) -> None:
    rows = [
        charge("5", project="unallocated"),
        charge("6", day=date(2026, 11, 1)),
        charge("7", day=date(2026, 10, 31)),
    ]

    (line,) = driven([], rows).months

    assert line.split.actual == 7


def test_lines_that_do_not_sum_to_the_report_are_refused(
    spend_of: Made, charge: Charge, rates_of: Made
) -> None:
    cell = ("legal", "training_compute", OCTOBER)
    known = Known(
        actual={cell: Decimal(5)}, plan={}, rates=rates_of(), currency="USD", month=OCTOBER
    )
    spend = spend_of([charge("4")])

    with pytest.raises(InvariantError, match="charges of legal training_compute 2026-10 are 1"):
        drivers(spend, [], known)
    with pytest.raises(
        InvariantError, match="drivers of legal training_compute 2026-10: 0 is not 7"
    ):
        drivers(spend_of([]), [], replace(known, actual={}, plan={cell: Decimal(-7)}))


def test_parts_that_do_not_sum_are_refused() -> None:
    line = DriverLine(
        project="legal",
        category="data",
        item="",
        month=OCTOBER,
        split=Decomposition(plan=Decimal(1), actual=Decimal(2)),
    )

    with pytest.raises(
        InvariantError, match=r"parts of legal data \(no item\) 2026-10: 1 is not 2"
    ):
        checked(line)


UNITS = st.sampled_from(["GPU-Hours", "Hours", "GB-Mo", "Units", None])
ITEMS = st.sampled_from(["train", "tune", "new", None])
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "cost": st.decimals(-(10**5), 10**5, places=4),
            "quantity": st.none() | st.decimals(0, 10**4, places=3),
            "unit": UNITS,
            "item": ITEMS,
            "currency": CURRENCIES,
            "month": st.integers(8, 10),
            "category": st.sampled_from(["training_compute", "data"]),
            "kind": st.sampled_from(["Usage", "Credit", "Tax", "Purchase"]),
            "pricing": st.sampled_from(["Standard", "Dynamic", "Committed", None]),
            "adjusts": st.sampled_from([None, None, "2026-07"]),
        }
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(
    rows=ROWS,
    price=st.decimals(0, 100, places=5),
    factors=st.tuples(st.decimals(0, 50, places=2), st.decimals(0, 300, places=2)),
    currency=st.sampled_from(["USD", "EUR"]),
    lost=st.tuples(st.decimals(0, 10**4, places=6), st.fractions(0, 500, max_denominator=9)),
    outlook=st.none() | st.decimals(-(10**5), 10**5, places=2),
)
def test_the_parts_of_every_line_sum_to_its_difference_whatever_was_charged(
    driven: Driven,
    plan_for: Made,
    charge: Charge,
    rates_of: Made,
    rows: list[dict[str, Any]],
    price: Decimal,
    factors: tuple[Decimal, Decimal],
    currency: str,
    lost: tuple[Decimal, Fraction],
    outlook: Decimal | None,
) -> None:
    table = {
        (money, f"2026-{n:02d}"): Decimal(rate) + Decimal(n) / 7
        for money, rate in (("EUR", "1.07"), ("JPY", "0.0067"))
        for n in range(7, 11)
    }
    charged = [
        charge(
            str(row["cost"]),
            None if row["quantity"] is None else str(row["quantity"]),
            consumed_unit=row["unit"],
            item=row["item"],
            currency=row["currency"],
            day=date(2026, row["month"], 3),
            category=row["category"],
            charge_category=row["kind"],
            pricing_category=row["pricing"],
            adjusts=row["adjusts"],
        )
        for row in rows
    ]
    quantity = dict(zip(("runs", "h"), map(str, factors), strict=True))
    items = [(name, quantity, "gpu-hour", str(price)) for name in ("train", "tune")]
    scopes = {("legal", "training_compute"): outlook} if outlook is not None else {}

    found = driven(
        [plan_for(*items, start=Month(2026, 8), months=3, currency=currency)],
        charged,
        rates=rates_of(table),
        activity=counted("3", cost=lost[0], hours=lost[1]),
        outlook=scopes,
    )

    for line in (*found.months, *found.to_date):
        assert line.split.plan + sum(line.split.parts.values()) == line.split.actual
        factored = sum(line.split.factors.values(), ZERO)
        assert factored == line.split.volume or not line.split.factors
    whole = sum((line.split.total for line in found.months), ZERO)
    assert sum((line.split.total for line in found.to_date), ZERO) == whole
