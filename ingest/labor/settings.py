"""What timesheets look like, and what may be kept of them, as the user declares it."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from ingest.bucket import Place, place
from ingest.files import COMPACT, MONTH
from ingest.labor.layout import LAYOUTS, Columns, Durations, Layout
from models.field import Rate, Strict, Text, Zone

Mark = Annotated[str, StringConstraints(min_length=1, max_length=1)]
KEY_LENGTH: Final = 32  # characters; a shorter key could be tried out
_PARTS: Final = ("%d", "%m")


def _dates(value: str) -> str:
    years = value.count("%Y") + value.count("%y")
    if [value.count(part) for part in _PARTS] != [1, 1] or years != 1 or value.count("%") != 3:  # noqa: PLR2004 - day, month, year
        raise ValueError(
            f"{value!r} is not a format of dates; write day, month and year once each as "
            "%d, %m and %Y or %y, for example %d/%m/%Y"
        )
    return value


def _key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < KEY_LENGTH:
        raise ValueError(f"is shorter than {KEY_LENGTH} characters; `openssl rand -hex 32`")
    return value


def _months(value: str) -> str:
    if MONTH in value or COMPACT in value:
        raise ValueError(
            f"{value!r} names a month, but an entry may end in the next one; write * instead, "
            "and each entry goes to the month it states"
        )
    return value


class Settings(Strict):
    """Timesheets of one system, as CSV files in a folder or bucket."""

    kind: Literal["timesheet"]
    """`timesheet`."""
    location: Text
    """Where the files lie: a folder below the project folder, or the address of a bucket."""
    pattern: Annotated[Text, AfterValidator(_months)] = "*.csv"
    """Names of the files, with `*` and `?`; entries say their month."""
    format: Literal["clockify", "harvest", "toggl", "generic"]
    """Whose detailed export it is; `generic` reads the headings in `columns`."""
    columns: Columns | None = None
    """Headings of a `generic` file."""
    dates: Annotated[str, AfterValidator(_dates)]
    """How dates are written, with %d, %m and %Y or %y; never guessed."""
    clock: Literal["24h", "12h"] = "24h"
    """How times of day are written: 17:30:00, or 05:30:00 PM."""
    zone: Zone | None = None
    """Time zone of the times, IANA's name; its months are the months of the work."""
    durations: Durations | None = None
    """How hours are written; where absent, as the format has them."""
    decimal: Literal[".", ","] = "."
    """Mark before the decimals of hours."""
    delimiter: Mark = ","
    """Mark between cells."""
    approved_only: bool | None = None
    """Whether only approved entries count; where absent, yes if the export tells."""
    approved_values: tuple[Text, ...] = ("Yes",)
    """What the column `approved` holds when an entry is approved."""
    total_row: Text = "Total"
    """What the last row says when it is the sum of the others; such a row is dropped."""
    rates: Text
    """File of the standard rates of roles, mode 0600."""
    divisor: Rate = Decimal(160)
    """Hours of a role-month; 173.33 is 2,080 hours a year."""
    people: Text | None = None
    """File that gives people their role, mode 0600; without one, the column `role` tells."""
    key_file: Text | None = None
    """File of the key that people are counted under, mode 0600."""
    key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    """The key itself; write ${NAME}."""
    keep: Literal["redacted", "original"] = "redacted"
    """What the archive keeps: only what counts, or the files as they are as well."""
    keep_tasks: bool = False
    """Whether names of tasks are kept, and told apart."""
    smallest_group: int = Field(default=3, ge=1)
    """People a role needs on a project in a month to be shown by itself; 1 shows all."""
    employer: Text = "Internal"
    """Who is named as the issuer of the charges."""
    final_after_days: int = Field(default=10, ge=0)
    """Days after which the timesheets of a month are final."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which the timesheets of a month are expected."""
    profile: str | None = None
    """Profile of the login, for a bucket."""
    role_arn: str | None = None
    """Role to assume before reading the bucket."""
    region: str | None = None
    """Region of the bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks the same protocol."""
    impersonate: str = ""
    """Account to act as before reading the bucket."""
    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a request is tried before it counts as failed."""

    @model_validator(mode="after")
    def consistent(self) -> Settings:
        """Refuse settings that contradict each other."""
        if (self.format == "generic") != (self.columns is not None):
            raise ValueError("columns are named for the format generic, and for no other")
        if self.layout.columns.is_timed and self.zone is None:
            raise ValueError("entries have times of day; set zone, for example Europe/Berlin")
        if self.approved_only and self.layout.columns.approved is None:
            raise ValueError("approved_only needs the column `approved`; this export has none")
        if self.key is not None and self.key_file is not None:
            raise ValueError("key and key_file are both set; remove one")
        return self

    @cached_property
    def layout(self) -> Layout:
        """How the files are written."""
        found = LAYOUTS.get(self.format)
        if found is None:
            assert self.columns is not None  # noqa: S101 - `consistent` holds it
            found = Layout(columns=self.columns, durations="decimal")
        optional = found.optional if self.counts_approved(found) else found.optional | {"approved"}
        durations = self.durations or found.durations
        return found.model_copy(update={"optional": optional, "durations": durations})

    @property
    def is_strict(self) -> bool:
        """Whether only approved entries count."""
        return self.counts_approved(self.layout)

    @property
    def reading(self) -> str:
        """Everything that decides how a redacted document becomes charges, as text."""
        return self.model_dump_json(include={"divisor", "smallest_group", "employer"})

    def counts_approved(self, layout: Layout) -> bool:
        """Whether of files of a layout only approved entries count."""
        has_column = layout.columns.approved is not None
        return has_column if self.approved_only is None else self.approved_only

    def place(self, source: str, folder: Path) -> Place:
        """Return where the files lie.

        Raises:
            SourceError: when there is no way in.
        """
        return place(
            self.location,
            source=source,
            folder=folder,
            profile=self.profile,
            role_arn=self.role_arn,
            region=self.region,
            endpoint_url=self.endpoint_url,
            max_attempts=self.max_attempts,
            impersonate=self.impersonate,
        )
