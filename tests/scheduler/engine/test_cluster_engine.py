"""What is said and done about a cluster that is played; `tests/cluster` has a real one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from models.errors import BrokenError
from models.settings import Settings
from scheduler.engine.cluster import Cluster
from scheduler.engine.engine import EngineError, Here
from scheduler.engine.local import Local
from scheduler.engine.open import chosen, opened


class RayError(Exception):
    """As the library's own."""


class RayTaskError(RayError):
    """A fault in a task."""


class Played(ModuleType):
    """A cluster that does a task when it is asked for the answer, the newest first."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
        self.asked: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.dead: tuple[int, ...] = ()
        self.cancelled: list[Any] = []
        self.is_up = True
        self.first = -1

    def init(self, **asked: Any) -> None:
        if not self.is_up:
            raise ConnectionError("nobody there")
        self.asked = asked

    def shutdown(self) -> None:
        self.asked = {}

    def cluster_resources(self) -> dict[str, Any]:
        return {"CPU": 2}

    def remote(self, **options: Any) -> Callable[..., Any]:
        self.options = options
        return lambda function: SimpleNamespace(remote=lambda *args: (function, args))

    def wait(self, open_tasks: list[Any], **_: Any) -> tuple[list[Any], list[Any]]:
        ended = open_tasks.pop(self.first)
        return [ended], open_tasks

    def get(self, reference: Any) -> Any:
        function, args = reference
        if args[1].number in self.dead:
            raise RayError("worker crashed")
        try:
            return function(*args)
        except ZeroDivisionError as error:
            raise RayTaskError("ZeroDivisionError") from error

    def cancel(self, reference: Any, *, force: bool) -> None:
        assert force
        self.cancelled.append(reference)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Played:
    played = Played()
    monkeypatch.setitem(sys.modules, "ray", played)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")  # taken back afterwards
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    return played


def test_answers_come_in_the_order_of_the_tasks(ray: Played, steps: Any) -> None:
    ended: list[Any] = []

    engine = Cluster(None, 2, small=0)
    found = list(engine.each(steps.squared, [steps.Step(n) for n in range(9)], ended.append))

    assert [number for number, _ in found] == [n * n for n in range(9)]
    assert sorted(task.number for task in ended) == list(range(9))
    assert ended != sorted(ended, key=lambda task: task.number)
    assert ray.options == {"num_cpus": 1, "max_retries": 1}
    assert ray.asked["address"] == "local"
    assert ray.asked["num_cpus"] == 2
    assert ray.asked["runtime_env"]["env_vars"]["POLARS_MAX_THREADS"] == "1"
    engine.close()
    assert ray.asked == {}


def test_an_error_is_raised_in_its_place_and_the_rest_is_taken_back(
    ray: Played, steps: Any
) -> None:
    ray.first = 0
    answers = Cluster("head:6379", 2, small=0).each(
        steps.refused, [steps.Step(n) for n in range(9)]
    )

    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(BrokenError):
        next(answers)
    assert ray.cancelled
    assert ray.asked["address"] == "head:6379"
    assert "num_cpus" not in ray.asked


def test_a_small_task_is_done_here_and_joins_nothing(ray: Played, steps: Any) -> None:
    ended: list[Any] = []
    tasks = [steps.Step(n, size=9) for n in range(5)]

    found = list(Cluster(None, 2, small=10).each(steps.squared, tasks, ended.append))

    assert found == [(n * n, os.getpid()) for n in range(5)]
    assert ended == tasks
    assert ray.asked == {}


def test_a_task_that_the_cluster_lost_is_told_by_name(ray: Played, steps: Any) -> None:
    ray.dead = (1,)

    with pytest.raises(EngineError) as caught:
        list(Cluster(None, 2, small=0).each(steps.squared, [steps.Step(n) for n in range(3)]))

    assert str(caught.value) == (
        "step 1: the cluster lost it twice: RayError; give its machines more memory, and run again"
    )


@pytest.mark.usefixtures("ray")
def test_a_fault_of_the_program_keeps_its_traceback(steps: Any) -> None:
    with pytest.raises(RayTaskError):
        list(Cluster(None, 2, small=0).each(steps.faulty, [steps.Step(1)]))


def test_a_cluster_that_does_not_answer_is_named(ray: Played, steps: Any) -> None:
    ray.is_up = False

    with pytest.raises(EngineError) as caught:
        list(Cluster("head:6379", 2, small=0).each(steps.squared, [steps.Step(1)]))

    assert str(caught.value) == (
        "ray: no cluster answers at head:6379; start it with `ray start --head`, "
        "or correct ray.address"
    )


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(EngineError) as caught:
        Cluster("auto", 1)

    assert str(caught.value) == (
        "engine: ray wants Ray, which is not installed; pip install 'trueup[cluster]'"
    )


@pytest.mark.usefixtures("ray")
def test_the_configuration_chooses_the_engine() -> None:
    plain = Settings(name="n", reporting_currency="USD")
    stated = plain.model_copy(update={"engine": "ray"})
    placed = Settings.model_validate({**stated.model_dump(), "ray": {"address": "head:1"}})

    assert isinstance(chosen(plain.model_copy(update={"workers": 1}), {}), Here)
    with opened(plain.model_copy(update={"workers": 3}), {}) as local:
        assert isinstance(local, Local)
        assert (local.workers, local.threads) == (3, 1)
    for settings, environment, address in (
        (stated, {}, None),
        (stated, {"RAY_ADDRESS": "auto"}, "auto"),
        (placed, {"RAY_ADDRESS": "auto"}, "head:1"),
    ):
        engine = chosen(settings, environment)
        assert isinstance(engine, Cluster)
        assert engine.address == address
