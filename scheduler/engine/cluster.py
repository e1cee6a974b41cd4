"""A Ray cluster: the same functions as tasks of it, on as many machines as it has."""

from __future__ import annotations

import importlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from scheduler.engine.engine import Answer, Done, EngineError, R, T, Task, answered, unheard
from scheduler.engine.local import SMALL
from scheduler.engine.worker import THREADS

RETRIES: Final = 1  # processes that may die of one task before the last one
OBJECTS: Final = 256 << 20  # bytes of shared memory that answers pass through on one machine


@dataclass(frozen=True, slots=True)
class _Asked:
    """A task, and the way to its answer on the cluster, or the answer."""

    task: Task
    reference: Any = None
    answer: Answer | None = None


class Cluster:
    """Tasks of one core each, which Ray puts where there is room and begins anew if one dies."""

    def __init__(self, address: str | None, workers: int, *, small: int = SMALL) -> None:
        """Use a cluster by its address, or one of so many processes that is started here.

        Tasks below `small` bytes are done in this process: they are done sooner, and what a
        source reads beside its documents need not be on other machines.

        Raises:
            EngineError: when Ray is not installed.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
        if address is None:  # on loopback alone, as it is elsewhere only on desktops
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
            os.environ.setdefault("RAY_worker_niceness", "0")  # nobody else's work waits for it
        self._ray, self.address, self.workers = _installed(), address, workers
        self.small = small
        self._remote: Any = None

    def each(
        self, function: Callable[[T], R], tasks: Iterable[T], done: Done = unheard
    ) -> Iterator[R]:
        """Yield what the function says to each task; see `Engine.each`."""
        asked, window = iter(tasks), deque[_Asked]()
        under_way = dict[Any, Task]()
        try:
            while (took := self._fill(function, asked, window, under_way, done)) or window:
                while window and window[0].reference not in under_way:
                    yield self._answer(window.popleft()).given()
                if not took:
                    self._wait(under_way, done)
        finally:
            for left in under_way:
                self._ray.cancel(left, force=True)

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here."""
        if self._remote is not None:
            self._ray.shutdown()
            self._remote = None

    def _fill(
        self,
        function: Callable[[T], R],
        asked: Iterator[T],
        window: deque[_Asked],
        under_way: dict[Any, Task],
        done: Done,
    ) -> bool:
        """Hand tasks over, twice as many as there are cores; say whether there was one."""
        before = len(window)
        while len(window) < 2 * self.workers and (task := next(asked, None)) is not None:
            if task.size < self.small:
                window.append(_Asked(task, answer=answered(function, task)))
                done(task)
                break  # what the others have finished meanwhile is handed on first
            window.append(_Asked(task, self._started().remote(function, task)))
            under_way[window[-1].reference] = task
        return len(window) > before

    def _wait(self, under_way: dict[Any, Task], done: Done) -> None:
        if under_way:
            ended, _ = self._ray.wait(list(under_way), num_returns=1, fetch_local=False)
            for reference in ended:
                done(under_way.pop(reference))

    def _answer(self, asked: _Asked) -> Answer:
        if asked.answer is not None:
            return asked.answer
        try:
            answer: Answer = self._ray.get(asked.reference)
        except self._ray.exceptions.RayTaskError:  # a fault of ours, with its traceback
            raise
        except self._ray.exceptions.RayError as error:
            said = f"{type(error).__name__}; give its machines more memory, and run again"
            text = f"{asked.task.name}: the cluster lost it twice: {said}"
            return Answer(error=EngineError(text))
        return answer

    def _started(self) -> Any:  # noqa: ANN401 - a remote function
        """Return the function that answers on the cluster, which is joined if need be."""
        if self._remote is None:
            self._join()
            options = {"num_cpus": 1, "max_retries": RETRIES}
            self._remote = self._ray.remote(**options)(there)
            self.workers = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        return self._remote

    def _join(self) -> None:
        variables = {name: value for name, value in os.environ.items() if name.startswith("POLARS")}
        options: dict[str, Any] = {
            "runtime_env": {"env_vars": {**variables, THREADS: "1"}},
            "log_to_driver": False,
            "logging_level": "ERROR",
        }
        if self.address is None:
            options |= {"num_cpus": self.workers, "object_store_memory": OBJECTS}
            options |= {"include_dashboard": False}
        try:
            self._ray.init(address=self.address or "local", **options)
        except ConnectionError as error:
            raise EngineError(
                f"ray: no cluster answers at {self.address}; start it with `ray start --head`, "
                "or correct ray.address"
            ) from error


def there(function: Callable[[T], R], task: T) -> Answer:
    """Answer a task, in a process of the cluster."""
    os.umask(0o077)
    return answered(function, task)


def _installed() -> Any:  # noqa: ANN401 - Ray has few types, and is an extra
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as error:
        raise EngineError(
            "engine: ray wants Ray, which is not installed; pip install 'trueup[cluster]'"
        ) from error
