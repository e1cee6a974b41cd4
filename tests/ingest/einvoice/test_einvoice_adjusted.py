"""Allowances and charges of one line: inside its amount, and told apart from it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ingest.einvoice.document import read

INSIDE = {
    "ubl": (
        b"<cac:Item>",
        (
            "<cac:AllowanceCharge><cbc:ChargeIndicator> {is_charge} </cbc:ChargeIndicator>"
            "<cbc:Amount>{amount}</cbc:Amount></cac:AllowanceCharge>"
        ),
    ),
    "cii": (
        b"<ram:SpecifiedTradeSettlementLineMonetarySummation>",
        (
            "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>{is_charge}"
            "</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>{amount}</ram:ActualAmount>"
            "</ram:SpecifiedTradeAllowanceCharge>"
        ),
    ),
}


def with_parts(data: bytes, syntax: str, *parts: tuple[str, str]) -> bytes:
    """Return a document with allowances and charges in each of its lines."""
    mark, form = INSIDE[syntax]
    own = "".join(form.format(is_charge=is_charge, amount=amount) for is_charge, amount in parts)
    assert mark in data
    return data.replace(mark, own.encode() + mark)


@pytest.mark.parametrize(("code", "sign"), [("380", 1), ("381", -1)])
def test_what_is_taken_off_a_line_is_known_and_not_taken_off_twice(
    sketch: Any, item: Any, drawn: Any, syntax: Any, code: str, sign: int
) -> None:
    whole = sketch(items=(item("28.00", quantity="3", price="10.00"),), code=code)
    data = with_parts(drawn(whole, syntax), syntax, ("false", "3.00"), ("0", "1.00"), ("true", "2"))

    (line,) = read(data, "a.xml").lines

    assert line.adjusted == sign * Decimal(-2)
    assert line.amount == sign * Decimal(28)


def test_a_line_with_nothing_taken_off_has_no_such_amount(
    sketch: Any, item: Any, drawn: Any, syntax: Any
) -> None:
    (line,) = read(drawn(sketch(items=(item("28.00"),)), syntax), "a.xml").lines

    assert line.adjusted == 0


def test_an_allowance_that_is_no_number_sets_the_invoice_aside(
    sketch: Any, item: Any, drawn: Any, syntax: Any
) -> None:
    data = with_parts(drawn(sketch(items=(item("28.00"),)), syntax), syntax, ("false", "some"))

    (fault,) = read(data, "a.xml").faults

    assert (fault.column, fault.value) == ("amount", "some")
    assert "is not a plain decimal number" in fault.reason
