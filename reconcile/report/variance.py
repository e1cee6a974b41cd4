"""Variance of a month item by item, as aligned text and as JSON, for `trueup variance`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence

from models.money import ZERO
from models.subunit import places
from reconcile.driver.shown import DriverTable
from reconcile.portfolio import Portfolio
from reconcile.report import drivers
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE, grouped


def table(p: Portfolio, projects: Collection[str]) -> str:
    """Return each category of some projects for a terminal: the month, then the sums to date."""
    return "".join(f"{line}\n" for line in _lines(p, projects))


def document(p: Portfolio, projects: Collection[str]) -> str:
    """Return the same as JSON, every amount exactly, as text."""
    found = drivers.document(_of(p.drivers.month, projects), _of(p.drivers.to_date, projects))
    content = {
        "schema_version": 1,
        "month": str(p.month),
        "currency": p.currency,
        "as_of": p.as_of.isoformat(),
        "snapshot": p.snapshot,
        "state": p.state,
        "month_tables": found["month"],
        "to_date_tables": found["to_date"],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _lines(p: Portfolio, projects: Collection[str]) -> Iterator[str]:
    months, sums = _of(p.drivers.month, projects), _of(p.drivers.to_date, projects)
    if not months and not sums:
        runs = ": it still runs, and days are not compared with the plan of a month"
        why = runs if p.month.end > p.as_of else ""
        yield f"nothing to compare in {p.month}{why}"
        return
    yield f"{p.month}, {p.currency}; + is over plan; the parts of a row sum to its difference"
    for made in months:
        yield from _shown(made, p.currency, "")
    for made in sums:
        yield from _shown(made, p.currency, f" to {p.month}")


def _shown(made: DriverTable, currency: str, period: str) -> Iterator[str]:
    parts = drivers.named([made])
    cells = drivers.block(made, parts, currency)
    texts = [["" if each.text == NONE else visible(each.text) for each in row] for row in cells]
    rows = [drivers.heads(parts), *texts]
    numbers = range(drivers.WORDS - 1, len(rows[0]))
    delta = grouped(made.whole.delta.value or ZERO, "+", places(currency))
    yield ""
    yield visible(f"{made.project}, {made.title}{period}: {delta}")
    yield from aligned([row[1:] for row in rows], numbers)


def _of(made: Sequence[DriverTable], projects: Collection[str]) -> list[DriverTable]:
    return [each for each in made if not projects or each.project in projects]
