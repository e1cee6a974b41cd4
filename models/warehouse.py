"""The warehouse: one DuckDB file for people, built beside and published by rename."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import polars.selectors as cs

from models.beside import BESIDE
from models.charge import CHARGE
from models.durable import place, private_folder, storing
from models.errors import StoreError
from models.lockdown import locked, parquet, text

TABLES: Final = (
    *("spend", "shares", "plan", "actuals", "variance", "problems", "sources", "closes"),
    *("drivers", "drivers_to_date"),
    *("invoices", "invoice_parts", "restatements", "adjustments", "reallocations", "documents"),
    *("accruals", "purchase_orders"),
    *("coverage", "conflicts", "rule_use", "runs"),
    *BESIDE,
)
FILES: Final = "charge_files"  # which lake files the view `charges` reads, and whose they are
MEMORY: Final = "2GB"
BUILDING: Final = ".building"

_TYPES: Final[Mapping[Any, str]] = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Decimal: "DECIMAL(38, 18)",
    pl.Datetime: "TIMESTAMP",
    pl.Map: "MAP(VARCHAR, VARCHAR)",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A file of charges, and where they come from.

    Attributes:
        path: The file of the lake.
        document: SHA-256 of the document it was made of.
        delivery: Id of the delivery; `x_delivery` of each of its charges.
        scope: `source/YYYY-MM`.
        loaded_at: When the delivery was loaded, ISO text in UTC.
    """

    path: Path
    document: str = ""
    delivery: str = ""
    scope: str = ""
    loaded_at: str = ""


class _Stream:
    """A frame as the engine takes it in: the Arrow interface, without pyarrow."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def publish(
    path: Path, lake_folder: Path, charges: Sequence[Origin], tables: Mapping[str, pl.DataFrame]
) -> None:
    """Build the warehouse beside the old one, then take its place in one step.

    Readers of the old file keep it until they close; moments become TIMESTAMP in UTC.

    Args:
        path: The file to publish.
        lake_folder: Where `charges` lie; the only place a reader's session can read.
        charges: The lake files that count; the view `charges` reads exactly these, each once.
        tables: Frames by the name of their table, one of `TABLES`.

    Raises:
        StoreError: when it cannot be built; the old file is untouched.
        ValueError: for a table of another name.
    """
    unknown = sorted(set(tables) - set(TABLES))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a table of the warehouse; {', '.join(TABLES)}")
    if "?" in str(path.absolute()):  # its log would lie in another folder
        raise StoreError(f"{path}: DuckDB takes a ? in a path for the end of it; rename the folder")
    with storing(path), _building(path) as folder:
        built = folder / path.name
        with _explained(path), _session(built, lake_folder, "STORAGE_VERSION 'v1.5.0'") as session:
            _fill(session, lake_folder, charges, tables)
        _wal(path).unlink(missing_ok=True)  # it would be replayed into the new file
        place(built, path)


@contextlib.contextmanager
def connect(path: Path, lake_folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a read-only session on the warehouse that can reach the lake and nothing else.

    Raises:
        StoreError: when there is none, or it cannot be opened.
    """
    if not path.exists():
        raise StoreError(f"{path}: there is no warehouse yet; run `trueup run`")
    if _wal(path).exists():  # we never write in place: it belongs to another file
        raise StoreError(f"{_wal(path)}: does not belong to the warehouse; run `trueup rebuild`")
    with contextlib.ExitStack() as stack:
        with _explained(path):
            session = stack.enter_context(_session(path, lake_folder, "READ_ONLY"))
        yield session


