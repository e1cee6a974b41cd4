"""What purchases add to the cost of months: goods, wallets, minimum commitments."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from models.money import rounded
from models.period import Month
from models.purchase import Purchases
from models.purchasefile import Commitment, Lot, Order, OrderLine, Wallet
from models.spend import SPEND
from reconcile.purchase import commitment as minimum
from reconcile.purchase import grni
from reconcile.purchase.accepted import Flow
from reconcile.purchase.accrued import Accrued, accrued
from reconcile.purchase.billed import Billed, billed
from reconcile.purchase.match import Match
from reconcile.purchase.ordered import Bought
from reconcile.purchase.wallet import statement

ORACLES: Final = Path(__file__).resolve().parents[2] / "oracles"
DAY: Final = date(2026, 11, 22)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
DELIVERED: Final = [("labels", Month(2026, month)) for month in range(1, 11)]
Bought_ = Callable[[str], Purchases]
Frame = Callable[..., pl.DataFrame]

GOODS: Final = """\
orders:
  - {number: PO-1, issuer: Acme Labels, project: legal, category: data, item: labeling,
     currency: USD, from: 2026-09-01, TERMS lines: [{id: "1", unit: label, quantity: 2000,
     unit_price: 45, price_base: 1000, usage: {driver: labels_accepted, SELECT}}]}
