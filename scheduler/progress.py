"""What a run says while it works: a bar on a terminal, one line a step otherwise."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Protocol


class Progress(Protocol):
    """Told what is being done; `step` closes the step before it."""

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step, of `total` parts if that is known."""
        ...

    def expect(self, more: int) -> None:
        """Count parts that are to be done, as they become known."""
        ...

    def advance(self, detail: str = "") -> None:
        """Count one part of the step as done."""
        ...

    def note(self, text: str) -> None:
        """Say something that a person should see."""
        ...


@dataclass(slots=True)
class Lines:
    """One line a step with its count and seconds, for cron and pipes."""

    write: Callable[[str], object]
    _name: str = ""
    _done: int = 0
    _since: float = field(default_factory=monotonic)

    def step(self, name: str, total: int | None = None) -> None:
        """Close the step before and begin one; the count is shown when it ends."""
        del total
        self.close()
        self._name, self._done, self._since = name, 0, monotonic()

    def expect(self, more: int) -> None:
        """Say nothing: the count is shown when the step ends."""

    def advance(self, detail: str = "") -> None:
        """Count one part."""
        del detail
        self._done += 1

    def note(self, text: str) -> None:
        """Write the text as a line of its own."""
        self.write(text + "\n")

    def close(self) -> None:
        """Write the line of the step that is under way."""
        if self._name:
            taken = monotonic() - self._since
            count = f" {self._done}" if self._done else ""
            rate = f" ({self._done / taken:.1f}/s)" if self._done and taken >= 1 else ""
            self.write(f"{self._name}:{count} {taken:.1f} s{rate}\n")
        self._name = ""


class Quiet:
    """Says nothing but notes."""

    def step(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def expect(self, more: int) -> None:
        """Say nothing."""

    def advance(self, detail: str = "") -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Write the text to stderr: a finding is not progress."""
        sys.stderr.write(text + "\n")


@contextmanager
def shown(*, quiet: bool) -> Iterator[Progress]:
    """Choose how to show progress on stderr: nothing, a bar, or lines."""
    if quiet:
        yield Quiet()
    elif sys.stderr.isatty():
        from scheduler.bar import bar  # noqa: PLC0415 - rich is imported only to draw

        with bar() as drawn:
            yield drawn
    else:
        lines = Lines(sys.stderr.write)
        yield lines
        lines.close()


@dataclass(frozen=True, slots=True)
class RunLog:
    """The structured log of one run: `.trueup/runs/<run id>.jsonl`."""

    path: Path
    now: Callable[[], datetime]

    def __call__(self, event: str, **fields: object) -> None:
        """Append one event; control characters are escaped, so a tag cannot forge a line."""
        line = json.dumps({"at": self.now().isoformat(), "event": event, **fields}, default=str)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
