"""Plain PDFs: what they seem to say, and that only a person makes invoices of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingest.invoice.draft import Proposal, contradictions, proposal, shown
from ingest.invoice.printed import amounts, days
from ingest.invoice.verdict import Verdict
from ingest.source import Known
from models.period import Month

FIGURES = {
    "number": "P-2026-7",
    "issued": "2026-03-05",
    "currency": "EUR",
    "net": "6000.00",
    "tax": "1140.00",
    "service_from": "2026-02-01",
    "service_to": "2026-02-28",
    "issuer": "acme",
}
ENGLISH = """\
Invoice number: P-2026-7
Invoice date: March 5, 2026
Service period: 2026-02-01 to 2026-02-28
PO Number: PO-LABEL-001
Subtotal 6,000.00
VAT 19% 1,140.00
Total due EUR 7,140.00
"""
GERMAN = """\
Rechnungsnummer P-2026-7
Rechnungsdatum: 05.03.2026
Leistungszeitraum 01.02.2026 bis 28.02.2026
Bestellnummer PO-LABEL-001
Nettobetrag 6.000,00 €
19 % MwSt. 1.140,00 €
Gesamtbetrag
7.140,00 €
"""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("text", [ENGLISH, GERMAN])
def test_labels_of_two_languages_point_at_the_same_fields(text: str) -> None:
    found = proposal(text)

    assert found == Proposal(
        number="P-2026-7",
        issued=date(2026, 3, 5),
        currency="EUR",
        net=Decimal("6000.00"),
        tax=Decimal("1140.00"),
        gross=Decimal("7140.00"),
        service=(date(2026, 2, 1), date(2026, 2, 28)),
        purchase_order="PO-LABEL-001",
    )
    assert found.adds_up


@pytest.mark.parametrize("text", ["", "Total 1.234", "Total 1 234,56", "Dated 03/04/2026", "Total"])
def test_what_can_be_read_in_two_ways_is_not_proposed(text: str) -> None:
    assert proposal(text) == Proposal()
    assert not proposal(text).adds_up


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("6000.00 and 60000.00", ["6000.00", "60000.00"]),
        ("1.234", ["1234", "1.234"]),
        ("1'234.50 3.141.592,65 -5,00", ["1234.50", "3141592.65", "-5.00"]),
        ("1 234,56", ["1234.56", "1", "234.56"]),
        ("x12 3.4.5 12a 1.2345", []),
    ],
)
def test_every_reading_of_an_amount_is_seen(text: str, found: list[str]) -> None:
    assert [str(amount) for amount in amounts(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-03-05 to 5.3.2026", ["2026-03-05", "2026-03-05"]),
        ("13/03/2026 03/13/2026 03/03/2026", ["2026-03-13", "2026-03-13", "2026-03-03"]),
        ("5. März 2026, 5th Mar 2026, Dec 5, 2026", ["2026-03-05", "2026-03-05", "2026-12-05"]),
        ("03/04/2026 2026-02-30 5 Foo 2026", []),
    ],
)
def test_a_date_is_seen_where_it_is_certain(text: str, found: list[str]) -> None:
    assert [str(day) for day in days(text)] == found


@pytest.mark.failure("H07")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        (
            {"net": Decimal("60000.00")},
            ["net 60000.00 is nowhere in the text, which shows 6000.00"],
        ),
        ({"gross": Decimal(7)}, ["gross 7 is nowhere in the text, which shows 7140.00"]),
        ({"number": "P-2026-8"}, ["number P-2026-8 is nowhere in the text"]),
        ({"issued": date(2026, 5, 3)}, ["the text says issued 2026-03-05, not 2026-05-03"]),
        ({"currency": "USD"}, ["the text says EUR, not USD"]),
    ],
)
def test_a_figure_that_the_text_does_not_show_is_a_contradiction(
    changes: dict[str, Any], said: list[str]
) -> None:
    read = {name: getattr(proposal(ENGLISH), name) for name in ("number", "issued", "currency")}
    totals = {"net": Decimal(6000), "tax": Decimal(1140), "gross": Decimal(7140)}

    assert contradictions(ENGLISH, Proposal(**{**read, **totals, **changes})) == said
    assert contradictions("", Proposal(**{**read, **totals, **changes})) == []


@pytest.mark.failure("H16")
def test_the_text_of_a_stranger_is_shown_without_signs_that_a_terminal_obeys() -> None:
    assert shown("a\x1b[2Jb\u202ec\n\n" + "x" * 500) == ["a [2Jbc", "x" * 199 + "…"]


@pytest.mark.failure("H07")
def test_a_plain_pdf_is_a_draft_that_costs_nothing(desk: Any, plain_pdf: bytes) -> None:
    desk.put("p.pdf", plain_pdf)

    assert (desk.costs(), desk.statuses()) == ({}, [("P-2026-7", "draft")])
    assert desk.notes() == [f"a person must confirm: trueup invoice review {sha(plain_pdf)[:12]}"]
    assert desk.problems() == [
        f"labels: p.pdf:1:document: 'p.pdf': {desk.notes()[0]} [rejected]",
    ]
    (frame,) = desk.tables("invoice_headers")
    assert frame.select("net", "tax", "gross").row(0) == (6000, 1140, 7140)


@pytest.mark.failure("H07")
def test_what_a_person_confirmed_is_booked_with_their_name(desk: Any, plain_pdf: bytes) -> None:
    desk.put("p.pdf", plain_pdf)
    path = desk.decide(act="confirm", document=sha(plain_pdf), figures=FIGURES)

    assert desk.costs() == {"2026-02": Decimal(7140)}
    assert desk.statuses() == [("P-2026-7", "counted")]
    assert desk.notes() == ["confirmed by Ann: asked the vendor"]
    (delivery,) = desk.deliveries()
    assert {document.name for document in delivery.documents} == {
        "p.pdf",
        f"invoice-decisions/{path.name}",
    }


def test_a_confirmed_credit_gives_back_what_it_says(desk: Any, plain_pdf: bytes) -> None:
    desk.put("p.pdf", plain_pdf)
    figures = {**FIGURES, "net": "-6000.00", "tax": "-1140.00"}
    desk.decide(act="confirm", document=sha(plain_pdf), figures=figures)

    assert desk.costs() == {"2026-02": Decimal(-7140)}


def test_a_draft_that_was_confirmed_into_another_month_leaves_the_first(
    desk: Any, plain_pdf: bytes
) -> None:
    desk.put("p.pdf", plain_pdf)
    (draft,) = desk.deliveries()
    figures = {**FIGURES, "issued": "2026-02-28"}
    desk.decide(act="confirm", document=sha(plain_pdf), figures=figures, forced=True)

    february, march = desk.found(known={draft.period: draft.manifest.sha256})

    assert (february.period, march.period) == (Month(2026, 2), Month(2026, 3))
    assert '"part": "confirmed"' in february.table
    assert "it counts in 2026-02" in march.table
    again = {each.period: each.manifest.sha256 for each in (february, march)}
    assert desk.found(known=again) == []
    settings_changed = Known({}, again)
    assert [each.period for each in desk.found(known=settings_changed)] == sorted(again)


def test_a_draft_without_a_date_is_shown_in_the_month_it_came(
    desk: Any, draw_pdf: Callable[..., bytes]
) -> None:
    desk.put("scan.pdf", draw_pdf("Thank you"))

    (delivery,) = desk.deliveries()

    assert delivery.period == Month(2026, 3)
    assert desk.statuses() == [("scan.pdf", "draft")]


def test_the_last_word_on_a_document_counts(desk: Any, plain_pdf: bytes) -> None:
    desk.put("p.pdf", plain_pdf)
    desk.decide(act="confirm", document=sha(plain_pdf), figures=FIGURES)
    later = datetime(2026, 3, 21, tzinfo=UTC)
    desk.decide(act="reject", document=sha(plain_pdf), at=later)

    assert (desk.costs(), desk.statuses()) == ({}, [("p.pdf", "superseded")])


@pytest.mark.failure("H07")
@pytest.mark.parametrize("name", ["", "x.json"])
def test_a_decision_that_was_changed_afterwards_stops_the_place(
    desk: Any, plain_pdf: bytes, name: str
) -> None:
    desk.put("p.pdf", plain_pdf)
    path = desk.decide(act="confirm", document=sha(plain_pdf), figures=FIGURES)
    if name:
        path = path.rename(path.with_name(name))
    else:
        path.write_text(path.read_text().replace("6000.00", "60000.00"))

    assert desk.errors() == [
        (
            f"labels: invoice-decisions/{path.name}: was changed after it was decided: its name "
            "holds another hash; put the file back, or remove it and decide again"
        )
    ]


def test_what_only_has_the_name_of_a_decision_is_none(desk: Any, plain_pdf: bytes) -> None:
    desk.put("p.pdf", plain_pdf)
    folder = desk.home / "invoice-decisions"
    folder.mkdir()
    (folder / f"{'0' * 12}-reject-{sha(b'{}')[:16]}.json").write_bytes(b"{}")

    (error,) = desk.errors()

    assert "is no decision: Field required; remove it and decide again" in error


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"act": "confirm"}, "figures belong to a confirmation, and to it alone"),
        ({"act": "reject", "figures": FIGURES}, "figures belong to a confirmation"),
        ({"act": "supersede"}, "`supersedes` belongs to such a decision"),
        ({"act": "confirm", "figures": {**FIGURES, "tax": "-1"}}, "have different signs"),
        (
            {"act": "confirm", "figures": {**FIGURES, "service_to": "2026-01-01"}},
            "the work ends 2026-01-01, before it begins",
        ),
    ],
)
def test_a_decision_that_says_half_is_refused(said: dict[str, Any], detail: str) -> None:
    given = {"document": "0" * 64, "name": "x", "by": "Ann", "reason": "r", **said}

    with pytest.raises(ValueError, match=detail):
        Verdict.model_validate({**given, "at": datetime(2026, 3, 20, tzinfo=UTC)})
