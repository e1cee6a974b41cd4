"""The progress bar of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed


@dataclass(slots=True)
class Bar:
    """Draws the step under way; finished steps leave no trace."""

    drawn: Progress
    task: TaskID

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step; without a total the bar pulses."""
        self.drawn.reset(self.task, description=name, total=total)

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
        Elapsed(),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        yield Bar(drawn, drawn.add_task("starting", total=None, detail=""))
