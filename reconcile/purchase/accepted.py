"""What was accepted and drawn, by day: from usage or as stated, each unit for one purchase."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.canonical import canonical_key, canonical_value
from models.money import ZERO
from models.period import Month, between
from models.problem import Problem
from models.purchase import SOURCE, Purchases
from models.purchasefile import Receipt, Selection
from models.rule.matching import canonical_texts, matches
from models.tags import tag_texts

Key = tuple[str, str]  # number of the purchase, line of the order or empty
Delivered = Collection[tuple[str, Month]]
_TEXTS: Final = {
    "source": "x_source",
    "unit": "unit",
    "detail": "detail",
    "state": "state",
    "model": "model",
}


@dataclass(frozen=True, slots=True)
class Flow:
    """Quantities by day; what went back is negative."""

    days: Mapping[date, Decimal] = field(default_factory=dict)

    def until(self, day: date) -> Fraction:
        """Return the sum up to a day, that day included."""
        return sum((Fraction(q) for each, q in self.days.items() if each <= day), Fraction(0))

    @property
    def total(self) -> Fraction:
        """The sum of all days."""
        return self.until(date.max)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What every purchase counts, what is unknown of it, and what is odd about it.

    Attributes:
        missing: Months of which nobody has delivered the usage that a purchase counts.
    """

    flows: Mapping[Key, Flow]
    missing: Mapping[Key, tuple[Month, ...]]
    problems: tuple[Problem, ...]

    def flow(self, number: str, line: str = "") -> Flow:
        """Return the quantities of a purchase; none where it counts nothing."""
        return self.flows.get((number, line), Flow())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A purchase that counts usage, and the days in which it does."""

    key: Key
    selection: Selection
    first: date
    last: date


def accepted(
    purchases: Purchases, usage: pl.DataFrame, delivered: Delivered, day: date
) -> Accepted:
    """Return what was accepted and drawn up to a day.

    Usage that two purchases select counts for the first of them alone, orders before wallets,
    in the order of the file; that is told.

    Args:
        purchases: What was bought.
        usage: The table `usage` of the deliveries that count.
        delivered: Source and month of each of those deliveries, those without usage too.
        day: Newest day that counts; months that end later are not missed.
    """
    wanted = [each for each in _wanted(purchases, day) if each.first <= each.last]
    flows = {key: _stated(receipts, day) for key, receipts in _receipts(purchases)}
    taken = pl.repeat(None, usage.height, dtype=pl.UInt32, eager=True)  # number in `wanted`
    problems: list[Problem] = []
    for number, each in enumerate(wanted):
        mine = _selects(usage, each)
        problems += _twice(each, taken.filter(mine).drop_nulls(), wanted)
        free = mine & taken.is_null()
        taken = taken.set(free, number)
        flows[each.key] = _summed(usage.filter(free))
    missing = {each.key: tuple(_missing(each, usage, delivered, day)) for each in wanted}
    problems += [_unknown(each, missing[each.key]) for each in wanted if missing[each.key]]
    return Accepted(flows, missing, tuple(problems))


def _wanted(purchases: Purchases, day: date) -> Iterator[_Wanted]:
    for order in purchases.orders:
        last = min(order.end or day, order.closed_on or day, day)
        for line in order.lines:
            if line.usage:
                yield _Wanted((order.number, line.id), line.usage, order.start, last)
    for wallet in purchases.wallets:
        if wallet.usage:
            first = min(lot.day for lot in wallet.purchases)
            ends = [lot.expires or day for lot in wallet.purchases]
            yield _Wanted((wallet.number, ""), wallet.usage, first, min(max(ends), day))


def _receipts(purchases: Purchases) -> Iterator[tuple[Key, Iterable[Receipt]]]:
    for order in purchases.orders:
        for line in order.lines:
            if line.receipts is not None:
                yield (order.number, line.id), line.receipts
    for wallet in purchases.wallets:
        if wallet.drawn is not None:
            yield (wallet.number, ""), wallet.drawn


def _stated(receipts: Iterable[Receipt], day: date) -> Flow:
    days: dict[date, Decimal] = {}
    for each in receipts:
        if each.day <= day:
            days[each.day] = days.get(each.day, ZERO) + each.quantity
    return Flow(days)


def _selects(usage: pl.DataFrame, wanted: _Wanted) -> pl.Series:
    """Return per row of usage whether a purchase counts it."""
    selection = wanted.selection
    days = pl.col("day").is_between(wanted.first, wanted.last)
    found = usage.select((pl.col("driver") == selection.driver) & days).to_series()
    for name, column in _TEXTS.items():
        if (pattern := getattr(selection, name)) is not None:
            found &= _meets(usage[column], pattern)
    for tag, pattern in selection.tags.items():
        found &= _meets(_tag(usage, tag), pattern)
    return found


def _meets(texts: pl.Series, pattern: str) -> pl.Series:
    canonical = pl.DataFrame({"text": canonical_texts(texts)})
    return canonical.select(matches(pl.col("text"), (canonical_value(pattern),))).to_series()


def _tag(usage: pl.DataFrame, tag: str) -> pl.Series:
    """Return a tag's value per row; of several spellings the first by its exact key."""
    wanted, texts = canonical_key(tag), tag_texts(usage["tags"])
    once = texts.unique()
    values = [
        next((v for k, v in json.loads(text).items() if canonical_key(k) == wanted), None)
        for text in once  # whose keys are sorted
    ]
    return texts.replace_strict(once, values, return_dtype=pl.String)


def _summed(rows: pl.DataFrame) -> Flow:
    sums = rows.group_by("day").agg(pl.col("quantity").sum()).sort("day")
    return Flow(dict(sums.iter_rows()))


def _twice(wanted: _Wanted, taken: pl.Series, others: Sequence[_Wanted]) -> Iterator[Problem]:
    """Yield the finding that usage was counted by another purchase before.

    Args:
        wanted: A purchase.
        taken: Which one took each row that this one selects, too, by number.
        others: All purchases.
    """
    for number in taken.unique(maintain_order=True):
        yield _problem(
            wanted.key,
            "usage_twice",
            f"{len(taken)} rows of {wanted.selection.driver} are counted by "
            f"{_named(others[number].key)}, too; they count there alone: narrow `usage` or the "
            "term of one of them",
        )


def _missing(
    wanted: _Wanted, usage: pl.DataFrame, delivered: Delivered, day: date
) -> Iterator[Month]:
    """Yield the ended months of which nobody has delivered what a purchase counts."""
    name = wanted.selection.source
    with_driver = usage.filter(pl.col("driver") == wanted.selection.driver)
    sources = {name} if name else set(with_driver["x_source"].unique())
    known = {month for source, month in delivered if source in sources}
    last = Month.of(wanted.last)
    for month in between(Month.of(wanted.first), last if last.last < day else last + -1):
        if month not in known:
            yield month


def _unknown(wanted: _Wanted, months: tuple[Month, ...]) -> Problem:
    of = f" of source {wanted.selection.source}" if wanted.selection.source else ""
    return _problem(
        wanted.key,
        "usage_missing",
        f"no {wanted.selection.driver}{of} is delivered for {', '.join(map(str, months))}; what "
        "was accepted then is unknown and not accrued: deliver it, or correct the term",
    )


def _problem(key: Key, rule: str, detail: str) -> Problem:
    document = _named(key)
    return Problem(source=SOURCE, document=document, rule=rule, detail=detail, severity="warning")


def _named(key: Key) -> str:
    return f"{key[0]} line {key[1]}" if key[1] else key[0]