"""


def order(terms: str = "", number: str = "PO-1", select: str = 'unit: "Batch-*"') -> str:
    return GOODS.replace("PO-1", number).replace("TERMS", terms).replace("SELECT", select)


def oracle(group: str) -> Any:
    return json.loads((ORACLES / f"{group}.json").read_text("utf-8"))


def by_month(found: Accrued, kind: str) -> dict[str, Decimal]:
    return {str(each.month): each.amount for each in found.accruals if each.kind == kind}


@pytest.fixture
def goods(bought: Bought_, details: Frame, usage: Frame) -> Callable[..., Accrued]:
    """Accept 700 labels in September and 500 in October, and bill what is given."""

    def made(*lines: dict[str, Any], terms: str = "", day: date = DAY) -> Accrued:
        rows = usage([("2026-09-15", "700"), ("2026-10-20", "500")])
        text = bought(order(terms))
        return accrued(text, details(*lines), rows, DELIVERED, day)

    return made


def test_goods_received_and_not_invoiced_are_accrued(goods: Callable[..., Accrued]) -> None:
    stated = oracle("grni")
    amount = Decimal(stated["invoiced_units"]) * Decimal(stated["po_price"])
    found = goods({"amount": str(amount), "quantity": stated["invoiced_units"]})

    (position,) = found.positions
    assert position.accepted == int(stated["accepted_units"])
    assert position.invoiced == int(stated["invoiced_units"])
    assert position.accrued == Decimal(stated["accrual"])
    assert position.open_commitment == Decimal(stated["open_commitment_after_accrual"])
    assert found.committed() == {("ft-001", "USD"): position.open_commitment}
    assert sum(each.amount for each in found.accruals) == position.accrued


def test_an_accrual_is_taken_back_where_the_cost_of_the_invoice_lies(
    goods: Callable[..., Accrued],
) -> None:
    before = goods()
    dated = goods({"amount": "54", "quantity": "1200", "issued": "2026-11-05"})
    spread = goods(
        {
            "amount": "54",
            "quantity": "1200",
            "issued": "2026-11-05",
            "service": ("2026-10-01", "2026-10-31"),
        }
    )

    kind = "goods_received"
    assert by_month(before, kind) == {"2026-09": Decimal("31.50"), "2026-10": Decimal("22.50")}
    assert by_month(dated, kind) == {
        "2026-09": Decimal("31.50"),
        "2026-10": Decimal("22.50"),
        "2026-11": Decimal("-54.00"),
    }
    states = [dated.state(month, ended=True).state for month in (OCTOBER, NOVEMBER)]
    assert states == ["accrued", "final"]  # what is owed no more waits for nobody
    assert by_month(spread, kind) == {"2026-09": Decimal("31.50"), "2026-10": Decimal("-31.50")}


def test_a_closed_order_accrues_nothing_any_more(goods: Callable[..., Accrued]) -> None:
    found = goods(terms="status: closed, closed_on: 2026-11-10,")

    assert by_month(found, "goods_received") == {
        "2026-09": Decimal("31.50"),
        "2026-10": Decimal("22.50"),
        "2026-11": Decimal("-54.00"),
    }
    (position,) = found.positions
    assert [position.accrued, position.open_commitment] == [0, 0]


def test_what_is_billed_and_not_accepted_is_no_income(goods: Callable[..., Accrued]) -> None:
    found = goods({"amount": "90", "quantity": "2000", "issued": "2026-09-01"})

    assert found.accruals == ()
    assert found.matches[0].results == ("qty_over_received",)
    assert found.positions[0].open_commitment == 0


def test_units_given_back_are_accrued_again_and_told(goods: Callable[..., Accrued]) -> None:
    found = goods(
        {"amount": "54", "quantity": "1200"},
        {"invoice": "C-1", "amount": "-4.50", "quantity": "-100", "issued": "2026-11-03"},
    )

    assert found.positions[0].accrued == Decimal("4.50")
    (problem,) = found.problems
    assert str(problem) == (
        "accruals: PO-1: C-1 gives back 100 label of line 1; as long as they are accepted they "
        "are accrued: take them out of what was accepted if they are void [units_given_back]"
    )


def test_what_is_accrued_for_long_is_told(goods: Callable[..., Accrued]) -> None:
    lines = [{"amount": "36", "quantity": "800"}]

    assert goods(*lines, terms="to: 2026-10-31,", day=date(2027, 1, 18)).problems == ()
    (problem,) = goods(*lines, terms="to: 2026-10-31,", day=date(2027, 1, 19)).problems
    assert str(problem) == (
        "accruals: PO-1 line 1: 18.00 USD are accrued, and nothing was accepted after 2026-10-20;"
        " ask Acme Labels for the invoice, or close the order [accrued_long]"
    )


def test_accruals_are_rows_of_spend_that_nobody_billed(goods: Callable[..., Accrued]) -> None:
    found = goods()

    assert found.spend.schema == SPEND
    assert found.spend.row(0, named=True) == {
        "source": "accruals",
        "period": "2026-09",
        "project": "ft-001",
        "category": "data",
        "item": "labeling",
        "project_rule": "purchase:PO-1",
        "category_rule": "purchase:PO-1",
        "path": None,
        "share": Decimal(1),
        "service_name": "Goods received, not invoiced",
        "charge_category": "Usage",
        "currency": "USD",
        **dict.fromkeys(("pricing_category", "commitment_discount_status", "gpu_type")),
        "consumed_unit": None,
        "day": date(2026, 9, 30),
        "billed_cost": Decimal(0),
        "effective_cost": Decimal("31.50"),
        "tco_cost": Decimal("31.50"),
        "list_cost": Decimal("31.50"),
        "consumed_quantity": Decimal(0),
        "lines": 0,
    }


def test_the_tables_say_month_balance_and_position(goods: Callable[..., Accrued]) -> None:
    frames = goods({"amount": "36", "quantity": "800"}).frames

    accruals = frames["accruals"].select("purchase", "line", "month", "amount", "balance").rows()
    assert accruals == [
        ("PO-1", "1", "2026-09", Decimal("31.50"), Decimal("31.50")),
        ("PO-1", "1", "2026-10", Decimal("-13.50"), Decimal("18.00")),
    ]
    names = ("number", "line", "unit_price", "ordered", "accrued_quantity", "value", "match")
    assert frames["purchase_orders"].select(names).rows() == [
        ("PO-1", "1", Decimal("0.045"), Decimal(2000), Decimal(400), Decimal(90), "matched")
    ]


def test_a_month_whose_usage_is_missing_is_told_and_no_zero(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    rows = usage([("2026-09-15", "700")])
    found = accrued(bought(order()), details(), rows, DELIVERED[:-1], DAY)

    (problem,) = found.told(OCTOBER)
    assert str(problem) == (
        "accruals: PO-1 line 1: no labels_accepted is delivered for 2026-10; what was accepted "
        "then is unknown and not accrued: deliver it, or correct the term [usage_missing]"
    )
    state = found.state(OCTOBER, ended=True)
    assert (state.state, state.whole) == ("missing", False)
    assert state.detail == "usage of 2026-10 that purchases count is not delivered"
    assert found.state(NOVEMBER, ended=False).gaps == (OCTOBER,)
    assert found.state(Month(2026, 9), ended=True).state == "accrued"


def test_a_month_that_is_delivered_without_labels_is_a_zero(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    rows = usage([("2026-09-15", "700")])
    found = accrued(bought(order()), details(), rows, DELIVERED, DAY)

    assert (found.problems, found.missing) == ((), frozenset())
    assert found.state(OCTOBER, ended=True).state == "final"


def test_usage_counts_once_and_only_where_it_is_selected(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    tagged = order(number="PO-3", select='unit: "*", tags: {Task: rank}')
    others = [order(number="PO-2"), tagged]
    text = bought(order() + "".join(each.removeprefix("orders:\n") for each in others))
    rows = pl.concat(
        [
            usage([("2026-09-15", "700")]),
            usage([("2026-10-15", "30")], unit="other", tags={"user_task": "RANK "}),
            usage([("2026-10-15", "30")], unit="other", tags={"task": "else"}),
            usage([("2026-10-15", "9")], driver="runs"),
            usage([("2026-08-31", "9"), ("2026-11-23", "9")]),
        ]
    )
    found = accrued(text, details(), rows, DELIVERED, DAY)

    assert [each.accepted for each in found.positions] == [700, 0, 30]
    assert [str(each) for each in found.problems] == [
        (
            "accruals: PO-2 line 1: 1 rows of labels_accepted are counted by PO-1 line 1, too; "
            "they count there alone: narrow `usage` or the term of one of them [usage_twice]"
        )
    ]


WALLET: Final = """\
wallets:
  - {number: W-1, issuer: Crowd, project: legal, category: data, currency: USD, unit: answer,
     purchases: [{day: 2026-01-10, amount: 5000, units: 1000, expires: 2026-04-30, invoice: TOP}],
     drawn: [{day: 2026-02-11, quantity: 310}, {day: 2026-03-12, quantity: 420}]}
