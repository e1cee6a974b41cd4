"""What the user says about a place that documents of vendors come to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, tzinfo
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from ingest.invoice.columns import Texts, alternatives
from ingest.invoice.whereabouts import WHEREABOUTS, Whereabouts
from ingest.paper.vendor import Vendor, folded
from models.field import Text, Zone

_OF_NO_BYTES: Final = {*WHEREABOUTS, "pattern", "expected_by_day"}


class Settings(Whereabouts):
    """One place for invoices of many vendors: UBL, CII, PDF, Stripe's JSON; also in messages."""

    kind: Literal["invoice_document"]
    """`invoice_document`."""
    pattern: Annotated[Texts, BeforeValidator(alternatives)] = (
        *("*.xml", "*.pdf", "*.json"),
        *("*.eml", "*.mbox", "*.mbx"),
    )
    """Which files are read, whatever the case of their names; what a file is, its first bytes
    tell."""
    vendors: dict[Text, Vendor] = Field(default_factory=dict)
    """Who may invoice, by the name they have here."""
    zone: Zone | None = None
    """Time zone of the days in Stripe's JSON, which states moments: Europe/Berlin; else UTC."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which invoices of a month are expected."""

    @model_validator(mode="after")
    def apart(self) -> Settings:
        """Refuse vendors that cannot be told apart."""
        counts = Counter(folded(each) for v in self.vendors.values() for each in {*v.ids})
        if twice := sorted(each for each, count in counts.items() if count > 1):
            raise ValueError(f"{twice[0]} is an id of two vendors; one of them is wrong")
        names = Counter(vendor.issuer or name for name, vendor in self.vendors.items())
        if twice := sorted(each for each, count in names.items() if count > 1):
            raise ValueError(f"{twice[0]} is the issuer of two vendors; give them one entry")
        if sum(vendor.unnamed for vendor in self.vendors.values()) > 1:
            raise ValueError("`unnamed` can be true of one vendor only")
        return self

    @property
    def clock(self) -> tzinfo:
        """The time zone."""
        return ZoneInfo(self.zone) if self.zone else UTC

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        return self.model_dump_json(exclude=_OF_NO_BYTES)
