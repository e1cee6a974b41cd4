"""The manifest of a delivery: what it must say, and which objects it may name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

LIMIT: Final = 16 << 20  # bytes; a real one has some kilobytes
SUFFIX: Final = "Manifest.json"
_VERSION_LIMIT: Final = 256


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one delivery consists of.

    Attributes:
        version: The provider's id of the snapshot (`executionId`).
        columns: Names of the table's columns; empty when not stated.
        files: Addresses of the data files, in order.
    """

    version: str
    columns: tuple[str, ...]
    files: tuple[str, ...]


def parse(data: bytes) -> Manifest:
    """Read a manifest: strict in what is used, lenient about members that are not.

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
    return Manifest(_version(content), _columns(content), _files(content))


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"has the key {key!r} twice")
        result[key] = value
    return result


def _version(content: dict[str, Any]) -> str:
    version = content.get("executionId")
    if not isinstance(version, str) or not version.strip():
        raise ValueError("has no executionId, which names the delivery")
    if len(version) > _VERSION_LIMIT or not version.isprintable():
        raise ValueError(f"has an executionId that is not one: {version[:40]!r}")
    return version


def _columns(content: dict[str, Any]) -> tuple[str, ...]:
    columns = content.get("columns") or []
    if not isinstance(columns, list):
        raise ValueError("has columns that are not a list")  # noqa: TRY004 - about data
    names = [column.get("name") if isinstance(column, dict) else None for column in columns]
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError("has a column without a name")
    return tuple(map(str, names))


def _files(content: dict[str, Any]) -> tuple[str, ...]:
    files = content.get("dataFiles")
    if not isinstance(files, list):
        raise ValueError("has no list of dataFiles")  # noqa: TRY004 - about data
    if not all(isinstance(file, str) and file for file in files):
        raise ValueError("has a data file that is not an address")
    seen: set[str] = set()
    for file in files:
        if file in seen:
            raise ValueError(f"names the data file {file!r} twice")
        seen.add(file)
    return tuple(files)


def key(address: str, *, root: str, export: str, period: str) -> str:
    """Return the key, relative to the place, of a data file that a manifest names.

    A manifest is input: it may name only data of its own export and billing period. In a
    bucket the address must begin with the configured bucket and prefix. A folder holds a
    copy, whose manifest still states the original bucket; there only what follows
    `/EXPORT/data/` counts, and an address may also be relative to the folder.

    Raises:
        ValueError: when the address lies anywhere else.
    """
    home = f"{export}/data/BILLING_PERIOD={period}/"
    relative = _relative(address, root, f"{export}/data/")
    parts = relative.split("/")
    if not address.isprintable() or "\\" in address or {"", ".", ".."} & set(parts):
        raise ValueError(f"names {address!r}, which is not the address of a data file")
    if not relative.startswith(home):
        raise ValueError(f"names {address!r}, which lies outside {root or 'EXPORT'}/{home}")
    return relative


def _relative(address: str, root: str, data: str) -> str:
    if root:
        inside = address.startswith(f"{root}/")
        return address.removeprefix(f"{root}/") if inside else "outside"
    if not address.startswith("s3://"):
        return address
    _, found, rest = address.removeprefix("s3://").partition(f"/{data}")
    return data + rest if found else "outside"
