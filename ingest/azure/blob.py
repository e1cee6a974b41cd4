"""A container of Blob storage: one version of a blob, in ranges, checked at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from azure.core import MatchConditions
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

from ingest.azure.door import ContainerDoor
from ingest.azure.fault import fault
from ingest.bucket import Body
from models.address import LOOPBACK
from models.errors import BrokenError, ForbiddenError

RANGE: Final = 1 << 23  # bytes asked for at once, and held
CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
BACKOFF_SECONDS: Final = 1  # before the second try; longer before each further one
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container, or the part of one below a prefix; see `ingest.bucket.Place`.

    Attributes:
        source: Name of the source, for messages.
        address: `https://ACCOUNT.blob.core.windows.net/CONTAINER`.
        prefix: Without slashes around it.
        client: An azure-storage-blob client of the container.
    """

    source: str
    address: str
    prefix: str
    client: Any

    @property
    def root(self) -> str:
        """The address with the prefix, without a slash at the end."""
        return f"{self.address}/{self.prefix}".rstrip("/")

    def read(self, key: str) -> Body:
        """Return one blob, as it is stored; see `Place.read`."""
        try:
            stated = self.client.get_blob_client(self._full(key)).get_blob_properties()
        except AzureError as error:
            raise self._fault(key, error) from error
        md5 = stated.content_settings.content_md5
        return Body(
            chunks=self._chunks(key, stated.size, stated.etag),
            size=stated.size,
            etag=stated.etag,
            modified=stated.last_modified,
            md5=bytes(md5).hex() if md5 else "",
        )

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""

        def listing(response: Any) -> None:  # noqa: ANN401 - the library has no types
            answer = response.http_response
            kind = answer.headers.get("Content-Type", "")
            if answer.status_code == _OK and not kind.startswith("application/xml"):
                raise self._broken(prefix, "a page came instead of a list; is a proxy between?")

        try:
            for name in self.client.list_blob_names(
                name_starts_with=self._full(prefix), raw_response_hook=listing
            ):
                yield name.removeprefix(self._full(""))
        except AzureError as error:
            raise self._fault(prefix, error) from error

    def door(self) -> ContainerDoor:
        """Return what can be told about the way in."""
        return ContainerDoor(self.client, self.prefix)

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _address(self, key: str) -> str:
        return f"{self.address}/{self._full(key)}"

    def _broken(self, key: str, detail: str) -> BrokenError:
        return BrokenError(self.source, self._address(key), detail)

    def _fault(self, key: str, error: AzureError) -> Exception:
        return fault(self.source, self._address(key), error)

    def _chunks(self, key: str, size: int, etag: str) -> Iterator[bytes]:
        """Yield the bytes of one version; the client repeats a range that was cut."""
        blob = self.client.get_blob_client(self._full(key))
        for start in range(0, size, RANGE):
            length = min(RANGE, size - start)
            try:
                chunk: bytes = blob.download_blob(
                    offset=start,
                    length=length,
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                ).readall()
            except AzureError as error:
                raise self._fault(key, error) from error
            if len(chunk) != length:
                got = start + len(chunk)
                raise self._broken(key, f"was cut short at {got} of {size} bytes")
            yield chunk


def container(location: str, *, source: str, sas: str = "", max_attempts: int = 5) -> Container:
    """Return the container that `https://ACCOUNT.blob.core.windows.net/CONTAINER/prefix` names.

    Args:
        location: The address. That of a server on this machine has the account as the first
            part of its path, as emulators have it.
        source: Name of the source, for messages.
        sas: A shared access signature; without one the credentials of the machine are used.
        max_attempts: How often a request is tried.

    Raises:
        SourceError: when the address is no such one.
    """
    account, name, prefix = _parsed(location, source)
    client = ContainerClient(
        account,
        name,
        credential=AzureSasCredential(sas) if sas else DefaultAzureCredential(),
        retry_total=max_attempts - 1,
        initial_backoff=BACKOFF_SECONDS,
        increment_base=2,
        random_jitter_range=1,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_single_get_size=RANGE,
        max_chunk_get_size=RANGE,
    )
    return Container(
        source=source,
        address=f"{account}/{quote(name)}",
        prefix=prefix,
        client=client,
    )


def _parsed(location: str, source: str) -> tuple[str, str, str]:
    """Return the address of the account, the container and the prefix."""
    parts = urlsplit(location)
    bare = f"{parts.scheme}://{parts.hostname}{parts.path}"  # what else it holds may be a secret
    if parts.query or parts.fragment or parts.username:
        raise ForbiddenError(source, bare, "holds a signature; write it as sas: ${NAME}")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ForbiddenError(source, bare, "must begin with https://")
    folders = [part for part in parts.path.split("/") if part]
    account = f"{parts.scheme}://{parts.netloc}"
    if parts.hostname in LOOPBACK and folders:
        account = f"{account}/{folders.pop(0)}"
    if not folders:
        raise BrokenError(
            source, bare, "names no container; write https://ACCOUNT/CONTAINER/prefix"
        )
    return account, folders[0], "/".join(folders[1:])
