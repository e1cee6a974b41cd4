from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

Run = Callable[..., str]

PANDAS = find_spec("pandas") is not None  # a peer that only `make bench` installs


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Run:
    """Run code with the scripts of the benchmarks beside it; return what it prints."""

    def ran(code: str) -> str:
        start = f"import sys; sys.path[:0] = [{str(root / 'benchmarks')!r}, {str(root)!r}]\n"
        command = [sys.executable, "-c", start + code]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
        return done.stdout + done.stderr

    return ran


# one process for all jobs: what is proved is the answers, and that no job has rotted
MEASURE = """
import contextlib, io, runpy
from pathlib import Path
import scale
from generate import generate
from job import Measured
def measured(name, *command):
    script, *options = map(str, command)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        sys.argv = [script, *options]
        if script == "-c":
            sys.argv = ["trueup", *options[1:]]
            exec(options[0], {})
        else:
            runpy.run_path(script, run_name="__main__")
    return Measured(name, 1, 1, 1, said.getvalue().strip().rpartition("\\n")[2])
scale.PANDAS *= PEER
scale.measured, scale.generated, scale.DATA, scale.REPEATS = measured, generate, Path("data"), 1
scale.main(["--rows", "4000", "--file-rows", "2000"])
"""


@pytest.mark.failure("C06")
def test_every_engine_and_every_order_of_documents_gives_the_same_answer(run: Run) -> None:
    said = run(f"PEER = {PANDAS:d}\n{MEASURE}")

    lines = said.splitlines()
    assert "4,000 lines: all engines and orders give " in lines[0], said
    jobs = {line[:20].strip() for line in lines if " 4,000 " in line}
    assert jobs == {
        "F: scan and sum",
        "bare copy, zstd",
        "bytes, SHA-256",
        "load",
        "attribute anew",
        "raw file to spend",
        "files reversed",
        "rules: changed",
        "rules: epochs",
        "rules: split",
        "DuckDB, one SQL",
        *(["pandas"] if PANDAS else []),
    }
    assert any(line.startswith("4,000: load: <= 3.5 F: ") for line in lines)


DIFFER = """
from job import Measured
from scale import agreed
found = [Measured(name, 1, 1, 1, answer) for name, answer in
    [("load", "9 loaded"), ("pandas", "a" * 64), ("attribute anew", ANEW * 64)]]
print(agreed(found))
"""


def test_answers_that_differ_end_the_benchmark(run: Run) -> None:
    assert run(DIFFER.replace("ANEW", "'a'")).strip() == "a" * 64
    assert run(DIFFER.replace("ANEW", "'b'")).strip() == (
        "the answers differ: pandas aaaaaaaaaaaaaaaa, attribute anew bbbbbbbbbbbbbbbb"
    )


TABLE = """
from job import Measured
from tabular import verdicts, written
def found(load, peak):
    jobs = {"F": (2, 9), "load": load, "attribute anew": (1, peak), "raw file to spend": (9, 9)}
    return [Measured(name, *(seconds, seconds, peak)) for name, (seconds, peak) in jobs.items()]
sizes = {1000: [*found((7, 100), 10), Measured("pandas", 20, 20, 9)], 2000: found((8, 131), 13)}
print("\\n".join([*written(sizes), *verdicts(sizes)]))
"""


def test_the_table_says_growth_and_which_targets_are_met(run: Run) -> None:
    said = run(TABLE).splitlines()

    assert said[7].split() == [
        *("load", "2,000", "8.00", "4.00", "8.0", "4.00", "250", "131", "1.31", "0.57")
    ]
    assert said[10:] == [
        "1,000: load: <= 3.5 F: 3.50 F, met",
        "1,000: attribute anew: <= 0.5 F: 0.50 F, met",
        "1,000: raw file to spend: <= 4 F: 4.50 F, missed",
        "1,000: attribute anew: >= 20 x pandas: 20.0 x, met",
        "1,000: raw file to spend: >= 20 x pandas: 2.2 x, missed",
        "2,000: load: <= 3.5 F: 4.00 F, missed",
        "2,000: attribute anew: <= 0.5 F: 0.50 F, met",
        "2,000: raw file to spend: <= 4 F: 4.50 F, missed",
        "2,000: peak of load: <= 1.3 x that at 1,000: 1.31 x, missed",
        "2,000: peak of attribute anew: <= 1.3 x that at 1,000: 1.30 x, met",
    ]
