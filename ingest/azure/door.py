"""The way into a container: what time it is there, and whether we could write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from azure.core.exceptions import AzureError, HttpResponseError

from ingest.door import server_time

NAME: Final = ".trueup-doctor"  # never made: see `writable`


@dataclass(frozen=True, slots=True)
class ContainerDoor:
    """A container as it is asked before it is read; see `ingest.door.Door`."""

    client: Any
    prefix: str

    def identity(self) -> str:
        """Return nothing: the server never says whose signature or token it took."""
        return ""

    def clock(self) -> datetime | None:
        """Return the time that the server dates its answers with, refusals included."""
        dates: list[str] = []

        def seen(response: Any) -> None:  # noqa: ANN401 - the library's own
            dates.append(response.http_response.headers.get("Date", ""))

        try:
            next(self.client.list_blob_names(raw_response_hook=seen), None)
        except HttpResponseError as error:
            answered: Any = error.response  # typed without its headers
            dates.append(answered.headers.get("Date", "") if answered else "")
        except AzureError:
            return None
        return server_time(dates[0]) if dates else None

    def writable(self) -> bool | None:
        """Say whether a blob could be changed, by the metadata of one that does not exist.

        The permission is looked at before the blob; there is none of that name, so nothing
        can be changed.
        """
        blob = self.client.get_blob_client(f"{self.prefix}/{NAME}" if self.prefix else NAME)
        try:
            blob.set_blob_metadata({})
        except HttpResponseError as error:
            if error.status_code in {401, 403}:
                return False
            return True if error.status_code == 404 else None  # noqa: PLR2004 - no such blob
        except AzureError:
            return None
        return True
