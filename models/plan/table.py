"""A file beside a plan, CSV or workbook by its first bytes, as a grid of cells."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Final

from models.errors import ConfigError, Mistake
from models.plan.grid import LIMIT, Grid
from models.plan.separated import grid as separated

_ARCHIVE: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_workbook(raw: bytes) -> bool:
    """Say whether a file is an archive, as workbooks are, by its first bytes."""
    return raw.startswith(_ARCHIVE)


def opened(raw: bytes, file: str, sheet: str | None = None, *, is_lenient: bool = False) -> Grid:
    """Return a CSV file, or one sheet of a workbook, as a grid.

    Raises:
        ConfigError: when it is neither, too large, or not to be read without a guess.
    """
    if len(raw) > LIMIT:
        raise ConfigError(Mistake(file, 1, 1, f"{len(raw)} bytes; the limit is {LIMIT}, split it"))
    if raw.startswith(_OLD):
        said = "is a workbook of the old form (.xls), or encrypted; save it as .xlsx"
        raise ConfigError(Mistake(file, 1, 1, said))
    if is_workbook(raw):
        read: Callable[..., Grid] = importlib.import_module("models.plan.workbook").grid
        return read(raw, file, sheet, is_lenient=is_lenient)
    if sheet is not None:
        raise ConfigError(Mistake(file, 1, 1, f"is text and has no sheet {sheet!r}; leave it out"))
    return separated(raw, file)
