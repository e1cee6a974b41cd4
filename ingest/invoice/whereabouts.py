"""Where invoices lie, as the user declares it: a folder, a bucket, the export of a mailbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from ingest.bucket import Place, is_remote, place
from ingest.invoice.verdict import FOLDER
from models.field import Inside, Strict, Text

Allowed = Annotated[str, StringConstraints(pattern=r"^[^@\s]*@[^@\s]+$")]


class Whereabouts(Strict):
    """Settings of every source of invoices that are files."""

    folder: Text | None = None
    """Where the files lie; relative to the project folder. The same as `location`."""
    location: Text | None = None
    """A folder, or the address of a bucket and prefix."""
    decisions: Inside = FOLDER
    """Folder of the project with what persons decided about documents."""
    senders: tuple[Allowed, ...] = ()
    """Who may send invoices in messages: addresses, or whole domains as `@labels.example`."""
    mail_server: Text | None = None
    """Name by which our own mail server signs what it found out about a sender."""
    profile: str | None = None
    """Profile of the configuration of the bucket's provider."""
    role_arn: str | None = None
    """Role to assume before reading the bucket."""
    external_id: str | None = None
    """What the owner of the role wants to be told; write ${NAME}."""
    region: str | None = None
    """Region of the bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks the same protocol."""
    impersonate: str = ""
    """Account to act as before reading the bucket."""
    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a request is tried before it counts as failed."""

    @model_validator(mode="after")
    def somewhere(self) -> Whereabouts:
        """Refuse two places, and none."""
        if (self.folder is None) == (self.location is None):
            raise ValueError("write `location`, a folder or the address of a bucket, once")
        return self

    @property
    def where(self) -> str:
        """The one place."""
        return self.location or self.folder or ""

    @property
    def is_remote(self) -> bool:
        """Whether it is no folder."""
        return is_remote(self.where)

    def place(self, source: str, folder: Path) -> Place:
        """Return where the files lie.

        Raises:
            SourceError: when there is no way in.
        """
        return place(
            self.where,
            source=source,
            folder=folder,
            profile=self.profile,
            role_arn=self.role_arn,
            external_id=self.external_id,
            region=self.region,
            endpoint_url=self.endpoint_url,
            max_attempts=self.max_attempts,
            impersonate=self.impersonate,
        )


WHEREABOUTS: Final = frozenset(Whereabouts.model_fields)
