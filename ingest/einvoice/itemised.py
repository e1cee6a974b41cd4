"""The second reader, line by line: net amounts and their tax as an e-invoice prints them.

Tax is printed by category and rate; what each line bears of it is divided here anew, with
nothing of `line`, `total` and `tax`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, Final

from ingest.einvoice.control import FORMS, HEAD, LINE, PARTS, SUMS, Notes, told
from ingest.invoice.itemised import Piece, Pieces, divided

_TAXES: Final = f"{HEAD}/ApplicableTradeTax"
_TAXED: Final = {  # where each syntax says which tax is on a part, by its names of both
    ("ID", "Percent"): (
        *("InvoiceLine/Item/ClassifiedTaxCategory", "CreditNoteLine/Item/ClassifiedTaxCategory"),
        *("AllowanceCharge/TaxCategory", "TaxTotal/TaxSubtotal/TaxCategory"),
    ),
    ("CategoryCode", "RateApplicablePercent"): (
        f"{LINE}/SpecifiedLineTradeSettlement/ApplicableTradeTax",
        f"{HEAD}/SpecifiedTradeAllowanceCharge/CategoryTradeTax",
        f"{HEAD}/SpecifiedLogisticsServiceCharge/AppliedTradeTax",
        _TAXES,
    ),
}
_MORE: Final = {
    **{
        f"{place}/{name}": what
        for names, places in _TAXED.items()
        for place in places
        for name, what in zip(names, ("category", "rate"), strict=True)
    },
    "TaxTotal/TaxSubtotal/TaxAmount": "subtotal",
    f"{_TAXES}/CalculatedAmount": "subtotal",
    "LegalMonetaryTotal/PrepaidAmount": "prepaid",
    f"{SUMS}/TotalPrepaidAmount": "prepaid",
}
_LEAST: Final = 2  # decimals of tax


class _Itemised(Notes):
    """Notes of every part by itself, with its sign: lines, allowances and charges, taxes."""

    forms: ClassVar[Mapping[str, Mapping[str, str]]] = {
        root: {**form, **_MORE} for root, form in FORMS.items()
    }
    parts: ClassVar[Collection[str]] = (*PARTS, "TaxTotal/TaxSubtotal", _TAXES)
    marks: ClassVar[Collection[str]] = {*Notes.marks, "category", "rate", "subtotal"}

    def __init__(self) -> None:
        """Listen to a new parser."""
        super().__init__()
        self.lines: list[Piece] = []
        self.allowances: list[Piece] = []
        self.taxes: list[tuple[str, Piece]] = []  # with their currency

    def _add(self, name: str, amount: Decimal, part: Mapping[str, str]) -> None:
        super()._add(name, amount, part)
        rate = Decimal(part["rate"]) if part.get("rate") else None
        found = Piece(amount=amount, category=part.get("category", ""), rate=rate)
        if name == "subtotals":
            self.taxes.append((part["subtotal currency"], found))
        else:
            (self.lines if name == "line_net" else self.allowances).append(found)


def pieces(data: bytes) -> Pieces:
    """Return the parts of an invoice.

    Raises:
        SecondReaderError: see `ingest.einvoice.control.totals`.
    """
    notes = _Itemised()
    said = told(notes, data)
    tax, payable = said.sign * said.tax, said.sign * said.payable
    taxes = [each for money, each in notes.taxes if money in {"", said.currency}]
    lines = notes.lines or [_whole(said.sign * said.net, taxes)]
    return Pieces(
        sign=said.sign,
        currency=said.currency,
        lines=tuple(_taxed(lines, taxes, tax)),
        allowances=tuple(notes.allowances) if notes.lines else (),
        tax=tax,
        asked=payable + Decimal(notes.first("prepaid", said.currency)),
    )


def _whole(net: Decimal, taxes: Sequence[Piece]) -> Piece:
    """Return the one line of a form without lines, whose tax is known where there is one."""
    kinds = {(each.category, each.rate or Decimal()) for each in taxes}
    category, rate = kinds.pop() if len(kinds) == 1 else ("", None)
    return Piece(amount=net, category=category, rate=rate)


def _taxed(lines: Sequence[Piece], taxes: Sequence[Piece], tax: Decimal) -> Iterator[Piece]:
    """Yield lines with their tax: that of their category and rate, by their net amounts.

    What no line has the category and rate of is on all, and the last takes what is left.
    """
    owed: defaultdict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for each in taxes:
        owed[_key(each)] += each.amount
    keys = [_key(line) for line in lines]
    homeless = sum((owed[key] for key in {*owed} - {*keys}), Decimal()) if taxes else tax
    borne = [Decimal()] * len(lines)
    for key, amount in (*((key, owed[key]) for key in {*owed} & {*keys}), (None, homeless)):
        at = [place for place, own in enumerate(keys) if key in {None, own}]
        for place, part in zip(at, _split(amount, [lines[n] for n in at]), strict=True):
            borne[place] += part
    borne[-1] += tax - sum(borne)
    for line, part in zip(lines, borne, strict=True):
        yield replace(line, tax=part)


def _key(each: Piece) -> tuple[str, Decimal]:
    return each.category, each.rate or Decimal()


def _split(amount: Decimal, lines: Sequence[Piece]) -> list[Decimal]:
    """Return the parts of a tax; where net amounts cancel their sizes count, then heads."""
    nets = [line.amount for line in lines]
    sizes, heads = [abs(net) for net in nets], [Decimal(1)] * len(nets)
    printed = f"{amount:f}".partition(".")[2]
    digits = max(_LEAST, len(printed))
    return next(
        found for each in (nets, sizes, heads) if (found := divided(amount, each, digits=digits))
    )
