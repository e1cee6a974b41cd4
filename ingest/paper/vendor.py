"""Who may invoice, as the user declares it: vendors are known by their ids, not their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from ingest.invoice.head import Head
from ingest.invoice.invoice import Invoice
from ingest.invoice.printable import WORD, printable
from ingest.invoice.terms import Share, Terms
from ingest.invoice.trust import is_near, skeleton
from models.field import Currency, DayText, Strict, Text
from models.money import ZERO

_MARKS: Final = re.compile(r"[\s./_-]+")
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")
Id = Annotated[str, StringConstraints(pattern=r"^[^:\s]+:\s*\S.*$")]


class Days(Strict):
    """First and last day of the work that an order is for, both included."""

    first: DayText
    last: DayText

    @model_validator(mode="after")
    def ordered(self) -> Days:
        """Refuse days that end before they begin."""
        if self.last < self.first:
            raise ValueError(f"last {self.last} lies before first {self.first}")
        return self


class Vendor(Strict):
    """One vendor."""

    issuer: Text | None = None
    """Its name in reports; without one, the name it has here."""
    ids: tuple[Id, ...] = ()
    """What its invoices state about it, each as `scheme:value`: vat:DE123456789,
    0088:7300010000001 for an electronic address, `stripe:` and the account; `name:` and the
    printed name is no proof of anything."""
    unnamed: bool = False
    """Whether documents that name no issuer at all are this vendor's."""
    service: Text
    """What it is paid for, for example Data labeling."""
    tax_recoverable: Share = ZERO
    """Whether tax comes back, and so is no cost of a project; or the share of it, 0.4."""
    currency: Currency | None = None
    """The currency it invoices in; an invoice in another one is set aside."""
    account: str = ""
    """Our account there."""
    purchase_order: str = ""
    """The order of invoices that state none."""
    orders: dict[Text, Days] = Field(default_factory=dict)
    """Days of the work by purchase order, for invoices that state none."""
    wallet: bool = False
    """Whether prepayments are drawn down by use, and no final invoice follows."""

    @model_validator(mode="after")
    def knowable(self) -> Vendor:
        """Refuse a vendor that no document could be of."""
        if not self.ids and not self.unnamed:
            raise ValueError("a vendor needs `ids`, such as vat:DE123456789, or `unnamed: true`")
        return self

    def terms(self, name: str) -> Terms:
        """Return the same for those who read invoices; `name` is what it is called here."""
        days: dict[str, tuple[date, date]] = {o: (d.first, d.last) for o, d in self.orders.items()}
        return Terms(
            issuer=self.issuer or name,
            service=self.service,
            tax_recoverable=Decimal(self.tax_recoverable),
            account=self.account,
            orders=days,
            wallet=self.wallet,
        )


@dataclass(frozen=True, slots=True)
class Vendors:
    """All vendors of a source."""

    known: Mapping[str, Vendor]

    def named(self, invoice: Invoice) -> str | None:
        """Return the name of an invoice's vendor; None when no one, or more than one, fits."""
        head = invoice.head
        if head is None:
            return None
        stated = {folded(each) for each in stated_ids(head)}
        found = {name for name, v in self.known.items() if stated & {*map(folded, v.ids)}}
        if not stated:
            found = {name for name, vendor in self.known.items() if vendor.unnamed}
        return found.pop() if len(found) == 1 else None

    def terms(self, invoice: Invoice) -> Terms | None:
        """Return the terms of an invoice's vendor; None when it is unknown."""
        name = self.named(invoice)
        return None if name is None else self.known[name].terms(name)

    def completed(self, invoice: Invoice) -> Invoice:
        """Return an invoice with its vendor's order, or set aside in another currency."""
        name, head = self.named(invoice), invoice.head
        if name is None or head is None or invoice.faults:
            return invoice
        vendor = self.known[name]
        if vendor.currency and head.currency != vendor.currency:
            said = f"is not what {name} invoices in, {vendor.currency}; see `vendors` of the source"
            return invoice.refused(said, head.currency, "currency")
        orders = {line.texts.get("purchase_order") for line in invoice.lines} - {None, ""}
        if head.purchase_order or orders or not vendor.purchase_order:
            return invoice
        return replace(invoice, head=replace(head, purchase_order=vendor.purchase_order))

    def unknown(self, invoice: Invoice) -> str:
        """Return why an invoice of nobody we know does not count, with the lines to add."""
        head = invoice.head
        ids = sorted(set(stated_ids(head))) if head else []
        issuer = printable(head.issuer if head else "", WORD)
        shown = ", ".join(f'"{printable(each, WORD)}"' for each in _proving(ids))
        way = f"ids: [{shown}]" if shown else "unnamed: true"
        slug = _NOT_SLUG.sub("-", issuer.casefold()).strip("-")[:40] or "name"
        entry = f"{slug}: {{{way}, service: Data labeling}}"
        return (
            f"is from {issuer or 'nobody by name'}, whom `vendors` of the source does not know"
            f"{self._fraud(issuer)}; if it is right, add `{entry}`"
        )

    def _fraud(self, issuer: str) -> str:
        """Return a warning when the name is a known vendor's, or looks like it."""
        own = skeleton(issuer)
        for name, vendor in self.known.items():
            for each in (name, vendor.issuer or name):
                if issuer and is_near(own, skeleton(each)):
                    return f": its name is {each}'s or looks like it, its ids are not; ask {each}"
        return ""


def stated_ids(head: Head) -> tuple[str, ...]:
    """Return what a document says about its issuer, the printed name among it."""
    return (*head.issuer_ids, *((f"name:{head.issuer}",) if head.issuer else ()))


def folded(stated: str) -> str:
    """Return an id as two writings of it share it."""
    scheme, _, value = stated.partition(":")
    return f"{scheme.strip().casefold()}:{_MARKS.sub('', value).casefold()}"


def _proving(ids: list[str]) -> list[str]:
    return [each for each in ids if not each.startswith("name:")] or ids
