"""How an entry becomes text that is the same everywhere, and the hash that seals it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final

GENESIS: Final = "0" * 64  # what the first entry calls the one before it


def seal(*fields: object) -> str:
    """Return the hash of an entry: seq, at, kind, subject, body, and the hash before it."""
    # A value of a type that no entry has (a blob put in by hand) must not pass for its text.
    return hashlib.sha256(_json(fields, default=lambda other: [repr(other)]).encode()).hexdigest()


def canonical(body: Mapping[str, object], place: str) -> str:
    """Return the one JSON text of a body: ASCII, sorted keys, no spaces.

    Raises:
        ValueError: names the part, under `place`, that JSON cannot hold exactly.
    """
    return _json(_plain(body, place))


def _json(value: object, default: Callable[[object], object] | None = None) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=default
    )


def _plain(value: object, place: str) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(inner, f"{place}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
    raise ValueError(f"{place}: {value!r} is not kept exactly in the ledger; write amounts as text")
