from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import reduction
from models.identity import identity
from models.reduction import FACTS, KEYS
from models.tags import tag_texts, tag_values

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]

MAPS = pl.Map(pl.String, pl.String)
WORDS = st.text(st.sampled_from('aA ":,{}\\\n\x00é\u200b'), max_size=4)
TAG_MAPS = st.dictionaries(WORDS, WORDS | st.none(), max_size=4)
CENTS = st.decimals(-10, 10, places=12)
LINES = st.fixed_dictionaries(
    {
        "billed_cost": CENTS,
        "consumed_quantity": CENTS | st.none(),
        "resource_id": st.sampled_from([None, "", "i-1"]),
        "service_name": st.sampled_from(["a", "b"]),
        "tags": st.none() | TAG_MAPS,
        "charge_period_start": st.sampled_from(
            [datetime(2026, 10, day, hour, tzinfo=UTC) for day in (1, 2) for hour in (0, 23)]
        ),
    }
)
HYPOTHESIS = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def maps(values: Iterable[Mapping[str, str | None] | None]) -> pl.Series:
    return pl.Series("tags", list(values), dtype=MAPS)


def keys_and_facts(charges: pl.LazyFrame, source: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    keys, facts = reduction.keys_and_facts(charges, source)
    return keys, facts.collect()


def canonical(tags: Mapping[str, str | None] | None) -> str:
    return json.dumps(tags or {}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.failure("C06")
@given(lines=st.lists(LINES, max_size=12))
@HYPOTHESIS
def test_keys_and_facts_are_the_distinct_keys_and_the_exact_sums(
    charges: Charges, lines: list[dict[str, Any]]
) -> None:
    keys, facts = keys_and_facts(charges(lines), "cloud")
    again = keys_and_facts(charges(lines), "cloud")

    expected: dict[tuple[Any, ...], list[Any]] = {}
    for line in lines:
        key = (line["resource_id"], line["service_name"], canonical(line["tags"]))
        sums = expected.setdefault((*key, line["charge_period_start"].date()), [Decimal(0)] * 3)
        sums[0] += line["billed_cost"]
        sums[1] += line["consumed_quantity"] or 0
        sums[2] += 1
    found = facts.join(keys, on="key_id").select(
        "resource_id", "service_name", "tags", "day", "billed_cost", "consumed_quantity", "lines"
    )
    assert {row[:4]: list(row[4:]) for row in found.iter_rows()} == expected
    assert found.height == len(expected)
    assert keys["key_id"].to_list() == list(range(len({key[:3] for key in expected})))
    assert keys.drop("key_id").is_unique().all()
    assert keys["x_source"].unique().to_list() in ([], ["cloud"])
    assert (keys.schema, facts.schema) == (KEYS, FACTS)
    assert keys.equals(again[0])
    assert facts.equals(again[1])


@pytest.mark.failure("C01")
@given(lines=st.lists(LINES, min_size=1, max_size=12), seed=st.randoms(use_true_random=False))
@HYPOTHESIS
def test_neither_the_order_of_lines_nor_the_size_of_batches_changes_a_byte(
    charges: Charges, lines: list[dict[str, Any]], seed: random.Random
) -> None:
    whole = keys_and_facts(charges(lines), "cloud")
    shuffled = [*lines]
    seed.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "BATCH_ROWS", 3)
        patch.setattr(reduction, "HELD_KEYS", 2)
        patch.setattr(reduction, "HELD_ROWS", 4)
        patch.setattr(reduction, "PART_ROWS", 2)
        pieces = keys_and_facts(charges(shuffled), "cloud")

    for one, other in zip(whole, pieces, strict=True):
        assert one.write_csv() == other.write_csv()


@pytest.mark.failure("C02")
@given(amounts=st.lists(st.decimals(-(10**6), 10**6, places=12), min_size=1, max_size=9))
@HYPOTHESIS
def test_a_fraction_of_twelve_digits_survives(charges: Charges, amounts: list[Decimal]) -> None:
    _, facts = keys_and_facts(charges({"billed_cost": amount} for amount in amounts), "cloud")

    assert facts["billed_cost"].sum() == sum(amounts)


@pytest.mark.failure("C02")
def test_a_million_lines_below_a_cent_are_forty_cents(charges: Charges) -> None:
    line = charges([{"billed_cost": Decimal("0.0000004")}]).collect()
    million = pl.concat([line] * 1000, rechunk=True)

    _, facts = keys_and_facts(pl.concat([million] * 1000).lazy(), "cloud")

    assert facts.rows() == [
        (0, date(2026, 10, 1), Decimal("0.40"), *[Decimal(0)] * 4, 1_000_000),
    ]


@pytest.mark.failure("C07")
def test_refunds_and_credits_are_summed_with_their_sign(charges: Charges) -> None:
    costs = ("10.00", "-2.50", "-12.00")
    _, facts = keys_and_facts(charges({"billed_cost": Decimal(c)} for c in costs), "cloud")

    assert facts.select("billed_cost", "lines").rows() == [(Decimal("-4.50"), 3)]


def test_the_day_of_a_charge_is_its_day_in_utc(charges: Charges) -> None:
    late = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)

    _, facts = keys_and_facts(charges([{"charge_period_start": late}]), "cloud")

    assert facts["day"].to_list() == [date(2026, 10, 31)]


