"""Keys that rules cannot tell apart: one of each kind is decided, and stands for the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import polars as pl

from models.project import Registry
from models.rule.matching import Matcher, Texts, columns, matches
from models.rule.rule import TAG, RuleSet

_SELDOM: Final = 8  # a column changes seldom when so many keys in a row agree, on average
_ROOM: Final = 2**63  # of a number that those of several columns are put together in


@dataclass(frozen=True, slots=True)
class Alike:
    """Keys by what rules see of them.

    Attributes:
        seen: A row for each kind of key: whether it meets what is asked (see `asking`), and
            the text of each tag that may spell a project, in a column such as `tag.project`.
        kind: Per key, its row of `seen`.
    """

    seen: pl.DataFrame
    kind: pl.Series


def asking(column: str, patterns: tuple[str, ...]) -> str:
    """Return the name of the column of `Alike.seen` that tells what matches."""
    return f"{column} {patterns!r}"


def alike(keys: pl.DataFrame, rules: RuleSet, registry: Registry) -> Alike:
    """Return the kinds of keys: those whose texts meet the same patterns, and spell the same.

    A text is asked each pattern once, whatever the number of rules, of keys and of days.

    Args:
        keys: Columns KEYS.
        rules: The rules, of all days.
        registry: The projects, which tags may spell.
    """
    asked = _asked(rules)
    runs = _Runs.of(keys, [column for column in asked if not column.startswith(TAG)])
    steady = _views(runs.keys, {each: asked[each] for each in runs.columns}, rules, registry)
    rest = {each: asked[each] for each in asked if each not in runs.columns}
    others = _views(keys, rest, rules, registry)
    begun = _together([view.number for view in steady], runs.keys.height)
    kind = _together([begun.gather(runs.run), *(view.number for view in others)], keys.height)
    first = kind.to_frame("kind").with_row_index("row").unique("kind", keep="first").sort("kind")
    rows = first["row"]
    parts = [view.at(runs.run.gather(rows)) for view in steady] + [view.at(rows) for view in others]
    return Alike(pl.concat([first, *parts], how="horizontal"), kind)


def _asked(rules: RuleSet) -> dict[str, set[tuple[str, ...]]]:
    """Return the patterns that rules ask for in each column, and in each tag."""
    asked: dict[str, set[tuple[str, ...]]] = {TAG + tag: set() for tag in rules.project_tags}
    for rule in rules.rules:
        for each in (*rule.when, *rule.unless):
            for column in columns(each):
                asked.setdefault(column, set()).add(each.patterns)
    return asked


@dataclass(frozen=True, slots=True)
class _Runs:
    """Keys that follow each other and agree in some columns; keys are sorted, so many do.

    Attributes:
        columns: Those that change seldom from one key to the next.
        keys: The first key of each run.
        run: Per key, its row of `keys`.
    """

    columns: list[str]
    keys: pl.DataFrame
    run: pl.Series

    @classmethod
    def of(cls, keys: pl.DataFrame, names: Sequence[str]) -> Self:
        """Return the runs of the columns that change seldom, among some."""
        first = (pl.row_index() == 0).alias("first")
        changes = keys.select(first, pl.col(names).ne_missing(pl.col(names).shift()))
        seldom = dict(zip(changes.columns, changes.sum().row(0), strict=True))
        found = [name for name in names if seldom[name] * _SELDOM <= keys.height]
        begins = changes.select(pl.any_horizontal("first", *found)).to_series()
        return cls(found, keys.filter(begins), begins.cum_sum() - 1)


@dataclass(frozen=True, slots=True)
class _View:
    """What rules see in one column: what there is to see, and per key which row of it."""

    frame: pl.DataFrame
    number: pl.Series

    def at(self, keys: pl.Series) -> pl.DataFrame:
        """Return what is seen of some keys."""
        return self.frame[self.number.gather(keys)]


def _views(
    keys: pl.DataFrame,
    asked: Mapping[str, set[tuple[str, ...]]],
    rules: RuleSet,
    registry: Registry,
) -> list[_View]:
    matcher = Matcher(keys, rules.asked_tags, rules.tags)
    spelt = {TAG + tag for tag in rules.project_tags}
    found = []
    for column, patterns in asked.items():
        texts, text = matcher.texts(column), pl.col(column)
        seen = [matches(text, each).alias(asking(column, each)) for each in patterns]
        named = [_spelt(texts, column, registry)] if column in spelt else []
        whole = texts.canonical.to_frame(column).select(*seen, *named)
        distinct, number = _distinct(whole)
        found.append(_View(distinct, number.gather(texts.index)))
    return found


def _spelt(texts: Texts, column: str, registry: Registry) -> pl.Expr:
    """Return the text, where it spells a project on any day."""
    known = [each for each in texts.canonical.drop_nulls().unique() if registry.resolve(each)]
    return pl.col(column).replace_strict(known, known, default=None, return_dtype=pl.String)


def _together(numbers: Iterable[pl.Series], height: int) -> pl.Series:
    """Return per row a number, from 0, that rows share which share each of the numbers."""
    whole, size = pl.Series([0], dtype=pl.UInt64).new_from_index(0, height), 1
    for number in numbers:
        count = 1 + int(number.max() or 0)  # type: ignore[arg-type] # a number
        if size * count > _ROOM:
            (_, whole), size = _distinct(whole.to_frame("whole")), height
        whole, size = whole * count + number, size * count
    return _distinct(whole.to_frame("whole"))[1]


def _distinct(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Return the distinct rows, and per row the number of its like among them."""
    distinct = frame.unique(maintain_order=True)
    numbered = distinct.with_columns(number=pl.row_index().cast(pl.UInt64))
    found = frame.join(
        numbered, on=frame.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return distinct, found["number"]
