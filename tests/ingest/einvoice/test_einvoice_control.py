"""The second reader agrees with the first about every sound invoice, and shares no code with it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.einvoice import control
from ingest.einvoice.control import SecondReaderError, Totals, totals
from ingest.einvoice.document import read
from ingest.invoice.invoice import Invoice

D = Decimal
CENTS = st.integers(-1_000_000, 1_000_000).map(lambda units: f"{D(units).scaleb(-2):f}")
KINDS = st.sampled_from([("S", "19"), ("S", "7"), ("Z", "0")])


def first(invoice: Invoice) -> Totals:
    """Return what the first reader says, in the words of the second."""
    head = invoice.head
    assert head
    sign = -1 if invoice.lines[0].is_credit else 1
    extras = [sign * each.amount for each in head.allowances]
    return Totals(
        code=head.type_code,
        sign=sign,
        currency=head.currency,
        lines=len(invoice.lines),
        line_net=sum((line.amount for line in invoice.lines), D(0)),
        allowances=sign * sum((each for each in extras if each < 0), D(0)),
        charges=sign * sum((each for each in extras if each > 0), D(0)),
        tax=invoice.tax,
        net=invoice.net,
        payable=head.payable or D(0),
    )


@given(
    items=st.lists(st.tuples(CENTS, KINDS), min_size=1, max_size=4),
    extras=st.lists(st.tuples(CENTS, KINDS), max_size=3),
    syntax=st.sampled_from(["ubl", "cii"]),
    code=st.sampled_from(["380", "381", "384", "386", "389", "261", ""]),
    tax_currency=st.sampled_from(["", "SEK"]),
)
@settings(max_examples=40)
def test_both_readers_agree(
    sketch: Any, item: Any, drawn: Any, items: Any, extras: Any, syntax: Any, **said: str
) -> None:
    lines = tuple(item(net, *kind) for net, kind in items)
    extra = tuple((amount, *kind) for amount, kind in extras)
    data = drawn(sketch(items=lines, extras=extra, prepaid="1.00", **said), syntax)

    assert totals(data) == first(read(data, "a.xml"))


def test_both_readers_agree_about_lines_that_do_not_count(
    sketch: Any, item: Any, drawn: Any
) -> None:
    said = "<ram:LineStatusReasonCode>GROUP</ram:LineStatusReasonCode>"
    data = drawn(sketch(items=(item("0.00", more=said), item("7.00"))), "cii")

    assert totals(data).lines == 1
    assert totals(data) == first(read(data, "a.xml"))


def test_both_readers_make_one_line_of_an_invoice_without_lines(
    sketch: Any, drawn: Any, syntax: Any
) -> None:
    full = sketch(extras=(("-40.00", "S", "19"),))
    stated: Mapping[str, str] = {**full.totals, "subtotal 0": "182.40"}
    data = drawn(sketch(items=(), extras=full.extras, stated=stated), syntax)

    found = totals(data)

    assert (found.lines, found.line_net, found.allowances) == (1, D(960), D(0))
    assert found == first(read(data, "a.xml"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<Order/>", "has the root <Order>, which is no e-invoice"),
        (b"<Invoice>", "is not readable: no element found"),
        (b"<Invoice/>", "is not readable: list index out of range"),
        (b"<Invoice>" + b"<a>" * 65, "nests elements deeper than 64"),
    ],
)
def test_the_second_reader_refuses_what_it_cannot_read(data: bytes, said: str) -> None:
    with pytest.raises(SecondReaderError, match=said):
        totals(data)


def test_the_second_reader_keeps_nothing_of_what_it_does_not_need() -> None:
    notes = control.Notes()

    notes.parser.Parse(b"<Invoice><Note>" + b"long\n" * 1000, False)  # noqa: FBT003 - as expat has it

    assert notes.said == []


def test_the_second_reader_shares_no_code_with_the_first() -> None:
    tree = ast.parse(Path(control.__file__).read_text("utf-8"))

    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert not [name for name in modules if name and name.startswith(("ingest", "lxml"))]
