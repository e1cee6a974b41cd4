"""An answer in JSON, read by its contract: what is missing or odd is told with its path."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any, Final

from models.money import WIDE, ZERO, exact, stored

DIGITS: Final = 19  # before the point, so that sums still fit into money
LAST: Final = 253_402_300_799  # the last second of the year 9999
_SHOWN: Final = 40
_WIDE: Final = Context(prec=WIDE)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class ReplyError(ValueError):
    """The answer is not what its documentation promises; the text says where, in one line."""


@dataclass(frozen=True, slots=True)
class Part:
    """A value in an answer, and its path; unknown members are never looked at."""

    value: Any
    path: str = ""

    def at(self, name: str) -> Part:
        """Return a member.

        Raises:
            ReplyError: when there is none, or this has no members.
        """
        found = self.maybe(name)
        if found is None:
            raise ReplyError(f"{self._below(name)}: is missing")
        return found

    def maybe(self, name: str) -> Part | None:
        """Return a member; None when it is absent or null."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        value = self.value.get(name)
        return None if value is None else Part(value, self._below(name))

    def members(self) -> list[str]:
        """Return the names of all members."""
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return list(self.value)

    def parts(self) -> list[Part]:
        """Return the parts of a list."""
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        return [Part(value, f"{self.path}[{at}]") for at, value in enumerate(self.value)]

    def text(self) -> str:
        """Return text."""
        if not isinstance(self.value, str):
            raise self._wrong("text")
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def whole(self) -> int:
        """Return a whole number, as a number or as text."""
        number = self.number()
        if number != int(number):
            raise self._wrong("a whole number")
        return int(number)

    def number(self, *, hundredths: bool = False) -> Decimal:
        """Return a number, or text of one, exactly; beyond 18 places it is rounded.

        Args:
            hundredths: Whether it counts hundredths of what is returned, such as cents.
        """
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise self._wrong("a number")
        try:
            found = exact(str(value))
        except ValueError:
            raise self._wrong("a number") from None
        if found and found.adjusted() >= DIGITS:
            raise self._wrong(f"a number of at most {DIGITS} digits before the point")
        return stored(found.scaleb(-2 if hundredths else 0, _WIDE)) if found else ZERO

    def seconds(self) -> datetime:
        """Return a moment from seconds since 1970."""
        return self._since_epoch(self.whole())

    def milliseconds(self) -> datetime:
        """Return a moment from milliseconds since 1970."""
        whole = self.whole()
        return self._since_epoch(whole // 1000).replace(microsecond=whole % 1000 * 1000)

    def moment(self) -> datetime:
        """Return a moment from text in RFC 3339, in UTC."""
        text = self.text()
        if not _MOMENT.fullmatch(text):
            raise self._wrong("a moment such as 2026-10-01T00:00:00Z")
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._wrong("a moment such as 2026-10-01T00:00:00Z") from None

    def _since_epoch(self, seconds: int) -> datetime:
        if not 0 <= seconds <= LAST:
            raise self._wrong("a moment since 1970")
        return datetime.fromtimestamp(seconds, UTC)

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _wrong(self, wanted: str) -> ReplyError:
        shown = json.dumps(self.value, default=str)[:_SHOWN]
        return ReplyError(f"{self.path or 'the answer'}: {shown} is not {wanted}")


def text_of(part: Part, name: str) -> str | None:
    """Return a member that is text; None when it is absent, null or blank."""
    found = part.maybe(name)
    return found.text().strip() or None if found else None


def number_of(part: Part, name: str) -> Decimal | None:
    """Return a member that is a number; None when it is absent or null."""
    found = part.maybe(name)
    return found.number() if found else None


def parsed(data: bytes) -> Part:
    """Return an answer; numbers stay the digits they are written with.

    Raises:
        ReplyError: for what is no JSON, such as the page of a proxy.
    """
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_float=exact,
            parse_constant=_refused,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        if data.lstrip()[:1] == b"<":
            raise ReplyError("is a web page, not an answer of the API; check the address") from None
        raise ReplyError(f"is no JSON: {str(error) or type(error).__name__}") from None
    return Part(value)


def canonical(value: object) -> bytes:
    """Return a value as JSON that is the same for the same content."""
    return json.dumps(value, sort_keys=True, default=str, separators=(",", ":")).encode()


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found
