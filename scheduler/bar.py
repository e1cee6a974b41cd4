"""The progress bar of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.progress import TimeElapsedColumn as Elapsed
from rich.text import Text


class Rate(ProgressColumn):
    """Parts done in a second, by the last half minute."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing while it is unknown."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


@dataclass(slots=True)
class Bar:
    """Draws the step under way; finished steps leave no trace."""

    drawn: Progress
    task: TaskID

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step; without a total the bar pulses."""
        self.drawn.reset(self.task, description=name, total=total)

    def expect(self, more: int) -> None:
        """Lengthen the bar; one that pulsed has an end now."""
        known = self.drawn.tasks[0].total or 0
        self.drawn.update(self.task, total=known + more)

    def advance(self, detail: str = "") -> None:
        """Count one part and show what it was."""
        self.drawn.update(self.task, advance=1, detail=detail[-40:])

    def note(self, text: str) -> None:
        """Print the text above the bar."""
        self.drawn.console.print(text, markup=False, highlight=False)


@contextmanager
def bar() -> Iterator[Bar]:
    """Draw on stderr while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        Elapsed(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        yield Bar(drawn, drawn.add_task("starting", total=None, detail=""))
