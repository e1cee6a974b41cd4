"""The second reader of a register: whole cents and half months, and only the totals.

The register is read anew, and depreciation found another way, by adding up a weight for each
month of the life, with nothing of `register`, `depreciation`, `share` and `part`. The hours
that were told are given: they are a part of the delivery.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ingest.hardware.settings import Columns, Settings
from ingest.source import Control, Sum, Total
from ingest.verify import Amount
from models.period import Month
from models.subunit import places
from models.yamlfile import read

Cells = Mapping[str, str]
Wholes = Mapping[str, Decimal]  # hours that clusters had, times the days of the month
NUMBERS: Final = (
    *("cost", "residual", "disposal_proceeds", "capacity_hours_per_month"),
    *("life_months", "gpu_count"),
)
HALVES: Final = {"full_month": (2, 2, 0), "next_month": (0, 2, 2), "mid_month": (1, 2, 1)}


def control(path: Path, settings: Settings, month: Month, table: str) -> Control:
    """State what the assets of a register must become in a month.

    Args:
        path: The register.
        settings: How it is written.
        month: The month.
        table: Hours as the delivery states them, JSON.
    """
    there = [cells for cells in _assets(path, settings) if _is_there(cells, month)]
    wholes: defaultdict[str, Decimal] = defaultdict(Decimal)
    for cells in there:
        wholes[_cluster(cells)] += _capacity(cells, month)
    rows: defaultdict[str, list[Decimal]] = defaultdict(list)
    costs: defaultdict[str, list[Decimal]] = defaultdict(list)
    for cells in there:
        costs[cells["currency"]].append(Decimal(cells.get("cost") or 0))
        written, sold = _cost(cells, month), _loss(cells, month, settings)
        parts = _parts(cells, wholes, month, table, settings) if written else 0
        extra = _sharers(cells, wholes, table) if sold else 0
        if parts + extra:
            rows[cells["currency"]] += [written + sold, *[Decimal(0)] * (parts + extra - 1)]
    first = month.first.isoformat() if rows else ""
    return Control(
        rows=len(there),
        totals=tuple(
            Total(currency, "Usage", len(each), "0", f"{sum(each, Decimal(0)):f}")
            for currency, each in sorted(rows.items())
        ),
        first=first,
        last=first,
        beside=tuple(
            Sum("assets", currency, len(each), f"{sum(each, Decimal(0)):f}")
            for currency, each in sorted(costs.items())
        ),
    )


def amounts(path: Path, settings: Settings, month: Month) -> Iterator[Amount]:
    """Yield what each asset of a register costs in a month, worked out as by `control`."""
    for row, cells in enumerate(_assets(path, settings), start=1):
        if _is_there(cells, month):
            cost = _cost(cells, month) + _loss(cells, month, settings)
            yield Amount(row, cells["currency"], Decimal(0), cost)


def _assets(path: Path, settings: Settings) -> Iterator[dict[str, str]]:
    """Yield each asset as plain text, with what the settings say for all."""
    given = {
        "currency": settings.currency or "",
        "convention": settings.convention,
        "life_months": str(settings.life_months or 0),
    }
    entries = read(path).data["assets"] if settings.is_yaml else _table(path, settings)
    for entry in entries:
        yield {**given, **{key: str(value) for key, value in entry.items() if value}}


def _table(path: Path, settings: Settings) -> Iterator[dict[str, str]]:
    text = io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")
    named = settings.columns.model_dump(exclude_none=True) if settings.columns else {}
    fields = named or {field: field for field in Columns.model_fields}
    for line in csv.DictReader(text, delimiter=settings.delimiter):
        bare = {key.strip(): cell.strip() for key, cell in line.items()}
        if any(bare.values()):
            entry = {field: bare.get(heading, "") for field, heading in fields.items()}
            yield {field: _canonical(field, cell, settings) for field, cell in entry.items()}


def _canonical(field: str, cell: str, settings: Settings) -> str:
    if cell and field.endswith("_date"):
        return datetime.strptime(cell, settings.dates).date().isoformat()  # noqa: DTZ007 - a day
    if field in NUMBERS:
        digits = "".join(cell.split())
        if settings.thousands:
            digits = digits.replace(settings.thousands, "")
        return digits.replace(settings.decimal, ".")
    return cell


def _is_there(cells: Cells, month: Month) -> bool:
    gone = cells.get("disposal_date") or "9999-12-31"
    return cells["in_service_date"] <= str(month.last) and gone >= str(month.first)


def _cost(cells: Cells, month: Month) -> Decimal:
    return _written_off(cells, month) - _written_off(cells, month + -1)


def _written_off(cells: Cells, month: Month) -> Decimal:
    """Return what is written off by a month's end, in whole subunits of the currency."""
    if cells.get("funding") == "lease":
        return Decimal(0)
    decimals = places(cells["currency"])
    whole = Decimal(cells["cost"]) - Decimal(cells.get("residual") or 0)
    above, below = _weights(cells, month)
    cents = int(whole.scaleb(decimals))
    return Decimal((2 * cents * above + below) // (2 * below)).scaleb(-decimals)


def _weights(cells: Cells, month: Month) -> tuple[int, int]:
    """Return the weights up to a month, and those of the whole life."""
    start, life = date.fromisoformat(cells["in_service_date"]), int(cells["life_months"])
    gone = date.fromisoformat(cells["disposal_date"]) if cells.get("disposal_date") else date.max
    if cells["convention"] == "daily":
        final = Month.of(start) + life
        last = final.first + timedelta(days=min(start.day, final.days) - 1)
        end = min(last, gone, (month + 1).first)
        return max(0, (end - start).days), (last - start).days
    first, middle, disposed = HALVES[cells["convention"]]
    reached, at = 0, Month.of(start)
    while at <= month and at <= Month.of(gone) and reached < 2 * life:
        begun = at == Month.of(start)
        mine = first if begun else middle
        if at == Month.of(gone):
            mine = 0 if begun else disposed
        reached, at = min(reached + mine, 2 * life), at + 1
    return reached, 2 * life


def _loss(cells: Cells, month: Month, settings: Settings) -> Decimal:
    gone = cells.get("disposal_date", "")
    if not settings.share_disposal or not gone.startswith(str(month)):
        return Decimal(0)
    if cells.get("funding") == "lease":
        return Decimal(0)
    left = Decimal(cells["cost"]) - _written_off(cells, month)
    return left - Decimal(cells.get("disposal_proceeds") or 0)


def _parts(cells: Cells, wholes: Wholes, month: Month, table: str, settings: Settings) -> int:
    """Return how many charges an asset's depreciation becomes."""
    units = _units(cells, wholes, table, "hours")
    if not units or not _capacity(cells, month):
        return 1
    told = sum(units, Decimal(0)) * month.days
    return len(units) + (settings.basis == "capacity" and told < wholes[_cluster(cells)])


def _sharers(cells: Cells, wholes: Wholes, table: str) -> int:
    return len(_units(cells, wholes, table, "so_far")) or 1


def _units(cells: Cells, wholes: Wholes, table: str, key: str) -> list[Decimal]:
    """Return the hours of each unit of an asset's cluster that used any."""
    told: Mapping[str, Mapping[str, Any]] = json.loads(table)[key]
    alone = len({*wholes} - {""}) == 1
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for name, units in told.items():
        cluster = _cluster(cells)
        if cluster and (name.strip().casefold() == cluster or (alone and not name)):
            for unit, hours in units.items():
                sums[unit] += Decimal(hours)
    return [hours for hours in sums.values() if hours]


def _cluster(cells: Cells) -> str:
    return cells.get("cluster", "").strip().casefold()


def _capacity(cells: Cells, month: Month) -> Decimal:
    """Return an asset's hours of a month times the days of the month, which keeps it whole."""
    gone = cells.get("disposal_date")
    first = max(date.fromisoformat(cells["in_service_date"]), month.first)
    end = min((month + 1).first, date.fromisoformat(gone) if gone else date.max)
    days = max(0, (end - first).days)
    if cells.get("capacity_hours_per_month"):
        return Decimal(cells["capacity_hours_per_month"]) * days
    return Decimal(int(cells.get("gpu_count") or 0) * 24 * days * month.days)
