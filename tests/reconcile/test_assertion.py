from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.invoiced import INVOICED
from models.money import SCALE, WIDE
from models.period import Month
from models.statement import Statement
from models.subunit import subunit
from reconcile.assertion import assertions
from reconcile.balance import Assertion, Verdict
from reconcile.figure import Figures, is_figure_id
from reconcile.invoice import SHOWN, invoice_lines
from reconcile.tolerance import tolerance

OCTOBER: Final = Month(2026, 10)
BILLED: Final = {
    "source": "aws",
    "month": "2026-10",
    "billing_account_id": "A",
    "invoice_issuer_name": "Acme",
    "invoice_id": "I1",
    "currency": "USD",
    "charge_category": "Usage",
    "service_name": "Compute",
    "rows": 1,
    "charged": 1,
}


def line(cost: str, **rest: object) -> dict[str, object]:
    return {**BILLED, "billed_cost": Decimal(cost), **rest}


def stated(net: str, **rest: Any) -> Statement:
    base = {"source": "aws", "month": OCTOBER, "currency": "USD", "invoice_id": "I1"}
    return Statement(net=Decimal(net), **{**base, **rest})


def judged(
    lines: Sequence[Mapping[str, object]], *statements: Statement, by_month: Sequence[str] = ()
) -> tuple[Assertion, ...]:
    schema = {"source": pl.String(), "month": pl.String(), **INVOICED}
    return assertions(pl.DataFrame(list(lines), schema=schema), statements, by_month)


@pytest.mark.parametrize(
    ("rows", "billed", "invoiced", "verdict"),
    [
        (5, "12.50", "12.52", Verdict.WITHIN),
        (5, "10", "15", Verdict.APART),
        (1_000_000, "5000004.50", "5000000.00", Verdict.WITHIN),
        (1_000_000, "5000005.00", "5000000.00", Verdict.WITHIN),
        (1_000_000, "5000005.000000000000000001", "5000000.00", Verdict.APART),
        (1_000_000, "5000015.00", "5000000.00", Verdict.APART),
        (5, "12.52", "12.52", Verdict.EQUAL),
        (5, "12.52", "12.520000000000000001", Verdict.WITHIN),
        (5, "-12.52", "-13.53", Verdict.APART),
    ],
)
def test_the_examples_of_focus_are_judged_as_it_judges_them(
    rows: int, billed: str, invoiced: str, verdict: Verdict
) -> None:
    (found,) = judged([line(billed, rows=rows)], stated(invoiced))

    assert found.verdict is verdict
    assert found.difference == Decimal(billed) - Decimal(invoiced)


@pytest.mark.failure("G06")
@pytest.mark.parametrize(
    ("rows", "currency", "allowed"),
    [
        (5, "USD", "1.00"),
        (1_000_000, "USD", "5.00"),
        (90_000, "JPY", "150"),
        (5, "JPY", "100"),
        (5, "KWD", "0.100"),
        (160_000, "KWD", "0.200"),
        (0, "USD", "1.00"),
        (50_000, "USD", "1.118033988749894848"),
    ],
)
def test_the_tolerance_is_in_subunits_of_the_currency(
    rows: int, currency: str, allowed: str
) -> None:
    assert tolerance(rows, currency) == Decimal(allowed)


@settings(max_examples=50)
@given(
    rows=st.integers(0, 10**13),
    currency=st.sampled_from(["USD", "JPY", "KWD", "CLF"]),
    units=st.integers(0, 10**27),
)
def test_rounding_the_tolerance_decides_no_verdict(rows: int, currency: str, units: int) -> None:
    difference = Decimal(units).scaleb(-SCALE)
    with localcontext(prec=WIDE):
        exact = 4 * difference**2 <= rows * subunit(currency) ** 2
    is_allowed = exact or difference <= 100 * subunit(currency)

    assert (difference <= tolerance(rows, currency)) == is_allowed


def test_tax_is_compared_apart_and_never_judged() -> None:
    lines = [line("100"), line("18.90", charge_category="Tax", rows=3)]

    (found,) = judged(lines, stated("100", tax=Decimal(19)))
    (without,) = judged(lines[:1], stated("100", tax=Decimal(19)))

    assert (found.verdict, found.rows, found.tax_difference) == (
        Verdict.EQUAL,
        1,
        Decimal("-0.10"),
    )
    assert (without.verdict, without.tax_billed, without.tax_difference) == (
        Verdict.EQUAL,
        None,
        None,
    )


def test_an_invoice_of_tax_alone_is_equal_to_its_tax_lines() -> None:
    (found,) = judged([line("19", charge_category="Tax")], stated("0", tax=Decimal(19)))

    assert (found.verdict, found.billed, found.tax_difference) == (
        Verdict.EQUAL,
        Decimal(0),
        Decimal(0),
    )


