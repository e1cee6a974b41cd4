"""The second reader: the same file through Python's own CSV reader, and only its totals.

Nothing of `table`, `line` and `price` is used: cells, times, units, models and prices are
read here anew, in fractions.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Final

from ingest.source import Control
from ingest.vendor.gpu.settings import MODELS, PER_HOUR, WORDS, Settings
from ingest.vendor.tally import Tally
from ingest.verify import Amount
from models.canonical import canonical_value
from models.period import Month

_GZIP: Final = b"\x1f\x8b"
_FORMS: Final = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
)
_TOKENS: Final = {"thousand tokens": 1000, "million tokens": 1_000_000}
_TIMES: Final = {"hour": 1, "minute": 60, "second": 3600}


def control(data: bytes, settings: Settings, period: Month) -> Control:
    """State what the rows of a month in a file must become."""
    tally, form = Tally(), settings.form
    for cells in _cells(data):
        start = _moment(_cell(cells, form.start), settings)
        if (start.year, start.month) == (period.year, period.month):
            _row(tally, cells, start, settings)
    return tally.control()


def amounts(data: bytes, settings: Settings, period: Month) -> Iterator[Amount]:
    """Yield what each row of a month in a file costs."""
    for number, cells in enumerate(_cells(data), start=1):
        start, tally = _moment(_cell(cells, settings.form.start), settings), Tally()
        if (start.year, start.month) == (period.year, period.month):
            _row(tally, cells, start, settings)
        yield from (replace(amount, row=number) for amount in tally.amounts)


def _cells(data: bytes) -> Iterator[dict[str, str]]:
    text = gzip.decompress(data) if data.startswith(_GZIP) else data
    reader = csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
    for cells in reader:
        yield {name.lower(): (cell or "").strip() for name, cell in cells.items()}


def _row(tally: Tally, cells: Mapping[str, str], start: datetime, settings: Settings) -> None:
    tally.rows += 1
    form, day = settings.form, start.date()
    hours, gpu = _hours(cells, settings), _gpu(cells, settings)
    counted = {detail: _number(_cell(cells, name)) for detail, name in form.tokens.items()}
    tokens = {detail: count for detail, count in counted.items() if count}
    for cost in _costs(cells, hours, tokens, day, settings):
        amount = _placed(cost)
        currency = (_cell(cells, form.currency) or settings.currency).upper()
        tally.cost(currency, "Credit" if amount < 0 else "Usage", amount, day)
    if gpu and hours is not None:
        tally.use("gpu_hours", _placed(hours))
        tally.uses["gpu_hours"] += [Decimal(0)] * (_days(cells, start, settings) - 1)
    for count in tokens.values():
        tally.use("tokens", _placed(count))


def _costs(
    cells: Mapping[str, str],
    hours: Fraction | None,
    tokens: Mapping[str, Fraction],
    day: date,
    settings: Settings,
) -> list[Fraction]:
    form = settings.form
    if form.cost:
        return [_number(_cell(cells, form.cost))]
    named = _cell(cells, form.gpu_type) or _cell(cells, form.sku)
    found = [_price(named, None, day, settings) * hours] if hours else []
    sku = _cell(cells, form.sku)
    found += [_price(sku, detail, day, settings) * n for detail, n in tokens.items()]
    return found or [Fraction(0)]


def _price(named: str, tokens: str | None, day: date, settings: Settings) -> Fraction:
    held = [
        price
        for price in settings.prices
        if price.since <= day and price.tokens == tokens and _like(named or "unnamed", (price.sku,))
    ]
    latest = max(price.since for price in held)
    price = next(each for each in held if each.since == latest)
    if tokens:
        return Fraction(price.price) / _TOKENS[price.per]
    return Fraction(price.price) * _TIMES[price.per]


def _hours(cells: Mapping[str, str], settings: Settings) -> Fraction | None:
    form = settings.form
    if not form.quantity:
        return None
    stated = canonical_value(_cell(cells, form.unit))
    own = {canonical_value(name): unit for name, unit in settings.units.items()}
    unit = (own.get(stated) or WORDS.get(stated)) if stated else settings.time_unit
    if unit is None:
        return None
    count = _cell(cells, form.gpu_count)
    times = _number(count) if count else Fraction(1)
    return _number(_cell(cells, form.quantity)) * times / PER_HOUR[unit]


def _gpu(cells: Mapping[str, str], settings: Settings) -> bool:
    """Say whether a row is of accelerators."""
    stated = _cell(cells, settings.form.gpu_type)
    named = stated or _cell(cells, settings.form.sku)
    patterns = [globs for known in (settings.gpu_types, MODELS) for globs in known.values()]
    return bool(stated) or any(_like(named, globs) for globs in patterns)


def _like(text: str, globs: Sequence[str]) -> bool:
    said = canonical_value(text)
    return bool(said) and any(fnmatchcase(said, glob.replace("[", "[[]")) for glob in globs)


def _cell(cells: Mapping[str, str], heading: str | None) -> str:
    return cells[heading.lower()] if heading else ""


def _number(text: str) -> Fraction:
    return Fraction(_placed(Fraction(text))) if text else Fraction(0)


def _placed(amount: Fraction) -> Decimal:
    """Return a fraction with 18 places, half away from zero."""
    wide = Context(prec=90, rounding=ROUND_HALF_UP)
    units = abs(amount) * 10**18
    whole = int(units) + (1 if units - int(units) >= Fraction(1, 2) else 0)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-18, wide)


def _days(cells: Mapping[str, str], start: datetime, settings: Settings) -> int:
    stated = _cell(cells, settings.form.end)
    length = timedelta(days=1) if settings.interval == "day" else timedelta(hours=1)
    end = _moment(stated, settings) if stated else start + length
    return ((end - timedelta(microseconds=1)).date() - start.date()).days + 1


def _moment(text: str, settings: Settings) -> datetime:
    bare = text.removesuffix(" UTC")
    for form in settings.moments:
        try:
            return datetime.strptime(bare, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    found = datetime.fromisoformat(bare)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
