"""UBL 2.1, Invoice and CreditNote: where its terms lie."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from ingest.einvoice.form import Form, Span, paths

_SCHEMA: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
INVOICE: Final = f"{{{_SCHEMA}Invoice-2}}Invoice"
CREDIT_NOTE: Final = f"{{{_SCHEMA}CreditNote-2}}CreditNote"
_NAMESPACES: Final = {
    "cac": f"{_SCHEMA}CommonAggregateComponents-2",
    "cbc": f"{_SCHEMA}CommonBasicComponents-2",
}
# a day may carry a zone, which moves no invoice to another day
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?", re.ASCII)

_SELLER: Final = "cac:AccountingSupplierParty/cac:Party"
_BUYER: Final = "cac:AccountingCustomerParty"
_TOTAL: Final = "cac:LegalMonetaryTotal"
_OWN: Final = "[not(@currencyID) or @currencyID = $currency]"  # tax may be told in two
_IS_CHARGE: Final = "normalize-space(cbc:ChargeIndicator)"

_HEAD: Final = {
    "number": "cbc:ID",
    "type_code": "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode",
    "issued": "cbc:IssueDate",
    "due": "cbc:DueDate | cac:PaymentMeans/cbc:PaymentDueDate",
    "currency": "cbc:DocumentCurrencyCode",
    "issuer": f"{_SELLER}/cac:PartyLegalEntity/cbc:RegistrationName",
    "issuer_trade_name": f"{_SELLER}/cac:PartyName/cbc:Name",
    "issuer_vat": f"{_SELLER}/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID = 'VAT']/cbc:CompanyID",
    "issuer_ids": (
        f"{_SELLER}/cbc:EndpointID | {_SELLER}/cac:PartyIdentification/cbc:ID"
        f" | {_SELLER}/cac:PartyLegalEntity/cbc:CompanyID"
    ),
    "buyer_account": (
        f"{_BUYER}/cbc:SupplierAssignedAccountID"
        f" | {_BUYER}/cac:Party/cac:PartyIdentification/cbc:ID"
    ),
    "buyer_reference": "cbc:BuyerReference",
    "cost_center": "cbc:AccountingCost",
    "purchase_order": "cac:OrderReference/cbc:ID",
    "start": "cac:InvoicePeriod/cbc:StartDate",
    "end": "cac:InvoicePeriod/cbc:EndDate",
    "preceding": "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
    "payment_terms": "cac:PaymentTerms/cbc:Note",
    "files": "cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject",
    "lines": "cac:InvoiceLine | cac:CreditNoteLine",  # lines inside them are part of theirs
    "allowances": "cac:AllowanceCharge",
    "subtotals": f"cac:TaxTotal[cbc:TaxAmount{_OWN}]/cac:TaxSubtotal",
    "lines_net": f"{_TOTAL}/cbc:LineExtensionAmount{_OWN}",
    "allowances_total": f"{_TOTAL}/cbc:AllowanceTotalAmount{_OWN}",
    "charges_total": f"{_TOTAL}/cbc:ChargeTotalAmount{_OWN}",
    "net": f"{_TOTAL}/cbc:TaxExclusiveAmount{_OWN}",
    "tax": f"cac:TaxTotal/cbc:TaxAmount{_OWN}",
    "gross": f"{_TOTAL}/cbc:TaxInclusiveAmount{_OWN}",
    "prepaid": f"{_TOTAL}/cbc:PrepaidAmount{_OWN}",
    "rounding": f"{_TOTAL}/cbc:PayableRoundingAmount{_OWN}",
    "payable": f"{_TOTAL}/cbc:PayableAmount{_OWN}",
}
_LINE: Final = {
    "line": "cbc:ID",
    "name": "cac:Item/cbc:Name",
    "description": "cac:Item/cbc:Description",
    "sku": "cac:Item/cac:SellersItemIdentification/cbc:ID",
    "standard_sku": "cac:Item/cac:StandardItemIdentification/cbc:ID",
    "quantity": "cbc:InvoicedQuantity | cbc:CreditedQuantity",
    "price": "cac:Price/cbc:PriceAmount",
    "price_base": "cac:Price/cbc:BaseQuantity",
    "amount": "cbc:LineExtensionAmount",
    "allowances": f"cac:AllowanceCharge[{_IS_CHARGE} = 'false' or {_IS_CHARGE} = '0']/cbc:Amount",
    "charges": f"cac:AllowanceCharge[{_IS_CHARGE} = 'true' or {_IS_CHARGE} = '1']/cbc:Amount",
    "tax_category": "cac:Item/cac:ClassifiedTaxCategory/cbc:ID",
    "tax_rate": "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
    "start": "cac:InvoicePeriod/cbc:StartDate",
    "end": "cac:InvoicePeriod/cbc:EndDate",
    "purchase_order": "cac:OrderLineReference/cac:OrderReference/cbc:ID",
    "purchase_order_line": "cac:OrderLineReference/cbc:LineID",
    "cost_center": "cbc:AccountingCost",
    "property_names": "cac:Item/cac:AdditionalItemProperty[cbc:Value]/cbc:Name",
    "property_values": "cac:Item/cac:AdditionalItemProperty[cbc:Name]/cbc:Value",
}
_ALLOWANCE: Final = {
    "is_charge": "cbc:ChargeIndicator",
    "amount": "cbc:Amount",
    "reason": "cbc:AllowanceChargeReason",
    "reason_code": "cbc:AllowanceChargeReasonCode",
    "tax_category": "cac:TaxCategory/cbc:ID",
    "tax_rate": "cac:TaxCategory/cbc:Percent",
}
_SUBTOTAL: Final = {
    "amount": f"cbc:TaxAmount{_OWN}",
    "tax_category": "cac:TaxCategory/cbc:ID",
    "tax_rate": "cac:TaxCategory/cbc:Percent",
}


def _span(text: str, _: str) -> Span:
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(text)
    day = date.fromisoformat(found[1])
    return day, day


UBL: Final = Form(
    name="UBL",
    head=paths(_NAMESPACES, _HEAD),
    line=paths(_NAMESPACES, _LINE),
    allowance=paths(_NAMESPACES, _ALLOWANCE),
    subtotal=paths(_NAMESPACES, _SUBTOTAL),
    span=_span,
)
