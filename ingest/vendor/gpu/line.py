"""Rows of a table as charges and GPU-hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ingest.table import ContractError
from ingest.vendor.charge import Item, Use
from ingest.vendor.gpu import price
from ingest.vendor.gpu.settings import MODELS, PER_HOUR, WORDS, WORKLOADS, Settings
from ingest.vendor.gpu.table import Row
from ingest.vendor.span import days
from ingest.vendor.workload import first, workloads
from models.canonical import canonical_value
from models.money import SCALE, ZERO, parts, rounded

MOST: Final = 10**15  # of money or units in one row


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row, and what follows from its words.

    `hours` are of accelerators where it has some, else of the clock; None for another unit.
    """

    row: Row
    gpu_type: str | None
    workload: str | None
    hours: Fraction | None

    @property
    def accelerated(self) -> bool:
        """Whether its hours are GPU-hours."""
        return self.gpu_type is not None and self.hours is not None


def lines(rows: Sequence[Row], settings: Settings) -> list[Line]:
    """Return rows with their model of accelerators, workload and hours."""
    models = first([_gpu_text(row) for row in rows], [*settings.gpu_types.items(), *MODELS.items()])
    words = workloads([_text(row) for row in rows], settings.workloads, WORKLOADS)
    found = []
    for row, model, word in zip(rows, models, words, strict=True):
        gpu_type = model or row.texts.get("gpu_type")
        workload = word or ("compute" if gpu_type else None)
        hours = _hours(row, settings)
        found.append(Line(row=row, gpu_type=gpu_type, workload=workload, hours=hours))
    return found


def _gpu_text(row: Row) -> str | None:
    return row.texts.get("gpu_type") or row.texts.get("sku")


def _text(row: Row) -> str:
    """Return what patterns of workloads look at."""
    said = (row.texts.get(name) for name in ("usage_type", "sku", "resource", "description"))
    return " ".join(text for text in said if text)


def _hours(row: Row, settings: Settings) -> Fraction | None:
    if not settings.form.quantity:
        return None
    stated = row.texts.get("unit")
    unit = settings.time_unit if stated is None else _unit(stated, settings)
    if unit is None:
        return None
    hours = Fraction(row.quantity) * Fraction(row.gpu_count) / PER_HOUR[unit]
    _refuse_slip(row, hours)
    return hours


def _refuse_slip(row: Row, *amounts: Fraction | Decimal) -> None:
    """Refuse what no row is: a product of sound numbers may be far too large to keep."""
    for amount in amounts:
        if abs(Fraction(amount)) >= MOST:
            raise ContractError(f"row {row.number}: costs or counts {MOST:,} or more; mend it")


def _unit(word: str, settings: Settings) -> str | None:
    said = canonical_value(word)
    own = {canonical_value(name): unit for name, unit in settings.units.items()}
    return own.get(said) or WORDS.get(said)


def items(found: Sequence[Line], settings: Settings) -> list[Item]:
    """Return the charges of lines: as stated, or by prices.

    Raises:
        ContractError: when a price is missing, or a currency is none.
    """
    if settings.form.cost:
        return [_item(line, line.row.cost or ZERO, _consumed(line), settings) for line in found]
    return list(_priced(found, settings))


def _priced(found: Sequence[Line], settings: Settings) -> Iterator[Item]:
    """Yield a charge for each use of a line; one of nothing where it used nothing."""
    used = [(line, use) for line in found for use in _uses(line)]
    prices = price.priced([use for _, use in used], settings.prices)
    seen = set[int]()
    for (line, use), held in zip(used, prices, strict=True):
        quantity = use.quantity * price.UNITS[held.per]
        cost = rounded(quantity * Fraction(held.price), SCALE)
        unit = "Tokens" if use.tokens else _unit_of(line)
        consumed = rounded(use.quantity, SCALE), unit
        part = "priced_part" if line.row.number in seen else None
        seen.add(line.row.number)
        yield _item(line, cost, consumed, settings, part)
    for line in found:
        if line.row.number not in seen:
            yield _item(line, ZERO, None, settings)


def _uses(line: Line) -> Iterator[price.Use]:
    row, day = line.row, line.row.start.date()
    if row.quantity and line.hours is None:
        raise ContractError(
            f"row {row.number}: unit {row.texts.get('unit')!r} is none of time; add it to units"
        )
    sku = row.texts.get("gpu_type") or row.texts.get("sku")
    if line.hours:
        yield price.Use(row.number, day, sku, None, line.hours)
    for detail, tokens in row.tokens.items():
        if tokens:
            yield price.Use(row.number, day, row.texts.get("sku"), detail, Fraction(tokens))


def _unit_of(line: Line) -> str:
    return "GPU-Hours" if line.accelerated else "Hours"


def _consumed(line: Line) -> tuple[Decimal, str] | None:
    """Return what a line with a cost consumed: hours, else its tokens."""
    if line.hours is not None:
        return rounded(line.hours, SCALE), _unit_of(line)
    unit, tokens = line.row.texts.get("unit"), sum(line.row.tokens.values(), ZERO)
    if unit:
        return line.row.quantity, unit
    return (tokens, "Tokens") if tokens else None


def _item(
    line: Line,
    cost: Decimal,
    consumed: tuple[Decimal, str] | None,
    settings: Settings,
    derived: str | None = None,
) -> Item:
    row, said = line.row, line.row.texts
    _refuse_slip(row, cost, consumed[0] if consumed else ZERO)
    currency = (said.get("currency") or settings.currency).upper()
    return Item(
        row=row.number,
        start=row.start,
        end=row.end,
        cost=cost,
        currency=currency,
        quantity=consumed,
        priced=consumed,
        tags=row.tags,
        columns={
            "sub_account_id": said.get("project"),
            "sub_account_type": "Project" if said.get("project") else None,
            "resource_id": said.get("resource"),
            "charge_description": said.get("description") or said.get("sku"),
            "sku_id": said.get("sku"),
            "x_usage_type": said.get("usage_type") or said.get("sku"),
            "x_gpu_type": line.gpu_type,
            "x_gpu_count": row.gpu_count if settings.form.gpu_count and line.gpu_type else None,
            "x_workload": line.workload,
            "x_derived": derived,
        },
    )


def uses(found: Sequence[Line]) -> Iterator[Use]:
    """Yield GPU-hours, cut at midnight, and tokens on the day they began."""
    for line in found:
        row = line.row
        if line.accelerated and line.hours is not None:
            spans = days(row.start, row.end)
            for day, part in zip(spans, _cut(line.hours, spans), strict=True):
                yield _use(line, "gpu_hours", day, part, None)
        for detail, tokens in row.tokens.items():
            if tokens:
                yield _use(line, "tokens", row.start.date(), tokens, detail)


def _cut(hours: Fraction, spans: dict[date, int]) -> list[Decimal]:
    return parts(rounded(hours, SCALE), [*spans.values()], SCALE)


def _use(line: Line, driver: str, day: date, quantity: Decimal, detail: str | None) -> Use:
    said = line.row.texts
    return Use(
        row=line.row.number,
        unit=said.get("project") or said.get("resource") or "",
        driver=driver,
        day=day,
        quantity=quantity,
        tags=line.row.tags,
        columns={
            "detail": detail,
            "cluster": said.get("resource"),
            "gpu_type": line.gpu_type if driver == "gpu_hours" else None,
            "model": said.get("sku") if driver == "tokens" else None,
        },
    )
