"""What the user says about any report: who may read it, and when it is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from ingest import bucket
from ingest.aws.block import LONGEST, Window
from ingest.bucket import Place
from ingest.source import Grant, Settlement
from models.period import Month


class CapacityBlock(BaseModel):
    """When the capacity of a block is reserved; the bill does not always say so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: AwareDatetime = Field(description="When the block begins, with its time zone.")
    end: AwareDatetime = Field(description="When it ends.")

    @model_validator(mode="after")
    def forward(self) -> CapacityBlock:
        """Refuse a block that ends before it begins, or lasts for years."""
        if not timedelta(0) < self.end - self.start <= LONGEST:
            raise ValueError(f"must end after it starts, within {LONGEST.days} days")
        return self


class ReportSettings(BaseModel):
    """The settings that all reports of this provider share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    location: str = Field(
        min_length=1,
        description="s3://bucket/prefix of the report, or a folder with the same layout.",
    )
    profile: str | None = Field(default=None, description="Profile of the AWS configuration.")
    role_arn: str | None = Field(default=None, description="Role to assume before reading.")
    external_id: str | None = Field(
        default=None,
        min_length=2,
        max_length=1224,
        description="What the owner of the role wants to be told; write ${NAME}.",
    )
    request_payer: bool = Field(
        default=False, description="Whether we pay for requests, as requester-pays buckets want it."
    )
    region: str | None = Field(default=None, description="Region of the bucket.")
    endpoint_url: str | None = Field(
        default=None, description="Address of another server that speaks S3."
    )
    expected_every_hours: int = Field(
        default=36, gt=0, description="Hours after which a missing delivery is late."
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        le=20,
        description="How often a request is tried before it counts as failed.",
    )
    tax_recoverable: bool = Field(
        default=False, description="Whether tax comes back, and so is no cost of a project."
    )
    capacity_blocks: dict[Annotated[str, Field(pattern="^cr-[0-9a-f]+$")], CapacityBlock] = Field(
        default_factory=dict,
        description="Start and end of capacity blocks, by the id of their reservation.",
    )

    @property
    def mapping(self) -> str:
        """What of the settings changes the charges that the same bytes become."""
        blocks = [
            f"{name}={window.start:%Y%m%dT%H%M%S.%f}-{window.end:%Y%m%dT%H%M%S.%f}"
            for name, window in sorted(self.windows.items())
        ]
        return " ".join((f"tax_recoverable={self.tax_recoverable}", *blocks))

    @property
    def windows(self) -> dict[str, Window]:
        """Windows of capacity blocks in UTC, by the id of their reservation."""
        return {
            name: Window(block.start.astimezone(UTC), block.end.astimezone(UTC))
            for name, block in self.capacity_blocks.items()
        }

    @property
    def pairs(self) -> dict[str, tuple[datetime, datetime]]:
        """The windows as the second reader takes them, which shares no words with the first."""
        return {name: (window.start, window.end) for name, window in self.windows.items()}

    @property
    def settlement(self) -> Settlement:
        """An invoice id on every line, and two weeks: AWS "Understanding export delivery"."""
        every = timedelta(hours=self.expected_every_hours)
        return Settlement(after=timedelta(days=14), invoiced=True, every=every)

    def due(self, period: Month) -> datetime:
        """Return when a month is late: the first delivery comes within a day of its start."""
        return period.start + timedelta(hours=self.expected_every_hours)

    def grants(self, home: str) -> Iterator[Grant]:
        """Yield the least that reading one report needs."""
        yield from bucket.grants(self.location, home, self.role_arn)

    def place(self, source: str, folder: Path) -> Place:
        """Return where the report lies.

        Raises:
            SourceError: when there is no way in, such as an expired session.
        """
        words = {
            *("profile", "role_arn", "external_id", "request_payer"),
            *("region", "endpoint_url", "max_attempts"),
        }
        return bucket.place(
            self.location, source=source, folder=folder, **self.model_dump(include=words)
        )
