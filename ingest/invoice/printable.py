"""Text from strangers as it is shown: without control signs, and not longer than one reads."""

from __future__ import annotations

import unicodedata
from typing import Final

MOST: Final = 1000  # signs; the document in the archive keeps all of them
WORD: Final = 200
_SPACES: Final = ("Cc", "Zl", "Zp", "Zs")
_NOTHING: Final = ("Cf", "Cs", "Co", "Cn")  # turned directions, halves of signs, no signs


def printable(text: str, most: int = MOST) -> str:
    """Return text on one line, in signs that can be seen, cut where it is too long."""
    head = text[: 4 * most]  # what stands beyond is cut in any case
    seen = head if head.isprintable() else "".join(map(_sign, head))
    clean = " ".join(seen.split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def _sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in _SPACES:
        return " "
    return "" if kind in _NOTHING else sign
