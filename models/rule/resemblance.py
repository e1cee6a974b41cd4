"""Resemblances: keys whose tag or account name looks like a project that it does not spell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from models.attribution import asked
from models.project import Registry
from models.rule.lookalike import lookalikes
from models.rule.matching import indexed
from models.rule.rule import TAG, RuleSet

_ACCOUNT: Final = ("sub_account_id", "sub_account_name")
RESEMBLING: Final = pl.Schema(
    {
        "key_id": pl.UInt32(),
        **dict.fromkeys(("field", "text", "resembled", "spelling", "way"), pl.String()),
    }
)


def resemblances(keys: pl.DataFrame, rules: RuleSet, registry: Registry) -> pl.DataFrame:
    """Return keys with a text that looks like a project, in the schema RESEMBLING, sorted.

    What is looked at are the tags that rules take projects from, and ids and names of
    accounts, each distinct text once.

    Args:
        keys: Columns KEYS.
        rules: The rules.
        registry: The projects.
    """
    columns = list(_columns(keys, rules))
    texts = {text for _, distinct, _ in columns for text in distinct if text}
    found = lookalikes(sorted(texts), registry)
    rows = [(each.text, each.project, each.spelling, each.way) for each in found]
    alike = pl.DataFrame(
        rows, schema=dict.fromkeys(RESEMBLING.names()[2:], pl.String), orient="row"
    )
    parts = [_of(keys, alike, *column) for column in columns] if rows else []
    return pl.concat([pl.DataFrame(schema=RESEMBLING), *parts]).sort(pl.all())


def _columns(keys: pl.DataFrame, rules: RuleSet) -> Iterator[tuple[str, pl.Series, pl.Series]]:
    """Yield name, distinct texts, and per key which of them it has, of all that is looked at."""
    matcher = asked(keys, rules)
    for tag in sorted(rules.project_tags):
        texts = matcher.tag(tag)
        yield TAG + tag, texts.original, texts.index
    for name in _ACCOUNT:
        yield (name, *indexed(keys[name]))


def _of(
    keys: pl.DataFrame, alike: pl.DataFrame, field: str, distinct: pl.Series, index: pl.Series
) -> pl.DataFrame:
    """Return the keys whose text of one column is among those that look like a project."""
    text = distinct.gather(index).alias("text")
    found = pl.DataFrame({"key_id": keys["key_id"], "text": text}).join(alike, on="text")
    return found.with_columns(field=pl.lit(field)).select(RESEMBLING.names())
