from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ConfigError

Load = Callable[[Path], object]
Written = Callable[[str, str], Path]
Complaints = Callable[..., list[str]]


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
