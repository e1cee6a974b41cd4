"""An asset of the register, as it was written there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from models.period import Month

Convention = Literal["full_month", "next_month", "mid_month", "daily"]
Funding = Literal["owned", "lease"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One thing that was bought, or is leased; amounts in `currency`, zero or more.

    Attributes:
        row: Row in the register, 1 is the first.
        in_service: First day of use.
        life_months: Months of useful life.
        gpus: How many accelerators it has; 0 for other things.
        disposal: Day from which it is gone; None while it is there.
        proceeds: What it brought then.
        hours: Accelerator hours of a whole month, where not every hour counts.
        project: Whose it is where nobody tells who used it; empty for nobody's.
    """

    row: int
    asset_id: str
    description: str
    serial: str
    cost: Decimal
    currency: str
    residual: Decimal
    in_service: date
    life_months: int
    convention: Convention
    cluster: str
    gpus: int
    gpu_type: str
    disposal: date | None
    proceeds: Decimal
    hours: Decimal | None
    funding: Funding
    invoice_id: str
    project: str

    @property
    def is_owned(self) -> bool:
        """Whether it is depreciated; rates of a lease come as invoices."""
        return self.funding == "owned"

    def is_there(self, month: Month) -> bool:
        """Return whether it is in the books in a month, that of its disposal included."""
        gone = self.disposal is not None and self.disposal < month.first
        return self.in_service <= month.last and not gone

    def days(self, month: Month) -> int:
        """Return the days of a month on which it could be used."""
        first = max(self.in_service, month.first)
        end = (month + 1).first if self.disposal is None else self.disposal
        return max(0, (min(end, (month + 1).first) - first).days)
