"""What an engine is: the same function on many tasks, answers in the order of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from models.errors import TrueupError


class Task(Protocol):
    """One piece of work; it is pickled, and holds all that the function needs."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def size(self) -> int:
        """Bytes it reads; the smallest are not worth another process."""
        ...


T = TypeVar("T", bound=Task)
R = TypeVar("R")
Done = Callable[[Any], object]  # told of each task as it ends, in whatever order


class EngineError(TrueupError):
    """Work could not be done where it was to be done: a process died twice, no cluster answers."""


def unheard(_task: Task) -> None:
    """Tell nobody that a task has ended."""


class Engine(Protocol):
    """Runs a function that does not depend on where, when or in which order it runs."""

    def each(
        self, function: Callable[[T], R], tasks: Iterable[T], done: Done = unheard
    ) -> Iterator[R]:
        """Yield what the function says to each task, in their order; few are held at once.

        Tasks are asked for as they are needed. An error is raised in the place of its task.

        Args:
            function: A function of a module; it may run in another process.
            tasks: What to do.
            done: Told of each task as it ends.

        Raises:
            EngineError: when the process that worked on a task died twice.
            TrueupError: what the function raises.
        """
        ...

    def close(self) -> None:
        """End what was started; it is started again when it is needed."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function said to a task, or the error it raised."""

    value: Any = None
    error: TrueupError | None = None

    def given(self) -> Any:  # noqa: ANN401 - what the function returns
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


def answered(function: Callable[[T], R], task: T) -> Answer:
    """Return what the function says; what it raises for a person to read is an answer too."""
    try:
        return Answer(function(task))
    except TrueupError as error:
        return Answer(error=error)


class Here:
    """In this process, one after another."""

    def each(
        self, function: Callable[[T], R], tasks: Iterable[T], done: Done = unheard
    ) -> Iterator[R]:
        """Yield what the function says to each task; see `Engine.each`."""
        for task in tasks:
            answer = function(task)
            done(task)
            yield answer

    def close(self) -> None:
        """Do nothing: nothing was started."""
