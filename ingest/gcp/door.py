"""The way into a bucket: who we are, what time it is there, and whether we could write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from ingest.door import server_time
from ingest.gcp.access import TIMEOUT, Access
from ingest.gcp.fault import FAULTS

SERVICE: Final = "https://storage.googleapis.com"
_WRITES: Final = ["storage.objects.create", "storage.objects.delete"]


def named(credentials: Any) -> str:  # noqa: ANN401 - the library has no types
    """Return whose credentials these are; empty where they do not say."""
    for attribute in ("service_account_email", "signer_email", "account"):
        if found := getattr(credentials, attribute, ""):
            return str(found)
    return ""


@dataclass(frozen=True, slots=True)
class ObjectDoor:
    """A bucket as it is asked before it is read; see `ingest.door.Door`."""

    access: Access
    client: Any
    bucket: str

    def identity(self) -> str:
        """Return the account that asks; empty for one that does not say.

        Raises:
            SourceError: when there are no credentials.
        """
        return named(self.access.credentials())

    def clock(self) -> datetime | None:
        """Return the time that the server dates its answers with, refusals included."""
        address = f"{self.access.endpoint or SERVICE}/storage/v1/b/{self.bucket}?fields=name"
        try:
            with AuthorizedSession(self.access.credentials()) as session:
                return server_time(session.get(address, timeout=TIMEOUT).headers.get("Date", ""))
        except (requests.RequestException, GoogleAuthError):
            return None

    def writable(self) -> bool | None:
        """Say whether objects could be written or deleted: the server tells without a trial."""
        try:
            found = self.client.bucket(self.bucket).test_iam_permissions(
                _WRITES, timeout=TIMEOUT, retry=None
            )
        except FAULTS:
            return None
        return bool(found)
