"""What `trueup doctor` asks of sources whose files lie in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.source import Finding, Source, build, settings_model
from models.period import Month

NOW: Final = datetime(2026, 11, 5, 6, tzinfo=UTC)
MONTHS: Final = (Month(2026, 11), Month(2026, 10), Month(2026, 9))


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Source]:
    def built(kind: str, **given: Any) -> Source:
        settings = settings_model(kind).model_validate({"kind": kind, **given})
        return build("bills", kind, settings, tmp_path)

    return built


def asked(source: Source) -> dict[str, Finding]:
    return {finding.check: finding for finding in source.probe(MONTHS, NOW)}


def test_files_of_a_pattern_are_found_by_their_month_and_age(
    source: Callable[..., Source], tmp_path: Path
) -> None:
    folder = tmp_path / "bills"
    folder.mkdir()
    for name in ("2026-09.csv", "2026-10-a.csv", "2026-10-b.csv", "else.csv"):
        (folder / name).write_bytes(b"BilledCost\n")
        written = (NOW - timedelta(hours=30)).timestamp()
        os.utime(folder / name, (written, written))

    found = asked(source("focus", location="bills", pattern="{month}*.csv"))

    assert {check: each.state for check, each in found.items()} == {
        **dict.fromkeys(("list", "read", "delivery"), "ok")
    }
    assert found["delivery"].detail == "2026-10, 30 h old: 2026-10-b.csv"


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("focus", {"pattern": "{month}.csv"}),
        ("aws_data_export", {"export": "ft"}),
        ("aws_cur", {"report": "ft"}),
    ],
)
def test_a_folder_that_is_not_there_and_one_without_bills_are_told_apart(
    kind: str, given: dict[str, str], source: Callable[..., Source], tmp_path: Path
) -> None:
    gone = asked(source(kind, location="bills", **given))
    (tmp_path / "bills").mkdir()
    bare = asked(source(kind, location="bills", **given))

    assert (gone["list"].state, bare["list"].state) == ("fail", "warn")
    assert gone["list"].detail.endswith("there is no such folder")
    assert bare["delivery"] == Finding(
        "delivery",
        "fail",
        "none of 2026-11, 2026-10, 2026-09",
        "check location and names, and that the export is enabled",
    )


def test_a_folder_needs_no_grant(source: Callable[..., Source]) -> None:
    assert list(source("focus", location="bills", pattern="*.csv").grants()) == []
