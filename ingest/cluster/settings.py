"""What the user says about sources of usage: where they lie, and how they are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from ingest.bucket import Place, place
from ingest.files import names_month
from ingest.source import Settlement, expected
from models.beside import DRIVERS, RUN_STATES
from models.field import DayText, Strict, Text
from models.period import Month

Mark = Annotated[str, StringConstraints(min_length=1, max_length=1)]

ABOUT_PLACES: Final = frozenset(
    ("location", "pattern", "profile", "role_arn", "region", "endpoint_url")
) | {"final_after_days", "expected_by_day", "url", "token", "since"}


class Timing(Strict):
    """When the usage of a month is whole."""

    final_after_days: int = Field(default=7, ge=0, le=366)
    """Days after its end in which a month may still change."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which the usage of a month is expected."""

    @property
    def settlement(self) -> Settlement:
        """When a month is final; no invoice ever says so."""
        return Settlement(after=timedelta(days=self.final_after_days), invoiced=False)

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the usage of a month is expected."""
        return expected(period, self.expected_by_day)


class Files(Timing):
    """Files of one name pattern at one place; each kind says whether it must name the place."""

    pattern: Text = "*"
    """Names of the files below the location, with `*` and `?`; `{month}` stands for 2026-08,
    `{yyyymm}` for 202608. Without a month each file may hold rows of any."""
    profile: str | None = None
    """Profile of the configuration of the bucket's provider."""
    role_arn: str | None = None
    """Role to assume before reading the bucket."""
    region: str | None = None
    """Region of the bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks the bucket's protocol."""

    @property
    def alone(self) -> bool:
        """Whether a file is of one month alone, which its name says."""
        return names_month(self.pattern)

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become usage, as text."""
        where = f"files alone={self.alone}" if self._whereabouts else "api"
        return f"{self.model_dump_json(exclude=set(ABOUT_PLACES))} {where}"

    @property
    def _whereabouts(self) -> str:
        """Folder or address; empty where an API is asked instead."""
        raise TypeError("a kind of source says where its files lie")

    def place(self, source: str, folder: Path) -> Place:
        """Return where the files lie.

        Raises:
            SourceError: when there is no way in.
        """
        return place(
            self._whereabouts,
            source=source,
            folder=folder,
            profile=self.profile,
            role_arn=self.role_arn,
            region=self.region,
            endpoint_url=self.endpoint_url,
        )


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{value!r} is no time zone of this machine; write one like Europe/Berlin or UTC, "
            "or install tzdata"
        ) from None
    return value


Zone = Annotated[str, AfterValidator(_zone)]


class SlurmSettings(Files):
    """One Slurm cluster, whose accounting lies as files that `sacct -P` wrote."""

    kind: Literal["slurm"]
    """`slurm`."""
    location: Text
    """Folder, or address of a bucket and prefix."""
    time_zone: Zone
    """Zone of the cluster's clocks, such as Europe/Berlin; sacct prints times without it."""
    cluster: Text | None = None
    """Name of the cluster, where the files have no column Cluster; what assets name."""
    columns: tuple[Text, ...] = ()
    """What `-o` was told, in order, where the files have no first line of names (`-n`)."""
    delimiter: Mark = "|"
    """Mark between cells; "\\x1f" for `--delimiter=$'\\x1f'`."""
    tags: tuple[Text, ...] = ("Comment", "WCKey", "QOS", "Partition")
    """Columns that become tags, where they are there. Names of users do not, unless told."""

    @property
    def _whereabouts(self) -> str:
        return self.location


