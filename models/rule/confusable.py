"""Letters of other scripts that look like Latin ones, as data; small, and read by people.

Lower and upper case apart: a Greek ny is a v, its capital an N. What NFKC makes Latin (full
width, mathematical and circled letters) needs no line here.
"""

from __future__ import annotations

from typing import Final

# Latin letter: those that look like it (Cyrillic, Greek, others; lower case, then capitals)
_ALIKE: Final = {
    "a": "\u0430\u03b1\u0251\u0410\u0391",
    "b": "\u0432\u044c\u03b2\u0412\u0392",
    "c": "\u0441\u03f2\u0421\u03f9",
    "d": "\u0501\u0500",
    "e": "\u0435\u0454\u03b5\u0415\u0395",
    "g": "\u0261",
    "h": "\u043d\u04bb\u041d\u0397",
    "i": "\u0456\u03b9\u0131\u0406\u0399",
    "j": "\u0458\u03f3\u0408",
    "k": "\u043a\u03ba\u041a\u039a",
    "l": "1|\u04cf\u04c0",
    "m": "\u043c\u03bc\u041c\u039c",
    "n": "\u043f\u03b7\u039d",
    "o": "0\u043e\u03bf\u03c3\u041e\u039f",
    "p": "\u0440\u03c1\u0420\u03a1",
    "q": "\u051b\u051a",
    "r": "\u0433",
    "s": "\u0455\u0405",
    "t": "\u0442\u03c4\u0422\u03a4",
    "u": "\u03c5",
    "v": "\u03bd\u0475\u0474",
    "w": "\u051d\u03c9\u051c",
    "x": "\u0445\u03c7\u0425\u03a7",
    "y": "\u0443\u03b3\u04af\u0423\u03a5",
    "z": "\u0396",
}
LATIN: Final = {ord(letter): latin for latin, letters in _ALIKE.items() for letter in letters}
