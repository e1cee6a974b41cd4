"""Electronic invoices of a second labeling company, in UBL, and the labels that were accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import parts, rounded
from models.period import Month
from scheduler.demo.calendar import CLOSED, Calendar
from scheduler.demo.euro import CONTRACT, rate
from scheduler.demo.story import Item, Story

PROJECT: Final = "code-assist-33b"
ISSUER: Final = "Satzwerk Annotation GmbH"
VAT: Final = "DE287415906"
ORDER: Final = "PO-LABEL-COD"
TAX: Final = Decimal(19)  # percent
UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd"

INVOICE: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="{UBL}:Invoice-2"
  xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
  <cbc:ID>{{number}}</cbc:ID>
  <cbc:IssueDate>{{issued}}</cbc:IssueDate>
  <cbc:DueDate>{{due}}</cbc:DueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cbc:BuyerReference>{PROJECT}</cbc:BuyerReference>
  <cac:InvoicePeriod>
    <cbc:StartDate>{{first}}</cbc:StartDate><cbc:EndDate>{{last}}</cbc:EndDate>
  </cac:InvoicePeriod>
  <cac:OrderReference><cbc:ID>{ORDER}</cbc:ID></cac:OrderReference>
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyName><cbc:Name>{ISSUER}</cbc:Name></cac:PartyName>
    <cac:PartyTaxScheme>
      <cbc:CompanyID>{VAT}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
    </cac:PartyTaxScheme>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party>
    <cac:PartyName><cbc:Name>Acme Inc</cbc:Name></cac:PartyName>
  </cac:Party></cac:AccountingCustomerParty>
  <cac:TaxTotal>
    <cbc:TaxAmount currencyID="EUR">{{tax}}</cbc:TaxAmount>
    <cac:TaxSubtotal>
      <cbc:TaxableAmount currencyID="EUR">{{net}}</cbc:TaxableAmount>
      <cbc:TaxAmount currencyID="EUR">{{tax}}</cbc:TaxAmount>
      <cac:TaxCategory>
        <cbc:ID>S</cbc:ID><cbc:Percent>{TAX}</cbc:Percent>
        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
      </cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">{{net}}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="EUR">{{net}}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="EUR">{{gross}}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="EUR">{{gross}}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  <cac:InvoiceLine>
    <cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">{{quantity}}</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="EUR">{{net}}</cbc:LineExtensionAmount>
    <cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>
    <cac:Item>
      <cbc:Name>Preference labels</cbc:Name>
      <cac:ClassifiedTaxCategory>
        <cbc:ID>S</cbc:ID><cbc:Percent>{TAX}</cbc:Percent>
        <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
      </cac:ClassifiedTaxCategory>
    </cac:Item>
    <cac:Price><cbc:PriceAmount currencyID="EUR">{{price}}</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
</Invoice>
"""

PURCHASES: Final = f"""\
# yaml-language-server: $schema=.trueup/schema/purchases.schema.json
# What was ordered: `trueup invoice match` compares it with what was accepted and invoiced, and
# what is accepted and not invoiced yet is cost of its month already.
orders:
  - number: {ORDER}
    issuer: {ISSUER}
    project: {PROJECT}
    category: data
    item: labels
    currency: EUR
    from: {{start}}
    lines:
      - id: "1"
        unit: C62
        quantity: {{quantity}}
        unit_price: {{price}}
        usage: {{{{driver: labels_accepted, source: acceptance, unit: {PROJECT}}}}}
"""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the company delivers in a month; the price is in euro."""

    month: Month
    quantity: int
    price: Decimal


def invoices(stories: Sequence[Story], calendar: Calendar) -> dict[str, str]:
    """Return the invoices by name, one for each month that has ended."""
    return {
        f"SW-{each.month}.xml": _invoice(each)
        for each in _delivered(stories, calendar)
        if each.month in calendar.billed[:CLOSED]
    }


def accepted(stories: Sequence[Story], calendar: Calendar) -> dict[str, str]:
    """Return the labels that passed our checks, by name: a file a month, up to yesterday."""
    return {
        f"{each.month}.csv": _accepted(each, calendar)
        for each in _delivered(stories, calendar)
        if calendar.days(each.month)
    }


def purchases(stories: Sequence[Story], calendar: Calendar) -> str:
    """Return the text of purchases.yaml."""
    item = _item(stories)
    quantity = item.quantity["comparisons"]
    return PURCHASES.format(
        start=calendar.start.first, quantity=quantity, price=f"{_price(item):f}"
    )


def _item(stories: Sequence[Story]) -> Item:
    story = next(story for story in stories if story.id == PROJECT)
    return next(item for item in story.items if item.term == "labeling")


def _price(item: Item) -> Decimal:
    return rounded(Fraction(Decimal(item.price)) / Fraction(CONTRACT), 4)


def _delivered(stories: Sequence[Story], calendar: Calendar) -> list[Labels]:
    item = _item(stories)
    price = _price(item)
    found = []
    for month in calendar.billed:
        euros = item.actual(calendar.number(month)) / Fraction(rate(month, calendar))
        found.append(Labels(month, int(rounded(euros / Fraction(price), 0)), price))
    return found


def _invoice(labels: Labels) -> str:
    month, net = labels.month, rounded(labels.quantity * labels.price)
    tax = rounded(net * TAX / 100)
    return INVOICE.format(
        number=f"SW-{month}",
        issued=month.last,
        due=month.last + timedelta(days=30),
        first=month.first,
        last=month.last,
        net=net,
        tax=tax,
        gross=net + tax,
        quantity=labels.quantity,
        price=f"{labels.price:f}",
    )


def _accepted(labels: Labels, calendar: Calendar) -> str:
    month = labels.month
    days = [month.first + timedelta(days=number) for number in range(month.days)]
    shares = parts(Decimal(labels.quantity), [1] * len(days), 0)
    rows = [
        f"{day},{PROJECT},{share}"
        for day, share in zip(days, shares, strict=True)
        if day in calendar.days(month)
    ]
    return "\n".join(["day,project,accepted", *rows, ""])
