"""What the user says about any report: who may read it, and when it is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ingest import bucket
from ingest.bucket import Place
from ingest.source import Grant, Settlement
from models.period import Month


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
