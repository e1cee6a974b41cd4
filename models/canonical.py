"""Canonical text: what makes two spellings of a tag, an account or a project the same."""

from __future__ import annotations

import unicodedata
from typing import Final

# Letters that take no space; copies from spreadsheets and chat carry them unseen.
_UNSEEN: Final = dict.fromkeys(map(ord, "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))

# What exports put before the key that a person typed.
_PREFIXES: Final = (
    *("resourcetags/user:", "resource_tags/user:", "resource_tags/user_", "resource_tags_user_"),
    *("user:", "user_"),
)


def canonical_value(text: str) -> str:
    """Return text for comparison: NFC, case folded, without outer or zero-width space.

    Idempotent. The original is what people are shown; this is only ever compared.
    """
    visible = unicodedata.normalize("NFD", text.translate(_UNSEEN))
    return unicodedata.normalize("NFC", visible.casefold()).strip()


def composed(text: str) -> str:
    """Return an expression for comparison with canonical text: ASCII, which may be syntax, stays.

    A letter that is none is folded as in `canonical_value`: `STRASSE` and `Straße` are one.
    """
    visible = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    folded = "".join(c if c.isascii() else canonical_value(c) or c for c in visible)
    return unicodedata.normalize("NFC", folded).strip()


def canonical_key(text: str) -> str:
    """Return a tag key for comparison: a canonical value that has lost its export's prefix.

    `user_Project`, `resourceTags/user:project` and `PROJECT` are one key. Idempotent;
    a key that is nothing but a prefix stays what it is.
    """
    key = canonical_value(text)
    for prefix in _PREFIXES:
        bare = key.removeprefix(prefix).strip()
        if bare and bare != key:
            return canonical_key(bare)
    return key
