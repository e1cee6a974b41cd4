"""Control totals of usage, whoever counted it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Final

from ingest.source import Control, Sum
from models.money import WIDE

Counted = tuple[int, str, Decimal]  # row of the document, driver, quantity
_PLAIN: Final = "f"


def told(counted: Iterable[Counted], aside: int) -> Control:
    """Return the control totals of a document of usage alone.

    Args:
        counted: Row, driver and quantity of each row of usage.
        aside: How many rows are set aside.
    """
    rows: set[int] = set()
    sums: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row, driver, quantity in counted:
        rows.add(row)
        sums[driver].append(quantity)
    with localcontext(prec=WIDE):
        beside = tuple(
            Sum("usage", driver, len(found), format(sum(found, Decimal(0)), _PLAIN))
            for driver, found in sorted(sums.items())
        )
    return Control(rows=len(rows) + aside, totals=(), first="", last="", beside=beside)
