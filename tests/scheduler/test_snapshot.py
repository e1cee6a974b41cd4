"""Settings in a snapshot: those that figures depend on, as far as they are not the usual."""

from __future__ import annotations

from typing import Any

import pytest

from models.settings import Settings
from scheduler.snapshot import settings

PLAIN = {"name": "Year", "reporting_currency": "USD"}


def of(**more: Any) -> str:
    return settings(Settings.model_validate({**PLAIN, **more}))


@pytest.mark.parametrize(
    "more",
    [
        {"materiality": {"percent": 5}},
        {"rates": "fx/rates.yaml"},
        {"state": "elsewhere"},
        {"sources": {"cloud": {"kind": "focus", "location": "bills"}}},
        {"schedule": {"at": "04:00"}},
        {"workers": 1},
        {"ledger": "sqlite:///x.db"},
    ],
)
def test_a_usual_setting_a_place_and_what_delivers_change_no_snapshot(more: Any) -> None:
    assert of(**more) == of()


@pytest.mark.parametrize(
    "more",
    [
        {"reporting_currency": "EUR"},
        {"materiality": {"percent": 6}},
        {"completeness": {"percent": 90}},
        {"allocation": {"target": 95}},
        {"anomalies": {"floor": 1}},
        {"fiscal": {"first_month": 4}},
        {"close": {"two_person": True}},
    ],
)
def test_a_setting_that_figures_or_their_colours_depend_on_changes_it(more: Any) -> None:
    assert of(**more) != of()