def test_no_charges_are_no_keys_and_no_facts(charges: Charges) -> None:
    keys, facts = keys_and_facts(charges([]), "cloud")

    assert (keys.height, facts.height) == (0, 0)
    assert (keys.schema, facts.schema) == (KEYS, FACTS)


@pytest.mark.failure("B09")
@given(values=st.lists(st.none() | TAG_MAPS, max_size=6))
def test_a_tag_map_becomes_json_with_sorted_keys_and_nothing_is_lost(
    values: list[dict[str, str | None] | None],
) -> None:
    assert tag_texts(maps(values)).to_list() == [canonical(value) for value in values]


def test_the_order_of_tags_in_a_map_does_not_make_another_key(charges: Charges) -> None:
    keys, facts = keys_and_facts(
        charges([{"tags": {"a": "1", "b": "2"}}, {"tags": {"b": "2", "a": "1"}}]), "cloud"
    )

    assert keys["tags"].to_list() == ['{"a":"1","b":"2"}']
    assert facts["lines"].to_list() == [2]


@pytest.mark.failure("B09")
@given(values=st.lists(TAG_MAPS, min_size=1, max_size=6))
def test_the_values_of_a_tag_are_read_back_as_delivered(
    values: list[dict[str, str | None]],
) -> None:
    found = tag_values(pl.Series([canonical(value) for value in values]), {"a": ["a"]})

    assert found.rows() == [
        (number, "a", key, text)
        for number, value in enumerate(values)
        for key, text in sorted(value.items())
        if key.strip(" \n\u200b").casefold() == "a" and text is not None
    ]


def test_an_identity_tells_every_small_combination_apart() -> None:
    words = ["", "a", "b", "ab", "\x00"]
    rows: list[tuple[str | None, str | None, dict[str, str]]]
    rows = [(x, y, {}) for x in [*words, None] for y in [*words, None]]
    rows += [("a", "a", {x: y}) for x in words for y in words]
    rows += [("a", "a", {"a": x, "b": y}) for x in words for y in words]
    rows += [("a", "a", {"b": x, "a": y}) for x in words for y in words]
    xs, ys, zs = zip(*rows, strict=True)
    frame = pl.DataFrame({"x": xs, "y": ys, "z": maps(zs)})

    assert frame.select(identity("x", "y", "z")).n_unique() == len(rows)


def test_facts_can_be_asked_for_in_part_and_again(charges: Charges, tmp_path: Path) -> None:
    lines = [{"resource_id": f"i-{n}", "billed_cost": Decimal(n)} for n in range(9)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "BATCH_ROWS", 2)
        patch.setattr(reduction, "PART_ROWS", 2)
        _, facts = reduction.keys_and_facts(charges(lines), "cloud")

    whole = facts.collect()
    facts.sink_parquet(tmp_path / "facts.parquet")

    assert whole["billed_cost"].to_list() == list(range(9))
    assert pl.read_parquet(tmp_path / "facts.parquet").equals(whole)
    assert facts.head(3).collect().equals(whole.head(3))
    assert facts.filter(key_id=7).select("billed_cost").collect().rows() == [(Decimal(7),)]
