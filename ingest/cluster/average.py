"""Rows of OpenCost's CSV export: average accelerators of each container on each day.

The average is over the time the container was there, which the export does not say: times the
24 hours of the day it is right for what ran all day, and too high for what did not. The API
states hours, and is to be preferred.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from ingest.cluster.settings import OpenCostSettings
from ingest.cluster.text import Row, TextError, table
from ingest.cluster.used import GPU_HOURS, Fault, Used
from models.money import SCALE, exact, rounded
from models.period import Month

HOURS: Final = 24
NOBODY: Final = "__unallocated__"
COLUMNS: Final = {
    "namespace": "Namespace",
    "controllerKind": "ControllerKind",
    "controller": "ControllerName",
    "pod": "Pod",
    "container": "Container",
}
_LABEL: Final = "label:"
_LABELS: Final = "Labels"
DOUBT: Final = (
    "hours are average accelerators of a day times 24; what ran for a part of the day counts "
    "too high, and the API (url) states hours"
)


@dataclass(frozen=True, slots=True)
class CellError(ValueError):
    """A cell does not hold what its column promises."""

    column: str
    value: str
    reason: str


def rows(data: bytes, settings: OpenCostSettings) -> Iterator[Row]:
    """Yield the rows of an export.

    Raises:
        TextError: when a column is missing.
    """
    named = {"Date": "Date", "GPUs": "GPUs"}
    for what in settings.aggregate:
        column = _LABELS if what.startswith(_LABEL) else COLUMNS.get(what)
        if column is None:
            known = ", ".join((*COLUMNS, "label:<name>"))
            raise TextError(f"aggregate {what!r} is in no column of the export; use {known}")
        named[column] = column
    if _LABELS in next(csv.reader(io.StringIO(data.decode("utf-8-sig"))), []):
        named[_LABELS] = _LABELS
    return table(data, named, ",")


def day(row: Row) -> date | None:
    """Return the day of a row; None when it is none."""
    try:
        return date.fromisoformat(row.cells["Date"])
    except ValueError:
        return None


def usage(
    found: list[Row], settings: OpenCostSettings, month: Month
) -> tuple[list[Used], list[Fault]]:
    """Return the hours of a month, and what cannot be read; without a day, in every month."""
    used: list[Used] = []
    faults: list[Fault] = []
    for row in found:
        at = day(row)
        if at is not None and Month.of(at) != month:
            continue
        try:
            used += _used(row, at, settings)
        except CellError as error:
            faults.append(Fault(row.row, error.column, error.reason, error.value))
    return used, faults


def _used(row: Row, at: date | None, settings: OpenCostSettings) -> Iterator[Used]:
    if at is None:
        raise CellError("Date", row.cells["Date"], "is not a day written like 2026-01-31")
    try:
        gpus = exact(row.cells["GPUs"] or "0")
    except ValueError:
        raise CellError("GPUs", row.cells["GPUs"], "is no number of accelerators") from None
    labels = _labels(row.cells.get(_LABELS, ""))
    if gpus < 0:
        raise CellError("GPUs", row.cells["GPUs"], "is below zero")
    if gpus:
        yield Used(
            x_row=row.row,
            unit="/".join(_part(what, row, labels) or NOBODY for what in settings.aggregate),
            driver=GPU_HOURS,
            day=at,
            quantity=rounded(gpus * Decimal(HOURS), SCALE),
            cluster=settings.cluster,
            tags=labels,
        )


def _part(what: str, row: Row, labels: Mapping[str, str]) -> str:
    if what.startswith(_LABEL):
        return labels.get(what.removeprefix(_LABEL), "")
    return row.cells[COLUMNS[what]]


def _labels(text: str) -> dict[str, str]:
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise CellError(_LABELS, text[:40], "is no JSON object of labels")
    return {str(key): str(value) for key, value in said.items()}
