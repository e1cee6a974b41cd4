"""The table of a benchmark, and what it says about the targets of the design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from job import Measured

HEADS: Final = (
    "lines",
    "seconds",
    "x F",
    "cpu s",
    "x F",
    "lines/s",
    "peak MiB",
    "growth",
    "cpu/line",
)
LOAD, ANEW, WHOLE = "load", "attribute anew", "raw file to spend"
# the most that a job may take of the wall time of F
LIMITS: Final = {LOAD: Decimal("3.5"), ANEW: Decimal("0.5"), WHOLE: Decimal(4)}
MEMORY: Final = Decimal("1.3")  # at most so much of the peak at the size before
PANDAS: Final = 20  # times as fast as pandas

Sizes = Mapping[int, Sequence[Measured]]


def written(sizes: Sizes) -> Iterator[str]:
    """Yield the table.

    `growth` is the peak, and `cpu/line` the processor time of a line, as a multiple of that at
    the size before.
    """
    yield f"{'job':<20}" + "".join(f"{head:>11}" for head in HEADS)
    before: dict[str, tuple[int, Measured]] = {}
    for rows, found in sizes.items():
        for run in found:
            yield _line(rows, run, found[0], before.get(run.name))
        before |= {run.name: (rows, run) for run in found}


def _line(rows: int, run: Measured, floor: Measured, before: tuple[int, Measured] | None) -> str:
    cells = (
        f"{rows:,}",
        f"{run.seconds:.2f}",
        f"{run.seconds / floor.seconds:.2f}",
        f"{run.processor:.1f}",
        f"{run.processor / floor.processor:.2f}",
        f"{rows / run.seconds:,.0f}",
        f"{run.peak:,.0f}",
        *_growth(rows, run, before),
    )
    return f"{run.name:<20}" + "".join(f"{cell:>11}" for cell in cells)


def _growth(rows: int, run: Measured, before: tuple[int, Measured] | None) -> tuple[str, str]:
    if before is None:
        return "", ""
    fewer, less = before
    a_line = run.processor / rows / (less.processor / fewer)
    return f"{run.peak / less.peak:.2f}", f"{a_line:.2f}"


def verdicts(sizes: Sizes) -> Iterator[str]:
    """Yield one line for each target: what it was, what came of it, and whether it was met."""
    for rows, found in sizes.items():
        jobs = {run.name: run for run in found}
        for name, most in LIMITS.items():
            share = jobs[name].seconds / found[0].seconds
            yield _verdict(f"{rows:,}: {name}", f"<= {most} F", f"{share:.2f} F", share <= most)
        if peer := jobs.get("pandas"):
            for name in (ANEW, WHOLE):
                times = peer.seconds / jobs[name].seconds
                yield _verdict(
                    f"{rows:,}: {name}", f">= {PANDAS} x pandas", f"{times:.1f} x", times >= PANDAS
                )
    yield from _memory(sizes)


def _memory(sizes: Sizes) -> Iterator[str]:
    for (fewer, less), (rows, more) in pairwise(sizes.items()):
        for name in (LOAD, ANEW):
            before, after = (_peak(found, name) for found in (less, more))
            of = f"{rows:,}: peak of {name}"
            most = f"<= {MEMORY} x that at {fewer:,}"
            yield _verdict(of, most, f"{after / before:.2f} x", after <= before * float(MEMORY))


def _peak(found: Sequence[Measured], name: str) -> float:
    return next(run.peak for run in found if run.name == name)


def _verdict(what: str, target: str, found: str, met: bool) -> str:  # noqa: FBT001
    return f"{what}: {target}: {found}, {'met' if met else 'missed'}"
