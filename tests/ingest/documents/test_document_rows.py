"""Each row of a document by its second reader, against what was loaded of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ingest.einvoice.control import SecondReaderError
from ingest.invoice.entry import entries
from ingest.invoice.itemised import by_row
from ingest.invoice.sound import checked
from ingest.invoice.taken import Taken
from ingest.invoice.terms import Terms
from ingest.stripe.control import pieces
from ingest.stripe.invoice import read
from ingest.verify import reading
from models.errors import BrokenError

pytestmark = pytest.mark.failure("N05")
COSTS = ("billed_cost", "effective_cost", "tco_cost")
HOURS, CREDIT = "lab_invoice_hours.ubl.xml", "lab_creditnote_rework.ubl.xml"
Row = tuple[Any, ...]
Change = Callable[[dict[str, Any]], None]


def compared(desk: Any) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Yield the level of each document, what was loaded of its rows, and what is read anew."""
    loads, found = desk.loads(), desk.deliveries()
    for load, delivery in zip(loads, found, strict=True):
        for loaded in load.documents:
            charges = pl.read_parquet(desk.lake.path("charges", loaded.charges), glob=False)
            ours = charges.rename({"x_tco_cost": "tco_cost"}).group_by("x_row").agg(
                pl.col(COSTS).sum()
            )  # fmt: skip
            path = desk.archive.path(loaded.document.sha256)
            read = reading(desk.source, path, loaded.document, delivery)
            theirs = read.amounts.select("x_row", *COSTS)
            yield read.level, sorted(ours.rows()), sorted(theirs.rows())


def test_rows_of_invoices_and_credit_notes_are_told_apart(desk: Any, oracle: Any) -> None:
    desk.put("a.xml", oracle(HOURS))
    desk.put("b.xml", oracle(CREDIT))
    desk.put("s.json", oracle("stripe_invoice.json"))

    found = list(compared(desk))

    assert len(found) == 3
    assert {level for level, _, _ in found} == {"row"}
    for _, ours, theirs in found:
        assert theirs == ours
    assert sum(len(ours) for _, ours, _ in found) == 4


def test_what_a_person_confirmed_is_one_row_and_their_decision_none(
    desk: Any, plain_pdf: bytes
) -> None:
    desk.put("p.pdf", plain_pdf)
    figures = {
        "number": "P-7", "issued": "2026-03-05", "currency": "EUR", "net": "6000.00",
        "tax": "1140.00", "service_from": "2026-02-01", "service_to": "2026-02-28",
        "issuer": "acme",
    }  # fmt: skip
    desk.decide(act="confirm", document=hashlib.sha256(plain_pdf).hexdigest(), figures=figures)

    found = list(compared(desk))

    assert all(ours == theirs for _, ours, theirs in found)
    assert [len(ours) for _, ours, _ in found if ours] == [1]


def test_what_the_second_reader_cannot_read_names_the_document(
    desk: Any, oracle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("a.xml", oracle(HOURS))
    ((load, delivery),) = zip(desk.loads(), desk.deliveries(), strict=True)
    (loaded,) = load.documents
    path = desk.archive.path(loaded.document.sha256)

    def torn(_: bytes) -> None:
        raise SecondReaderError("is torn")

    monkeypatch.setattr("ingest.einvoice.itemised.pieces", torn)

    with pytest.raises(BrokenError) as raised:
        reading(desk.source, path, loaded.document, delivery)

    assert str(raised.value) == "labels: a.xml: is torn (by the second reader)"


def taxed(stated: dict[str, Any]) -> None:
    stated["lines"]["data"][0]["taxes"] = [{"amount": 46550, "tax_behavior": "exclusive"}]
    stated |= {"total": 291550, "amount_due": 291550, "total_taxes": [{"amount": 46550}]}


def tax_included(stated: dict[str, Any]) -> None:
    stated["lines"]["data"][0]["tax_amounts"] = [{"amount": 39118, "inclusive": True}]
    stated |= {"total_tax_amounts": [{"amount": 39118}], "total_excluding_tax": 205882}


def taxed_as_a_whole(stated: dict[str, Any]) -> None:
    stated |= {"total": 291550, "amount_due": 291550, "tax": 46550}


def two_lines(stated: dict[str, Any]) -> None:
    (line,) = stated["lines"]["data"]
    stated["lines"]["data"] = [line | {"amount": 145001}, line | {"amount": 99999, "id": "il_2"}]
    stated |= {"total": 291550, "amount_due": 250000, "tax": 46550}


def credited(stated: dict[str, Any]) -> None:
    off = [{"amount": 45000, "type": "discount"}, {"amount": 0}]
    stated["lines"]["data"][0] |= {"pretax_credit_amounts": off, "discount_amounts": off[:1]}
    stated |= {"total": 200000, "amount_due": 200000}


def given_back(stated: dict[str, Any]) -> None:
    stated |= {"object": "credit_note", "invoice": {"number": "A-1"}, "status": "issued"}
    stated["lines"]["data"][0]["discount_amounts"] = [{"amount": 1}]
    stated |= {"total": 244999}
    del stated["amount_due"]


@pytest.mark.parametrize("share", ["0", "0.5"])
@pytest.mark.parametrize(
    "change", [taxed, tax_included, taxed_as_a_whole, two_lines, credited, given_back]
)
def test_rows_of_stripe_come_to_what_is_loaded_of_them(
    oracle: Any, change: Change, share: str
) -> None:
    stated = json.loads(oracle("stripe_invoice.json"))
    change(stated)
    data = json.dumps(stated).encode()
    invoice = checked(read(data))
    assert not invoice.faults
    terms = Terms(issuer="Acme", service="Labels", tax_recoverable=Decimal(share))
    taken = Taken(invoice=invoice, terms=terms, status="counted")

    ours: dict[int, list[Decimal]] = {}
    for each in entries(taken):
        sums = ours.setdefault(each.row, [Decimal(0)] * 3)
        sums[:] = [sums[0] + each.billed, sums[1] + each.effective, sums[2] + each.tco]

    assert {
        each.row: [each.billed, each.effective, each.tco]
        for each in by_row(pieces(data), taken)
    } == ours  # fmt: skip
