"""Entries of a timesheet as what may be kept of them: a role and hours, of nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from ingest.labor.cell import CellError, Cells
from ingest.labor.people import People
from ingest.labor.settings import Settings
from ingest.labor.sheet import Row, SheetError, rows
from ingest.labor.span import by_day
from models.money import ZERO
from models.period import Month

Status = Literal["counted", "unapproved", "rejected", "total"]
_NO_ROLE: Final = "tells no single role; give the person of this row one in the file `people`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, or the part of it that is of one day; all that is kept.

    Attributes:
        file, row: Where it stands; `row` 1 is the first below the headings.
        status: Whether it counts; a `total` sums the others and was dropped.
        day: Its day in the zone of the timesheet.
        seconds: How long it is.
        project, client, task: As the timesheet calls them; the task only where it is kept.
        role: As the timesheet or the file of people calls it.
        trace: What tells two people apart within project and month; empty when unknown.
        column, reason: What is wrong with a rejected one.
    """

    file: str
    row: int
    status: Status
    day: date
    seconds: Decimal = ZERO
    project: str = ""
    client: str = ""
    task: str = ""
    role: str = ""
    trace: str = ""
    column: str = ""
    reason: str = ""

    @property
    def month(self) -> Month:
        """The month it is of."""
        return Month.of(self.day)


class Reader:
    """Reads files of one source; nothing personal leaves it."""

    def __init__(self, settings: Settings, people: People) -> None:
        """Prepare for all files."""
        self._settings, self._people = settings, people
        self._cells = Cells(settings)
        self._zone = ZoneInfo(settings.zone) if settings.zone else None
        self._columns = settings.layout.columns
        self._approved = {text.strip().casefold() for text in settings.approved_values}

    def entries(self, file: str, data: bytes) -> list[Entry]:
        """Return the entries of a file, in its order.

        A row whose day cannot be read refuses the file: nobody knows whose month it is.
        Any other fault sets its row aside, in the month in which the entry begins.

        Raises:
            SheetError: when the file is not whole, or not as declared.
        """
        found = rows(data, self._settings)
        read = [each for row in found if not row.is_total for each in self._row(file, row)]
        if read and found[-1].is_total:
            read.append(self._total(file, found[-1], read))
        return read

    def _total(self, file: str, row: Row, read: Sequence[Entry]) -> Entry:
        """Return the dropped last row, in the first month of its file."""
        reason, whole = "", sum((entry.seconds for entry in read), ZERO)
        if not any(entry.status == "rejected" for entry in read):
            try:
                same = self._cells.seconds("hours", row.cells["hours"]) == whole
            except CellError:
                same = False
            reason = "" if same else "is not the sum of the others; export the file again"
        day = min(entry.day for entry in read)
        return Entry(file=file, row=row.row, status="total", day=day, reason=reason)

    def _row(self, file: str, row: Row) -> Sequence[Entry]:
        day = self._day(row)
        try:
            return list(self._read(file, row, day))
        except CellError as error:
            column = dict(self._columns.named()).get(error.field, error.field)
            return [
                Entry(
                    file=file,
                    row=row.row,
                    status="rejected",
                    day=day,
                    column=column,
                    reason=error.reason,
                )
            ]

    def _day(self, row: Row) -> date:
        field = "start_day" if self._columns.is_timed else "day"
        try:
            return self._cells.day(field, row.cells[field])
        except CellError as error:
            heading = dict(self._columns.named())[field]
            detail = f"{error.reason}; set `dates`, or `total_row` if this row sums the others"
        raise SheetError(detail, row.row, heading)

    def _read(self, file: str, row: Row, day: date) -> Iterator[Entry]:
        seconds = self._cells.seconds("hours", row.cells["hours"])
        days = self._days(row, day, seconds)
        status = self._status(row)
        project = _text(row, "project_code") or _text(row, "project")
        client = _text(row, "client")
        task = _text(row, "task") if self._settings.keep_tasks else ""
        role, person = ("", "") if status == "unapproved" else self._role(row)
        for on, lasted in days:
            yield Entry(
                file=file,
                row=row.row,
                status=status,
                day=on,
                seconds=lasted,
                project=project,
                client=client,
                task=task,
                role=role,
                trace=self._people.trace(person, str(Month.of(on)), project, client, task),
            )

    def _status(self, row: Row) -> Status:
        if not self._settings.is_strict:
            return "counted"
        is_approved = row.cells["approved"].casefold() in self._approved
        return "counted" if is_approved else "unapproved"

    def _days(self, row: Row, day: date, seconds: Decimal) -> list[tuple[date, Decimal]]:
        if self._zone is None or not self._columns.is_timed:
            return [(day, seconds)]
        cells, end = row.cells, None
        fields = "start_day", "start_time"
        start = self._cells.moment(cells["start_day"], cells["start_time"], fields)
        if {"end_day", "end_time"} <= cells.keys():
            end = self._cells.moment(cells["end_day"], cells["end_time"], ("end_day", "end_time"))
        return by_day(start, end, seconds, self._zone)

    def _role(self, row: Row) -> tuple[str, str]:
        """Return the role of a row, and who it is; the latter goes no further."""
        email = row.cells.get("email", "")
        name = " ".join(filter(None, (row.cells.get("name"), row.cells.get("surname"))))
        stated = _text(row, "role")
        role = self._people.role(email, name) or ("" if "," in stated else stated)
        if not role:
            raise CellError("role" if "role" in row.cells else "people", _NO_ROLE)
        # Where a column of mail addresses is there, a name would count a person twice.
        return role, email if "email" in row.cells else name


def _text(row: Row, field: str) -> str:
    return " ".join(row.cells.get(field, "").split())
