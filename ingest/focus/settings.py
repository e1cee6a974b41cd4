"""What the user says about a source of FOCUS files; what they hold is told by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ingest.bucket import Place, place
from ingest.files import names_month
from ingest.focus.dialect import Dialect
from models.field import Strict, Text

Form = Annotated[str, StringConstraints(pattern=r"^[^%]*(%[a-zA-Z%.][^%]*)+$")]


class Settings(Strict):
    """One exporter of FOCUS files: a cloud, a vendor, or a platform of our own."""

    kind: Literal["focus"]
    """This kind of source."""
    location: Text
    """Address of a bucket and prefix, or a folder."""
    pattern: Text
    """Names of the files below the location, with `*` and `?`; `{month}` stands for 2026-08,
    `{yyyymm}` for 202608. Without a month each file may hold rows of any."""
    provider: str = ""
    """Who sold it, where the files name nobody."""
    nulls: tuple[str, ...] = ("NULL", "null")
    """Words that stand for no value in CSV files."""
    dates: tuple[Form, ...] = ()
    """How CSV files write moments, beside ISO 8601; such as `%m/%d/%Y`."""
    placeholders: tuple[Text, ...] = ()
    """Words by which an optional column of text says nothing, such as `Unassigned`."""
    tag_columns: tuple[Text, ...] = ()
    """Columns of text that become tags, under their own names; such as `x_CostCenter`."""
    tax_recoverable: bool = False
    """Whether tax comes back, and so is no cost of a project."""
    final_after_days: int = Field(default=14, ge=0, le=366)
    """Days after its end in which a month may still change."""
    invoiced: bool = False
    """Whether every charge of a final month has an InvoiceId."""
    expected_by_day: int | None = Field(default=None, ge=1, le=28)
    """Day of the next month by which the files of a month are expected."""
    profile: str | None = None
    """Profile of the configuration of the bucket's provider."""
    role_arn: str | None = None
    """Role to assume before reading the bucket."""
    external_id: str | None = None
    """What the owner of the role wants to be told; write ${NAME}."""
    request_payer: bool = False
    """Whether we pay for requests, as requester-pays buckets want it."""
    region: str | None = None
    """Region of the bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks the same protocol."""
    impersonate: str = ""
    """Account to act as before reading the bucket."""
    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a request is tried before it counts as failed."""

    @property
    def dialect(self) -> Dialect:
        """How the files are written."""
        return Dialect(
            provider=self.provider,
            nulls=self.nulls,
            moments=self.dates,
            placeholders=self.placeholders,
            tagged=self.tag_columns,
        )

    @property
    def alone(self) -> bool:
        """Whether a file is of one month alone, which its name says."""
        return names_month(self.pattern)

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        return f"{self.dialect} alone={self.alone} tax_recoverable={self.tax_recoverable}"

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
            external_id=self.external_id,
            request_payer=self.request_payer,
            region=self.region,
            endpoint_url=self.endpoint_url,
            max_attempts=self.max_attempts,
            impersonate=self.impersonate,
        )
