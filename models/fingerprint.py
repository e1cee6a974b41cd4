"""Fingerprints: one hash for one content, however it was written."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from models.money import plain


def fingerprint(value: Any) -> str:  # noqa: ANN401 - any plain data
    """Return the SHA-256 of a value's canonical JSON; 2.50 and 2.5 are one value."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def canonical_json(value: Any) -> str:  # noqa: ANN401 - any plain data
    """Return JSON with sorted keys and no space, numbers as their shortest decimal text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text
    )


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        # Not normalize(), which rounds to the digits of the context.
        return plain(abs(value) if value == 0 else value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON")