@pytest.mark.parametrize(
    ("status", "verdict"), [("open", Verdict.OPEN), ("voided", Verdict.VOIDED)]
)
def test_what_is_not_issued_is_shown_and_not_judged(status: Any, verdict: Verdict) -> None:
    (found,) = judged([line("100")], stated("250", status=status))

    assert (found.verdict, found.verdict.fails, found.billed) == (
        verdict,
        False,
        Decimal(100),
    )


def test_an_invoice_without_a_line_is_not_delivered_and_one_of_nothing_is_equal() -> None:
    gone, nothing = judged([], stated("100"), stated("0", invoice_id="I2"))

    assert (gone.verdict, gone.billed, gone.difference) == (Verdict.ABSENT, None, None)
    assert gone.verdict.fails
    assert nothing.verdict is Verdict.EQUAL


def test_lines_of_other_months_count_for_the_invoice_they_name() -> None:
    (found,) = judged([line("60"), line("40", month="2026-11")], stated("100"))

    assert (found.verdict, found.month) == (Verdict.EQUAL, OCTOBER)


def test_lines_without_an_invoice_are_listed_by_what_they_name() -> None:
    lines = [
        line("100"),
        line("7", invoice_id=None),
        line("1", invoice_id=None, charge_category="Tax"),
        line("5", invoice_id="I9", service_name="Storage"),
        line("0", invoice_id="I8", charged=0),
        line("3", source="quiet"),
        line("2", month="2026-09", invoice_id=None),
    ]

    found = judged(lines, stated("100"))

    assert [(each.invoice_id, each.verdict, each.billed, each.tax_billed) for each in found] == [
        ("I1", Verdict.EQUAL, Decimal(100), None),
        ("", Verdict.UNSTATED, Decimal(7), Decimal(1)),
        ("I9", Verdict.UNSTATED, Decimal(5), None),
    ]
    assert not any(each.verdict.fails for each in found)


def test_a_source_whose_lines_carry_no_invoice_is_judged_by_month_and_currency() -> None:
    lines = [
        line("60", source="gcp", invoice_id=None),
        line("40", source="gcp", invoice_id=None, invoice_issuer_name="Partner"),
        line("9", source="gcp", invoice_id=None, currency="EUR"),
        line("77", source="gcp", invoice_id=None, month="2026-11"),
    ]
    whole = stated("100", source="gcp", invoice_id="5501")
    halves = [
        stated("59", source="gcp", invoice_id="5501"),
        stated("1", source="gcp", invoice_id="5502"),
        stated("40", source="gcp", issuer="PARTNER", invoice_id="P1"),
    ]

    one = judged(lines, whole, by_month=["gcp"])
    two = judged(lines, *halves, by_month=["gcp"])

    assert [(e.invoice_id, e.currency, str(e.month), e.verdict.value) for e in one] == [
        ("", "EUR", "2026-10", "no invoice stated"),
        ("5501", "USD", "2026-10", "equal"),
        ("", "USD", "2026-11", "no invoice stated"),
    ]
    assert [(e.invoice_id, e.verdict.value) for e in two if e.stated is not None] == [
        ("5501, 5502", "equal"),
        ("P1", "equal"),
    ]


def test_an_invoice_without_a_number_holds_what_no_other_invoice_does() -> None:
    lines = [line("60"), line("30", invoice_id="I2"), line("10", invoice_id=None)]

    rest, first = judged(lines, stated("60"), stated("40", invoice_id=""))

    assert (first.invoice_id, first.verdict) == ("I1", Verdict.EQUAL)
    assert (rest.invoice_id, rest.billed, rest.verdict) == ("", Decimal(40), Verdict.EQUAL)


def test_an_account_and_an_issuer_narrow_an_invoice() -> None:
    lines = [line("60"), line("40", billing_account_id="B"), line("5", invoice_issuer_name="Else")]

    found = judged(
        lines,
        stated("60", billing_account="A", issuer="acme"),
        stated("40", billing_account="B"),
        stated("5", issuer="Else"),
    )

    assert [each.verdict for each in found] == [Verdict.EQUAL] * 3


CAUSES: Final = {
    "a service the invoice does not hold": (
        [line("100"), line("12", service_name="Support", charge_category="Purchase")],
        [stated("100")],
        "Support (Purchase) is just as much",
    ),
    "lines that have no invoice id yet": (
        [line("90"), line("10", invoice_id=None)],
        [stated("100")],
        "lines without an invoice id: just as much",
    ),
    "an invoice that nobody stated": (
        [line("90"), line("10", invoice_id="I2")],
        [stated("100")],
        "invoice I2, which is not stated: just as much",
    ),
    "tax that was not taken out": (
        [line("100"), line("19", charge_category="Tax")],
        [stated("119")],
        "the tax lines are just as much; state the tax of the invoice",
    ),
    "parts the invoice prints": (
        [line("60"), line("30", service_name="Storage")],
        [stated("100", services={"Compute": Decimal(60), "storage": Decimal(40)})],
        "apart in storage",
    ),
    "an issuer by another name": (
        [line("100")],
        [stated("100", issuer="Acme Inc.")],
        "its lines are of Acme; state that",
    ),
    "another currency": (
        [line("100", currency="EUR")],
        [stated("100")],
        "its lines are of EUR; state that",
    ),
    "a service, but for what rounding leaves": (
        [line("99.9951"), line("12", service_name="Support")],
        [stated("100")],
        "Support (Usage) is just as much",
    ),
    "nothing that fits": ([line("90")], [stated("100")], ""),
    "less than a cent, which is nothing": ([line("101"), line("0.001")], [stated("99")], ""),
}


