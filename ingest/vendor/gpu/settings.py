"""What the user says about a table of usage: where it lies, and what its columns are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from ingest.bucket import Place, place
from ingest.vendor.charge import Vendor
from ingest.vendor.gpu.profile import PROFILES, Known
from ingest.vendor.workload import Pattern, Patterns
from models.field import Amount, Currency, DayText, Strict, Text

TimeUnit = Literal["milliseconds", "seconds", "minutes", "hours"]
PER_HOUR: Final[Mapping[str, int]] = {
    "milliseconds": 3_600_000,
    "seconds": 3600,
    "minutes": 60,
    "hours": 1,
}
# Words of a column of units, in small letters; those of `units` come first.
WORDS: Final[Mapping[str, TimeUnit]] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), "milliseconds"),
    **dict.fromkeys(("s", "sec", "second", "seconds", "gpu_seconds", "gpu-seconds"), "seconds"),
    **dict.fromkeys(("min", "minute", "minutes", "gpu_minutes", "gpu-minutes"), "minutes"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "gpu_hours", "gpu-hours"), "hours"),
}
WORKLOADS: Final[Patterns] = {
    "training": ("*fine?tun*", "*finetun*", "*training*"),
    "inference": ("*inference*", "*serverless*", "*endpoint*", "*deployment*"),
    "storage": ("*storage*", "*volume*", "*disk*"),
}
# The first that matches decides, so that the longer name of two stands before the shorter.
_MODELS: Final = (
    *("GB300", "GB200", "B300", "B200", "GH200", "H200", "H100", "H800", "H20"),
    *("A100", "A800", "A10G", "A10", "A40", "L40S", "L40", "L4", "V100", "P100", "T4"),
    *("MI355X", "MI325X", "MI300X", "MI250X"),
    *("RTX 5090", "RTX 4090", "RTX 3090", "RTX A6000", "RTX 6000"),
)
_BEFORE: Final = (
    "",
    "* ",
    "*-",
    "*_",
    "*:",
    "*/",
    "*.",
    "*(",
    "*x",
)  # 8xH100 is one, data100gb none
MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(f"{before}{name.lower().replace(' ', '?')}*" for before in _BEFORE)
    for name in _MODELS
}


class Columns(Strict):
    """What the headings are; quantity or cost must be among them."""

    start: Text
    """Day or moment at which the use began, in UTC; it decides the month of the row."""
    end: Text | None = None
    """Moment at which it ended; without it, a row is of one `interval`."""
    project: Text | None = None
    """Whose it is: project, team, environment."""
    resource: Text | None = None
    """Id of the pod, endpoint, app or job."""
    description: Text | None = None
    """What the row is about, for people."""
    sku: Text | None = None
    """What is billed, for prices and patterns."""
    usage_type: Text | None = None
    """Kind of use, for patterns."""
    gpu_type: Text | None = None
    """Model of the accelerators."""
    gpu_count: Text | None = None
    """How many accelerators the row ran on, where the quantity is time on the clock; leave it
    out where the quantity already counts each."""
    quantity: Text | None = None
    """Time that was used."""
    unit: Text | None = None
    """Unit of the quantity, where rows state it."""
    cost: Text | None = None
    """Cost of the row, without tax."""
    currency: Text | None = None
    """Currency of the cost, where rows state it."""
    tokens: dict[str, Text] = Field(default_factory=dict)
    """Columns of tokens, by what they are: `{input: prompt_tokens}`."""
    tags: dict[str, Text] = Field(default_factory=dict)
    """Columns that are kept as tags, by the name of the tag. All others are dropped."""


class Price(Strict):
    """A unit price, from a day on until the next one of the same SKU."""

    sku: Pattern = "*"
    """Pattern of what it is a price for: the SKU, else the model of the accelerators."""
    tokens: Text | None = None
    """Which column of tokens it prices; without it, time."""
    since: DayText
    """First day on which it holds."""
    price: Amount
    """Price of one unit."""
    per: Literal["second", "minute", "hour", "thousand tokens", "million tokens"] = "hour"
    """What one unit is."""

    @model_validator(mode="after")
    def of_one_kind(self) -> Self:
        """Refuse a price of tokens per hour, and the reverse."""
        if (self.tokens is not None) != self.per.endswith("tokens"):
            raise ValueError(f"is a price per {self.per}; tokens says which tokens it is of")
        return self


class Settings(Strict):
    """Tables of one cloud, as CSV files."""

    kind: Literal["gpu_cloud_csv"]
    """This kind of source."""
    location: Text
    """Folder, or address of a bucket with a prefix."""
    pattern: Text = "*.csv"
    """Names of the files, with `*` and `?`; `{month}` stands for 2026-08. Without a month, each
    row goes to the month it states."""
    issuer: Text
    """Who bills."""
    service: Text = "GPU cloud"
    """What the service is called in charges."""
    account: Text = "default"
    """Billing account in charges."""
    profile: Known | None = None
    """A table whose columns are known; `columns` then only change them."""
    columns: Columns | None = None
    """Headings, where there is no profile."""
    interval: Literal["day", "hour"] = "day"
    """How long a row is that states no end."""
    unit: TimeUnit | None = None
    """Unit of the quantity, where no column states it."""
    units: dict[str, TimeUnit] = Field(default_factory=dict)
    """Words of the column of units, such as `{GPU second: seconds}`."""
    currency: Currency = "USD"
    """Currency of costs and prices, where no column states it."""
    prices: tuple[Price, ...] = ()
    """Unit prices, where the table has no cost; a use without a price is an error."""
    moments: tuple[Text, ...] = ()
    """Forms of days and moments beside ISO 8601, such as `%m/%d/%Y`."""
    gpu_types: dict[str, tuple[Pattern, ...]] = Field(default_factory=dict)
    """Patterns of accelerators by their model, asked before our own."""
    workloads: Patterns = Field(default_factory=dict)
    """Patterns of usage type, SKU and resource by what they are for; asked before our own."""
    final_after_days: int = Field(default=5, ge=0, le=366)
    """Days after its end in which a month may still change."""
    expected_by_day: int | None = Field(default=None, ge=1, le=366)
    """Days after its end by which a month is expected; without it, none is late."""
    profile_name: str | None = None
    """Profile of the configuration of the bucket's provider."""
    role_arn: str | None = None
    """Role to assume before reading the bucket."""
    region: str | None = None
    """Region of the bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks the bucket's protocol."""
    sas: SecretStr | None = None
    """Signature of a container; write ${NAME}."""

    @model_validator(mode="after")
    def measurable(self) -> Self:
        """Refuse a table without cost and without prices, or with both."""
        if self.profile is None and self.columns is None:
            raise ValueError("names no columns; set columns, or a profile that has them")
        said = self.form
        if said.quantity and not (said.unit or self.time_unit):
            raise ValueError("a quantity has no unit; set unit, or columns.unit")
        if said.cost and self.prices:
            raise ValueError("has a column of costs and prices; leave one of them out")
        if not said.cost and not (self.prices and (said.quantity or said.tokens)):
            raise ValueError("has no cost; name its column, or a quantity and prices")
        return self

    @property
    def form(self) -> Columns:
        """What the headings are: those of the profile, and what the user says about them."""
        given = self.columns.model_dump(exclude_unset=True) if self.columns else {}
        known = PROFILES[self.profile].columns if self.profile else {}
        return Columns.model_validate({**known, **given})

    @property
    def time_unit(self) -> TimeUnit | None:
        """Unit of quantities where no row states it."""
        return self.unit or (PROFILES[self.profile].unit if self.profile else None)

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        left_out = {"location", "pattern", "final_after_days", "expected_by_day", "profile_name"}
        access = {"role_arn", "region", "endpoint_url", "sas"}
        return self.model_dump_json(exclude=left_out | access)

    @property
    def vendor(self) -> Vendor:
        """Who bills whom."""
        return Vendor(
            issuer=self.issuer,
            service=self.service,
            account=self.account,
            account_type="Account",
            category="Compute",
            subcategory="Virtual Machines",
        )

    def place(self, source: str, folder: Path) -> Place:
        """Return where the files lie.

        Raises:
            SourceError: when there is no way in.
        """
        return place(
            self.location,
            source=source,
            folder=folder,
            profile=self.profile_name,
            role_arn=self.role_arn,
            region=self.region,
            endpoint_url=self.endpoint_url,
            sas=self.sas.get_secret_value() if self.sas else "",
        )
