"""The manifest of a delivery: what it must say, and which objects it may name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

LIMIT: Final = 16 << 20  # bytes; a real one has some kilobytes
SUFFIX: Final = "Manifest.json"
_VERSION_LIMIT: Final = 256


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one delivery consists of.

    Attributes:
        version: The provider's id of the snapshot.
        columns: Names of the table's columns; empty when not stated.
        files: Addresses of the data files, in order.
        start: First day of the billing period, as stated; empty when it is not.
    """

    version: str
    columns: tuple[str, ...]
    files: tuple[str, ...]
    start: str = ""


def parse(data: bytes, *, version: str = "executionId", files: str = "dataFiles") -> Manifest:
    """Read a manifest: strict in what is used, lenient about members that are not.

    Args:
        data: The manifest.
        version: The member that names the snapshot.
        files: The member that lists the data files.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if len(data) > LIMIT:
        raise ValueError(f"is larger than {LIMIT} bytes")
    try:
        content = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        start = data[:40].decode("ascii", "replace")
        raise ValueError(f"is not JSON; it begins with {start!r}") from error
    if not isinstance(content, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 - about data, not about code
    return Manifest(
        _version(content, version), _columns(content), _files(content, files), _start(content)
    )


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"has the key {key!r} twice")
        result[key] = value
    return result


def _version(content: dict[str, Any], member: str) -> str:
    version = content.get(member)
    if not isinstance(version, str) or not version.strip():
        raise ValueError(f"has no {member}, which names the delivery")
    if len(version) > _VERSION_LIMIT or not version.isprintable():
        raise ValueError(f"has an {member} that is not one: {version[:40]!r}")
    return version


def _start(content: dict[str, Any]) -> str:
    period = content.get("billingPeriod")
    return str(period.get("start", "")) if isinstance(period, dict) else ""


def _columns(content: dict[str, Any]) -> tuple[str, ...]:
    columns = content.get("columns") or []
    if not isinstance(columns, list):
        raise ValueError("has columns that are not a list")  # noqa: TRY004 - about data
    names = [_name(column) if isinstance(column, dict) else "" for column in columns]
    if not all(names):
        raise ValueError("has a column without a name")
    return tuple(names)


def _name(column: dict[str, Any]) -> str:
    """Return the name of a column, in its category if it is stated with one."""
    name, category = column.get("name"), column.get("category")
    if not isinstance(name, str):
        return ""
    return f"{category}/{name}" if category and name else name


def _files(content: dict[str, Any], member: str) -> tuple[str, ...]:
    files = content.get(member)
    if not isinstance(files, list):
        raise ValueError(f"has no list of {member}")  # noqa: TRY004 - about data
    if not all(isinstance(file, str) and file for file in files):
        raise ValueError("has a data file that is not an address")
    seen: set[str] = set()
    for file in files:
        if file in seen:
            raise ValueError(f"names the data file {file!r} twice")
        seen.add(file)
    return tuple(files)


def key(address: str, *, root: str, homes: Sequence[str]) -> str:
    """Return the key, relative to the place, of a data file that a manifest names.

    A manifest is input: it may name only data of its own delivery. In a bucket the address
    must begin with the configured bucket and prefix. A folder holds a copy, whose manifest
    still states the original bucket; there only what follows the home counts, and an
    address may also be relative to the folder.

    Args:
        address: As the manifest has it.
        root: What addresses of the place begin with; empty for a folder.
        homes: Folders that data of the delivery may lie in, each with a slash at its end.

    Raises:
        ValueError: when the address lies anywhere else.
    """
    relative = _relative(address, root, homes)
    parts = relative.split("/")
    if not address.isprintable() or "\\" in address or {"", ".", ".."} & set(parts):
        raise ValueError(f"names {address!r}, which is not the address of a data file")
    if not relative.startswith(tuple(homes)):
        where = f"{root}/{homes[0]}".removeprefix("/")
        raise ValueError(f"names {address!r}, which lies outside {where}")
    return relative


def _relative(address: str, root: str, homes: Sequence[str]) -> str:
    if root:
        inside = address.startswith(f"{root}/")
        return address.removeprefix(f"{root}/") if inside else "outside"
    if not address.startswith("s3://"):
        return address
    for home in homes:
        _, found, rest = address.removeprefix("s3://").partition(f"/{home}")
        if found:
            return home + rest
    return "outside"
