"""Errors a user can cause or mend, each with its place and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self


class TrueupError(Exception):
    """A mistake or a fault that has an address; printed as one line, without a traceback.

    `exit_code` is what the command returns: 1 failed, 4 data incomplete,
    5 configuration invalid, 6 refused.
    """

    exit_code: ClassVar[int] = 1

    def __reduce__(self) -> tuple[Callable[..., TrueupError], tuple[Any, ...]]:
        """Return how to make it again in another process, whatever its class is made from."""
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[TrueupError], args: tuple[Any, ...], state: dict[str, Any]) -> TrueupError:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


@dataclass(frozen=True, slots=True)
class Mistake:
    """One fault in a file the user wrote; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Return `file:line:column: message`, the form editors can jump to."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigError(TrueupError):
    """One or more mistakes in configuration, rules or plans; nothing was run."""

    exit_code = 5

    def __init__(self, *mistakes: Mistake) -> None:
        """Keep every mistake, so that all are shown at once."""
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


class SourceError(TrueupError):
    """A source could not give a whole, sound delivery; its last good figures stay.

    `state` tells the four silences apart: absent, forbidden, broken, empty.
    """

    exit_code = 4
    state: ClassVar[str] = "broken"

    def __init__(self, source: str, document: str, detail: str) -> None:
        """Say which source and which of its objects, and what is wrong with it."""
        self.source, self.document, self.detail = source, document, detail
        self.period = ""
        super().__init__(f"{source}: {document}: {detail}")

    def of(self, period: object) -> Self:
        """Say which billing month was asked for, and return the error."""
        self.period = str(period)
        return self

    @property
    def scope(self) -> str:
        """What could not be delivered: `source/YYYY-MM`, or the whole source."""
        return f"{self.source}/{self.period}" if self.period else self.source


class AbsentError(SourceError):
    """Nothing has been delivered where the configuration points."""

    state = "absent"


class ForbiddenError(SourceError):
    """The place answered that we may not read it."""

    state = "forbidden"


class BrokenError(SourceError):
    """Delivered, but not whole or not what its manifest or contract says."""

    state = "broken"


class EmptyError(SourceError):
    """Delivered whole, and there is no line in it."""

    state = "empty"


class StoreError(TrueupError):
    """The archive, ledger, lake or warehouse is damaged, or could not be written."""


class InvariantError(TrueupError):
    """Figures do not add up; nothing is published and the last good figures stay."""


class RefusedError(TrueupError):
    """The act is not allowed now: a lock is held, or the month is closed."""

    exit_code = 6
