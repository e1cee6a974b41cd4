"""How the FOCUS tables of data exports are written."""

from __future__ import annotations

from typing import Final

from ingest.focus.dialect import Dialect

# The customer's query chooses the columns; without these rules and traces would miss something.
DIALECT: Final = Dialect(
    required=(
        *("ChargeDescription", "ChargeFrequency", "ProviderName"),
        *("ResourceId", "SubAccountId", "Tags"),
    ),
    known=("x_CostCategories", "x_Discounts"),
)