@pytest.mark.parametrize("name", CAUSES)
def test_what_is_exactly_the_difference_is_named(name: str) -> None:
    lines, statements, cause = CAUSES[name]

    (found,) = [each for each in judged(lines, *statements) if each.verdict.fails]

    assert found.cause == cause


def test_parts_are_named_by_category_and_service_the_largest_first() -> None:
    lines = [
        line("1"),
        line("2", billing_account_id="B"),
        line("-50", charge_category="Credit"),
        line("9", service_name="Storage"),
        line("4", charge_category="Tax"),
    ]

    (found,) = judged(lines, stated("100"))

    assert [(part.name, part.rows, part.billed) for part in found.parts] == [
        ("Compute (Credit)", 1, Decimal(-50)),
        ("Storage (Usage)", 1, Decimal(9)),
        ("Compute (Usage)", 2, Decimal(3)),
    ]


@pytest.mark.parametrize("by", ["services", "categories"])
def test_parts_that_the_invoice_prints_stand_against_their_own(by: str) -> None:
    printed = {
        "services": {"Compute": Decimal(60), "Gone": Decimal(5), "STORAGE": Decimal(35)},
        "categories": {"Usage": Decimal(60), "Gone": Decimal(5), "PURCHASE": Decimal(35)},
    }[by]
    other = {"service_name": "Storage", "charge_category": "Purchase"}

    (found,) = judged([line("61"), line("35", **other)], stated("100", **{by: printed}))

    assert [(part.name, part.billed, part.difference) for part in found.parts] == [
        ("Gone", None, Decimal(-5)),
        ("Compute" if by == "services" else "Usage", Decimal(61), Decimal(1)),
        ("STORAGE" if by == "services" else "PURCHASE", Decimal(35), Decimal(0)),
    ]


def test_a_report_shows_its_month_and_what_fails_in_others() -> None:
    lines = [line("1"), line("2", invoice_id="I2"), line("3", invoice_id="I3")]
    september = Month(2026, 9)
    found = judged(
        lines,
        stated("1"),
        stated("2", invoice_id="I2", month=september),
        stated("30", invoice_id="I3", month=september),
    )

    shown = invoice_lines(found, Figures("USD"), OCTOBER)

    assert [each.assertion.invoice_id for each in shown] == ["I3", "I1"]
    assert shown[0].said == "aws: invoice I3 of 2026-09 is apart by -27.00 USD"


def test_parts_are_shown_of_what_wants_a_person_and_of_no_other() -> None:
    printed = {"Compute": Decimal("1.5"), "Else": Decimal("-0.5")}
    found = judged(
        [line("1"), line("2.01", invoice_id="I2"), line("9", invoice_id="I3")],
        stated("1", services=printed),
        stated("2", invoice_id="I2"),
        stated("3", invoice_id="I3"),
    )

    shown = invoice_lines(found, Figures("USD"), OCTOBER)

    assert [(each.assertion.invoice_id, bool(each.parts)) for each in shown] == [
        ("I1", True),
        ("I2", False),
        ("I3", True),
    ]


def test_parts_beyond_the_first_few_are_summed_so_that_all_is_shown() -> None:
    lines = [line(str(100 - n), service_name=f"S{n}") for n in range(SHOWN + 3)]
    figures = Figures("USD")

    (shown,) = invoice_lines(judged(lines, stated("1")), figures, OCTOBER)

    assert len(shown.parts) == SHOWN + 1
    assert shown.parts[-1].name == "all others"
    assert sum(part.billed.value or 0 for part in shown.parts) == shown.billed.value
    assert all(is_figure_id(figure) for figure in figures)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["I1", "I2", None]),
            st.sampled_from(["Acme", "Else"]),
            st.sampled_from(["Usage", "Tax", "Credit"]),
            st.decimals("-1000", "1000", places=12),
        ),
        max_size=12,
    )
)
def test_every_billed_line_is_in_exactly_one_balance(rows: list[Any]) -> None:
    lines = [
        line(str(cost), invoice_id=number, invoice_issuer_name=issuer, charge_category=kind)
        for number, issuer, kind, cost in rows
    ]

    found = judged(lines, stated("1"), stated("2", invoice_id="", issuer="Else"))

    billed = sum((e.billed or 0) + (e.tax_billed or 0) for e in found)
    assert billed == sum(cost for *_, cost in rows)
