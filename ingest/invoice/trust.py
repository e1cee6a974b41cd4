"""Who may send invoices by mail, and what only looks like one of them."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from ingest.invoice.mail import Sender

# signs that are taken for another one: of other alphabets, digits for letters
_ALIKE: Final = str.maketrans(
    "аеорсухіјѕԁһкмтвնοαеιρτυνκ0158|ıł",  # noqa: RUF001 - these are the signs meant
    "aeopcyxijsdhkmtbnoaeiptuvkoissl" + "il",
)
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("l", "i"))


def refusal(sender: Sender, allowed: Sequence[str]) -> str:
    """Return why nothing that a sender sent is read; empty when it is.

    Args:
        sender: Who says to have sent it.
        allowed: Addresses, or whole domains as `@labels.example`.
    """
    known = {each.casefold() for each in allowed}
    if sender.address and known & {sender.address, f"@{sender.domain}"}:
        return ""
    if not sender.address:
        return "states no sender, or more than one; nothing in it was read: ask the vendor"
    way = f"add {sender.address!r} to `senders` of the source if you know them"
    if near := resembled(sender.domain, {each.rpartition("@")[2] for each in known}):
        return (
            f"{sender.address} is not {near}, and looks like it: probably a fraud; nothing in it "
            f"was read: ask the vendor by another way, and only then {way}"
        )
    return f"{sender.address} is not among `senders`; nothing in it was read: {way}"


def resembled(name: str, known: Iterable[str]) -> str:
    """Return the known name that another one looks like, or differs from by one sign."""
    own = skeleton(name)
    others = sorted(each for each in known if each.casefold() != name.casefold())
    return next((each for each in others if is_near(own, skeleton(each))), "")


def skeleton(name: str) -> str:
    """Return a name as an eye reads it: signs that look alike are one."""
    with contextlib.suppress(UnicodeError):
        name = name.encode("ascii").decode("idna")  # xn--... as it is shown
    plain = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(_ALIKE)
    for pair, sign in _PAIRS:
        text = text.replace(pair, sign)
    return " ".join(text.split())


def is_near(one: str, other: str) -> bool:
    """Return whether two texts are equal but for one sign more, less, other, or two swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if same is None:
        return True
    left, right = one[same:], other[same:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
