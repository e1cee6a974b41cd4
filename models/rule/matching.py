"""Matching: which keys meet the conditions of a rule, decided on distinct texts only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from models.canonical import canonical_value
from models.rule.pattern import has_wildcard, is_literal, regex
from models.rule.rule import TAG, Condition
from models.tags import tag_values

# what a condition may ask for: the columns of keys it looks at
FIELDS: Final = {
    "source": ("x_source",),
    "account": ("sub_account_id",),
    "sub_account_name": ("sub_account_name",),
    "provider": ("provider_name",),
    "service": ("service_name", "x_service_code"),
    "service_category": ("service_category",),
    "sku": ("sku_id",),
    "usage_type": ("x_usage_type",),
    "operation": ("x_operation",),
    "resource": ("resource_id", "resource_name"),
    "region": ("region_id",),
    "charge_category": ("charge_category",),
    "line_type": ("x_line_type",),
    "purchase_order": ("x_purchase_order",),
    "workload": ("x_workload",),
    "gpu_type": ("x_gpu_type",),
}

Aliases = tuple[tuple[str, tuple[str, ...]], ...]  # tag, and other keys that are read as it

_ASCII_SPACE: Final = " \t\n\v\f\r\x1c\x1d\x1e\x1f"


@dataclass(frozen=True, slots=True)
class Texts:
    """A column as its distinct texts: as delivered, canonical, and per key which one it is.

    A blank text is no text: canonical is null, and no pattern matches it.
    """

    original: pl.Series
    canonical: pl.Series
    index: pl.Series

    def among(self, patterns: tuple[str, ...]) -> pl.Series:
        """Return per key whether its text matches one of the patterns."""
        hit = pl.DataFrame({"text": self.canonical}).select(matches(pl.col("text"), patterns))
        return hit.to_series().gather(self.index)


@dataclass(slots=True)
class Matcher:
    """The keys, ready to be asked; texts are made canonical once, when first asked for."""

    keys: pl.DataFrame
    tags: frozenset[str]  # canonical keys of the tags that rules ask for
    aliases: Aliases = ()
    _columns: dict[str, Texts] = field(default_factory=dict, init=False)

    def meeting(self, conditions: Iterable[Condition]) -> pl.Series:
        """Return per key whether it meets every condition."""
        whole = pl.repeat(value=True, n=self.keys.height, eager=True)
        for condition in conditions:
            whole &= self._meets(condition)
        return whole

    def tag(self, tag: str) -> Texts:
        """Return the values of a tag, by its canonical key."""
        return self.texts(TAG + tag)

    def texts(self, name: str) -> Texts:
        """Return the texts of a column, or of `tag.` and a canonical key."""
        if name not in self._columns:
            if name.startswith(TAG):
                self._columns |= _tag_columns(self.keys["tags"], self.tags, self.aliases)
            else:
                distinct, index = indexed(self.keys[name])
                self._columns[name] = Texts(distinct, canonical_texts(distinct), index)
        return self._columns[name]

    def _meets(self, condition: Condition) -> pl.Series:
        first, *others = map(self.texts, columns(condition))
        whole = first.among(condition.patterns)
        for texts in others:
            whole |= texts.among(condition.patterns)
        return whole


def columns(condition: Condition) -> tuple[str, ...]:
    """Return the names of the texts that a condition looks at."""
    return FIELDS.get(condition.field, (condition.field,))


def matches(text: pl.Expr, patterns: Iterable[str]) -> pl.Expr:
    """Return whether canonical text matches one of the patterns; null matches none.

    `*` stands for any text, `?` for one character, `re:` begins a regular expression. No
    pattern can take more than linear time: most become a comparison, the others an automaton
    without backtracking.

    Args:
        text: Canonical texts.
        patterns: As `models.rule.pattern` returns them.
    """
    given = tuple(patterns)
    exact = [each for each in given if is_literal(each)]
    others = [_like(text, each) for each in given if not is_literal(each)]
    return pl.any_horizontal(text.is_in(exact), *others).fill_null(value=False)


def canonical_texts(texts: pl.Series) -> pl.Series:
    """Return `canonical_value` of each text, blank ones as null; ASCII stays in the engine."""
    ascii_only = texts.str.len_bytes() == texts.str.len_chars()
    others = texts.filter(~ascii_only).unique()
    plain = texts.str.to_lowercase().str.strip_chars(_ASCII_SPACE)
    canonical = texts.replace_strict(
        others, [canonical_value(text) for text in others], default=plain, return_dtype=pl.String
    )
    return canonical.replace("", None)


def _like(text: pl.Expr, pattern: str) -> pl.Expr:
    """Return whether text matches a pattern that is more than a text."""
    whole = regex(pattern)
    if whole is not None:
        return text.str.contains(whole)
    inner = pattern.strip("*")
    if not inner:
        return text.is_not_null()
    if has_wildcard(inner):
        parts = (".*" if c == "*" else "." if c == "?" else pl.escape_regex(c) for c in pattern)
        return text.str.contains(f"(?s)^{''.join(parts)}$")
    if pattern.startswith("*") and pattern.endswith("*"):
        return text.str.contains(inner, literal=True)
    return text.str.ends_with(inner) if pattern.startswith("*") else text.str.starts_with(inner)


def indexed(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the distinct values, null among them, and per row which of them it has."""
    # keys are sorted, so that equal texts often follow each other
    begins = column.ne_missing(column.shift())
    run = begins.cum_sum()
    heads = pl.concat([column.head(1), column.filter(begins)])
    distinct = pl.DataFrame({"text": heads.unique()}).with_row_index("index")
    found = heads.to_frame("text").join(
        distinct, on="text", how="left", nulls_equal=True, maintain_order="left"
    )
    return distinct["text"], found["index"].gather(run)


def _tag_columns(tags: pl.Series, wanted: frozenset[str], aliases: Aliases) -> dict[str, Texts]:
    """Return each tag's values; of several on one key the first with a value counts."""
    distinct, index = indexed(tags)
    spelled = spellings(distinct, wanted, aliases)
    parts = spelled.partition_by("tag", as_dict=True)
    return {
        TAG + tag: _tag_column(parts.get((tag,), spelled.clear()), len(distinct), index)
        for tag in wanted
    }


def _tag_column(found: pl.DataFrame, maps: int, index: pl.Series) -> Texts:
    every = pl.DataFrame({"text": pl.int_range(maps, dtype=pl.UInt32, eager=True)})
    first = found.unique("text", keep="first", maintain_order=True)
    whole = every.join(first, on="text", how="left", maintain_order="left")
    return Texts(whole["value"], whole["canonical"], index)


def spellings(texts: pl.Series, wanted: frozenset[str], aliases: Aliases) -> pl.DataFrame:
    """Return every tag with a value as `text, tag, key, value, canonical`, by precedence.

    Args:
        texts: Tag maps as `tag_texts` made them.
        wanted: Canonical keys.
        aliases: Keys that are read as another, after its own.
    """
    others = dict(aliases)
    found = tag_values(texts, {tag: (tag, *others.get(tag, ())) for tag in wanted})
    distinct, index = indexed(found["value"])
    canonical = canonical_texts(distinct).gather(index).alias("canonical")
    return found.with_columns(canonical).filter(pl.col("canonical").is_not_null())
