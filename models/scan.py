"""The second reader: DuckDB over one document, which can reach nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import duckdb

from models.errors import TrueupError
from models.lockdown import locked, parquet


class ScanError(TrueupError):
    """A document is not the Parquet file, or has not the columns, that it should have."""

    def __init__(self, detail: str) -> None:
        """Say what the engine says; the caller knows which document it was."""
        self.detail = detail
        super().__init__(detail)


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the answer to a query of ours over the view `document`.

    Args:
        path: A Parquet file of any name.
        sql: Our own constant text, never anything that came in. It turns moments into
            days or text: a TIMESTAMP WITH TIME ZONE cannot leave the engine.

    Raises:
        ScanError: when the file cannot be read so.
    """
    try:
        with contextlib.closing(duckdb.connect(":memory:")) as connection:
            for setting in ("SET threads = 2", *locked(files=[path], memory="1GB", spill=None)):
                connection.execute(setting)
            source = parquet([path])
            connection.execute(f"CREATE VIEW document AS SELECT * FROM {source}")  # noqa: S608 - escaped
            return connection.execute(sql).fetchall()
    except duckdb.Error as error:
        raise ScanError(f"cannot be read as Parquet: {_first_line(error)}") from error


def columns(path: Path) -> dict[str, str]:
    """Return the columns of a Parquet file in order, each with DuckDB's name of its type.

    Raises:
        ScanError: when the file is not Parquet.
    """
    return dict(rows(path, "SELECT column_name, column_type FROM (DESCRIBE document)"))


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]
