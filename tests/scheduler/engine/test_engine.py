from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.errors import (
    AbsentError,
    BrokenError,
    ConfigError,
    Mistake,
    RefusedError,
    StoreError,
    TrueupError,
)
from scheduler.engine.engine import EngineError, Here
from scheduler.engine.local import Local
from scheduler.engine.size import MEMORY, cores, workers
from scheduler.engine.worker import Worker

Make = Callable[..., Local]


def test_answers_come_in_the_order_of_the_tasks_from_other_processes(
    steps: Any, local: Make
) -> None:
    tasks, ended = [steps.Step(n) for n in range(9)], list[Any]()

    found = list(local().each(steps.squared, tasks, ended.append))

    assert [number for number, _ in found] == [n * n for n in range(9)]
    assert found == [(a, b) for a, b in found if b != os.getpid()]
    assert len({process for _, process in found}) == 2
    assert sorted(task.number for task in ended) == list(range(9))


def test_here_and_there_the_same_is_said(steps: Any, local: Make) -> None:
    tasks = [steps.Step(n) for n in range(5)]

    here, there = (
        [number for number, _ in engine.each(steps.squared, tasks)] for engine in (Here(), local())
    )

    assert here == there


def test_a_small_task_is_done_here_and_starts_nothing(steps: Any, local: Make) -> None:
    engine = local(small=10)

    found = list(engine.each(steps.squared, [steps.Step(n, size=9) for n in range(3)]))

    assert [process for _, process in found] == [os.getpid()] * 3
    assert engine._staff == []


def test_small_tasks_between_large_ones_keep_nobody_waiting(steps: Any, local: Make) -> None:
    sizes = (90, 1, 1, 90, 1, 90, 90)
    tasks = [steps.Step(n, size=size) for n, size in enumerate(sizes)]

    found = list(local(small=10).each(steps.squared, tasks))

    assert [number for number, _ in found] == [n * n for n in range(7)]
    assert [process == os.getpid() for _, process in found] == [size == 1 for size in sizes]
    assert len({process for _, process in found}) == 3


def test_no_more_tasks_are_taken_up_than_twice_the_processes(steps: Any, local: Make) -> None:
    taken: list[int] = []

    def tasks() -> Any:
        for n in range(50):
            taken.append(n)
            yield steps.Step(n)

    answers: Any = local().each(steps.squared, tasks())
    next(answers)

    assert len(taken) <= 5
    answers.close()


def test_a_process_takes_its_share_of_the_cores_and_leaves_ctrl_c_to_us(
    steps: Any, local: Make
) -> None:
    before = os.environ.get("POLARS_MAX_THREADS")

    (found,) = local(workers=1, threads=1).each(steps.environment, [steps.Step(1)])

    assert found == ("1", "1", True)
    assert os.environ.get("POLARS_MAX_THREADS") == before


def test_an_error_is_raised_in_the_place_of_its_task(steps: Any, local: Make) -> None:
    answers = local(workers=3).each(steps.refused, [steps.Step(n) for n in range(9)])

    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(BrokenError, match=r"^aws: october.csv: is cut short$") as caught:
        next(answers)
    assert caught.value.scope == "aws/2026-10"


def test_a_fault_of_the_program_is_no_answer_and_is_not_tried_again(
    steps: Any, local: Make
) -> None:
    with pytest.raises(EngineError) as caught:
        list(local(workers=1).each(steps.faulty, [steps.Step(7)]))

    assert str(caught.value) == (
        "step 7: the process that worked on it ended with exit code 1; "
        "what it wrote above is a fault of the program: please report it"
    )


def test_a_killed_process_costs_time_and_nothing_else(
    steps: Any, local: Make, tmp_path: Path
) -> None:
    tasks = [steps.Step(n, folder=str(tmp_path)) for n in (1, 3, 4, 5)]

    assert list(local().each(steps.deadly, tasks)) == [1, 3, 4, 5]


def test_a_task_that_kills_twice_is_told_in_its_place_and_the_others_are_done(
    steps: Any, local: Make, tmp_path: Path
) -> None:
    answers = local().each(steps.deadly, [steps.Step(n, folder=str(tmp_path)) for n in range(4)])

    assert [next(answers), next(answers)] == [0, 1]
    with pytest.raises(EngineError) as caught:
        next(answers)
    assert str(caught.value) == (
        "step 2: the process that worked on it was killed twice (signal 9); "
        "give it more memory, or write `workers: 1` into trueup.yaml, and run again"
    )


def test_a_process_that_dies_in_the_middle_of_its_answer_is_one_that_was_killed(
    steps: Any, local: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_threads: int) -> Worker:
        ours, theirs = multiprocessing.Pipe()
        os.write(theirs.fileno(), struct.pack("!i", 1000) + b"half")
        theirs.close()
        dead: Any = SimpleNamespace(join=lambda: None, exitcode=-9)
        return Worker(dead, ours)

    monkeypatch.setattr("scheduler.engine.local.started", half)

    with pytest.raises(EngineError, match=r"^step 1: .* was killed twice \(signal 9\)"):
        list(local(workers=1).each(steps.squared, [steps.Step(1)]))


def test_an_engine_goes_on_after_an_error_and_is_started_again_after_its_end(
    steps: Any, local: Make
) -> None:
    engine = local()
    with pytest.raises(BrokenError):
        list(engine.each(steps.refused, [steps.Step(3), steps.Step(1)]))

    first = list(engine.each(steps.refused, [steps.Step(1)]))
    engine.close()

    assert first == list(engine.each(steps.refused, [steps.Step(1)])) == [1]


RUN = """
import sys
sys.path.insert(0, sys.argv[1])
import engine_steps
from scheduler.engine.local import Local
if __name__ == "__main__":
    engine = Local(2, 1, small=0)
    try:
        tasks = [engine_steps.Step(n, folder=sys.argv[2]) for n in (1, 2)]
        list(engine.each(engine_steps.endless, tasks))
    except KeyboardInterrupt:
        print("stopped", flush=True)
    finally:
        engine.close()
"""


def is_alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2][:3]
    except OSError:
        return False


@pytest.mark.once  # each a process that starts two
@pytest.mark.parametrize(
    ("sent", "said"), [(signal.SIGINT, "stopped\n"), (signal.SIGTERM, ""), (signal.SIGKILL, "")]
)
def test_whatever_ends_us_no_process_is_left_over(
    sent: signal.Signals, said: str, tmp_path: Path, root: Path
) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(Path(__file__).parent), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        while len(found := list(tmp_path.glob("*.pid"))) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(sent)
        assert process.communicate(timeout=20)[0] == said

    started = [int(path.stem) for path in found]
    for _ in range(100):
        if not any(map(is_alive, started)):
            return
        time.sleep(0.05)
    pytest.fail("a process is left over")


@pytest.mark.parametrize(
    "error",
    [
        TrueupError("a"),
        AbsentError("aws", "key", "is not there").of("2026-10"),
        StoreError("lake: full"),
        RefusedError("held"),
        EngineError("x"),
        ConfigError(Mistake("a.yaml", 1, 2, "no"), Mistake("b.yaml", 3, 4, "no")),
    ],
)
def test_an_error_is_the_same_in_another_process(error: TrueupError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_as_many_work_as_cores_and_memory_allow_unless_stated(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"

    assert workers(7, limit) == 7
    assert 1 <= workers(None, limit) <= cores()
    for text, count in (("max\n", workers(None, tmp_path / "none")), (f"{MEMORY}\n", 1), ("5", 1)):
        limit.write_text(text)
        assert workers(None, limit) == count
