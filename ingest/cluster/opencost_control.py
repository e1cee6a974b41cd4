"""The second reader of OpenCost: hours summed from the answers and exports as they are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ingest.cluster.told import Counted, told
from ingest.source import Control
from models.period import Month

_UNIT: Final = Decimal(1).scaleb(-18)


def of_answer(body: bytes, *, aside: Collection[int]) -> Control:
    """State what an answer of the API must become, without the rows set aside."""
    sets = json.loads(body, parse_float=str, parse_int=str)["data"]
    whole = [item for one in sets if one for item in one.items()]
    whole.sort(key=lambda item: (item[1]["window"]["start"], item[0]))
    hours = ((row, each["gpuHours"]) for row, (_, each) in enumerate(whole, 1) if row not in aside)
    return told(_positive(hours, 1), len(aside))


def of_export(data: bytes, month: Month, *, aside: Collection[int]) -> Control:
    """State what the rows of a month of a CSV export must become, without those set aside."""
    lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    filled = (line for line in lines if any(cell.strip() for cell in line.values()))
    inside = (
        (row, line["GPUs"].strip() or "0")
        for row, line in enumerate(filled, 1)
        if row not in aside and line["Date"].strip().startswith(f"{month}-")
    )
    return told(_positive(inside, 24), len(aside))


def _positive(hours: Iterator[tuple[int, str]], times: int) -> Iterator[Counted]:
    for row, text in hours:
        if (number := Decimal(text) * times) > 0:
            yield row, "gpu_hours", number.quantize(_UNIT, ROUND_HALF_UP)
