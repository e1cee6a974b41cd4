"""Lines of invoices as charges: one per month of work, and one per month for the tax.

A line over several months is billed in the month of issue and spread by day over the months
of the work, so that the billing period sums to the invoice and the charge period to the cost
of the work; `x_derived` is `accrual_part` from the second month on, `tax` for the tax.
A credit note is negative usage with `charge_class` Correction: what was charged for the same
days, taken back. Its charges lie in the days it states, its billing period is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

import polars as pl

from ingest.invoice.accrual import Span, spans, spread
from ingest.invoice.line import Line
from ingest.invoice.settings import Settings
from models.charge import CHARGE
from models.money import ZERO
from models.period import Month

CATEGORY: Final = "AI and Machine Learning"
SUBCATEGORY: Final = "Other (AI and Machine Learning)"
_OWN_FIELDS: Final = ("x_source", "x_document")


@dataclass(frozen=True, slots=True)
class Part:
    """One month of a line; costs and quantity are its share."""

    line: Line
    span: Span
    cost: Decimal
    quantity: Decimal | None
    derived: str | None
    is_tax: bool


def frame(lines: Iterable[Line], settings: Settings, period: Month) -> pl.DataFrame:
    """Return the charges of lines, CHARGE columns without those that the loader adds."""
    schema = {name: dtype for name, dtype in CHARGE.items() if name not in _OWN_FIELDS}
    rows = [_charge(part, settings, period) for line in lines for part in charged(line)]
    return pl.DataFrame(rows, schema=schema)


def charged(line: Line) -> Iterator[Part]:
    """Yield the parts of a line, then those of its tax."""
    over = spans(*(line.service or (line.issued, line.issued)))
    quantities = spread(line.quantity, over) if line.quantity is not None else [None] * len(over)
    costs = spread(line.amount, over)
    for number, (span, cost, quantity) in enumerate(zip(over, costs, quantities, strict=True)):
        derived = "accrual_part" if number else None
        yield Part(line, span, cost, quantity, derived, line.is_tax)
    for span, tax in zip(over, spread(line.tax, over) if line.tax else (), strict=False):
        yield Part(line, span, tax, None, "tax", is_tax=True)


def _charge(part: Part, settings: Settings, period: Month) -> dict[str, Any]:
    line = part.line
    is_cost = not (part.is_tax and settings.tax_recoverable)
    costs = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
    return {
        **dict.fromkeys(costs, part.cost),
        "x_tco_cost": part.cost if is_cost else ZERO,
        "billing_account_id": settings.issuer,
        "billing_account_type": "Vendor",
        "billing_currency": line.currency,
        "billing_period_start": period.start,
        "billing_period_end": period.end,
        "charge_category": "Tax" if part.is_tax else "Usage",
        "charge_class": "Correction" if line.is_credit else None,
        "charge_description": line.texts.get("description"),
        "charge_frequency": "One-Time" if part.is_tax else "Usage-Based",
        "charge_period_start": _instant(part.span.first),
        "charge_period_end": _instant(part.span.end),
        "invoice_id": line.number,
        **dict.fromkeys(
            ("invoice_issuer_name", "provider_name", "publisher_name"), settings.issuer
        ),
        "service_category": CATEGORY,
        "service_name": settings.service,
        "service_subcategory": SUBCATEGORY,
        "tags": dict(line.tags),
        "x_row": line.row,
        "x_derived": part.derived,
        "x_line_type": line.texts.get("kind"),
        "x_purchase_order": line.texts.get("purchase_order"),
        "x_period_basis": "line" if line.service else "invoice_date",
        **_metered(part),
    }


def _metered(part: Part) -> dict[str, Any]:
    """Return quantities; a price only where it times the quantity is the cost exactly."""
    if part.quantity is None or part.is_tax:
        return {}
    unit, price = part.line.texts.get("unit", "Units"), part.line.unit_price
    is_priced = price is not None and price * part.quantity == part.cost
    return {
        **dict.fromkeys(("consumed_quantity", "pricing_quantity"), part.quantity),
        **dict.fromkeys(("consumed_unit", "pricing_unit"), unit),
        **dict.fromkeys(("list_unit_price", "contracted_unit_price"), price if is_priced else None),
        "pricing_category": "Standard",
    }


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
