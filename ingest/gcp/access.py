"""The way into Google Cloud: who asks, how long, and what is said when a client is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from models.address import LOOPBACK
from models.errors import BrokenError, ForbiddenError

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
TIMEOUT: Final = (CONNECT_SECONDS, READ_SECONDS)
RETRY_SECONDS: Final = 120  # of one request with all its repeats
SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a source reaches its services.

    Attributes:
        source: Name of the source, for messages.
        project: Project that the requests count for; empty leaves it to the credentials.
        impersonate: Service account to act as; empty for the application default itself.
        endpoint: Address of another server; empty for the services' own.
        retry_seconds: Time in which a request is repeated before it counts as failed.
    """

    source: str
    project: str = ""
    impersonate: str = ""
    endpoint: str = ""
    retry_seconds: int = RETRY_SECONDS

    @property
    def local(self) -> bool:
        """Whether the other server is this machine: it is asked without credentials."""
        return urlsplit(self.endpoint).hostname in LOOPBACK if self.endpoint else False

    def credentials(self) -> Any:  # noqa: ANN401 - the library has no types
        """Return whose name requests are made in.

        Raises:
            SourceError: when there are none, or they would travel in the clear.
        """
        from google.auth import default, impersonated_credentials  # noqa: PLC0415 - an extra
        from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

        if self.local:
            return AnonymousCredentials()
        if self.endpoint and not self.endpoint.startswith("https://"):
            raise BrokenError(self.source, self.endpoint, "must begin with https://")
        try:
            own, _ = default(scopes=SCOPES, quota_project_id=self.project or None)
        except GoogleAuthError as error:
            from ingest.gcp.fault import fault  # noqa: PLC0415 - it needs the extra

            raise fault(self.source, "credentials", error) from error
        if not self.impersonate:
            return own
        return impersonated_credentials.Credentials(
            own, target_principal=self.impersonate, target_scopes=list(SCOPES)
        )


@contextmanager
def installed(source: str, package: str = "trueup[gcp]") -> Iterator[None]:
    """Say what to install when a client of the cloud is not there.

    Args:
        source: Name of the source.
        package: What brings it.

    Raises:
        ForbiddenError: instead of ImportError.
    """
    try:
        yield
    except ImportError as error:
        detail = f"is not installed; run: pip install '{package}'"
        raise ForbiddenError(source, str(error.name), detail) from error
