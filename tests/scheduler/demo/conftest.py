from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scheduler.demo import STORIES, create
from scheduler.demo.calendar import Calendar
from scheduler.demo.usage import Usage, usages


@pytest.fixture(scope="session")
def today() -> date:
    return date(2026, 11, 21)


@pytest.fixture(scope="session")
def calendar(today: date) -> Calendar:
    return Calendar(today)


@pytest.fixture(scope="session")
def used(calendar: Calendar) -> list[Usage]:
    sources = ("aws", "research", "google")
    return [each for source in sources for each in usages(STORIES, source, calendar)]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, today: date) -> Path:
    """The demonstration before any run, written once; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("demo")
    create(folder, today)
    return folder
