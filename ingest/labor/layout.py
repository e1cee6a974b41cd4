"""How timesheet systems write their detailed exports: headings, times, durations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import model_validator

from models.field import Strict, Text

Durations = Literal["decimal", "HH:MM", "HH:MM:SS"]


class Columns(Strict):
    """Headings of the file, letter for letter, by what they hold."""

    project: Text
    """Project, as the timesheet calls it."""
    hours: Text
    """How long the entry is; see `durations`."""
    day: Text | None = None
    """Day of the entry, where it has no time of day."""
    start_day: Text | None = None
    """Day on which the entry begins."""
    start_time: Text | None = None
    """Time of day at which it begins."""
    end_day: Text | None = None
    """Day on which it ends; without one, the start and the hours tell."""
    end_time: Text | None = None
    """Time of day at which it ends."""
    project_code: Text | None = None
    """Code of the project, which counts as its name where it is filled in."""
    client: Text | None = None
    """Client of the project."""
    task: Text | None = None
    """Task; read only with `keep_tasks`."""
    role: Text | None = None
    """Role of the person, where the timesheet knows it."""
    email: Text | None = None
    """Mail address of the person; never kept."""
    name: Text | None = None
    """Name of the person, or the first part of it; never kept."""
    surname: Text | None = None
    """The rest of the name; never kept."""
    approved: Text | None = None
    """Whether the entry is approved; see `approved_values`."""

    @model_validator(mode="after")
    def timed(self) -> Columns:
        """Refuse columns that say when in no way, or in two."""
        if (self.day is None) == (self.start_day is None):
            raise ValueError("columns must name either day, or start_day and start_time")
        if (self.start_day is None) != (self.start_time is None):
            raise ValueError("columns must name both start_day and start_time, or neither")
        ends = self.end_day is not None, self.end_time is not None
        if ends[0] != ends[1] or (ends[0] and self.start_day is None):
            raise ValueError("columns must name both end_day and end_time beside a start")
        return self

    @property
    def is_timed(self) -> bool:
        """Whether an entry has a time of day at which it begins."""
        return self.start_day is not None

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield what is mapped with its heading."""
        yield from self.model_dump(exclude_none=True).items()


class Layout(Strict):
    """How one system writes its detailed export."""

    columns: Columns
    """Its headings."""
    durations: Durations
    """How it writes hours."""
    optional: frozenset[str] = frozenset()
    """Fields whose heading may be absent: a plan or a version of the system lacks them."""


LAYOUTS: Final = {
    "clockify": Layout(
        columns=Columns(
            project="Project",
            hours="Duration (h)",
            start_day="Start Date",
            start_time="Start Time",
            end_day="End Date",
            end_time="End Time",
            client="Client",
            task="Task",
            role="Group",
            email="Email",
            name="User",
        ),
        durations="HH:MM:SS",
        optional=frozenset({"client", "task", "role", "email"}),
    ),
    "harvest": Layout(
        columns=Columns(
            project="Project",
            hours="Hours",
            day="Date",
            project_code="Project Code",
            client="Client",
            task="Task",
            role="Roles",
            name="First Name",
            surname="Last Name",
            approved="Approved?",
        ),
        durations="decimal",
        optional=frozenset({"project_code", "client", "task", "role"}),
    ),
    "toggl": Layout(
        columns=Columns(
            project="Project",
            hours="Duration",
            start_day="Start date",
            start_time="Start time",
            end_day="End date",
            end_time="End time",
            client="Client",
            task="Task",
            email="Email",
            name="User",
        ),
        durations="HH:MM:SS",
        optional=frozenset({"client", "task", "email", "end_day", "end_time"}),
    ),
}
