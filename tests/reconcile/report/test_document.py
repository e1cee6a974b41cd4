from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.figure import exact_text
from reconcile.portfolio import Portfolio
from reconcile.report.document import render
from reconcile.report.schema import REPORT_SCHEMA


def test_the_document_keeps_its_schema_and_every_figure_to_the_last_digit(six: Portfolio) -> None:
    document = json.loads(render(six))

    jsonschema.validate(document, REPORT_SCHEMA)
    assert {
        key: None if each["value"] is None else Decimal(each["value"])
        for key, each in document["figures"].items()
    } == {key: figure.value for key, figure in six.figures.items()}
    head = ("schema_version", "month", "as_of", "currency", "unit", "state", "demo", "snapshot")
    assert [document[name] for name in head] == [
        "1", "2026-10", "2026-11-20T02:30:00+00:00", "USD", "1", "PRELIM", True, "5f2c9e0b",
    ]  # fmt: skip


def test_projects_say_variance_at_completion_with_the_other_sign(six: Portfolio) -> None:
    end = json.loads(render(six))["projects"][0]["completion"]

    assert Decimal(end["vac"]) == -Decimal(end["delta"]) == Decimal("-177000.19")


def test_no_amount_is_a_json_number(six: Portfolio) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [n for each in value.values() for n in numbers(each)]
        if isinstance(value, list):
            return [n for each in value for n in numbers(each)]
        return [value] if isinstance(value, float) else []

    assert numbers(json.loads(render(six))) == []


@pytest.mark.failure("M04")
def test_hostile_text_is_kept_as_text(hostile: Portfolio, payloads: tuple[str, ...]) -> None:
    document = json.loads(render(hostile))

    jsonschema.validate(document, REPORT_SCHEMA)
    titles = {line["title"].lstrip("0123456789") for line in document["projects"]}
    assert titles == set(payloads)


def test_an_empty_portfolio_keeps_the_schema(portfolio_of: Any) -> None:
    jsonschema.validate(json.loads(render(portfolio_of())), REPORT_SCHEMA)


def test_a_document_is_made_twice_the_same(six: Portfolio) -> None:
    assert render(six) == render(six)


@settings(max_examples=50, deadline=None)
@given(st.decimals(min_value=-(10**20), max_value=10**20, places=18))
def test_amounts_read_back_equal(value: Decimal) -> None:
    text = exact_text(value)

    assert text is not None
    assert Decimal(text) == value
    assert len(text.partition(".")[2]) >= 2
