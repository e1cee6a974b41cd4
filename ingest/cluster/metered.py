"""Tables of usage with headings of their own: each row is one row of usage, or set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ingest.cluster.settings import UsageSettings
from ingest.cluster.text import Row, table
from ingest.cluster.used import RUNS, Fault, Used
from ingest.invoice.cell import CellError, Cells
from models.beside import DRIVERS, RUN_STATES
from models.period import Month

_TEXTS: Final = ("detail", "run_id", "cluster", "gpu_type", "model")
_TAG: Final = "tags."


def rows(data: bytes, settings: UsageSettings) -> Iterator[Row]:
    """Yield the rows of a file.

    Raises:
        TextError: when it is not as declared.
    """
    return table(data, settings.columns.named, settings.delimiter)


class Metered:
    """Reads rows by the settings of one source."""

    def __init__(self, settings: UsageSettings) -> None:
        """Compile what all rows share."""
        self._settings, self._cells = settings, Cells(settings)
        named = {word.casefold(): ours for word, ours in settings.states.items()}
        self._states = {state: state for state in RUN_STATES} | named

    def month(self, row: Row) -> Month | None:
        """Return the month of a row; None when its day cannot be read."""
        try:
            return Month.of(self._day(row))
        except CellError:
            return None

    def read(self, found: Iterable[Row], month: Month) -> tuple[list[Used], list[Fault]]:
        """Return the usage of a month, and what is set aside; without a day, in every month."""
        used, faults = [], []
        for row in found:
            if self.month(row) not in {month, None}:
                continue
            try:
                used.append(self._used(row))
            except CellError as error:
                heading = self._settings.columns.named.get(error.field, error.field)
                faults.append(Fault(row.row, heading, error.reason, error.value))
        return used, faults

    def _used(self, row: Row) -> Used:
        driver = self._driver(row)
        texts: dict[str, Any] = {name: row.cells.get(name) or None for name in _TEXTS}
        return Used(
            x_row=row.row,
            unit=self._settings.unit or row.cells["unit"],
            driver=driver,
            day=self._day(row),
            quantity=self._quantity(row, driver),
            state=self._state(row),
            **{**texts, "cluster": texts["cluster"] or self._settings.cluster},
            tags={
                name.removeprefix(_TAG): value
                for name, value in row.cells.items()
                if name.startswith(_TAG) and value
            },
        )

    def _day(self, row: Row) -> date:
        return self._cells.day("day", row.cells["day"])

    def _driver(self, row: Row) -> str:
        driver = self._settings.driver or row.cells["driver"]
        if driver not in DRIVERS:
            raise CellError("driver", driver, f"is no driver; there are {', '.join(DRIVERS)}")
        return driver

    def _quantity(self, row: Row, driver: str) -> Decimal:
        if "quantity" not in row.cells:
            return Decimal(1)
        text = row.cells["quantity"]
        quantity = self._cells.number("quantity", text)
        if quantity < 0:
            raise CellError("quantity", text, "is below zero")
        if driver == RUNS and quantity != int(quantity):
            raise CellError("quantity", text, "is no whole number of runs")
        return quantity

    def _state(self, row: Row) -> str | None:
        text = row.cells.get("state", "")
        if not text:
            return None
        if text.casefold() not in self._states:
            known = ", ".join(RUN_STATES)
            raise CellError("state", text, f"is none of {known}; name it in states")
        return self._states[text.casefold()]
