"""The second reader: the same XML through Python's own parser, and only what it adds up to.

It shares no code with the first: elements are told by the end of their path, numbers are
summed as they come, and the sign is decided anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from typing import ClassVar, Final
from xml.parsers import expat

_DEEPEST: Final = 64
_DIGITS: Final = 60
# what is noted of each syntax: the end of a path under the root, and our name for it
_UBL: Final = {
    "InvoiceTypeCode": "code",
    "CreditNoteTypeCode": "code",
    "DocumentCurrencyCode": "currency",
    "InvoiceLine/LineExtensionAmount": "line",
    "CreditNoteLine/LineExtensionAmount": "line",
    "AllowanceCharge/ChargeIndicator": "indicator",
    "AllowanceCharge/Amount": "allowance",
    "TaxTotal/TaxAmount": "tax",
    "LegalMonetaryTotal/TaxExclusiveAmount": "net",
    "LegalMonetaryTotal/PayableAmount": "payable",
}
LINE: Final = "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
HEAD: Final = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
SUMS: Final = f"{HEAD}/SpecifiedTradeSettlementHeaderMonetarySummation"
_CII: Final = {
    "ExchangedDocument/TypeCode": "code",
    f"{HEAD}/InvoiceCurrencyCode": "currency",
    f"{LINE}/AssociatedDocumentLineDocument/LineStatusReasonCode": "status",
    f"{LINE}/SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation"
    "/LineTotalAmount": "line",
    f"{HEAD}/SpecifiedTradeAllowanceCharge/ChargeIndicator/Indicator": "indicator",
    f"{HEAD}/SpecifiedTradeAllowanceCharge/ActualAmount": "allowance",
    f"{HEAD}/SpecifiedLogisticsServiceCharge/AppliedAmount": "charge",
    f"{SUMS}/TaxTotalAmount": "tax",
    f"{SUMS}/TaxBasisTotalAmount": "net",
    f"{SUMS}/DuePayableAmount": "payable",
}
PARTS: Final = (  # what has an amount and a mark that says how it counts
    *("InvoiceLine", "CreditNoteLine", "AllowanceCharge", LINE),
    *(f"{HEAD}/SpecifiedTradeAllowanceCharge", f"{HEAD}/SpecifiedLogisticsServiceCharge"),
)
FORMS: Final = {"Invoice": _UBL, "CreditNote": _UBL, "CrossIndustryInvoice": _CII}
_CREDITS: Final = {81, 83, 261, 262, 296, 308, 381, 396, 420, 458, 502, 503, 532}


class SecondReaderError(ValueError):
    """What the second reader does not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What an invoice adds up to, as cost: of a credit note, what is printed turned around.

    Attributes:
        lines: Lines that count; 1 for a form without lines, which is one for its net.
        line_net: Sum of their net amounts.
        allowances: Of the whole document, negative; `charges` positive.
        tax, net, payable: As printed; 0 where not stated.
    """

    code: str
    sign: int
    currency: str
    lines: int
    line_net: Decimal
    allowances: Decimal
    charges: Decimal
    tax: Decimal
    net: Decimal
    payable: Decimal


def totals(data: bytes) -> Totals:
    """Return what an invoice adds up to.

    Raises:
        SecondReaderError: for a document type, broken XML, or what is no invoice.
    """
    return told(Notes(), data)


def told(notes: Notes, data: bytes) -> Totals:
    """Return what an invoice adds up to, which passes by what notes it.

    Raises:
        SecondReaderError: see `totals`.
    """
    with localcontext(prec=_DIGITS):
        try:
            notes.parser.Parse(data, True)  # noqa: FBT003 - expat takes no keywords
            return notes.totals()
        except SecondReaderError:
            raise
        except (expat.ExpatError, InvalidOperation, LookupError, ValueError) as error:
            raise SecondReaderError(f"is not readable: {error}") from error


class Notes:
    """Collects what passes by.

    Attributes:
        forms: What is noted of each syntax, by its root.
        parts: What has an amount and marks, by its path.
        marks: What is noted of such a part.
    """

    forms: ClassVar[Mapping[str, Mapping[str, str]]] = FORMS
    parts: ClassVar[Collection[str]] = PARTS
    marks: ClassVar[Collection[str]] = frozenset(
        ("line", "status", "indicator", "allowance", "charge")
    )

    def __init__(self) -> None:
        """Listen to a new parser."""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.path: list[str] = []  # below the root
        self.root, self.currency_of, self.what = "", "", ""
        self.said: list[str] = []  # of what is noted; attachments are long, and pass by
        self.part: dict[str, str] = {}
        self.once: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self.sums: defaultdict[str, Decimal] = defaultdict(Decimal)

    def _refuse(self, name: str, *_: object) -> None:
        raise SecondReaderError(f"declares a document type (<!DOCTYPE {name})")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if not self.root and local not in self.forms:
            raise SecondReaderError(f"has the root <{local}>, which is no e-invoice")
        if not self.root:
            self.root = local
            return
        self.path.append(local)
        if len(self.path) > _DEEPEST:
            raise SecondReaderError(f"nests elements deeper than {_DEEPEST}")
        self.said, self.currency_of = [], attributes.get("currencyID", "")
        self.what = self.forms[self.root].get("/".join(self.path), "")

    def _text(self, text: str) -> None:
        if self.what:
            self.said.append(text)

    def _end(self, _: str) -> None:
        path = "/".join(self.path)
        what, said = self.what, "".join(self.said).strip()
        self.what = ""
        if what in self.marks:
            self.part.setdefault(what, said)
            self.part.setdefault(f"{what} currency", self.currency_of)
        elif what and said:
            self.once[what].append((said, self.currency_of))
        if path in self.parts:
            part, self.part = self.part, {}
            for name, amount in _amounts(part):
                self._add(name, amount, part)
        if self.path:
            self.path.pop()

    def _add(self, name: str, amount: Decimal, part: Mapping[str, str]) -> None:  # noqa: ARG002
        """Add a line, an allowance or a charge, or a part of the tax, that has just ended."""
        self.sums["lines"] += name == "line_net"
        self.sums[name] += amount

    def first(self, what: str, currency: str = "", absent: str = "0") -> str:
        """Return the first text of what is said once, in a currency where one is given."""
        own = [text for text, said in self.once[what] if not currency or said in {"", currency}]
        return own[0] if own else absent

    def totals(self) -> Totals:
        """Return the sums, turned around for a credit note."""
        code, (currency, _) = self.first("code", absent=""), self.once["currency"][0]
        sign = -1 if self.root == "CreditNote" or (code.isdigit() and int(code) in _CREDITS) else 1
        once = {each: Decimal(self.first(each, currency)) for each in ("tax", "net", "payable")}
        counted = {each: self.sums[each] for each in ("line_net", "allowances", "charges")}
        if not self.sums["lines"]:
            counted = {"line_net": once["net"], "allowances": Decimal(), "charges": Decimal()}
        lines = int(self.sums["lines"]) or 1
        amounts = {name: sign * amount for name, amount in (counted | once).items()}
        return Totals(code=code, sign=sign, currency=currency, lines=lines, **amounts)


def _amounts(part: Mapping[str, str]) -> Iterator[tuple[str, Decimal]]:
    """Yield what a part adds to, and its amount."""
    if "line" in part and part.get("status") not in {"GROUP", "INFORMATION"}:
        yield "line_net", Decimal(part["line"])
    if "allowance" in part or "charge" in part:
        amount = Decimal(part.get("allowance") or part.get("charge") or 0)
        is_allowance = part.get("indicator", "").lower() in {"false", "0"}
        yield ("allowances", -amount) if is_allowance else ("charges", amount)
    if "subtotal" in part:
        yield "subtotals", Decimal(part["subtotal"] or 0)
