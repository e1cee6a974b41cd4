"""CII, UN/CEFACT CrossIndustryInvoice (D16B), as in Factur-X and ZUGFeRD 2: where its terms lie."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Final

from ingest.einvoice.form import Form, Span, paths

_STANDARD: Final = "urn:un:unece:uncefact:data:standard:"
INVOICE: Final = f"{{{_STANDARD}CrossIndustryInvoice:100}}CrossIndustryInvoice"
_NAMESPACES: Final = {
    "rsm": f"{_STANDARD}CrossIndustryInvoice:100",
    "ram": f"{_STANDARD}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_STANDARD}UnqualifiedDataType:100",
}

_DOCUMENT: Final = "rsm:ExchangedDocument"
_TRADE: Final = "rsm:SupplyChainTradeTransaction"
_AGREED: Final = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_SETTLED: Final = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_SELLER: Final = f"{_AGREED}/ram:SellerTradeParty"
_TOTAL: Final = f"{_SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_OWN: Final = "[not(@currencyID) or @currencyID = $currency]"  # tax may be told in two
# lines above or beside others, whose amounts are told a second time
_TWICE: Final = (
    "ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode[. = 'GROUP' or . = 'INFORMATION']"
)
_PERIOD: Final = "ram:BillingSpecifiedPeriod"

_HEAD: Final = {
    "number": f"{_DOCUMENT}/ram:ID",
    "type_code": f"{_DOCUMENT}/ram:TypeCode",
    "issued": f"{_DOCUMENT}/ram:IssueDateTime/udt:DateTimeString",
    "due": f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",
    "currency": f"{_SETTLED}/ram:InvoiceCurrencyCode",
    "issuer": f"{_SELLER}/ram:Name",
    "issuer_trade_name": f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:TradingBusinessName",
    "issuer_vat": f"{_SELLER}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID = 'VA']",
    "issuer_ids": (
        f"{_SELLER}/ram:ID | {_SELLER}/ram:GlobalID"
        f" | {_SELLER}/ram:SpecifiedLegalOrganization/ram:ID"
        f" | {_SELLER}/ram:URIUniversalCommunication/ram:URIID"
    ),
    "buyer_account": f"{_AGREED}/ram:BuyerTradeParty/ram:ID",
    "buyer_reference": f"{_AGREED}/ram:BuyerReference",
    "cost_center": f"{_SETTLED}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID",
    "purchase_order": f"{_AGREED}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
    "start": f"{_SETTLED}/{_PERIOD}/ram:StartDateTime/udt:DateTimeString",
    "end": f"{_SETTLED}/{_PERIOD}/ram:EndDateTime/udt:DateTimeString",
    "preceding": f"{_SETTLED}/ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
    "payment_terms": f"{_SETTLED}/ram:SpecifiedTradePaymentTerms/ram:Description",
    "files": f"{_AGREED}/ram:AdditionalReferencedDocument/ram:AttachmentBinaryObject",
    "lines": f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem[not({_TWICE})]",
    "allowances": (
        f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge"
        f" | {_SETTLED}/ram:SpecifiedLogisticsServiceCharge"
    ),
    "subtotals": f"{_SETTLED}/ram:ApplicableTradeTax",
    "lines_net": f"{_TOTAL}/ram:LineTotalAmount{_OWN}",
    "allowances_total": f"{_TOTAL}/ram:AllowanceTotalAmount{_OWN}",
    "charges_total": f"{_TOTAL}/ram:ChargeTotalAmount{_OWN}",
    "net": f"{_TOTAL}/ram:TaxBasisTotalAmount{_OWN}",
    "tax": f"{_TOTAL}/ram:TaxTotalAmount{_OWN}",
    "gross": f"{_TOTAL}/ram:GrandTotalAmount{_OWN}",
    "prepaid": f"{_TOTAL}/ram:TotalPrepaidAmount{_OWN}",
    "rounding": f"{_TOTAL}/ram:RoundingAmount{_OWN}",
    "payable": f"{_TOTAL}/ram:DuePayableAmount{_OWN}",
}
_PRODUCT: Final = "ram:SpecifiedTradeProduct"
_ORDERED: Final = "ram:SpecifiedLineTradeAgreement/ram:BuyerOrderReferencedDocument"
_PRICE: Final = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice"
_BOOKED: Final = "ram:SpecifiedLineTradeSettlement"
_IS_CHARGE: Final = "normalize-space(ram:ChargeIndicator/udt:Indicator)"
_ADJUSTED: Final = f"{_BOOKED}/ram:SpecifiedTradeAllowanceCharge"
_LINE: Final = {
    "line": "ram:AssociatedDocumentLineDocument/ram:LineID",
    "name": f"{_PRODUCT}/ram:Name",
    "description": f"{_PRODUCT}/ram:Description",
    "sku": f"{_PRODUCT}/ram:SellerAssignedID",
    "standard_sku": f"{_PRODUCT}/ram:GlobalID",
    "quantity": "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
    "price": f"{_PRICE}/ram:ChargeAmount",
    "price_base": f"{_PRICE}/ram:BasisQuantity",
    "amount": (f"{_BOOKED}/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"),
    "allowances": f"{_ADJUSTED}[{_IS_CHARGE} = 'false' or {_IS_CHARGE} = '0']/ram:ActualAmount",
    "charges": f"{_ADJUSTED}[{_IS_CHARGE} = 'true' or {_IS_CHARGE} = '1']/ram:ActualAmount",
    "tax_category": f"{_BOOKED}/ram:ApplicableTradeTax/ram:CategoryCode",
    "tax_rate": f"{_BOOKED}/ram:ApplicableTradeTax/ram:RateApplicablePercent",
    "start": f"{_BOOKED}/{_PERIOD}/ram:StartDateTime/udt:DateTimeString",
    "end": f"{_BOOKED}/{_PERIOD}/ram:EndDateTime/udt:DateTimeString",
    "purchase_order": f"{_ORDERED}/ram:IssuerAssignedID",
    "purchase_order_line": f"{_ORDERED}/ram:LineID",
    "cost_center": f"{_BOOKED}/ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID",
    "property_names": f"{_PRODUCT}/ram:ApplicableProductCharacteristic[ram:Value]/ram:Description",
    "property_values": f"{_PRODUCT}/ram:ApplicableProductCharacteristic[ram:Description]/ram:Value",
}
_ALLOWANCE: Final = {
    "is_charge": "ram:ChargeIndicator/udt:Indicator",
    "amount": "ram:ActualAmount | ram:AppliedAmount",
    "reason": "ram:Reason | ram:Description",
    "reason_code": "ram:ReasonCode",
    "tax_category": "ram:CategoryTradeTax/ram:CategoryCode | ram:AppliedTradeTax/ram:CategoryCode",
    "tax_rate": (
        "ram:CategoryTradeTax/ram:RateApplicablePercent"
        " | ram:AppliedTradeTax/ram:RateApplicablePercent"
    ),
}
_SUBTOTAL: Final = {
    "amount": f"ram:CalculatedAmount{_OWN}",
    "tax_category": "ram:CategoryCode",
    "tax_rate": "ram:RateApplicablePercent",
}

# UNTDID 2379: a day, a month, an ISO week
_FORMATS: Final = {
    "102": re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII),
    "610": re.compile(r"(\d{4})(\d{2})", re.ASCII),
    "616": re.compile(r"(\d{4})(\d{2})", re.ASCII),
}


def _span(text: str, form: str) -> Span:
    pattern = _FORMATS.get(form or "102")
    found = pattern.fullmatch(text) if pattern else None
    if not found:
        raise ValueError(text)
    year, part, *rest = map(int, found.groups())
    if form == "610":
        return date(year, part, 1), date(year, part, calendar.monthrange(year, part)[1])
    if form == "616":
        monday = date.fromisocalendar(year, part, 1)
        return monday, monday + timedelta(days=6)
    day = date(year, part, *rest)
    return day, day


CII: Final = Form(
    name="CII",
    head=paths(_NAMESPACES, _HEAD),
    line=paths(_NAMESPACES, _LINE),
    allowance=paths(_NAMESPACES, _ALLOWANCE),
    subtotal=paths(_NAMESPACES, _SUBTOTAL),
    span=_span,
)
