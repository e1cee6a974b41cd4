from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from ingest.sources.azure_export import AzureExport, Settings
from models.period import Month

AT: Final = datetime(2026, 10, 6, 12, tzinfo=UTC)
OCTOBER: Final = Month(2026, 10)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "names no location; set focus, or actual and amortized"),
        (
            {"focus": "a", "actual": "b"},
            "focus holds what actual and amortized hold; keep one of them, or all counts twice",
        ),
        (
            {"actual": "a", "amortized": "a", "manifest": False},
            "actual and amortized name the same files; give each its own place",
        ),
        ({"actual": "a", "files": "*.csv"}, "files must name the month, as {month} or {yyyymm}"),
        ({"focus": ""}, "at least 1 character"),
        ({"focus": "a", "final_after_days": -1}, "greater than or equal to 0"),
        ({"focsu": "a"}, "not permitted"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("{", r"\{")):
        Settings.model_validate({"kind": "azure_export", **given})


def test_one_place_may_hold_both_datasets_when_manifests_tell_them_apart(
    tmp_path: Path, run: Any, make: Any, build: Callable[..., AzureExport], load: Any
) -> None:
    run((make.csv([{}], "ea"),)).lay(tmp_path / "bills")
    run((make.csv([{}], "ea"),), type="AmortizedCost", name="spread").lay(tmp_path / "bills")

    found = load(build(actual="bills", amortized="bills"))

    assert (found.total("billed_cost"), found.total("effective_cost")) == (7, 7)


def test_a_signature_is_never_shown() -> None:
    given = Settings.model_validate({"kind": "azure_export", "focus": "a", "sas": "canary"})

    assert "canary" not in repr(given)
    assert "canary" not in given.model_dump_json()


def test_the_doctor_is_told_where_the_newest_run_lies(
    tmp_path: Path, run: Any, make: Any, build: Callable[..., AzureExport]
) -> None:
    laid = run((make.csv([{}], "ea"),))
    laid.lay(tmp_path / "bills")

    found = {each.check: each for each in build().probe([Month(2026, 9), OCTOBER], AT)}

    assert {check: each.state for check, each in found.items()} == {
        "list": "ok",
        "read": "ok",
        "delivery": "ok",
    }
    assert found["delivery"].detail.endswith(laid.manifest_key)


def test_the_doctor_asks_for_each_dataset(
    tmp_path: Path, run: Any, make: Any, build: Callable[..., AzureExport]
) -> None:
    run((make.csv([{}], "ea"),)).lay(tmp_path / "actual")
    run((), type="AmortizedCost").lay(tmp_path / "amortized")

    found = list(build(actual="actual", amortized="amortized").probe([OCTOBER], AT))

    assert [(each.check, each.state) for each in found if each.check == "delivery"] == [
        ("delivery", "ok"),
        ("delivery", "fail"),
    ]


def test_what_to_grant_is_said_once_a_place(build: Callable[..., AzureExport]) -> None:
    where = "https://acme.blob.core.windows.net/billing"

    grants = list(build(actual=f"{where}/a", amortized=f"{where}/b").grants())

    assert len(grants) == 2
    assert all("containers/billing" in grant.text for grant in grants)
    assert list(build(actual="bills").grants()) == []
