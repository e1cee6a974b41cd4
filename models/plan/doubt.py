"""Lines of a workbook that may be sums of others, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from models.plan.line import Line

SEVERAL: Final = 2


def doubted(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return lines, those that are as much as several next to them together with a remark.

    Finance sheets have sums above and below what they sum, and not all say `total`: such a line
    would count twice, which nobody but a person can tell.
    """
    return tuple(
        replace(line, remark="; ".join(filter(None, (line.remark, _remark(lines, at)))))
        for at, line in enumerate(lines)
    )


def _remark(lines: Sequence[Line], at: int) -> str:
    for beside in (lines[at + 1 :], lines[:at][::-1]):
        last = _reached(lines[at], beside)
        if last is not None:
            first, final = sorted((beside[0].row, last.row))
            said = f"as much as rows {first} to {final} together"
            return f"{said}: if it is their sum, delete or hide it"
    return ""


def _reached(line: Line, beside: Iterable[Line]) -> Line | None:
    """Return where the sum of the lines beside one, from the nearest on, is as much as it is."""
    others = [each for each in beside if each.amount]  # nothing adds nothing
    for number, whole in enumerate(accumulate(each.amount for each in others), start=1):
        if whole >= line.amount:
            return others[number - 1] if whole == line.amount and number >= SEVERAL else None
    return None
