"""The second readers: files and documents anew, with Python's own CSV reader and decimals.

Which entries count, and which roles are told together, is decided once, in `entry` and `fold`.
What they add up to and what they cost is worked out here without `sheet`, `cell`, `span`,
`document`, `work` and `charge`.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Final

from ingest.labor.card import Card
from ingest.labor.entry import Entry
from ingest.labor.fold import folded
from ingest.labor.settings import Settings
from ingest.source import Control, Sum, Total
from ingest.verify import Amount
from models.money import WIDE
from models.period import Month
from models.subunit import subunit

_UNIT: Final = Decimal("1e-18")
_BASE: Final = Decimal(60)
Matter = tuple[str, ...]


def control(data: bytes, card: Card, month: Month, settings: Settings) -> Control:
    """State what a redacted document must become.

    Args:
        data: The document.
        card: Rates of roles.
        month: The month it is of.
        settings: Divisor, and people that a role needs to be shown.
    """
    with localcontext(prec=WIDE, rounding=ROUND_HALF_UP):
        lines = _lines(data)
        seconds, people = _roles(lines, card)
        hours = _shown(seconds, people, settings.smallest_group)
        cost = sum(_costs(seconds, card, month, settings).values(), Decimal(0))
        total = Total(card.currency, "Usage", len(hours), "0", f"{cost:f}")
        said = Sum("usage", "labor_hours", len(hours), f"{sum(hours, Decimal(0)):f}")
    day = f"{month}-01" if hours else ""
    return Control(
        rows=len(lines),
        totals=(total,) if hours else (),
        first=day,
        last=day,
        beside=(said,) if hours else (),
    )


def amounts(data: bytes, card: Card, month: Month, settings: Settings) -> list[Amount]:
    """Return what each shown role of a project costs: the hours of its rows at its rate.

    No row costs anything by itself, since what one of them is worth is somebody's pay.
    """
    with localcontext(prec=WIDE, rounding=ROUND_HALF_UP):
        seconds, people = _roles(_lines(data), card)
        names = {m: folded(roles, settings.smallest_group) for m, roles in people.items()}
        return [
            Amount(
                0,
                card.currency,
                billed=Decimal(0),
                effective=cost,
                tco=cost,
                part="/".join(filter(None, (matter[0], names[matter][role]))),
            )
            for (matter, role), cost in _costs(seconds, card, month, settings).items()
        ]


def seconds(data: bytes, entries: Sequence[Entry], settings: Settings) -> Decimal:
    """Return how long the entries of a file are, read anew; rejected rows and totals left out.

    Args:
        data: The file.
        entries: What was read of it, which says what was left out.
        settings: How the file is written.
    """
    out = {entry.row for entry in entries if entry.status in {"rejected", "total"}}
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    reader = csv.DictReader(text, delimiter=settings.delimiter, strict=True)
    filled = (cells for cells in reader if any((cell or "").strip() for cell in cells.values()))
    with localcontext(prec=WIDE):
        lengths = [
            _length(cells[settings.layout.columns.hours].strip(), settings.decimal)
            for row, cells in enumerate(filled, start=1)
            if row not in out
        ]
        return sum(lengths, Decimal(0))


def _length(cell: str, mark: str) -> Decimal:
    """Return seconds of `3:30:00`, `3:30` or a number of hours."""
    value = Decimal(0)
    parts = [Decimal(part.replace(mark, ".")) for part in cell.split(":")]
    for part in (*parts, Decimal(0), Decimal(0))[:3]:
        value = value * _BASE + part
    return value


def _lines(data: bytes) -> Sequence[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def _costs(
    seconds: Mapping[tuple[Matter, str], Decimal], card: Card, month: Month, settings: Settings
) -> dict[tuple[Matter, str], Decimal]:
    """Return what each role costs on each matter, rounded by itself."""
    return {
        (matter, role): _cost(worked, card.rate(role, month), settings.divisor, card.currency)
        for (matter, role), worked in seconds.items()
    }


def _roles(
    lines: Sequence[Mapping[str, str]], card: Card
) -> tuple[dict[tuple[Matter, str], Decimal], dict[Matter, dict[str, set[str]]]]:
    """Return counted seconds by matter and role, and what tells people apart in each."""
    seconds: defaultdict[tuple[Matter, str], Decimal] = defaultdict(Decimal)
    people: defaultdict[Matter, dict[str, set[str]]] = defaultdict(dict)
    for line in (each for each in lines if each["status"] == "counted"):
        matter = line["project"], line["client"], line["task"]
        role = card.name(line["role"])
        seconds[matter, role] += Decimal(line["seconds"])
        people[matter].setdefault(role, set()).update({line["trace"]} - {""})
    return dict(seconds), dict(people)


def _shown(
    seconds: Mapping[tuple[Matter, str], Decimal],
    people: Mapping[Matter, Mapping[str, set[str]]],
    smallest: int,
) -> list[Decimal]:
    """Return the hours of each matter and shown role."""
    sums: defaultdict[tuple[Matter, str], Decimal] = defaultdict(Decimal)
    for (matter, role), worked in seconds.items():
        sums[matter, folded(people[matter], smallest)[role]] += worked
    return [(worked / (_BASE * _BASE)).quantize(_UNIT) for worked in sums.values()]


def _cost(worked: Decimal, rate: Fraction, divisor: Decimal, currency: str) -> Decimal:
    whole = worked * rate.numerator / (_BASE * _BASE * divisor * rate.denominator)
    return whole.quantize(subunit(currency))
