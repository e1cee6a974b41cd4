"""Each row of an e-invoice, by a second reader that shares nothing with what makes charges."""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.einvoice import itemised
from ingest.einvoice.document import read
from ingest.einvoice.itemised import pieces
from ingest.invoice import itemised as shared
from ingest.invoice.entry import entries
from ingest.invoice.itemised import by_row
from ingest.invoice.taken import Taken
from ingest.invoice.terms import Terms
from models.money import WIDE

pytestmark = pytest.mark.failure("N05")
D = Decimal
CENTS = st.integers(-1_000_000, 1_000_000).map(lambda units: f"{D(units).scaleb(-2):f}")
KINDS = st.sampled_from([("S", "19"), ("S", "7"), ("Z", "0"), ("AE", "0"), ("S", "19.0")])
Costs = dict[int, tuple[Decimal, Decimal, Decimal]]


def taken_of(data: bytes, share: str = "0", back: str = "0", *, wallet: bool = False) -> Taken:
    terms = Terms(issuer="Acme Labels", service="Labels", tax_recoverable=D(share), wallet=wallet)
    return Taken(invoice=read(data, "x.xml"), terms=terms, status="counted", taken_back=D(back))


def summed(found: Any) -> Costs:
    """Return billed cost, effective cost and cost without tax that comes back, by row."""
    costs: dict[int, list[Decimal]] = {}
    for row, *amounts in found:
        sums = costs.setdefault(row, [D(0)] * 3)
        sums[:] = [one + other for one, other in zip(sums, amounts, strict=True)]
    return {row: (a, b, c) for row, (a, b, c) in sorted(costs.items()) if any((a, b, c))}


def as_loaded(taken: Taken) -> Costs:
    return summed((each.row, each.billed, each.effective, each.tco) for each in entries(taken))


def read_again(data: bytes, taken: Taken) -> Costs:
    found = by_row(pieces(data), taken)
    return summed((each.row, each.billed, each.effective, each.tco) for each in found)


@given(
    items=st.lists(st.tuples(CENTS, KINDS), min_size=1, max_size=4),
    extras=st.lists(st.tuples(CENTS, KINDS), max_size=2),
    code=st.sampled_from(["380", "381", "384", "386"]),
    prepaid=st.sampled_from(["", "10.00", "-0.05"]),
    rounding=st.sampled_from(["", "0.01"]),
    share=st.sampled_from(["0", "0.5", "1"]),
    back=st.sampled_from(["0", "3.33"]),
    wallet=st.booleans(),
    syntax=st.sampled_from(["ubl", "cii"]),
)
@settings(max_examples=50, deadline=None)
def test_each_row_comes_to_what_was_loaded_of_it(
    sketch: Any, item: Any, drawn: Callable[..., bytes],
    items: list[Any], extras: list[Any], code: str, prepaid: str, rounding: str,
    share: str, back: str, wallet: bool, syntax: str,
) -> None:  # fmt: skip
    made = sketch(
        items=tuple(item(net, *kind) for net, kind in items),
        extras=tuple((amount, *kind) for amount, kind in extras),
        code=code, prepaid=prepaid, rounding=rounding,
    )  # fmt: skip
    data = drawn(made, syntax)
    with localcontext(prec=WIDE):
        taken = taken_of(data, share, back, wallet=wallet)

        assert read_again(data, taken) == as_loaded(taken)


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("380", {1: ("107.10", "107.10", "98.55"), 2: ("48.15", "48.15", "46.58")}),
        ("381", {1: ("-107.10", "-107.10", "-98.55"), 2: ("-48.15", "-48.15", "-46.58")}),
        ("386", {1: ("107.10", "0.00", "0.00"), 2: ("48.15", "0.00", "0.00")}),
    ],
)
def test_a_row_has_its_part_of_allowances_and_tax(
    sketch: Any, item: Any, drawn: Any, syntax: str, code: str, rows: dict[int, tuple[str, ...]]
) -> None:
    """A line of 100 less an allowance of 10 at 19 %, one of 45 at 7 %; half of tax comes back."""
    made = sketch(
        items=(item("100.00"), item("45.00", "S", "7")), extras=(("-10.00", "S", "19"),), code=code
    )
    data = drawn(made, syntax)

    found = read_again(data, taken_of(data, "0.5"))

    assert found == {row: tuple(map(D, costs)) for row, costs in rows.items()}


def test_what_fits_no_line_is_of_row_nought(sketch: Any, drawn: Any, syntax: str) -> None:
    """An allowance without a line of its rate, a cent of rounding, and what was billed before."""
    made = sketch(extras=(("-10.00", "S", "7"),), rounding="0.01", stated={"tax": "189.30"})
    data = drawn(made, syntax)

    found = read_again(data, taken_of(data, back="100.00"))

    assert found == as_loaded(taken_of(data, back="100.00"))
    assert found[0] == (D("-109.99"), D("-9.99"), D("-9.99"))


def test_parts_of_an_amount_sum_to_it_whatever_their_weights() -> None:
    parts = shared.divided(D("100.00"), [D(1), D(1), D(1)], "USD")

    assert parts == [D("33.33"), D("33.34"), D("33.33")]
    assert shared.divided(D("-1"), [D(1), D(1)], "JPY") == [D(-1), D(0)]
    assert shared.divided(D("1.005"), [D(1)], "USD") == [D("1.005")]
    assert shared.divided(D(5), [D(1), D(-1)], "USD") == []


def test_the_reader_of_rows_shares_no_code_with_the_first() -> None:
    for module in (itemised, shared):
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        used = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

        assert {name for name in used if name and name.startswith("ingest")} <= {
            "ingest.einvoice.control",
            "ingest.invoice.itemised",
            "ingest.invoice.taken",
            "ingest.verify",
        }
