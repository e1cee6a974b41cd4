"""Text from data made harmless for the place it is shown in."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ZERO_WIDTH: Final = "\u200b"
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|~!$&#])")
_LINK: Final = re.compile(r"(https?|ftp|www)([:.])", re.IGNORECASE)


def visible(text: str) -> str:
    r"""Return text with control, bidi and other unseen characters written as `\xNN` or `\uNNNN`.

    A terminal obeys some of them, and a reader is fooled by others.
    """
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        else char
        for char in text
    )


def markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, link, mention or issue number."""
    quiet = _LINK.sub(rf"\1{ZERO_WIDTH}\2", visible(text))
    return (
        _MARKUP.sub(r"\\\1", quiet)
        .replace("@", f"@{ZERO_WIDTH}")
        .replace(r"\#", rf"\#{ZERO_WIDTH}")
    )
