"""Words of SQL that keep the query engine inside the few files it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def text(value: str) -> str:
    """Return a string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """Return strings as an SQL list of literals."""
    return f"[{', '.join(map(text, values))}]"


def literal(path: Path) -> str:
    """Return a path as the engine's pattern that matches this path and no other."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path.absolute()))


def parquet(paths: Sequence[Path], *, with_name: bool = False) -> str:
    """Return the table function that reads exactly these files, by column name.

    Args:
        paths: The files.
        with_name: Whether a column `filename` says which file a row is of.
    """
    # Hive partitioning would make a column of any folder called name=value.
    files = texts(map(literal, paths))
    named = ", filename = true" if with_name else ""
    return f"read_parquet({files}, union_by_name = true, hive_partitioning = false{named})"


def locked(
    *, files: Sequence[Path] = (), folders: Sequence[Path] = (), memory: str, spill: Path | None
) -> tuple[str, ...]:
    """Return the settings after which a session reads these files and folders, nothing else.

    Args:
        files: Files it may read.
        folders: Folders it may read all of.
        memory: Most memory it takes, for example `1GB`.
        spill: Folder for what does not fit in memory; without one nothing is spilled.
    """
    return (
        f"SET allowed_paths = {_both_forms(files)}",
        f"SET allowed_directories = {_both_forms(folders)}",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET allow_persistent_secrets = false",
        f"SET memory_limit = {text(memory)}",
        f"SET temp_directory = {text(str(spill.absolute()) if spill else '')}",
        "SET max_temp_directory_size = '4GB'",
        "SET TimeZone = 'UTC'",
        "SET enable_external_access = false",
        "SET lock_configuration = true",  # last: nothing above can be taken back
    )


def _both_forms(paths: Sequence[Path]) -> str:
    # The engine asks for leave once for the pattern and once for the file it found.
    return texts(
        dict.fromkeys(form for path in paths for form in (literal(path), str(path.absolute())))
    )