class OpenCostSettings(Files):
    """One OpenCost server, or the CSV files it exports."""

    kind: Literal["opencost"]
    """`opencost`."""
    location: Text | None = None
    """Folder, or address of a bucket and prefix."""
    url: Text | None = None
    """Address of its API, such as http://opencost.opencost:9003; or location."""
    token: SecretStr | None = None
    """Bearer token of a proxy before it; write ${NAME}. Wants https."""
    aggregate: tuple[Text, ...] = Field(default=("namespace",), min_length=1)
    """What a unit is: namespace, controller, `label:team` and so on; several make `a/b`."""
    cluster: Text | None = None
    """Name of the cluster, where allocations do not say it; what assets name."""
    since: DayText | None = None
    """First day that the API is asked about, where it knows nothing of earlier ones."""
    include_idle: bool = True
    """Whether hours that nobody asked for are told as the unit `__idle__`."""

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        """Refuse a source with two ways in, or none."""
        if (self.url is None) == (self.location is None):
            raise ValueError("names no way in, or two; set url for the API, or location for files")
        return self

    @property
    def by(self) -> str:
        """What the API is asked to aggregate by."""
        return ",".join(self.aggregate)

    @property
    def _whereabouts(self) -> str:
        return self.location or ""


def _date_format(value: str) -> str:
    if sorted(value[at + 1 : at + 2].lower() for at in _marks(value)) != ["d", "m", "y"]:
        raise ValueError(
            f"{value!r} is not a format of dates; write day, month and year once each as "
            "%d, %m and %Y or %y, for example %d.%m.%Y"
        )
    return value


def _marks(value: str) -> list[int]:
    return [at for at, sign in enumerate(value) if sign == "%"]


DateForm = Annotated[str, AfterValidator(_date_format)]


class UsageColumns(Strict):
    """Headings of the table, letter for letter, by what they hold."""

    day: Text
    """Day of the usage, UTC."""
    unit: Text | None = None
    """Whose it is: account, namespace, project."""
    driver: Text | None = None
    """What is counted, one of the drivers."""
    quantity: Text | None = None
    """How many; without it each row counts 1."""
    detail: Text | None = None
    """Which part of the driver, such as input or output."""
    state: Text | None = None
    """How a run ended."""
    run_id: Text | None = None
    """Run, job or batch."""
    cluster: Text | None = None
    """Where it ran."""
    gpu_type: Text | None = None
    """Model of the accelerators."""
    model: Text | None = None
    """Model that was trained or called."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Headings that become tags, by the name of the tag."""

    @property
    def named(self) -> dict[str, str]:
        """What is mapped with its heading; tags as `tags.name`."""
        plain = self.model_dump(exclude={"tags"}, exclude_none=True)
        return {**plain, **{f"tags.{tag}": heading for tag, heading in self.tags.items()}}


class UsageSettings(Files):
    """A table of usage of anybody, with its own headings and locale."""

    kind: Literal["usage_csv"]
    """`usage_csv`."""
    location: Text
    """Folder, or address of a bucket and prefix."""
    pattern: Text = "*.csv"
    """Names of the files below the location, with `*` and `?`; `{month}` stands for 2026-08,
    `{yyyymm}` for 202608. Without a month each row goes to the month of its day."""
    columns: UsageColumns
    """Headings of the table."""
    driver: Text | None = None
    """What every row counts, where no column says it."""
    unit: Text | None = None
    """Whose every row is, where no column says it."""
    cluster: Text | None = None
    """Where every row ran, where no column says it."""
    states: dict[str, Text] = Field(default_factory=dict)
    """The table's words for how runs end, each with one of ours."""
    decimal: Literal[".", ","] = "."
    """Mark before the decimals."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """Mark between thousands; a space also stands for the narrow and the unbroken one."""
    dates: DateForm = "%Y-%m-%d"
    """How days are written, with %d, %m and %Y or %y."""
    delimiter: Mark = ","
    """Mark between cells."""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse settings that leave something open, or say it twice."""
        for name in ("driver", "unit"):
            if (getattr(self, name) is None) == (getattr(self.columns, name) is None):
                raise ValueError(f"set {name}, or columns.{name}; one of them, and not both")
        if self.driver is not None and self.driver not in DRIVERS:
            raise ValueError(f"{self.driver!r} is no driver; there are {', '.join(DRIVERS)}")
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; one must differ")
        for word in self.states.values():
            if word not in RUN_STATES:
                raise ValueError(f"{word!r} is no state; there are {', '.join(RUN_STATES)}")
        return self

    @property
    def _whereabouts(self) -> str:
        return self.location
