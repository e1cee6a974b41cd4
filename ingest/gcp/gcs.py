"""A bucket of Google Cloud Storage: one generation of an object, in ranges, checked at the end."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import google_crc32c
from google.api_core.retry import Retry
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY

from ingest.bucket import Body
from ingest.gcp.access import TIMEOUT, Access
from ingest.gcp.door import ObjectDoor
from ingest.gcp.fault import FAULTS, fault
from models.errors import AbsentError, BrokenError

RANGE: Final = 1 << 23  # bytes asked for at once, and held
PAGE: Final = 1000
NEEDS: Final = "roles/storage.objectViewer on the bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectBucket:
    """A bucket, or the part of one below a prefix; see `ingest.bucket.Place`.

    Attributes:
        client: A google-cloud-storage client.
        retry: How long a request is repeated.
        access: The way in, to ask who we are.
    """

    source: str
    name: str
    prefix: str
    client: Any
    retry: Retry
    access: Access | None = None

    @property
    def root(self) -> str:
        """`gs://bucket/prefix`, without a slash at the end."""
        return f"gs://{self.name}/{self.prefix}".rstrip("/")

    def read(self, key: str) -> Body:
        """Return one object, as it is stored; see `Place.read`."""
        found = self._stated(key)
        return Body(
            chunks=self._chunks(key, found),
            size=found.size,
            etag=str(found.generation),
            modified=found.updated,
            md5=b64decode(found.md5_hash).hex() if found.md5_hash else "",
        )

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        try:
            for found in self.client.list_blobs(
                self.name,
                prefix=self._full(prefix),
                page_size=PAGE,
                fields="items(name),nextPageToken",
                timeout=TIMEOUT,
                retry=self.retry,
            ):
                yield found.name.removeprefix(self._full(""))
        except FAULTS as error:
            raise fault(self.source, self._address(prefix), error, NEEDS) from error

    def door(self) -> ObjectDoor | None:
        """Return what can be told about the way in."""
        return ObjectDoor(self.access, self.client, self.name) if self.access else None

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _address(self, key: str) -> str:
        return f"gs://{self.name}/{self._full(key)}"

    def _stated(self, key: str) -> Any:  # noqa: ANN401 - the library has no types
        """Return size, generation and checksums of an object."""
        try:
            found = self.client.bucket(self.name).get_blob(
                self._full(key), timeout=TIMEOUT, retry=self.retry
            )
        except FAULTS as error:
            raise fault(self.source, self._address(key), error, NEEDS) from error
        if found is None:
            raise AbsentError(self.source, self._address(key), "is not there")
        return found

    def _chunks(self, key: str, stated: Any) -> Iterator[bytes]:  # noqa: ANN401 - see _stated
        """Yield the bytes of one generation; an object of parts states a CRC32C alone."""
        checksum = google_crc32c.Checksum()
        for start in range(0, stated.size, RANGE):
            chunk = self._range(key, stated, start, min(start + RANGE, stated.size))
            checksum.update(chunk)
            yield chunk
        if stated.crc32c and b64decode(stated.crc32c) != checksum.digest():
            raise BrokenError(self.source, self._address(key), "does not match its own checksum")

    def _range(self, key: str, stated: Any, start: int, end: int) -> bytes:  # noqa: ANN401
        """Return the bytes from `start` up to, not including, `end`."""
        blob = self.client.bucket(self.name).blob(self._full(key))
        try:
            got: bytes = blob.download_as_bytes(
                start=start,
                end=end - 1,
                raw_download=True,  # as stored: a checksum is of the packed bytes
                checksum=None,  # of a range there is none
                if_generation_match=stated.generation,
                timeout=TIMEOUT,
                retry=self.retry,
            )
        except FAULTS as error:
            raise fault(self.source, self._address(key), error, NEEDS) from error
        if len(got) != end - start:
            said = f"was cut short at {start + len(got)} of {stated.size} bytes"
            raise BrokenError(self.source, self._address(key), said)
        return got


def bucket(location: str, access: Access) -> ObjectBucket:
    """Return the bucket that `gs://bucket/prefix` names.

    Raises:
        SourceError: when there is no way in.
    """
    name, _, prefix = location.removeprefix("gs://").partition("/")
    client = Client(
        project=access.project or "-",  # objects belong to a bucket; only new buckets to a project
        credentials=access.credentials(),
        client_options={"api_endpoint": access.endpoint} if access.endpoint else None,
    )
    return ObjectBucket(
        source=access.source,
        name=name,
        prefix=prefix.strip("/"),
        client=client,
        access=access,
        retry=DEFAULT_RETRY.with_delay(initial=0.25, maximum=10).with_timeout(access.retry_seconds),
    )
