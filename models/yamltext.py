"""YAML that trueup proposes: texts quoted so that they are read back as they are."""

from __future__ import annotations

import json
import unicodedata
from typing import Final

# letters that are not seen, or not allowed in a file, begin with C; others that end lines with Z
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLAIN: Final = 0xFFFF


def quoted(text: str) -> str:
    """Return a text between double quotes, what is not seen as an escape."""
    return "".join(_escaped(letter) for letter in json.dumps(text, ensure_ascii=False))


def _escaped(letter: str) -> str:
    if unicodedata.category(letter) not in _UNSEEN and letter != "\u00a0":
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) <= _PLAIN else f"\\U{ord(letter):08x}"
