from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.charge import CHARGE, COLUMNS
from models.errors import ConfigError
from models.money import MONEY

Load = Callable[[Path], object]
Written = Callable[[str, str], Path]
Complaints = Callable[..., list[str]]
Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Write a file of a project folder, which is where the test then stands."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def complaints(written: Written) -> Complaints:
    """Return what loading a text says, one line a mistake."""

    def said(load: Load, text: str, name: str = "file.yaml") -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(written(name, text))
        return str(caught.value).splitlines()

    return said


@pytest.fixture(scope="session")
def charges() -> Charges:
    """Make charges of what matters about them; the rest is plausible and always the same."""
    noon = datetime(2026, 10, 1, 12, tzinfo=UTC)
    plain: dict[str, Any] = {
        column.name: Decimal(0) if column.dtype == MONEY else "x"
        for column in COLUMNS
        if not column.null
    }
    plain |= {
        "billing_currency": "USD",
        "charge_category": "Usage",
        "charge_period_start": noon,
        "charge_period_end": noon + timedelta(hours=1),
        "billing_period_start": datetime(2026, 10, 1, tzinfo=UTC),
        "billing_period_end": datetime(2026, 11, 1, tzinfo=UTC),
        "x_row": 1,
    }

    def made(rows: Iterable[Mapping[str, Any]]) -> pl.LazyFrame:
        whole = [plain | dict(row) for row in rows]
        # by column: from rows the engine makes maps null
        columns = {name: [row.get(name) for row in whole] for name in CHARGE}
        return pl.DataFrame(columns, schema=CHARGE).lazy()

    return made
