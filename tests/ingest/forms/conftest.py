"""A table as small as can be, written in each form."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.table import MAP, MOMENT, NUMBER, RATE, TEXT, Field

FIELDS: Final = (
    Field("account", TEXT, required=True),
    Field("cost", NUMBER, required=True),
    Field("rate", RATE),
    Field("start", MOMENT),
    Field("tags", MAP),
)
LINE: Final = {
    "account": "000123456789",
    "cost": "98.32",
    "rate": "0.10",
    "start": "2026-10-05T03:00:00Z",
    "tags": '{"user_project": "bot"}',
}


@pytest.fixture
def fields() -> tuple[Field, ...]:
    return FIELDS


@pytest.fixture
def line() -> Mapping[str, str]:
    return LINE


def _csv(
    *lines: Mapping[str, str], names: Sequence[str] = tuple(LINE), end: str = "\n", **style: Any
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, lineterminator=end, restval="", **style)
    writer.writeheader()
    writer.writerows({**LINE, **line} for line in lines)
    return out.getvalue().encode()


@pytest.fixture
def as_csv() -> Callable[..., bytes]:
    """Return lines, which say what differs from an ordinary one, as CSV."""
    return _csv


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def written(content: bytes, name: str = "document") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return written


@pytest.fixture(params=["csv", "csv.gz"])
def wrap(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    """Put text into each of its wrappings."""
    return gzip.compress if request.param == "csv.gz" else bytes
