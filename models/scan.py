"""The second reader: DuckDB over one document, which can reach nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from models.errors import TrueupError
from models.form import Form, FormError, form, header
from models.lockdown import literal, locked, parquet, text, texts

COLUMNS: Final = "SELECT column_name, column_type FROM (DESCRIBE document)"
_LONGEST: Final = 1 << 24  # bytes of a record; the engine's own limit is 2 MB
_SHOWN: Final = {"parquet": "Parquet", "csv": "CSV", "ndjson": "JSON objects, one a line"}


class ScanError(TrueupError):
    """A document is not the table, or has not the columns, that it should have."""

    def __init__(self, detail: str) -> None:
        """Say what the engine says; the caller knows which document it was."""
        self.detail = detail
        super().__init__(detail)


@contextlib.contextmanager
def opened(
    path: Path,
    *,
    names: Mapping[str, str] | None = None,
    nulls: Sequence[str] = (),
    members: Mapping[str, str] | None = None,
) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Yield what answers queries of ours over the view `document`; see `rows`.

    A session takes longer to begin than a small document to be read, so several questions
    about one are asked in one session.

    Raises:
        ScanError: when the file cannot be read so.
    """
    found = _form(path)
    try:
        with contextlib.closing(duckdb.connect(":memory:")) as connection:
            for setting in ("SET threads = 2", *locked(files=[path], memory="1GB", spill=None)):
                connection.execute(setting)
            source = _source(path, found, names, nulls, members)
            connection.execute(f"CREATE VIEW document AS {source}")
            yield lambda sql: _answer(connection, sql)
    except duckdb.Error as error:
        raise ScanError(
            f"cannot be read as {_SHOWN[found.layout]}: {_first_line(error)}"
        ) from error


def rows(
    path: Path,
    sql: str,
    *,
    names: Mapping[str, str] | None = None,
    nulls: Sequence[str] = (),
    members: Mapping[str, str] | None = None,
) -> list[tuple[Any, ...]]:
    """Return the answer to a query of ours over the view `document`.

    All columns of a CSV document are text, and null where it is empty; see `money`.

    Args:
        path: A document of any form and any name.
        sql: Our own constant text, never anything that came in. It turns moments into
            days or text: a TIMESTAMP WITH TIME ZONE cannot leave the engine.
        names: What columns of a CSV document are called in the view, by their name there;
            the others are left out. By default all are called as they are.
        nulls: Words that stand for null in a CSV document, beside the empty text.
        members: Members of a document of JSON objects with their types in SQL. Numbers
            become binary doubles on the way, whatever the type: ask for DOUBLE or text.

    Raises:
        ScanError: when the file cannot be read so.
    """
    with opened(path, names=names, nulls=nulls, members=members) as ask:
        return ask(sql)


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Return rows, all of whose days are days: the engine gives those beyond 9999 as text."""
    types = connection.execute(sql).description or ()
    found = connection.fetchall()
    days = [at for at, column in enumerate(types) if str(column[1]) == "DATE"]
    for row in found:
        for at in days:
            if isinstance(row[at], str):
                raise ScanError(f"holds the day {row[at]}, which no calendar has")
    return found


def columns(path: Path) -> dict[str, str]:
    """Return the columns of a document in order, each with DuckDB's name of its type.

    Raises:
        ScanError: when the file is neither Parquet nor CSV.
    """
    return dict(rows(path, COLUMNS))


def money(column: str) -> str:
    """Return SQL that turns a column of text into money, as `models.money.from_text` does."""
    finer = f"CAST(TRY_CAST({column} AS DECIMAL(38, 24)) AS DECIMAL(38, 18))"
    return f"coalesce({finer}, CAST({column} AS DECIMAL(38, 18)))"


def _form(path: Path) -> Form:
    try:
        return form(path)
    except FormError as error:
        raise ScanError(str(error)) from error


def _source(
    path: Path,
    found: Form,
    names: Mapping[str, str] | None,
    nulls: Sequence[str],
    members: Mapping[str, str] | None,
) -> str:
    if found.layout == "parquet":
        return f"SELECT * FROM {parquet([path])}"  # noqa: S608 - escaped
    if found.layout == "ndjson":
        return _objects(path, found, members)
    return _csv(path, found, names, nulls)


def _csv(path: Path, found: Form, names: Mapping[str, str] | None, nulls: Sequence[str]) -> str:
    """Return SQL over a CSV document in which nothing is left to be sniffed."""
    try:
        present = header(path, found)
    except FormError as error:
        raise ScanError(str(error)) from error
    # by position: the engine takes names apart without regard to case
    at = {name: f"c{index}" for index, name in enumerate(present)}
    wanted = {name: name for name in present} if names is None else names
    shown = ", ".join(
        f"{at[name]} AS {_quoted(called)}" for name, called in wanted.items() if name in at
    )
    types = ", ".join(f"{text(name)}: 'VARCHAR'" for name in at.values())
    return f"""
        SELECT {shown or "1 AS nothing"} FROM read_csv({text(literal(path))},
            columns = {{{types}}}, all_varchar = true, auto_detect = false, header = true,
            delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false,
            nullstr = {texts(["", *nulls])}, max_line_size = {_LONGEST},
            compression = {_compression(found)})"""  # noqa: S608 - escaped


def _objects(path: Path, found: Form, members: Mapping[str, str] | None) -> str:
    if not members:
        raise ScanError("has one JSON object a line, and this table is not read from that")
    types = ", ".join(f"{text(name)}: {text(dtype)}" for name, dtype in members.items())
    return f"""
        SELECT * FROM read_json({text(literal(path))}, columns = {{{types}}},
            format = 'newline_delimited', auto_detect = false, maximum_object_size = {_LONGEST},
            compression = {_compression(found)})"""  # noqa: S608 - escaped


def _compression(found: Form) -> str:
    return text("gzip" if found.gzip else "none")


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]
