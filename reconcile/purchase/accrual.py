"""Accruals: cost of a month that no bill has brought yet, or that was paid for before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from models.money import MONEY, QUANTITY, ZERO, rounded
from models.period import Month
from models.purchase import SOURCE
from models.purchasefile import Purchase
from models.spend import SPEND
from models.subunit import places

GOODS: Final = "goods_received"
DRAWDOWN: Final = "drawdown"
BREAKAGE: Final = "breakage"
MINIMUM: Final = "minimum"
TITLES: Final = {
    GOODS: "Goods received, not invoiced",
    DRAWDOWN: "Prepaid drawdown",
    BREAKAGE: "Prepaid breakage",
    MINIMUM: "Minimum commitment",
}
AWAITED: Final = (GOODS, MINIMUM)  # an invoice is still to come, which takes them back
ACCRUALS: Final = pl.Schema(
    {
        **dict.fromkeys(("purchase", "line", "kind", "issuer", "month"), pl.String()),
        **dict.fromkeys(("project", "category", "item", "currency"), pl.String()),
        "quantity": QUANTITY,
        **dict.fromkeys(("amount", "balance"), MONEY),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """What one purchase adds to the cost of a month, in its currency.

    Attributes:
        kind: One of TITLES.
        amount: Cost of the month; negative where an invoice took an accrual back.
        balance: At the month's end: accrued and not invoiced, or paid and not used.
        quantity: Units that the balance is of, or that were drawn; None for a minimum.
    """

    purchase: Purchase
    line: str = ""
    kind: str
    month: Month
    amount: Decimal
    balance: Decimal
    quantity: Decimal | None = None


def steps(
    purchase: Purchase,
    kind: str,
    balances: Mapping[Month, tuple[Fraction, Fraction | None]],
    line: str = "",
) -> Iterator[Accrual]:
    """Yield what the balance of each month differs from the month before, where it does.

    Args:
        purchase: Whose balance it is.
        kind: One of TITLES.
        balances: Amount and quantity at the end of consecutive months.
        line: Line of the order.
    """
    before = ZERO
    for month in sorted(balances):
        amount, quantity = balances[month]
        now = rounded(amount, places(purchase.currency))
        if now != before:
            yield Accrual(
                purchase=purchase,
                line=line,
                kind=kind,
                month=month,
                amount=now - before,
                balance=now,
                quantity=None if quantity is None else rounded(quantity, 18),
            )
        before = now


def spend_frame(found: Iterable[Accrual]) -> pl.DataFrame:
    """Return accruals as spend: cost that nobody billed, on the last day of its month."""
    return pl.DataFrame([_spend(each) for each in found], schema=SPEND)


def accruals_frame(found: Iterable[Accrual]) -> pl.DataFrame:
    """Return accruals as the warehouse publishes them."""
    rows = [
        {
            "purchase": each.purchase.number,
            "issuer": each.purchase.issuer,
            "month": str(each.month),
            **{name: getattr(each, name) for name in ("line", "kind")},
            **{name: getattr(each, name) for name in ("quantity", "amount", "balance")},
            **_bearing(each.purchase),
        }
        for each in found
    ]
    return pl.DataFrame(rows, schema=ACCRUALS)


def _spend(each: Accrual) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "period": str(each.month),
        **_bearing(each.purchase),
        **dict.fromkeys(("project_rule", "category_rule"), f"purchase:{each.purchase.number}"),
        "path": None,
        "share": Decimal(1),
        "service_name": TITLES[each.kind],
        "charge_category": "Usage",
        **dict.fromkeys(("pricing_category", "commitment_discount_status", "gpu_type"), None),
        "consumed_unit": None,
        "day": each.month.last,
        "billed_cost": ZERO,
        **dict.fromkeys(("effective_cost", "tco_cost", "list_cost"), each.amount),
        "consumed_quantity": ZERO,
        "lines": 0,
    }


def _bearing(purchase: Purchase) -> dict[str, str | None]:
    return {name: getattr(purchase, name) for name in ("project", "category", "item", "currency")}
