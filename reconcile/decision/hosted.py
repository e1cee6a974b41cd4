"""Hosting or API as a report shows it: break-even, own cost, capacity; all from actuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.canonical import canonical_value
from models.decision.file import Hosting, Span
from models.money import ZERO
from reconcile.decision.hosting import (
    Fixed,
    Machines,
    answer,
    break_even,
    own_cost,
    tokens_a_month,
)
from reconcile.decision.setting import Setting
from reconcile.figure import Figure

NOT_SERVED: Final = "training"  # tokens that a model was made of
WRITTEN: Final = "output"
APART: Final = frozenset({"inference", "ops_overhead"})  # all else made the model


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One question: to keep hosting, or whether we should have begun.

    Attributes:
        fixed: Fixed cost of the month that the question has in it.
        per_1k: What 1,000 tokens cost us.
        even_low: Tokens a month at which the cheapest API costs the same; None for never.
        even_high: The same for the dearest.
        answer: What that means, in words.
        replicas: Machines that the break-even at the cheapest API needs.
    """

    name: str
    fixed: Figure
    per_1k: Figure
    even_low: Figure
    even_high: Figure
    answer: str
    replicas: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostingLine:
    """One endpoint of which it is asked; prices of 1,000 tokens, reporting currency."""

    id: str
    project: str
    tokens: Figure
    low: Figure
    high: Figure
    capacity: Figure
    keep: CaseLine
    begin: CaseLine | None
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Priced:
    """A question with its figures in the reporting currency."""

    asked: Hosting
    tokens: Fraction
    prices: tuple[Fraction, Fraction]
    own: Fraction
    machines: Machines | None


def hosting_lines(setting: Setting) -> tuple[HostingLine, ...]:
    """Return a line for each question that is asked, in the order of the file."""
    return tuple(_line(setting, each) for each in setting.asked.file.hosting)


def _line(setting: Setting, asked: Hosting) -> HostingLine:
    priced, where = _priced(setting, asked), [asked.project, "hosting", asked.id]
    fixed = _fixed(setting, asked)
    served = priced.machines
    keep = Fixed(machines=fixed.machines, ops=fixed.ops)
    low, high = priced.prices
    return HostingLine(
        id=asked.id,
        project=asked.project,
        tokens=setting.figure(where, "host_tokens", priced.tokens),
        low=setting.figure(where, "host_price_low", low),
        high=setting.figure(where, "host_price_high", high),
        capacity=setting.figure(where, "host_capacity", served.whole if served else None),
        keep=_case(setting, [*where, "keep"], "keep hosting", keep, priced),
        begin=_case(setting, [*where, "begin"], "should we have", fixed, priced)
        if asked.tco_months
        else None,
        full=served is not None and priced.tokens > served.whole,
    )


def _case(setting: Setting, where: list[str], name: str, fixed: Fixed, priced: _Priced) -> CaseLine:
    low, high = (break_even(fixed, p, priced.own, priced.machines) for p in priced.prices)
    cost = own_cost(fixed, priced.own, priced.tokens)
    return CaseLine(
        name=name,
        fixed=setting.figure(where, "host_fixed", fixed.total),
        per_1k=setting.figure(where, "host_per_1k", cost),
        even_low=setting.figure(where, "host_even_low", low.tokens),
        even_high=setting.figure(where, "host_even_high", high.tokens),
        answer=answer(cost, *priced.prices),
        replicas=low.replicas,
    )


def _priced(setting: Setting, asked: Hosting) -> _Priced:
    tokens = _served(setting, asked)
    low, high = (_blended(asked, tokens, end) for end in ("low", "high"))
    return _Priced(
        asked=asked,
        tokens=Fraction(sum(tokens.values(), ZERO)),
        prices=(_money(setting, asked, low), _money(setting, asked, high)),
        own=_money(setting, asked, Fraction(asked.own_per_1k)),
        machines=_machines(asked),
    )


def _machines(asked: Hosting) -> Machines | None:
    held = asked.capacity
    if held is None:
        return None
    capacity = tokens_a_month(held.tokens_per_second, held.utilisation, held.hours)
    return Machines(capacity=capacity, replicas=held.replicas)


def _money(setting: Setting, asked: Hosting, amount: Fraction) -> Fraction:
    """Return a price in the reporting currency, at the rate of the month."""
    currency = asked.currency or setting.figures.currency
    one = setting.spending.convert(Decimal(1), currency, setting.month)
    return amount * Fraction(one)


def _blended(asked: Hosting, tokens: Mapping[bool, Decimal], end: str) -> Fraction:
    """Return the price of 1,000 tokens as they were read and written; evenly without any."""
    api = asked.api
    if api.price is not None:
        return _end(api.price, end)
    reading, writing = (_end(span, end) for span in (api.input, api.output) if span is not None)
    read, written = (Fraction(tokens.get(side, ZERO)) for side in (False, True))
    if not read + written:
        return (reading + writing) / 2
    return (reading * read + writing * written) / (read + written)


def _end(span: Span, end: str) -> Fraction:
    return Fraction(span.low if end == "low" else span.high)


def _served(setting: Setting, asked: Hosting) -> dict[bool, Decimal]:
    """Return tokens of the month by whether they were written; those of training left out."""
    usage, month = setting.asked.usage, setting.month
    mine = usage.filter(
        pl.col("driver") == "tokens",
        pl.col("project") == asked.project,
        pl.col("day").is_between(month.first, month.last),
        ~pl.col("detail").fill_null("").str.to_lowercase().str.contains(NOT_SERVED, literal=True),
    )
    wanted = set(map(canonical_value, asked.models))
    found: dict[bool, Decimal] = {}
    for detail, model, quantity in mine.select("detail", "model", "quantity").iter_rows():
        if not wanted or canonical_value(model or "") in wanted:
            side = WRITTEN in (detail or "").casefold()
            found[side] = found.get(side, ZERO) + quantity
    return found


def _fixed(setting: Setting, asked: Hosting) -> Fixed:
    """Return the fixed cost of the month: machines, ops, and what making the model costs."""
    month = setting.spending.items(asked.project, month=setting.month)
    serving = [
        cost
        for (category, item), cost in month.items()
        if category == "inference" and (not asked.items or item in asked.items)
    ]
    ops = sum((cost for (category, _), cost in month.items() if category == "ops_overhead"), ZERO)
    spent = setting.spending.items(asked.project)
    made = sum((cost for (category, _), cost in spent.items() if category not in APART), ZERO)
    return Fixed(
        machines=Fraction(sum(serving, ZERO)),
        ops=Fraction(ops) * Fraction(asked.ops_share),
        amortised=Fraction(made) / asked.tco_months if asked.tco_months else Fraction(0),
    )
