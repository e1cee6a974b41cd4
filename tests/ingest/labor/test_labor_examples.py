"""The examples and the manual show what is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.labor.card import load as load_card
from ingest.labor.people import load as load_people
from ingest.sources.timesheet import Settings
from models.node import parse
from models.period import Month

CONFIG: Final = "config/trueup.yaml"
MANUAL: Final = "docs/labor.md"


def blocks(text: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("file", [CONFIG, MANUAL])
def test_the_settings_that_are_shown_are_read(file: str, root: Path) -> None:
    text = (root / file).read_text("utf-8")
    shown = blocks(text)[0] if file == MANUAL else text

    given = parse(shown, file).data["sources"]["timesheets"]

    assert Settings.model_validate(given).is_strict == (given["format"] == "harvest")


def test_the_confidential_files_that_are_shown_are_read(office: Any, root: Path) -> None:
    manual = blocks((root / MANUAL).read_text("utf-8"))
    examples = [
        (root / f"config/{name}.example").read_text("utf-8")
        for name in ("role-rates.yaml", "people.yaml")
    ]
    for rates, people in ((manual[1], manual[3]), examples):
        card = load_card("timesheets", office.secret("rates.yaml", rates))
        office.secret("people.yaml", people)
        office.given["people"] = "people.yaml"
        known = load_people("timesheets", office.source.settings, office.home)

        assert card.rate(card.name("ml engineer"), Month(2026, 2)) == 9000
        assert known.role("Ann@Example.org", "") == "ML engineer"
        assert known.role("", "Bo  Example") == "reviewer"
