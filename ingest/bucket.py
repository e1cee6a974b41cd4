"""Places that objects lie in: a folder, or a bucket behind the S3 API or Google's."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from ingest.door import Door
from ingest.source import Grant
from models.errors import AbsentError, BrokenError, ForbiddenError

CHUNK: Final = 1 << 20


class ChangedError(BrokenError):
    """The object was replaced while it was read; reading all of it again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One object as it is read.

    Attributes:
        chunks: Its bytes, once; raises SourceError when they end early or change.
        size: Bytes the place says it has; None when it does not say.
        etag: What identifies this version of the object in its place.
        sha256: Checksum stated by the place, hex; empty when it states none.
        md5: The same; S3 states it as the ETag of objects sent in one part.
        modified: When it was last written there; None when the place does not say.
    """

    chunks: Iterator[bytes]
    size: int | None
    etag: str
    sha256: str = ""
    md5: str = ""
    modified: datetime | None = None


class Place(Protocol):
    """Where objects lie; keys are relative to it, with `/` between their parts."""

    @property
    def root(self) -> str:
        """What full addresses of its objects begin with; empty when any may."""
        ...

    def read(self, key: str) -> Body:
        """Return one object.

        Raises:
            AbsentError, ForbiddenError, BrokenError: never another; the three silences
                look alike from far away and are mended by different people.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        ...

    def door(self) -> Door | None:
        """Return what can be told about the way in; None when there is no server to ask."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the local disk; nothing outside it is ever opened."""

    source: str
    path: Path

    @property
    def root(self) -> str:
        """Any: a copied export still states the addresses of the bucket it came from."""
        return ""

    def read(self, key: str) -> Body:
        """Return one regular file; see `Place.read`."""
        path = self._inside(key)
        found = _regular(self.source, key, path)
        chunks = self._chunks(key, path, found)
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        return Body(chunks=chunks, size=found.st_size, etag=_mark(found), modified=modified)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the files whose key begins with a prefix, in order; no link is followed."""
        if not self.path.is_dir():
            raise AbsentError(self.source, str(self.path), "there is no such folder")
        above = prefix.rpartition("/")[0]
        start = self._inside(above) if above else self.path
        files = (Path(at, name) for at, _, names in os.walk(start) for name in names)
        yield from sorted(key for file in files if (key := self._key(file)).startswith(prefix))

    def door(self) -> None:
        """Return nothing: a folder is read as whoever runs this."""
        return

    def _key(self, file: Path) -> str:
        return file.relative_to(self.path).as_posix()

    def _inside(self, key: str) -> Path:
        parts = key.split("/")
        sound = key.isprintable() and "\\" not in key and not {"", ".", ".."} & set(parts)
        path = self.path.joinpath(*parts) if sound else self.path
        if not sound or not path.resolve().is_relative_to(self.path.resolve()):
            raise BrokenError(self.source, repr(key), "leaves the folder; it was not opened")
        return path

    def _chunks(self, key: str, path: Path, found: os.stat_result) -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                before = _mark(os.fstat(file.fileno()))
                while chunk := file.read(CHUNK):
                    yield chunk
                after = _mark(os.fstat(file.fileno()))
        except OSError as error:
            raise BrokenError(self.source, key, f"cannot be read: {error.strerror}") from error
        if not _mark(found) == before == after:
            raise ChangedError(self.source, key, "changed while it was read; run again")


def _regular(source: str, key: str, path: Path) -> os.stat_result:
    """Return what a file is, after making sure that it is one."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AbsentError(source, key, "is not there") from error
    except PermissionError as error:
        raise ForbiddenError(source, key, "may not be read; check its permissions") from error
    except OSError as error:
        raise BrokenError(source, repr(key), f"cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise BrokenError(source, key, "is not a regular file")
    if not os.access(path, os.R_OK):
        raise ForbiddenError(source, key, "may not be read; check its permissions")
    return found


def _mark(found: os.stat_result) -> str:
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"


def is_remote(location: str) -> bool:
    """Return whether a location is no folder."""
    return location.startswith(("s3://", "gs://", "https://", "http://"))


def place(
    location: str,
    *,
    source: str,
    folder: Path,
    profile: str | None = None,
    role_arn: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    max_attempts: int = 5,
    external_id: str | None = None,
    request_payer: bool = False,
    impersonate: str = "",
    sas: str = "",
) -> Place:
    """Return the place a location names: `s3://`, `gs://bucket/prefix`, or a path below a folder.

    `impersonate` is a service account to act as in front of `gs://`. A container of Blob
    storage has an address, `https://`, for which `sas` is a signature.

    Raises:
        SourceError: when there is no way in, such as an expired session.
    """
    if location.startswith("gs://"):
        return _google(location, source, endpoint_url or "", impersonate)
    if location.startswith(("https://", "http://")):
        from ingest.azure.access import container  # noqa: PLC0415 - an extra

        return container(location, source=source, sas=sas, max_attempts=max_attempts)
    if not location.startswith("s3://"):
        return Folder(source, folder / location)
    from ingest.aws.client import Login  # noqa: PLC0415 - boto3 takes half a second to import
    from ingest.aws.s3 import bucket  # noqa: PLC0415

    login = Login(
        source=source,
        profile=profile,
        role_arn=role_arn,
        external_id=external_id,
        region=region,
        endpoint_url=endpoint_url,
        max_attempts=max_attempts,
    )
    return bucket(location, login, request_payer=request_payer)


def _google(location: str, source: str, endpoint: str, impersonate: str) -> Place:
    from ingest.gcp.access import Access, installed  # noqa: PLC0415 - an extra

    with installed(source):
        from ingest.gcp.gcs import bucket  # noqa: PLC0415
    return bucket(location, Access(source=source, endpoint=endpoint, impersonate=impersonate))


def grants(location: str, home: str = "", role_arn: str | None = None) -> Iterator[Grant]:
    """Yield the least that reading a location needs; nothing for a folder.

    Args:
        location: As for `place`.
        home: What is read below it; empty for all of it.
        role_arn: Role that is assumed, if one is.
    """
    if location.startswith("gs://"):
        from ingest.gcp import policy as gcp  # noqa: PLC0415 - only what is asked for

        yield from gcp.bucket_grants(location)
    elif location.startswith(("https://", "http://")):
        from ingest.azure import policy as azure  # noqa: PLC0415

        yield from azure.grants(location)
    elif location.startswith("s3://"):
        from ingest.aws import policy as aws  # noqa: PLC0415

        yield from aws.grants(location, home, role_arn)
