"""The manifest of a run: what it must say, and which blobs it may name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LIMIT: Final = 16 << 20  # bytes; a real one has some kilobytes
NAME: Final = "manifest.json"
_SHOWN: Final = 40
_EXPORTS: Final = "/providers/microsoft.costmanagement/exports/"

# What an export is of, in words of its manifest: our word for it.
DATASETS: Final = {"focuscost": "focus", "actualcost": "actual", "amortizedcost": "amortized"}


@dataclass(frozen=True, slots=True)
class Blob:
    """One data file: its name in the container, and what it should hold, if stated."""

    name: str
    size: int | None
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one run of an export delivered; manifests of 2021 do not say what they are of.

    Attributes:
        dataset: `focus`, `actual` or `amortized`, another word for anything else; empty
            when not stated.
        scope: The account or subscription that was exported; empty when not stated.
        run: The provider's id of the run; empty when not stated.
        submitted: When the run began.
        first, last: First day, and last day or the one after it.
        blobs: The data files, in order.
    """

    dataset: str
    scope: str
    run: str
    submitted: datetime | None
    first: datetime | None
    last: datetime | None
    blobs: tuple[Blob, ...]


def parse(data: bytes) -> Manifest:
    """Read a manifest: strict in what is used, lenient about members that are not.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if len(data) > LIMIT:
        raise ValueError(f"is larger than {LIMIT} bytes")
    content = _content(data)
    export, run = _object(content, "exportConfig"), _object(content, "runInfo")
    dataset = _text(export, "type").lower()
    blobs = _blobs(content)
    return Manifest(
        dataset=DATASETS.get(dataset, dataset),
        scope=_text(export, "resourceId").lower().partition(_EXPORTS)[0],
        run=_text(run, "runId"),
        submitted=_moment(run, "submittedTime"),
        first=_moment(run, "startDate"),
        last=_moment(run, "endDate"),
        blobs=blobs if _count(content, "dataRowCount") != 0 else (),
    )


def _content(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        start = data[:_SHOWN].decode("ascii", "replace")
        raise ValueError(f"is not JSON; it begins with {start!r}") from error
    if not isinstance(content, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 - about data, not about code
    return content


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"has the key {key!r} twice")
        result[key] = value
    return result


def _object(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"has {name} that is not an object")  # noqa: TRY004 - about data
    return value


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"has {name} that is not a text: {repr(value)[:_SHOWN]}")
    return value


def _moment(content: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(content, name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"has {name} that is not a moment: {text[:_SHOWN]!r}") from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _count(content: Mapping[str, Any], name: str) -> int | None:
    value = content.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"has {name} that is not a number: {repr(value)[:_SHOWN]}")
    return value


def _blobs(content: Mapping[str, Any]) -> tuple[Blob, ...]:
    listed = content.get("blobs")
    found = [] if listed is None and not _count(content, "blobCount") else listed
    if not isinstance(found, list):
        raise ValueError("has no list of blobs")  # noqa: TRY004 - about data
    blobs = tuple(map(_blob, found))
    for name, times in Counter(blob.name for blob in blobs).items():
        if times > 1:
            raise ValueError(f"names the blob {name!r} twice")
    stated = _count(content, "blobCount")
    if stated is not None and stated != len(blobs):
        raise ValueError(f"states {stated} blobs, and lists {len(blobs)}")
    return blobs


def _blob(listed: object) -> Blob:
    if not isinstance(listed, dict) or not _text(listed, "blobName"):
        raise ValueError("has a blob without a name")
    return Blob(
        _text(listed, "blobName"), _count(listed, "byteCount"), _count(listed, "dataRowCount")
    )


def key(blob: str, manifest: str) -> str:
    """Return the key, relative to the place, of a blob that a manifest names.

    A manifest is input: it may name only files beside itself. Its own key is relative to
    the place and a blob's name to the container it was exported to, of which the place may
    be a copy under other folders; the folder of the run is in both.

    Args:
        blob: Name in the container.
        manifest: Key of the manifest in the place.

    Raises:
        ValueError: when the blob lies anywhere else.
    """
    *theirs, name = blob.split("/")
    *ours, _ = manifest.split("/")
    sound = blob.isprintable() and "\\" not in blob and not {"", ".", ".."} & {*theirs, name}
    if not sound or (theirs and ours and theirs[-1] != ours[-1]):
        raise ValueError(f"names {blob!r}, which does not lie beside it")
    return "/".join((*ours, name))
