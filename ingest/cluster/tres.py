"""Trackable resources of a job: how many accelerators, and which."""

from __future__ import annotations

import re
from typing import Final

_TYPED: Final = "gres/gpu:"
_COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


class TresError(ValueError):
    """The text is no list of resources."""


def accelerators(tres: str) -> tuple[int, str | None]:
    """Return how many accelerators a text such as AllocTRES names, and of which type.

    `gres/gpu=8,gres/gpu:h100=8` says the same eight twice: the untyped count, or else the
    sum of the typed ones. Of several types none is told.

    Raises:
        TresError: when it is not `name=count` with commas between.
    """
    untyped: int | None = None
    typed: dict[str, int] = {}
    for part in filter(None, tres.split(",")):
        name, mark, count = part.partition("=")
        if not mark:
            raise TresError("is no list of name=count")
        if name == _TYPED[:-1]:
            untyped = _number(count)
        elif name.startswith(_TYPED):
            typed[name.removeprefix(_TYPED)] = _number(count)
    kinds = [kind.upper() for kind, number in typed.items() if number]
    number = sum(typed.values()) if untyped is None else untyped
    return number, kinds[0] if len(kinds) == 1 else None


def _number(count: str) -> int:
    if not _COUNT.fullmatch(count):
        raise TresError(f"has {count!r} accelerators, which is no count")
    return int(count)
