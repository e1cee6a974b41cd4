"""Several processes on this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any, Final

from scheduler.engine.engine import Answer, Done, EngineError, R, T, answered, unheard
from scheduler.engine.worker import Job, Worker, started

SMALL: Final = 8 << 20  # bytes; such a document is done before another process has it
DEATHS: Final = 2  # processes that may die of one task before it is given up


class Local:
    """Processes that are started when the first task is worth one."""

    def __init__(self, workers: int, threads: int, *, small: int = SMALL) -> None:
        """Use so many processes, each of so many threads.

        Args:
            workers: Processes; no more tasks are worked on, or held in memory, at once.
            threads: Cores one of them may take.
            small: Tasks below this size, in bytes, are done in this process.
        """
        self.workers, self.threads, self.small = workers, threads, small
        self._staff: list[Worker] = []

    def each(
        self, function: Callable[[T], R], tasks: Iterable[T], done: Done = unheard
    ) -> Iterator[R]:
        """Yield what the function says to each task; see `Engine.each`."""
        asked, window = iter(tasks), deque[Job]()
        try:
            while (took := self._fill(function, asked, window, done)) or window:
                while window and (answer := window[0].answer):
                    window.popleft()
                    yield answer.given()
                if window and not took:
                    self._wait(function, done)
        finally:
            self._abandon()

    def close(self) -> None:
        """End every process; none of them is at work, or it does not matter any more."""
        while self._staff:
            self._staff.pop().kill()

    def _fill(
        self, function: Callable[[T], R], asked: Iterator[T], window: deque[Job], done: Done
    ) -> bool:
        """Take tasks up as long as somebody is free; say whether there was one."""
        before = len(window)
        while len(window) < 2 * self.workers and len(self._busy()) < self.workers:
            task = next(asked, None)
            if task is None:
                break
            window.append(job := Job(task))
            if task.size >= self.small:
                self._free().begin(function, job)
                continue
            job.answer = answered(function, task)
            done(task)
            break  # what others have finished meanwhile is handed on first
        return len(window) > before

    def _busy(self) -> list[Worker]:
        return [worker for worker in self._staff if worker.job is not None]

    def _free(self) -> Worker:
        """Return a process without a task, a new one if need be."""
        idle = (worker for worker in self._staff if worker.job is None)
        return next(idle, None) or self._hired()

    def _hired(self) -> Worker:
        self._staff.append(worker := started(self.threads))
        return worker

    def _wait(self, function: Callable[..., Any], done: Done) -> None:
        """Wait until a process has answered, or has died."""
        ready = wait([worker.pipe for worker in self._busy()])
        for worker in [each for each in self._busy() if each.pipe in ready]:
            job = worker.ended()
            try:
                job.answer = worker.pipe.recv()
            except (EOFError, OSError):  # before an answer, or in the middle of one
                self._replace(worker, function, job)
            if job.answer is not None:
                done(job.task)

    def _replace(self, worker: Worker, function: Callable[..., Any], job: Job) -> None:
        """Give the task of a process that died to a new one, or give it up."""
        worker.process.join()
        worker.pipe.close()
        self._staff.remove(worker)
        job.deaths += 1
        code = worker.process.exitcode
        if code < 0 and job.deaths < DEATHS:
            self._hired().begin(function, job)
        else:
            job.answer = Answer(error=EngineError(_died(job.task.name, code)))

    def _abandon(self) -> None:
        """End the processes whose answer nobody waits for any more."""
        for worker in self._busy():
            self._staff.remove(worker)
            worker.kill()


def _died(name: str, code: int) -> str:
    if code < 0:
        return (
            f"{name}: the process that worked on it was killed twice (signal {-code}); "
            "give it more memory, or write `workers: 1` into trueup.yaml, and run again"
        )
    return (
        f"{name}: the process that worked on it ended with exit code {code}; "
        "what it wrote above is a fault of the program: please report it"
    )