"""


@pytest.mark.failure("H09")
def test_a_wallet_costs_what_is_drawn_and_what_expires(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    stated = oracle("prepaid_drawdown")
    top_up = {"invoice": "TOP", "issuer": "Crowd", "category": "Purchase", "amount": "5000"}
    found = accrued(bought(WALLET), details(top_up), usage(), (), DAY)

    (wallet,) = (found.wallets or {}).values()
    balances = {str(month): amount for month, amount in wallet.balances.items()}
    assert balances == {month: Decimal(text) for month, text in stated["balance_end"].items()}
    costs = {str(each.month): each.amount for each in found.accruals}
    assert costs == {key[:7]: Decimal(text) for key, text in stated["effective"].items()}
    assert [each.kind for each in found.accruals] == ["drawdown", "drawdown", "breakage"]
    units = {str(each.month): each.quantity for each in found.accruals}
    assert units == {**stated["usage"], **stated["breakage"]}
    assert found.problems == ()
    assert found.state(Month(2026, 2), ended=True).state == "final"  # no invoice is to come


def test_units_expire_when_their_last_day_is_over(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    found = [
        accrued(bought(WALLET), details(), usage(), (), date(2026, 4, 30) + timedelta(days=late))
        for late in (0, 1)
    ]

    assert [len(each.accruals) for each in found] == [2, 3]


@pytest.mark.failure("H09")
def test_a_prepayment_that_is_booked_as_cost_costs_nothing_when_drawn(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    line = {"invoice": "TOP", "issuer": "Crowd", "amount": "5000", "issued": "2026-01-10"}
    found = accrued(bought(WALLET), details(line), usage(), (), DAY)

    assert found.accruals == ()
    assert [str(each) for each in found.problems] == [
        (
            "accruals: W-1: invoice TOP is booked as cost, so its units cost nothing when drawn; "
            "let its source say that it is a prepayment [prepaid_as_cost]"
        )
    ]


def test_a_prepayment_of_one_issuer_is_none_of_another_with_the_same_number(
    details: Frame,
) -> None:
    top_up = {"invoice": "1", "issuer": "Crowd", "amount": "5000", "category": "Purchase"}
    labels = {"invoice": "1", "issuer": "Acme Labels", "amount": "45", "quantity": "1000"}

    found = {line.issuer: line.prepaid for line in billed(details(top_up, labels))}

    assert found == {"Crowd": True, "Acme Labels": False}


def test_units_that_no_purchase_covers_are_told(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    found = accrued(bought(WALLET.replace("420", "700.5")), details(), usage(), (), DAY)

    assert sum(each.amount for each in found.accruals) == 5000
    assert [str(each) for each in found.problems] == [
        (
            "accruals: W-1: 10.5 answer drawn in 2026-03 are not covered by any purchase, and cost "
            "nothing here; state what was bought, or what it is drawn from [overdrawn]"
        )
    ]


COMMITMENT: Final = """\
commitments:
  - {number: C-1, issuer: Acme Labels, project: legal, category: data, currency: USD,
     floor: FLOOR, per: PER, true_up: STEP, from: 2026-01, to: 2026-03, true_ups: {T-1: 2026-02}}
