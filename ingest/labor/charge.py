"""Labor as charges and usage: one of each for a role, a project and a month.

Nobody billed it, so `billed_cost` is 0; what it costs at standard rates is the effective cost.
Nothing finer than the month leaves the redacted document: a day and its hours are somebody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from ingest.labor.settings import Settings
from ingest.labor.work import Labor
from models.beside import BESIDE
from models.charge import CHARGE
from models.money import SCALE, ZERO, rounded
from models.period import Month

DRIVER: Final = "labor_hours"
DERIVED: Final = "labor"  # a charge is of many rows, so that it is no row of the document
WHOLE: Final = 0  # row of what is of the whole document
SERVICE: Final = "Labor"
_ORIGIN: Final = ("x_source", "x_document")
_MONTHS: Final = 4  # decimals of role-months as people read them


def charges(told: Sequence[Labor], settings: Settings, month: Month, currency: str) -> pl.LazyFrame:
    """Return the charges of a month, CHARGE columns without those that the loader adds."""
    schema = {name: dtype for name, dtype in CHARGE.items() if name not in _ORIGIN}
    rows = [
        {
            **_common(settings, month, currency),
            **dict.fromkeys(
                ("effective_cost", "x_tco_cost", "list_cost", "contracted_cost"), each.cost
            ),
            **dict.fromkeys(("consumed_quantity", "pricing_quantity"), hours(each)),
            "charge_description": f"Labor of {each.role}",
            "sub_account_id": each.matter.project or None,
            "sub_account_type": "Project" if each.matter.project else None,
            "sku_id": each.role,
            "tags": _tags(each),
        }
        for each in told
    ]
    return pl.LazyFrame(rows, schema=schema)


def usage(told: Sequence[Labor], month: Month) -> pl.LazyFrame:
    """Return the hours of a month as usage, without the columns that the loader adds."""
    schema = {name: dtype for name, dtype in BESIDE["usage"].schema.items() if name not in _ORIGIN}
    rows = [
        {
            "x_row": WHOLE,
            "unit": each.matter.project,
            "driver": DRIVER,
            "day": month.first,
            "quantity": hours(each),
            "detail": each.role,
            "tags": _tags(each),
        }
        for each in told
    ]
    return pl.LazyFrame(rows, schema=schema)


def hours(told: Labor) -> Decimal:
    """Return hours at the scale of frames."""
    return rounded(told.hours, SCALE)


def _tags(told: Labor) -> Mapping[str, str]:
    months = f"{rounded(told.role_months, _MONTHS):f}"
    tags = {**told.matter._asdict(), "role": told.role, "role_months": months}
    return {name: text for name, text in tags.items() if text}


def _common(settings: Settings, month: Month, currency: str) -> dict[str, Any]:
    who = ("invoice_issuer_name", "provider_name", "publisher_name", "billing_account_id")
    return {
        "billed_cost": ZERO,
        "billing_account_type": "Employer",
        "billing_currency": currency,
        **dict.fromkeys(("billing_period_start", "charge_period_start"), month.start),
        **dict.fromkeys(("billing_period_end", "charge_period_end"), month.end),
        "charge_category": "Usage",
        "charge_frequency": "Usage-Based",
        **dict.fromkeys(("consumed_unit", "pricing_unit"), "Hours"),
        **dict.fromkeys(who, settings.employer),
        "pricing_category": "Standard",
        "service_category": "Other",
        "service_name": SERVICE,
        "service_subcategory": "Other (Other)",
        "x_row": WHOLE,
        "x_derived": DERIVED,
        "x_line_type": DERIVED,
        "x_usage_type": DRIVER,
    }
