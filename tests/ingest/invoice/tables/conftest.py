"""Workbooks made of cells, and archives made of anything."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openpyxl
import pytest

Rows = Sequence[Sequence[Any]]


def workbook_of(**sheets: Rows) -> bytes:
    """Return a workbook with sheets by name; each begins at A1."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def archive_of(members: Mapping[str, bytes | str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


@pytest.fixture(scope="session")
def workbook() -> Callable[..., bytes]:
    return workbook_of


@pytest.fixture(scope="session")
def repacked() -> Callable[..., bytes]:
    """Return a workbook with parts added or, with None, left out."""

    def build(data: bytes, changes: Mapping[str, bytes | str | None]) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members: dict[str, bytes | str | None] = {n: file.read(n) for n in file.namelist()}
        members |= changes
        return archive_of({name: held for name, held in members.items() if held is not None})

    return build