"""


def commitment(floor: str = "3000", per: str = "month", step: str = "month") -> str:
    return COMMITMENT.replace("FLOOR", floor).replace("PER", per).replace("STEP", step)


def invoices(amounts: list[str]) -> list[dict[str, Any]]:
    return [
        {"invoice": f"A-{month}", "amount": amount, "issued": f"2026-0{month}-28", "order": ""}
        for month, amount in enumerate(amounts, start=1)
    ]


@pytest.mark.parametrize(
    ("text", "months", "total"),
    [
        (commitment(), "monthly_true_up", "monthly_total"),
        (commitment(step="quarter"), "quarterly_true_up", "quarterly_total"),
        (commitment("9000", "quarter", "quarter"), "quarterly_true_up", "quarterly_total"),
    ],
)
def test_the_rest_up_to_the_floor_is_accrued(
    text: str, months: str, total: str, bought: Bought_, details: Frame, usage: Frame
) -> None:
    stated = oracle("minimum_commitment")
    frame = details(*invoices(stated["usage"]))
    found = accrued(bought(text), frame, usage(), (), DAY)

    rests = stated[months] if isinstance(stated[months], list) else [0, 0, stated[months]]
    times = minimum.due(bought(text).commitments[0], billed(frame), (), DAY)
    assert [each.rest for each in times if each.rest] == [Decimal(x) for x in rests if Decimal(x)]
    amounts = sum((each.amount for each in found.accruals), Decimal(0))
    assert amounts == sum(Decimal(x) for x in rests)
    assert amounts + sum(map(Decimal, stated["usage"])) == Decimal(stated[total])


def line(amount: str, day: date, last: date | None = None, quantity: str | None = None) -> Billed:
    return Billed(
        source="acme",
        invoice="A",
        line="1",
        issuer="Acme Labels",
        issued=day,
        order="",
        order_line="",
        currency="USD",
        amount=Decimal(amount),
        quantity=None if quantity is None else Decimal(quantity),
        unit="",
        first=day,
        last=last or day,
        prepaid=False,
    )


def test_a_time_that_is_not_over_owes_nothing_yet(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    text = bought(commitment(step="quarter"))

    for day, count in ((date(2026, 3, 31), 0), (date(2026, 4, 1), 1)):
        assert len(accrued(text, details(), usage(), (), day).accruals) == count


def test_an_invoice_of_the_rest_takes_the_accrual_back_in_its_own_month(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    rest = {"invoice": "T-1", "amount": "1050", "issued": "2026-04-09", "order": ""}
    lines = [*invoices(["2700", "3450", "1800"]), rest]
    found = accrued(bought(commitment(step="quarter")), details(*lines), usage(), (), DAY)

    assert by_month(found, "minimum") == {"2026-03": Decimal(1050), "2026-04": Decimal(-1050)}


def test_an_invoice_of_an_earlier_rest_is_no_use_of_its_own_month(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    rest = {"invoice": "t-1", "amount": "1200", "issued": "2026-03-09", "order": ""}
    lines = [*invoices(["3000", "1800", "2700"]), rest]
    found = accrued(bought(commitment()), details(*lines), usage(), (), DAY)

    assert by_month(found, "minimum") == {"2026-02": Decimal(1200), "2026-03": Decimal(-900)}


def test_what_is_accrued_for_orders_counts_towards_the_floor(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    text = order().replace("from: 2026-09-01", "from: 2026-01-01")
    both = bought(text + commitment("90", step="quarter"))
    found = accrued(both, details(), usage([("2026-02-15", "700")]), DELIVERED, DAY)

    assert by_month(found, "goods_received") == {"2026-02": Decimal("31.50")}
    assert by_month(found, "minimum") == {"2026-03": Decimal("238.50")}  # 3 x 90 less 31.50


def test_a_prepayment_and_what_takes_it_back_do_not_count_towards_the_floor(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    lines = [
        {"invoice": "P-1", "category": "Purchase", "amount": "500", "issued": "2026-01-02"},
        {"invoice": "P-1", "category": "Adjustment", "amount": "0.50", "issued": "2026-01-02"},
        {"invoice": "A-1", "amount": "900", "issued": "2026-02-02"},
        {"invoice": "A-1", "category": "Adjustment", "amount": "-100", "issued": "2026-02-02"},
        {
            "invoice": "A-1",
            "category": "Adjustment",
            "amount": "-500",
            "issued": "2026-02-02",
            "line": "prepaid",
        },
    ]
    found = accrued(bought(commitment(step="quarter")), details(*lines), usage(), (), DAY)

    assert by_month(found, "minimum") == {"2026-03": Decimal(9000 - 900 + 100)}


def test_bills_in_another_currency_do_not_count_and_are_told(
    bought: Bought_, details: Frame, usage: Frame
) -> None:
    lines = invoices(["2700"])
    lines[0]["currency"] = "EUR"
    found = accrued(bought(commitment(step="quarter")), details(*lines), usage(), (), DAY)

    assert by_month(found, "minimum") == {"2026-03": Decimal(9000)}
    assert [str(each) for each in found.problems] == [
        (
            "accruals: C-1: Acme Labels bills in EUR, too; it does not count towards the floor in "
            "USD [commitment_currency]"
        )
    ]


DAYS: Final = st.dates(date(2026, 1, 1), date(2026, 12, 31))
UNITS: Final = st.decimals(0, 5000, places=2)
PRICE: Final = st.decimals("0.001", 90, places=3)
SHARED: Final = {
    "number": "X",
    "issuer": "Acme Labels",
    "project": "p",
    "category": "data",
    "currency": "USD",
}


@limits(max_examples=30)
@given(
    accepted=st.dictionaries(DAYS, UNITS, max_size=5),
    invoices=st.lists(st.tuples(DAYS, st.integers(0, 90), UNITS), max_size=4),
    price=PRICE,
)
def test_accruals_of_all_months_are_what_is_accepted_and_not_invoiced(
    accepted: dict[date, Decimal], invoices: list[tuple[date, int, Decimal]], price: Decimal
) -> None:
    own = OrderLine(id="1", quantity=Decimal(1), unit_price=price, receipts=())
    order = Order.model_validate({**SHARED, "from": "2026-01-01", "lines": (own,)})
    bought = Bought(order, own)
    lines = [
        Match(
            billed=line("1", day, day + timedelta(days=long)),
            bought=bought,
            quantity=Fraction(units),
        )
        for day, long, units in invoices
    ]

    found = list(grni.accruals(bought, Flow(accepted), lines))

    rest = max(
        Fraction(0), sum(map(Fraction, accepted.values())) - sum(each.quantity for each in lines)
    )
    assert sum(each.amount for each in found) == rounded(rest * Fraction(price))
    assert all(each.balance >= 0 for each in found)
    assert grni.position(bought, Flow(accepted), lines).accrued == rounded(rest * Fraction(price))


@limits(max_examples=30)
@given(
    lots=st.lists(
        st.tuples(DAYS, st.integers(0, 200), st.decimals(0, 9000, places=2), st.integers(1, 999)),
        min_size=1,
        max_size=3,
    ),
    drawn=st.dictionaries(DAYS, UNITS, max_size=6),
)
def test_drawdown_breakage_and_balance_are_what_was_paid(
    lots: list[tuple[date, int, Decimal, int]], drawn: dict[date, Decimal]
) -> None:
    bought = tuple(
        Lot(day=day, expires=day + timedelta(days=long), amount=amount, units=Decimal(units))
        for day, long, amount, units in lots
    )
    wallet = Wallet(**SHARED, purchases=bought, drawn=())
    paid = sum(lot.amount for lot in bought)

    open_ = statement(wallet, Flow(drawn), date(2026, 6, 30))
    over = statement(wallet, Flow(drawn), date(2028, 1, 1))

    for found in (open_, over):
        costs = sum(each.amount for each in found.accruals)
        assert costs + [*found.balances.values()][-1] == paid
        assert all(each.amount > 0 for each in found.accruals)
    assert [*over.balances.values()][-1] == 0


@limits(max_examples=30)
@given(
    floor=st.decimals(1, 5000, places=2),
    step=st.sampled_from(["month", "quarter"]),
    used=st.lists(
        st.tuples(DAYS, st.integers(0, 80), st.decimals(-900, 9000, places=2)), max_size=6
    ),
)
def test_with_its_rests_a_commitment_costs_at_least_its_floor(
    floor: Decimal, step: str, used: list[tuple[date, int, Decimal]]
) -> None:
    terms = {"floor": floor, "true_up": step, "from": "2026-01", "to": "2026-12"}
    promised = Commitment.model_validate({**SHARED, **terms})
    lines = [line(str(amount), day, day + timedelta(days=long)) for day, long, amount in used]

    times = minimum.due(promised, lines, (), date(2027, 6, 1))
    found = list(minimum.accruals(promised, times, lines))

    for each in times:
        assert each.used + each.rest == max(each.used, Fraction(promised.due))
    assert sum(each.amount for each in found) == rounded(sum((x.rest for x in times), Fraction(0)))
