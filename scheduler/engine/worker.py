"""A process of one machine that does one task after another, for as long as we live."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Any, Final

from scheduler.engine.engine import Answer, answered

THREADS: Final = "POLARS_MAX_THREADS"


@dataclass(slots=True, eq=False)
class Job:
    """A task and what became of it; `deaths` counts processes that died of it."""

    task: Any
    deaths: int = 0
    answer: Answer | None = None


@dataclass(slots=True, eq=False)
class Worker:
    """One process, the way to it, and the job it is at."""

    process: Any  # a process of the `spawn` context
    pipe: Connection[Any, Any]
    job: Job | None = field(default=None)

    def begin(self, function: Any, job: Job) -> None:  # noqa: ANN401 - pickled by its name
        """Hand a job over."""
        self.job = job
        # A process that has died meanwhile is noticed by whoever waits for its answer.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send((function, job.task))

    def ended(self) -> Job:
        """Return the job, which is done or lost; the process is free for another."""
        job, self.job = self.job, None
        if job is None:
            raise ValueError("the process is at no job")
        return job

    def kill(self) -> None:
        """End the process now; files it had begun never get their name."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def started(threads: int) -> Worker:
    """Return a new process, spawned: a forked one would hang on the locks of polars.

    Args:
        threads: How many cores one task may take.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    with _environment(THREADS, str(threads)):
        process.start()
    theirs.close()
    return Worker(process, ours)


def serve(pipe: Connection[Any, Any]) -> None:
    """Answer tasks until nobody asks any more; the process's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us
    Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            function, task = pipe.recv()
        except EOFError:
            return
        pipe.send(answered(function, task))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set a variable that the engine of frames reads once, when it is imported."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
