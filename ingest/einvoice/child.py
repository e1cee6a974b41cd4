"""A process for each hostile file: it may run out of memory, time or luck, and we live on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from ingest.einvoice.xml import EinvoiceError

GARBAGE: Final = "is damaged: its reader gave no answer"
WORKER: Final = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may use; bytes of memory and output, seconds of computing and waiting."""

    memory: int = 512 << 20
    cpu: int = 10
    wall: int = 30
    output: int = 64 << 20


LIMITS: Final = Limits()


def asked(task: str, data: bytes, limits: Limits, worker: Path = WORKER) -> object:
    """Return the answer of a worker to a task about some bytes.

    Raises:
        EinvoiceError: with what the worker says is wrong, or how it ended.
    """
    order = {
        "task": task,
        "memory": limits.memory,
        "cpu": limits.cpu,
        "output": limits.output,
    }
    with TemporaryFile() as given, TemporaryFile() as taken:
        given.write(json.dumps(order).encode() + b"\n" + data)
        given.seek(0)
        code = _run(worker, given, taken, limits.wall)
        taken.seek(0)
        answer = taken.read(limits.output + 1)
    if code:
        raise EinvoiceError(_ending(code, limits))
    return _said(answer, limits)


def _run(worker: Path, given: IO[bytes], taken: IO[bytes], wall: int) -> int:
    """Return the exit code of a worker in a session of its own, without our environment."""
    command = [sys.executable, "-I", str(worker)]
    child = subprocess.Popen(  # noqa: S603 - our own file, no argument
        command,
        stdin=given,
        stdout=taken,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    try:
        return child.wait(wall)
    except subprocess.TimeoutExpired as error:
        raise EinvoiceError(f"takes longer than {wall} s to read") from error
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _ending(code: int, limits: Limits) -> str:
    """Return how a worker ended, as words about the file."""
    if code == -signal.SIGXCPU:
        return f"takes more than {limits.cpu} s of computing to read"
    if code == -signal.SIGKILL:
        return f"takes more than {limits.cpu} s or {limits.memory >> 20} MiB to read"
    if code < 0:
        return f"is damaged: its reader died of signal {-code}"
    return "is damaged: its reader gave up"


def _said(answer: bytes, limits: Limits) -> object:
    if len(answer) > limits.output:
        raise EinvoiceError(f"gives more than {limits.output} bytes")
    try:
        said = json.loads(answer)
        refusal = said.get("refusal")
    except (ValueError, AttributeError) as error:
        raise EinvoiceError(GARBAGE) from error
    if refusal is not None:
        raise EinvoiceError(str(refusal))
    return said.get("answer")
