"""What the user says about a register of assets, and about who used them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from ingest.bucket import Place, place
from ingest.cluster.settings import (
    DateForm,
    Mark,
    OpenCostSettings,
    SlurmSettings,
    UsageSettings,
)
from ingest.hardware.asset import Convention
from ingest.source import Settlement, expected
from models.field import Currency, Strict, Text
from models.period import Month

_WHEREABOUTS: Final = frozenset(
    ("location", "file", "profile", "role_arn", "region", "endpoint_url", "hours")
) | {"final_after_days", "expected_by_day"}
Hours = Annotated[SlurmSettings | OpenCostSettings | UsageSettings, Field(discriminator="kind")]


class Columns(Strict):
    """Headings of a register in CSV, letter for letter, by what they hold; ours unless named."""

    asset_id: Text = "asset_id"
    """Id in the register; no other asset has it."""
    cost: Text = "cost"
    """What it was bought for."""
    in_service_date: Text = "in_service_date"
    """First day of use."""
    description: Text | None = None
    """What it is."""
    serial: Text | None = None
    """Serial number."""
    currency: Text | None = None
    """ISO 4217 code."""
    residual: Text | None = None
    """What it will still be worth at the end of its life."""
    life_months: Text | None = None
    """Months of useful life."""
    convention: Text | None = None
    """full_month, next_month, mid_month or daily."""
    method: Text | None = None
    """straight_line, the one there is."""
    cluster: Text | None = None
    """Where it works: what sources of hours call the cluster."""
    gpu_count: Text | None = None
    """How many accelerators it has."""
    gpu_type: Text | None = None
    """Their model."""
    disposal_date: Text | None = None
    """Day from which it is gone."""
    disposal_proceeds: Text | None = None
    """What it brought then."""
    capacity_hours_per_month: Text | None = None
    """Accelerator hours of a whole month, where not every hour counts."""
    funding: Text | None = None
    """owned or lease; a lease is not depreciated."""
    invoice_id: Text | None = None
    """Invoice it was bought with."""
    project: Text | None = None
    """Whose it is where nobody tells who used it."""


class Settings(Strict):
    """One register of assets."""

    kind: Literal["asset_register"]
    """`asset_register`."""
    location: Text = "."
    """Folder, or address of a bucket and prefix, where the register lies."""
    file: Text
    """Name of the register below it: CSV, or YAML (`.yaml`) with the list `assets`."""
    columns: Columns | None = None
    """Headings of a CSV; without them the names of this program, and no others."""
    currency: Currency | None = None
    """Currency of assets that name none."""
    convention: Convention = "full_month"
    """Convention of assets that name none."""
    life_months: int | None = Field(default=None, ge=1, le=600)
    """Useful life of assets that name none."""
    decimal: Literal[".", ","] = "."
    """Mark before the decimals."""
    thousands: Literal["", ".", ",", " ", "'"] = ""
    """Mark between thousands; a space also stands for the narrow and the unbroken one."""
    dates: DateForm = "%Y-%m-%d"
    """How days are written, with %d, %m and %Y or %y."""
    delimiter: Mark = ","
    """Mark between cells."""
    basis: Literal["capacity", "used"] = "capacity"
    """What hours are a part of: all the hours there were, the rest being idle, or all that were
    used, which idle time is then spread over."""
    without_usage: Literal["idle", "unallocated"] = "idle"
    """What an asset counts as when nobody tells hours of its cluster, and it has no project."""
    share_disposal: bool = False
    """Whether gain or loss of a disposal is charged to who used the asset so far."""
    service: Text = "Hardware depreciation"
    """Service name of the charges, for rules."""
    hours: Hours | None = None
    """Who used the accelerators: settings of a source of kind slurm, opencost or usage_csv."""
    final_after_days: int = Field(default=7, ge=0, le=366)
    """Days after its end in which a month may still change."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which the register of a month is expected."""
    profile: str | None = None
    """Profile of the configuration of the bucket's provider."""
    role_arn: str | None = None
    """Role to assume before reading the bucket."""
    region: str | None = None
    """Region of the bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks the bucket's protocol."""

    @model_validator(mode="after")
    def consistent(self) -> Settings:
        """Refuse settings that contradict each other."""
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; one must differ")
        if self.is_yaml and self.columns is not None:
            raise ValueError("columns are of CSV; a YAML register has the names of this program")
        return self

    @property
    def is_yaml(self) -> bool:
        """Whether the register is YAML."""
        return self.file.endswith((".yaml", ".yml"))

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        hours = self.hours.reading if self.hours else ""
        return f"{self.model_dump_json(exclude=set(_WHEREABOUTS))} {self.is_yaml} {hours}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say; no invoice ever says so."""
        return Settlement(after=timedelta(days=self.final_after_days), invoiced=False)

    def due(self, period: Month) -> datetime | None:
        """Return the end of the day by which the register is expected."""
        return expected(period, self.expected_by_day)

    def place(self, source: str, folder: Path) -> Place:
        """Return where the register lies.

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
        )
