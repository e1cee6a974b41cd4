from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ORACLES = Path(__file__).resolve().parents[2] / "oracles"


@pytest.fixture(name="oracle", scope="session")
def oracle_fixture() -> Callable[[str], Any]:
    """Return a group of inputs with the figures they must give."""
    return lambda group: json.loads((ORACLES / f"{group}.json").read_text("utf-8"))
