from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconcile.anomaly.robust import THRESHOLD, active, deviation, median, modified_z

Amounts = list[Decimal]


@pytest.fixture(scope="module")
def mad(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "tests/oracles/mad.json").read_text("utf-8"))
    return read


def amounts(texts: list[str]) -> Amounts:
    return [Decimal(text) for text in texts]


def test_median_deviation_and_z_are_those_of_the_oracle(mad: dict[str, Any]) -> None:
    history = amounts(mad["history"])

    assert median(history) == Decimal(mad["median"])
    assert deviation(history) == Decimal(mad["mad"])
    assert modified_z(Decimal(180), history) == Decimal(mad["z_180"])
    assert modified_z(Decimal(104), history) == Decimal(mad["z_104"])
    assert Decimal(mad["threshold"]) == THRESHOLD


def test_a_floor_of_the_spread_is_that_of_the_oracle(mad: dict[str, Any]) -> None:
    history, floored = amounts(mad["history"]), mad["floored_scale_10pct"]
    scale = Decimal(floored["scale"])

    assert modified_z(Decimal(104), history, scale) == Decimal(floored["z_104"])
    assert modified_z(Decimal(180), history, scale) == Decimal(floored["z_180"])
    assert modified_z(Decimal(180), history, Decimal(1)) == Decimal(mad["z_180"])


def test_without_any_spread_active_days_are_asked(root: Path) -> None:
    zero = json.loads((root / "tests/oracles/mad_zero.json").read_text("utf-8"))
    history = amounts(zero["history"])

    assert (median(history), deviation(history)) == (Decimal(zero["median"]), Decimal(zero["mad"]))
    assert modified_z(Decimal(50), history) is None
    assert median(active(history)) == Decimal(zero["active_median"])
    assert deviation(active(history)) == Decimal(zero["active_mad"])


def test_the_median_of_an_even_number_is_between_and_of_none_is_refused() -> None:
    assert median([Decimal(4), Decimal(1), Decimal(2), Decimal(3)]) == Decimal("2.5")
    with pytest.raises(ValueError, match="nothing has no median"):
        median([])
