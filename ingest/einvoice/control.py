"""The second reader: the same XML through Python's own parser, and only what it adds up to.

It shares no code with the first: elements are told by the end of their path, numbers are
summed as they come, and the sign is decided anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from typing import Final
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
_LINE: Final = "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
_HEAD: Final = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
_SUMS: Final = f"{_HEAD}/SpecifiedTradeSettlementHeaderMonetarySummation"
_CII: Final = {
    "ExchangedDocument/TypeCode": "code",
    f"{_HEAD}/InvoiceCurrencyCode": "currency",
    f"{_LINE}/AssociatedDocumentLineDocument/LineStatusReasonCode": "status",
    f"{_LINE}/SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation"
    "/LineTotalAmount": "line",
    f"{_HEAD}/SpecifiedTradeAllowanceCharge/ChargeIndicator/Indicator": "indicator",
    f"{_HEAD}/SpecifiedTradeAllowanceCharge/ActualAmount": "allowance",
    f"{_HEAD}/SpecifiedLogisticsServiceCharge/AppliedAmount": "charge",
    f"{_SUMS}/TaxTotalAmount": "tax",
    f"{_SUMS}/TaxBasisTotalAmount": "net",
    f"{_SUMS}/DuePayableAmount": "payable",
}
_PARTS: Final = (  # what has an amount and a mark that says how it counts
    *("InvoiceLine", "CreditNoteLine", "AllowanceCharge", _LINE),
    *(f"{_HEAD}/SpecifiedTradeAllowanceCharge", f"{_HEAD}/SpecifiedLogisticsServiceCharge"),
)
_FORMS: Final = {"Invoice": _UBL, "CreditNote": _UBL, "CrossIndustryInvoice": _CII}
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
    notes = _Notes()
    with localcontext(prec=_DIGITS):
        try:
            notes.parser.Parse(data, True)  # noqa: FBT003 - expat takes no keywords
            return notes.totals()
        except SecondReaderError:
            raise
        except (expat.ExpatError, InvalidOperation, LookupError, ValueError) as error:
            raise SecondReaderError(f"is not readable: {error}") from error


class _Notes:
    """Collects what passes by."""

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
        if not self.root and local not in _FORMS:
            raise SecondReaderError(f"has the root <{local}>, which is no e-invoice")
        if not self.root:
            self.root = local
            return
        self.path.append(local)
        if len(self.path) > _DEEPEST:
            raise SecondReaderError(f"nests elements deeper than {_DEEPEST}")
        self.said, self.currency_of = [], attributes.get("currencyID", "")
        self.what = _FORMS[self.root].get("/".join(self.path), "")

    def _text(self, text: str) -> None:
        if self.what:
            self.said.append(text)

    def _end(self, _: str) -> None:
        path = "/".join(self.path)
        what, said = self.what, "".join(self.said).strip()
        self.what = ""
        if what in {"line", "status", "indicator", "allowance", "charge"}:
            self.part.setdefault(what, said)
        elif what and said:
            self.once[what].append((said, self.currency_of))
        if path in _PARTS:
            self._count()
        if self.path:
            self.path.pop()

    def _count(self) -> None:
        """Add a line, an allowance or a charge that has just ended."""
        part, self.part = self.part, {}
        if "line" in part and part.get("status") not in {"GROUP", "INFORMATION"}:
            self.sums["lines"] += 1
            self.sums["line_net"] += Decimal(part["line"])
        is_allowance = part.get("indicator", "").lower() in {"false", "0"}
        amount = Decimal(part.get("allowance") or part.get("charge") or 0)
        self.sums["allowances" if is_allowance else "charges"] += (
            -amount if is_allowance else amount
        )

    def _first(self, what: str, currency: str = "", absent: str = "0") -> str:
        own = [text for text, said in self.once[what] if not currency or said in {"", currency}]
        return own[0] if own else absent

    def totals(self) -> Totals:
        """Return the sums, turned around for a credit note."""
        code, (currency, _) = self._first("code", absent=""), self.once["currency"][0]
        sign = -1 if self.root == "CreditNote" or (code.isdigit() and int(code) in _CREDITS) else 1
        once = {each: Decimal(self._first(each, currency)) for each in ("tax", "net", "payable")}
        counted = {each: self.sums[each] for each in ("line_net", "allowances", "charges")}
        if not self.sums["lines"]:
            counted = {"line_net": once["net"], "allowances": Decimal(), "charges": Decimal()}
        lines = int(self.sums["lines"]) or 1
        amounts = {name: sign * amount for name, amount in (counted | once).items()}
        return Totals(code=code, sign=sign, currency=currency, lines=lines, **amounts)