def query(
    path: Path, lake_folder: Path, sql: str, parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """Return the answer to a query of ours; what came in is bound as a parameter.

    Raises:
        StoreError: when the warehouse, or a lake file it needs, cannot be read.
    """
    with connect(path, lake_folder) as session, _explained(path):
        return session.execute(sql, list(parameters)).fetchall()


def digest(path: Path, lake_folder: Path) -> str:
    """Return a hash of the content: names, types and sorted rows, not the file's bytes.

    The charges count with their columns and the names of their files, which are hashes;
    `Lake.digest` proves the files themselves.

    Raises:
        StoreError: when the warehouse cannot be read.
    """
    whole = hashlib.sha256()
    with connect(path, lake_folder) as session, _explained(path):
        for name in _present(session):
            whole.update(repr((name, _columns(session, name))).encode())
            if name != "charges":
                for row in _sorted_rows(session, name):
                    whole.update(repr(row).encode())
    return whole.hexdigest()


def _fill(
    session: duckdb.DuckDBPyConnection,
    lake_folder: Path,
    charges: Sequence[Origin],
    tables: Mapping[str, pl.DataFrame],
) -> None:
    origins = sorted({each.path: each for each in charges}.values(), key=lambda each: each.path)
    for table, frame in {**tables, FILES: _files(lake_folder, origins)}.items():
        session.register("incoming", _Stream(_utc(frame)))
        session.execute(f"CREATE TABLE {table} AS SELECT * FROM incoming")  # noqa: S608 - a fixed list
        session.unregister("incoming")
    session.execute(f"CREATE VIEW charges AS {_charges(session, [o.path for o in origins])}")
    session.execute("CHECKPOINT")  # close() does it too, but does not tell when it cannot


def _files(lake_folder: Path, origins: Sequence[Origin]) -> pl.DataFrame:
    """Return a row a file; its name, a hash, is what the view finds its delivery by."""
    rows = [
        (
            os.path.relpath(each.path, lake_folder),  # the view refuses one that is outside
            *(each.path.name, each.document, each.delivery, each.scope, each.loaded_at),
        )
        for each in origins
    ]
    names = ("file", "name", "document", "delivery", "scope", "loaded_at")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _charges(session: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> str:
    if files:
        described = f"SELECT column_name FROM (DESCRIBE SELECT * FROM {parquet(files)})"  # noqa: S608 - escaped
        present = {name for (name,) in session.execute(described).fetchall()}
        chosen = ", ".join(
            _chosen(name, dtype) if name in present else _missing(name, dtype)
            for name, dtype in CHARGE.items()
        )
        return (
            f"SELECT {chosen}, origin.delivery AS x_delivery "  # noqa: S608 - our names, escaped paths
            f"FROM {parquet(files, with_name=True)} AS charge "
            f"LEFT JOIN {FILES} AS origin ON origin.name = parse_filename(charge.filename)"
        )
    empty = ", ".join(_missing(name, dtype) for name, dtype in CHARGE.items())
    return f"SELECT {empty}, CAST(NULL AS VARCHAR) AS x_delivery WHERE false"


def _missing(name: str, dtype: pl.DataType) -> str:
    """Return a column that came after the charges were loaded."""
    return f"CAST(NULL AS {_TYPES[dtype.base_type()]}) AS {name}"


def _chosen(name: str, dtype: pl.DataType) -> str:
    # A plain TIMESTAMP in UTC: months then fall alike in every reader's time zone.
    if dtype == pl.Datetime:
        return f"make_timestamp(epoch_us(charge.{name})) AS {name}"
    return f"charge.{name}"


def _utc(frame: pl.DataFrame) -> pl.DataFrame:
    moments = cs.datetime(time_zone="*")
    return frame.with_columns(moments.dt.convert_time_zone("UTC").dt.replace_time_zone(None))


@contextlib.contextmanager
def _building(path: Path) -> Iterator[Path]:
    """Yield a private folder beside the file; what killed builders left is removed first."""
    private_folder(path.parent)
    for left in path.parent.iterdir():
        if left.name.startswith(f"{path.name}.") and left.name.endswith(BUILDING):
            shutil.rmtree(left)
    folder = tempfile.mkdtemp(prefix=f"{path.name}.", suffix=BUILDING, dir=path.parent)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _session(path: Path, lake_folder: Path, mode: str) -> Iterator[duckdb.DuckDBPyConnection]:
    # Attached to a session of its own: opened directly, the engine would hand every reader
    # in the process the same instance, and the file that was there before a rename.
    spill = path.with_name(f"{path.name}.tmp")
    with contextlib.closing(duckdb.connect(":memory:")) as session:
        session.execute(f"ATTACH {text(str(path.absolute()))} AS warehouse ({mode})")
        session.execute("USE warehouse")
        for setting in locked(folders=[lake_folder], memory=MEMORY, spill=spill):
            session.execute(setting)
        yield session


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise StoreError(f"{path}: {reason}; `trueup rebuild` makes it anew") from error


def _present(session: duckdb.DuckDBPyConnection) -> list[str]:
    found = {name for (name,) in session.execute("SHOW TABLES").fetchall()}
    return [name for name in ("charges", FILES, *TABLES) if name in found]


def _columns(session: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    described = f"SELECT column_name, column_type FROM (DESCRIBE {table})"  # noqa: S608 - a fixed list
    return session.execute(described).fetchall()


def _sorted_rows(session: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[Any, ...]]:
    session.execute(f"SELECT * FROM {table} ORDER BY ALL")  # noqa: S608 - a fixed list
    while some := session.fetchmany(10_000):
        yield from some


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
