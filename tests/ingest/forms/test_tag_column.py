from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.table import MAP, ContractError, Field, read
from models.charge import JSON
from models.rule.matching import Matcher
from models.rule.rule import Condition
from models.tags import tag_texts

TAGS: list[dict[str, str] | None] = [{"Project": "legal", "n": "1"}, {}, None]
AS_TEXT = [tags if tags is None else json.dumps(tags) for tags in TAGS]
AS_PAIRS = [
    None if tags is None else [{"key": key, "value": value} for key, value in tags.items()]
    for tags in TAGS
]
PAIRS = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
MUST = "column labels must be a map of text, or JSON text, but it is"


def written(path: Path, values: list[Any], dtype: Any) -> Path:
    file = path / "labels.parquet"
    pl.DataFrame({"labels": values}, schema={"labels": dtype}).write_parquet(file)
    return file


@pytest.mark.failure("D14")
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (TAGS, JSON),
        (AS_PAIRS, PAIRS),
        (AS_TEXT, pl.String),
        (AS_TEXT, pl.Categorical),
    ],
    ids=["map", "pairs", "text", "words"],
)
def test_tags_are_the_same_in_whatever_type_their_column_comes(
    values: list[Any], dtype: Any, tmp_path: Path
) -> None:
    table = read(written(tmp_path, values, dtype), [Field("labels", MAP)])

    tags = table.frame.collect()["labels"]
    keys = pl.DataFrame({"key_id": [0, 1, 2], "tags": tag_texts(tags)})
    found = Matcher(keys, frozenset({"project"})).meeting([Condition("tag.project", ("legal",))])

    assert tags.dtype == JSON
    assert tags.to_list() == TAGS
    assert found.to_list() == [True, False, False]


@pytest.mark.failure("D14")
@pytest.mark.parametrize(
    ("values", "dtype", "said"),
    [
        ([7], pl.Int64, f"{MUST} Int64"),
        ([["project:legal"]], pl.List(pl.String), f"{MUST} List(String)"),
        ([{"project": "legal"}], pl.Struct({"project": pl.String}), f"{MUST} Struct"),
        (
            [[{"name": "project", "value": "legal"}]],
            pl.List(pl.Struct({"name": pl.String, "value": pl.String})),
            f"{MUST} List(Struct",
        ),
    ],
)
def test_a_column_of_tags_that_became_another_type_is_refused_by_name(
    values: list[Any], dtype: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ContractError) as caught:
        read(written(tmp_path, values, dtype), [Field("labels", MAP)])

    assert str(caught.value).startswith(said)
