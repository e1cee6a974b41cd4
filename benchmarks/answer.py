"""The answer that every engine must give alike: what each project and category costs a day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

# of each row of an answer, in this order; costs are exact, `lines` counts charges
COLUMNS: Final = (
    "project",
    "category",
    "project_rule",
    "category_rule",
    "day",
    "billed_cost",
    "effective_cost",
    "lines",
)
GRAIN: Final = COLUMNS[:5]


def digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return the SHA-256 of rows of COLUMNS, in whatever order they come."""
    lines = sorted("\t".join(map(_text, row)) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
