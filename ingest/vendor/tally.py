"""Adding up for the second reader: amounts by currency and category, quantities by driver."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext

from ingest.source import Control, Sum, Total
from ingest.verify import Amount
from models.money import WIDE


@dataclass(slots=True)
class Tally:
    """What a second reader has seen so far; rows are those that say something."""

    rows: int = 0
    costs: defaultdict[tuple[str, str], list[Decimal]] = field(
        default_factory=lambda: defaultdict(list)
    )
    uses: defaultdict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))
    days: list[date] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)

    def cost(self, currency: str, category: str, amount: Decimal, day: date) -> None:
        """Add a charge of the row that was counted last."""
        self.amounts.append(Amount(self.rows, currency, amount, amount))
        self.costs[currency, category].append(amount)
        self.days.append(day)

    def use(self, driver: str, quantity: Decimal) -> None:
        """Add a row of usage."""
        self.uses[driver].append(quantity)

    def control(self) -> Control:
        """Return what was added up."""
        return Control(
            rows=self.rows,
            totals=tuple(
                Total(*key, len(amounts), summed(amounts), summed(amounts))
                for key, amounts in sorted(self.costs.items())
            ),
            first=min(self.days).isoformat() if self.days else "",
            last=max(self.days).isoformat() if self.days else "",
            beside=tuple(
                Sum("usage", driver, len(quantities), summed(quantities))
                for driver, quantities in sorted(self.uses.items())
            ),
        )


def summed(amounts: list[Decimal]) -> str:
    """Return the exact sum as plain text."""
    with localcontext(prec=WIDE):
        return f"{sum(amounts, Decimal(0)):f}"
