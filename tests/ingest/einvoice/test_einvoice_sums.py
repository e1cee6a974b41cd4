"""An e-invoice that does not add up is set aside whole, with the difference; nothing is mended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.einvoice.document import read
from ingest.einvoice.tax import shared
from ingest.invoice.invoice import Fault

D = Decimal


@dataclass(frozen=True)
class Bearer:
    printed: Decimal
    tax_category: str = ""
    tax_rate: Decimal | None = None


CENTS = st.integers(-1_000_000, 1_000_000).map(lambda units: f"{D(units).scaleb(-2):f}")
KINDS = st.sampled_from([("S", "19"), ("S", "7"), ("Z", "0"), ("AE", "0")])
SYNTAXES = st.sampled_from(["ubl", "cii"])
FIGURES = (
    *("lines_net", "allowances_total", "charges_total", "net", "tax", "gross"),
    *("prepaid", "rounding", "payable", "subtotal 0", "line", "extra"),
)


def perturbed(sound: Any, item: Any, figure: str, by: Decimal) -> Any:
    """Return a sketch with one printed figure changed, and all others as they were."""
    printed = dict(sound.totals)
    printed |= {f"subtotal {n}": each[1] for n, each in enumerate(sound.subtotals)}
    if figure == "line":
        first, *others = sound.items
        changed = item(f"{D(first.net) + by:f}", first.category, first.rate)
        return replace(sound, items=(changed, *others), stated=printed)
    if figure == "extra":
        (amount, *kind), *others = sound.extras
        return replace(sound, extras=((f"{D(amount) - by:f}", *kind), *others), stated=printed)
    printed[figure] = f"{D(printed[figure] or 0) + by:f}"
    return replace(sound, stated=printed)


@pytest.mark.failure("H05")
@given(
    nets=st.lists(st.tuples(CENTS, KINDS), min_size=1, max_size=4),
    figure=st.sampled_from(FIGURES),
    by=st.integers(2, 100_000),
    more=st.booleans(),
    syntax=SYNTAXES,
)
@settings(max_examples=50)
def test_one_wrong_figure_sets_an_invoice_aside_with_the_difference(
    sketch: Any, item: Any, drawn: Any, nets: Any, figure: str, by: int, more: bool, syntax: Any
) -> None:
    items = tuple(item(net, *kind) for net, kind in nets)
    sound = sketch(items=items, extras=(("-500000.00", "S", "19"), ("3.00", "S", "7")), prepaid="7")
    change = D(by if more else -by).scaleb(-2)
    wrong = read(drawn(perturbed(sound, item, figure, change), syntax), "a.xml")

    assert not read(drawn(sound, syntax), "a.xml").faults
    assert not wrong.lines
    assert {fault.row for fault in wrong.faults} == set(wrong.rows)
    assert len({fault.reason for fault in wrong.faults}) == 1
    assert f"{abs(change):f} apart (BR-CO-1" in wrong.faults[0].reason.replace(" -", " ")


SUMS = [
    ("lines_net", "1000.02", "the lines add up to 1000.00, 0.02 apart (BR-CO-10)"),
    ("allowances_total", "1", "the allowances add up to 40.00, -39.00 apart (BR-CO-11)"),
    ("charges_total", "1", "the charges add up to 5.00, -4.00 apart (BR-CO-12)"),
    ("net", "965.05", "lines, allowances and charges make it 965.00, 0.05 apart (BR-CO-13)"),
    ("tax", "184.35", "its parts add up to 183.35, 1.00 apart (BR-CO-14)"),
    ("gross", "1148", "net and tax make it 1148.35, -0.35 apart (BR-CO-15)"),
    ("payable", "1148.50", "gross, prepaid and rounding make it 1148.35, 0.15 apart (BR-CO-16)"),
]


@pytest.mark.failure("H05")
@pytest.mark.parametrize(("total", "said", "apart"), SUMS)
def test_each_sum_names_its_rule(
    sketch: Any, drawn: Any, syntax: Any, total: str, said: str, apart: str
) -> None:
    extras = (("-40.00", "S", "19"), ("5.00", "S", "19"))
    invoice = read(drawn(sketch(extras=extras, stated={total: said}), syntax), "a.xml")

    assert invoice.faults == (Fault(1, total, f"is stated, {apart}", said),)
    assert not invoice.lines
    assert invoice.head  # who and when is shown with what is set aside


def test_a_cent_is_what_rounding_may_leave(sketch: Any, drawn: Any, syntax: Any) -> None:
    stated = {"tax": "190.01", "gross": "1190.01", "payable": "1190.02"}

    invoice = read(drawn(sketch(stated=stated), syntax), "a.xml")

    assert not invoice.faults
    assert invoice.lines[0].tax == invoice.tax == D("190.01")


@pytest.mark.parametrize("term", ["net", "gross", "payable"])
def test_a_total_that_every_invoice_must_have_is_missed(
    sketch: Any, drawn: Any, syntax: Any, term: str
) -> None:
    invoice = read(drawn(sketch(stated={term: ""}), syntax), "a.xml")

    rule = {"net": "BT-109", "gross": "BT-112", "payable": "BT-115"}[term]
    reason = f"is not stated in the currency of the invoice ({rule})"
    assert invoice.faults == (Fault(1, term, reason, "INV-1"),)


NET = '<cbc:LineExtensionAmount currencyID="EUR">1.00</cbc:LineExtensionAmount>'
DIGITS = "has more than 20 digits before or 18 behind the point"
BAD_LINES = [
    (NET, "", "amount", "is not stated (BT-131)", ""),
    (NET, NET.replace("1.00", "1e3"), "amount", DIGITS, "1e3"),
    (NET, NET.replace("1.00", "9" * 21), "amount", DIGITS, "9" * 21),
    (NET, NET.replace("1.00", "1,5"), "amount", "is not a plain decimal number", "1,5"),
    (NET, NET.replace("EUR", "USD"), "amount", "is in USD, the invoice in EUR", "1.00"),
    (">3</cbc:Inv", ">NaN</cbc:Inv", "quantity", "is not a plain decimal number", "NaN"),
    (">1.00</cbc:Price", f">0.{'1' * 19}</cbc:Price", "price", DIGITS, f"0.{'1' * 19}"),
    (">7</cbc:Percent></cac:Class", ">x</cbc:Percent></cac:Class", "tax_rate", None, "x"),
    ("2026-03-01</cbc:St", "2026-02-30</cbc:St", "start", "is not a date", "2026-02-30"),
    ("2026-03-31</cbc:E", "31.03.2026</cbc:E", "end", "is not a date", "31.03.2026"),
    ("2026-03-31</cbc:E", "2026-02-01</cbc:E", "end", "lies before the first day, 2026-03-01", ""),
]


@pytest.mark.parametrize(("old", "new", "column", "reason", "value"), BAD_LINES)
def test_a_bad_line_sets_its_invoice_aside(
    sketch: Any, item: Any, drawn: Any, old: str, new: str, column: str, reason: str, value: str
) -> None:
    days = ("2026-03-01", "2026-03-31")
    items = (item("5.00"), item("1.00", rate="7", quantity="3", days=days))
    data = drawn(sketch(items=items), "ubl").decode()
    assert data.count(old) == 1

    invoice = read(data.replace(old, new).encode(), "a.xml")

    beside = "line 2 of the same invoice is bad; no part of an invoice is booked"
    first, second = invoice.faults
    assert first == Fault(1, "number", beside, "INV-1")
    assert (second.row, second.column) == (2, column)
    assert second.reason.removesuffix(" (line 1 of the file)") == (
        reason or "is not a plain decimal number"
    )
    assert second.value == (value or second.value)
    assert not invoice.lines


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("1190.00</cbc:Pay", "much</cbc:Pay", "payable", "is not a plain decimal number"),
        ("2026-03-01</cbc:St", "soon</cbc:St", "start", "is not a date"),
        ("2026-03-31</cbc:E", "2026-02-01</cbc:E", "end", "lies before the first day, 2026-03-01"),
    ],
)
def test_a_bad_head_sets_its_invoice_aside(
    sketch: Any, drawn: Any, old: str, new: str, column: str, reason: str
) -> None:
    data = drawn(sketch(days=("2026-03-01", "2026-03-31")), "ubl").decode()
    assert data.count(old) == 1

    invoice = read(data.replace(old, new).encode(), "a.xml")

    (fault,) = invoice.faults
    assert (fault.row, fault.column) == (1, column)
    assert fault.reason.removesuffix(" (line 1 of the file)") == reason


@given(
    nets=st.lists(st.tuples(CENTS, KINDS), min_size=1, max_size=5),
    extras=st.lists(st.tuples(CENTS, KINDS), max_size=3),
    syntax=SYNTAXES,
    code=st.sampled_from(["380", "381"]),
)
@settings(max_examples=50)
def test_the_taxes_of_lines_sum_to_the_printed_tax(
    sketch: Any, item: Any, drawn: Any, nets: Any, extras: Any, syntax: Any, code: str
) -> None:
    extra = tuple((amount, *kind) for amount, kind in extras)
    items = tuple(item(net, *kind) for net, kind in nets)

    invoice = read(drawn(sketch(items=items, extras=extra, code=code), syntax), "a.xml")

    assert not invoice.faults
    assert sum((line.tax for line in invoice.lines), D(0)) == invoice.tax


def test_tax_of_a_rate_lies_on_the_lines_of_that_rate(
    sketch: Any, item: Any, drawn: Any, syntax: Any
) -> None:
    items = (item("100.00"), item("200.00"), item("100.00", rate="7"), item("50.00", "Z", "0"))

    invoice = read(drawn(sketch(items=items, extras=(("-30.00", "S", "19"),)), syntax), "a.xml")

    assert [line.tax for line in invoice.lines] == [D("17.10"), D("34.20"), D("7.00"), D(0)]


def test_tax_on_a_charge_alone_is_shared_by_all_lines(
    sketch: Any, item: Any, drawn: Any, syntax: Any
) -> None:
    items = (item("100.00", "Z", "0"), item("300.00", "Z", "0"))

    invoice = read(drawn(sketch(items=items, extras=(("10.00", "S", "20"),)), syntax), "a.xml")

    assert [line.tax for line in invoice.lines] == [D("0.50"), D("1.50")]


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        (("1", "3"), ("0.25", "0.75")),
        (("1", "-1"), ("0.50", "0.50")),
        (("0", "0"), ("0.50", "0.50")),
    ],
)
def test_tax_without_parts_is_shared_by_net_amount_or_by_heads(weights: Any, shares: Any) -> None:
    assert shared(D("1.00"), (), [Bearer(D(weight)) for weight in weights]) == [*map(D, shares)]
