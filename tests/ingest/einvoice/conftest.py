"""E-invoices as small as can be: one sketch, drawn as UBL or as CII."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

Figures = Mapping[str, str]
Syntax = Literal["ubl", "cii"]
CENT = Decimal("0.01")
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
UN = "urn:un:unece:uncefact:data:standard:"


@dataclass(frozen=True)
class Item:
    """A line; `more` goes into it as it stands."""

    net: str
    category: str = "S"
    rate: str = "19"
    quantity: str = "1"
    unit: str = "C62"
    price: str = ""
    days: tuple[str, str] | None = None
    more: str = ""


@dataclass(frozen=True)
class Sketch:
    """What an invoice says; totals follow from it unless `stated` says otherwise."""

    items: tuple[Item, ...] = (Item("1000.00"),)
    number: str = "INV-1"
    code: str = "380"
    is_credit_note: bool = False
    issued: str = "2026-03-12"
    currency: str = "EUR"
    extras: tuple[tuple[str, str, str], ...] = ()  # amount (allowances negative), category, rate
    prepaid: str = ""
    rounding: str = ""
    days: tuple[str, str] | None = None
    tax_currency: str = ""
    stated: Figures = field(default_factory=dict)

    @property
    def lines_net(self) -> Decimal:
        return sum((Decimal(item.net) for item in self.items), Decimal(0))

    @property
    def bases(self) -> dict[tuple[str, str], Decimal]:
        """Return what is taxed, by category and rate."""
        result: dict[tuple[str, str], Decimal] = {}
        taxed = [(item.net, item.category, item.rate) for item in self.items]
        for amount, category, rate in (*taxed, *self.extras):
            key = category, rate
            result[key] = result.get(key, Decimal(0)) + Decimal(amount)
        return result

    @property
    def subtotals(self) -> list[tuple[str, str, str, str]]:
        """Return base, tax, category and rate."""
        return [
            (f"{base}", self.said(f"subtotal {number}", tax(base, rate)), category, rate)
            for number, ((category, rate), base) in enumerate(self.bases.items())
        ]

    @property
    def totals(self) -> dict[str, str]:
        """Return the totals as printed, empty where one is not stated."""
        less = sum((-Decimal(e[0]) for e in self.extras if Decimal(e[0]) < 0), Decimal(0))
        more = sum((Decimal(e[0]) for e in self.extras if Decimal(e[0]) >= 0), Decimal(0))
        net = self.lines_net - less + more
        taxes = sum((tax(base, rate) for (_, rate), base in self.bases.items()), Decimal(0))
        gross = net + taxes
        payable = gross - Decimal(self.prepaid or 0) + Decimal(self.rounding or 0)
        found = {
            "lines_net": str(self.lines_net),
            "allowances_total": str(less) if less else "",
            "charges_total": str(more) if more else "",
            "net": str(net),
            "tax": str(taxes),
            "gross": str(gross),
            "prepaid": self.prepaid,
            "rounding": self.rounding,
            "payable": str(payable),
        }
        return {name: self.said(name, figure) for name, figure in found.items()}

    def said(self, name: str, figure: Decimal | str) -> str:
        return self.stated.get(name, str(figure))


def tax(base: Decimal, rate: str) -> Decimal:
    return (base * Decimal(rate) / 100).quantize(CENT, ROUND_HALF_UP)


def element(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{text}</{name}>" if text else ""


def ubl(sketch: Sketch) -> bytes:
    """Draw a sketch as UBL."""
    root = "CreditNote" if sketch.is_credit_note else "Invoice"
    own = f' currencyID="{sketch.currency}"'
    totals = {
        name: element(f"cbc:{tag}", sketch.totals[name], own)
        for name, tag in (
            ("lines_net", "LineExtensionAmount"),
            ("net", "TaxExclusiveAmount"),
            ("gross", "TaxInclusiveAmount"),
            ("allowances_total", "AllowanceTotalAmount"),
            ("charges_total", "ChargeTotalAmount"),
            ("prepaid", "PrepaidAmount"),
            ("rounding", "PayableRoundingAmount"),
            ("payable", "PayableAmount"),
        )
    }
    other = f' currencyID="{sketch.tax_currency}"'
    local = f"<cac:TaxTotal><cbc:TaxAmount{other}>7777.77</cbc:TaxAmount></cac:TaxTotal>"
    body = "".join(
        (
            element("cbc:ID", sketch.number),
            element("cbc:IssueDate", sketch.issued),
            element(f"cbc:{root}TypeCode", sketch.code),
            element("cbc:DocumentCurrencyCode", sketch.currency),
            element("cbc:TaxCurrencyCode", sketch.tax_currency),
            "<cbc:AccountingCost>FT-1</cbc:AccountingCost><cbc:BuyerReference>REF</cbc:BuyerReference>",
            ubl_period(sketch.days),
            "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>",
            (
                "<cac:AccountingSupplierParty><cac:Party>"
                '<cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>'
                "<cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID>"
                "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
                "<cac:PartyLegalEntity><cbc:RegistrationName>Acme Labels</cbc:RegistrationName>"
                "</cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>"
            ),
            *(ubl_extra(*extra, own) for extra in sketch.extras),
            local if sketch.tax_currency else "",
            "<cac:TaxTotal>",
            element("cbc:TaxAmount", sketch.totals["tax"], own),
            *(
                f"<cac:TaxSubtotal><cbc:TaxableAmount{own}>{base}</cbc:TaxableAmount>"
                f"<cbc:TaxAmount{own}>{amount}</cbc:TaxAmount>{ubl_rate('TaxCategory', *kind)}"
                "</cac:TaxSubtotal>"
                for base, amount, *kind in sketch.subtotals
            ),
            "</cac:TaxTotal>",
            "<cac:LegalMonetaryTotal>",
            *totals.values(),
            "</cac:LegalMonetaryTotal>",
            *(ubl_line(n, item, root, own) for n, item in enumerate(sketch.items, start=1)),
        )
    )
    spaces = f'xmlns="{UBL}{root}-2" xmlns:cac="{UBL}CommonAggregateComponents-2"'
    spaces += f' xmlns:cbc="{UBL}CommonBasicComponents-2"'
    return f"<{root} {spaces}>{body}</{root}>".encode()


def ubl_period(days: tuple[str, str] | None) -> str:
    start, end = days or ("", "")
    inside = element("cbc:StartDate", start) + element("cbc:EndDate", end)
    return element("cac:InvoicePeriod", inside)


def ubl_rate(name: str, category: str, rate: str) -> str:
    inside = element("cbc:ID", category) + element("cbc:Percent", rate)
    return element(f"cac:{name}", inside)


def ubl_extra(amount: str, category: str, rate: str, own: str) -> str:
    is_charge = "false" if amount.startswith("-") else "true"
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{is_charge}</cbc:ChargeIndicator>"
        "<cbc:AllowanceChargeReason>volume</cbc:AllowanceChargeReason>"
        f"<cbc:Amount{own}>{amount.removeprefix('-')}</cbc:Amount>"
        f"{ubl_rate('TaxCategory', category, rate)}</cac:AllowanceCharge>"
    )


def ubl_line(number: int, item: Item, root: str, own: str) -> str:
    counted = "CreditedQuantity" if root == "CreditNote" else "InvoicedQuantity"
    return (
        f"<cac:{root}Line><cbc:ID>{number}</cbc:ID>"
        f'<cbc:{counted} unitCode="{item.unit}">{item.quantity}</cbc:{counted}>'
        f"{element('cbc:LineExtensionAmount', item.net, own)}"
        f"{ubl_period(item.days)}"
        "<cac:OrderLineReference><cbc:LineID>10</cbc:LineID></cac:OrderLineReference>"
        "<cac:Item><cbc:Description>by hand</cbc:Description><cbc:Name>Labels</cbc:Name>"
        "<cac:SellersItemIdentification><cbc:ID>SKU-1</cbc:ID></cac:SellersItemIdentification>"
        f"{ubl_rate('ClassifiedTaxCategory', item.category, item.rate)}"
        "<cac:AdditionalItemProperty><cbc:Name>project</cbc:Name><cbc:Value>ft-1</cbc:Value>"
        "</cac:AdditionalItemProperty></cac:Item>"
        f"<cac:Price><cbc:PriceAmount{own}>{item.price or item.net}</cbc:PriceAmount></cac:Price>"
        f"{item.more}</cac:{root}Line>"
    )


def cii(sketch: Sketch) -> bytes:
    """Draw a sketch as CII."""
    totals = {
        name: element(f"ram:{tag}", sketch.totals[name])
        for name, tag in (
            ("lines_net", "LineTotalAmount"),
            ("charges_total", "ChargeTotalAmount"),
            ("allowances_total", "AllowanceTotalAmount"),
            ("net", "TaxBasisTotalAmount"),
        )
    }
    ended = {
        name: element(f"ram:{tag}", sketch.totals[name])
        for name, tag in (
            ("rounding", "RoundingAmount"),
            ("gross", "GrandTotalAmount"),
            ("prepaid", "TotalPrepaidAmount"),
            ("payable", "DuePayableAmount"),
        )
    }
    other = f' currencyID="{sketch.tax_currency}"'
    local = f"<ram:TaxTotalAmount{other}>7777.77</ram:TaxTotalAmount>"
    own = f' currencyID="{sketch.currency}"'
    body = "".join(
        (
            "<rsm:ExchangedDocument>",
            element("ram:ID", sketch.number),
            element("ram:TypeCode", sketch.code),
            element("ram:IssueDateTime", cii_day(sketch.issued)),
            "</rsm:ExchangedDocument>",
            "<rsm:SupplyChainTradeTransaction>",
            *(cii_line(n, item) for n, item in enumerate(sketch.items, start=1)),
            (
                "<ram:ApplicableHeaderTradeAgreement><ram:BuyerReference>REF</ram:BuyerReference>"
                "<ram:SellerTradeParty><ram:Name>Acme Labels</ram:Name>"
                '<ram:URIUniversalCommunication><ram:URIID schemeID="0088">'
                "7300010000001</ram:URIID></ram:URIUniversalCommunication><ram:SpecifiedTaxRegistration>"
                '<ram:ID schemeID="VA">DE123456789</ram:ID></ram:SpecifiedTaxRegistration>'
                "</ram:SellerTradeParty><ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>PO-1"
                "</ram:IssuerAssignedID></ram:BuyerOrderReferencedDocument>"
                "</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>"
            ),
            element("ram:TaxCurrencyCode", sketch.tax_currency),
            element("ram:InvoiceCurrencyCode", sketch.currency),
            *(
                f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{amount}</ram:CalculatedAmount>"
                f"<ram:BasisAmount>{base}</ram:BasisAmount>{cii_rate(*kind)}</ram:ApplicableTradeTax>"
                for base, amount, *kind in sketch.subtotals
            ),
            cii_period(sketch.days),
            *(cii_extra(*extra) for extra in sketch.extras),
            "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>",
            *totals.values(),
            local if sketch.tax_currency else "",
            element("ram:TaxTotalAmount", sketch.totals["tax"], own),
            *ended.values(),
            (
                "</ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
                "<ram:ReceivableSpecifiedTradeAccountingAccount><ram:ID>FT-1</ram:ID>"
                "</ram:ReceivableSpecifiedTradeAccountingAccount></ram:ApplicableHeaderTradeSettlement>"
                "</rsm:SupplyChainTradeTransaction>"
            ),
        )
    )
    spaces = f'xmlns:rsm="{UN}CrossIndustryInvoice:100" xmlns:udt="{UN}UnqualifiedDataType:100"'
    spaces += f' xmlns:ram="{UN}ReusableAggregateBusinessInformationEntity:100"'
    return f"<rsm:CrossIndustryInvoice {spaces}>{body}</rsm:CrossIndustryInvoice>".encode()


def cii_day(day: str) -> str:
    """Write a day in format 102; `610:202601` names another format."""
    form, _, text = day.rpartition(":")
    text = text.replace("-", "")
    return element("udt:DateTimeString", text, f' format="{form or 102}"')


def cii_period(days: tuple[str, str] | None) -> str:
    start, end = (cii_day(day) if day else "" for day in days or ("", ""))
    inside = element("ram:StartDateTime", start) + element("ram:EndDateTime", end)
    return element("ram:BillingSpecifiedPeriod", inside)


def cii_rate(category: str, rate: str) -> str:
    said = element("ram:CategoryCode", category)
    return said + element("ram:RateApplicablePercent", rate)


def cii_extra(amount: str, category: str, rate: str) -> str:
    is_charge = "false" if amount.startswith("-") else "true"
    return (
        "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator>"
        f"<udt:Indicator>{is_charge}</udt:Indicator></ram:ChargeIndicator>"
        f"<ram:ActualAmount>{amount.removeprefix('-')}</ram:ActualAmount>"
        "<ram:Reason>volume</ram:Reason>"
        f"<ram:CategoryTradeTax>{cii_rate(category, rate)}</ram:CategoryTradeTax>"
        "</ram:SpecifiedTradeAllowanceCharge>"
    )


def cii_line(number: int, item: Item) -> str:
    return (
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>"
        f"<ram:LineID>{number}</ram:LineID>{item.more}</ram:AssociatedDocumentLineDocument>"
        "<ram:SpecifiedTradeProduct><ram:SellerAssignedID>SKU-1</ram:SellerAssignedID>"
        "<ram:Name>Labels</ram:Name><ram:Description>by hand</ram:Description>"
        "<ram:ApplicableProductCharacteristic><ram:Description>project</ram:Description>"
        "<ram:Value>ft-1</ram:Value></ram:ApplicableProductCharacteristic>"
        "</ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement>"
        "<ram:BuyerOrderReferencedDocument><ram:LineID>10</ram:LineID>"
        "</ram:BuyerOrderReferencedDocument><ram:NetPriceProductTradePrice>"
        f"<ram:ChargeAmount>{item.price or item.net}</ram:ChargeAmount>"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        "<ram:SpecifiedLineTradeDelivery>"
        f'<ram:BilledQuantity unitCode="{item.unit}">{item.quantity}</ram:BilledQuantity>'
        "</ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>"
        f"<ram:ApplicableTradeTax>{cii_rate(item.category, item.rate)}</ram:ApplicableTradeTax>"
        f"{cii_period(item.days)}<ram:SpecifiedTradeSettlementLineMonetarySummation>"
        f"{element('ram:LineTotalAmount', item.net)}"
        "</ram:SpecifiedTradeSettlementLineMonetarySummation>"
        "</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
    )


DRAWINGS: Mapping[str, Callable[[Sketch], bytes]] = {"ubl": ubl, "cii": cii}


@pytest.fixture(scope="session")
def sketch() -> type[Sketch]:
    """Return the maker of sketches; `Item` makes their lines."""
    return Sketch


@pytest.fixture(scope="session")
def item() -> type[Item]:
    return Item


@pytest.fixture(scope="session")
def drawn() -> Callable[[Sketch, Syntax], bytes]:
    """Return what draws a sketch in a syntax."""
    return lambda sketch, syntax: DRAWINGS[syntax](sketch)


@pytest.fixture(params=["ubl", "cii"])
def syntax(request: pytest.FixtureRequest) -> Syntax:
    found: Syntax = request.param
    return found


@dataclass(frozen=True)
class Oracle:
    """Reads figures and files that were worked out for the project."""

    folder: Path

    def __call__(self, name: str) -> Any:
        return json.loads(self.bytes(f"{name}.json"))

    def bytes(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@pytest.fixture(scope="session")
def oracle(root: Path) -> Oracle:
    return Oracle(root / "tests/oracles")
