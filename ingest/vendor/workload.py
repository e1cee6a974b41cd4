"""What a line of a vendor is for, by patterns of its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import polars as pl
from pydantic import AfterValidator

from models.rule.matching import canonical_texts, matches
from models.rule.pattern import pattern

Workload = Literal[
    "training",
    "inference",
    "processing",
    "labeling",
    "storage",
    "development",
    "compute",
    "other",
]


Pattern = Annotated[str, AfterValidator(pattern)]
Patterns = Mapping[Workload, tuple[Pattern, ...]]


def workloads(texts: Sequence[str | None], *patterns: Patterns) -> list[str | None]:
    """Return what each text is for: the first word one of whose patterns it matches.

    Letters, case and space are matched in canonical form. None matches nothing.

    Args:
        texts: What a vendor calls its lines.
        patterns: Asked in this order: those of a user before our own.
    """
    ordered = [(word, globs) for given in patterns for word, globs in given.items()]
    return first(texts, ordered)


def first(
    texts: Sequence[str | None], ordered: Sequence[tuple[str, Sequence[str]]]
) -> list[str | None]:
    """Return the word of the first globs that each text matches, in time linear in it."""
    column = pl.Series("text", texts, dtype=pl.String)
    found = pl.DataFrame({"text": canonical_texts(column)}).select(
        word=pl.coalesce(
            *(
                pl.when(matches(pl.col("text"), globs)).then(pl.lit(word))
                for word, globs in ordered
            ),
            pl.lit(None, dtype=pl.String),
        )
    )
    return found["word"].to_list()
