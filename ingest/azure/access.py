"""The way into Blob storage, and what is said when its client is not installed."""

from __future__ import annotations

from ingest.bucket import Place
from models.errors import ForbiddenError


def container(location: str, *, source: str, sas: str, max_attempts: int) -> Place:
    """Return the container of an address; see `ingest.azure.blob.container`.

    Raises:
        SourceError: when the address is none, or the client is not installed.
    """
    try:
        from ingest.azure import blob  # noqa: PLC0415 - an extra
    except ImportError as error:
        detail = "is not installed; run: pip install 'trueup[azure]'"
        raise ForbiddenError(source, str(error.name), detail) from error
    return blob.container(location, source=source, sas=sas, max_attempts=max_attempts)
