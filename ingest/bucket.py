"""Places that objects lie in: a folder, or a bucket behind the S3 API or Google's."""

from __future__ import annotations

import os
import stat
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError

from models.errors import AbsentError, BrokenError, ForbiddenError

CHUNK: Final = 1 << 20
_MD5_DIGITS: Final = 32


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
    """

    chunks: Iterator[bytes]
    size: int | None
    etag: str
    sha256: str = ""
    md5: str = ""


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
        return Body(chunks=chunks, size=found.st_size, etag=_mark(found))

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the files whose key begins with a prefix, in order; no link is followed."""
        if not self.path.is_dir():
            raise AbsentError(self.source, str(self.path), "there is no such folder")
        above = prefix.rpartition("/")[0]
        start = self._inside(above) if above else self.path
        files = (Path(at, name) for at, _, names in os.walk(start) for name in names)
        yield from sorted(key for file in files if (key := self._key(file)).startswith(prefix))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket, or the part of one below a prefix, on any server that speaks S3.

    Attributes:
        client: A boto3 S3 client; it retries requests by itself.
        tries: How often one object's body is asked for before it counts as cut short.
    """

    source: str
    name: str
    prefix: str
    client: Any
    tries: int

    @property
    def root(self) -> str:
        """`s3://bucket/prefix`, without a slash at the end."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    def read(self, key: str) -> Body:
        """Return one object; see `Place.read`."""
        answer = self._answer(key)
        etag = answer.get("ETag", "")
        return Body(
            chunks=self._chunks(key, answer),
            size=answer.get("ContentLength"),
            etag=etag,
            sha256=_whole_sha256(answer),
            md5="" if _encrypted_by_key(answer) else _plain_md5(etag),
        )

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        pages = self.client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self.name, Prefix=self._full(prefix)):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self._full(""))
        except (BotoCoreError, ClientError) as error:
            raise self._fault(prefix, error) from error

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _fault(self, key: str, error: Exception) -> Exception:
        from ingest.aws.client import fault  # noqa: PLC0415 - boto3 takes half a second to import

        return fault(self.source, f"s3://{self.name}/{self._full(key)}", error)

    def _answer(self, key: str, **conditions: str) -> dict[str, Any]:
        try:
            return dict(self.client.get_object(Bucket=self.name, Key=self._full(key), **conditions))
        except (BotoCoreError, ClientError) as error:
            raise self._fault(key, error) from error

    def _chunks(self, key: str, answer: dict[str, Any]) -> Iterator[bytes]:
        """Yield the body; a dropped connection goes on where it ended, same version only."""
        size, etag, got = answer.get("ContentLength"), answer.get("ETag", ""), 0
        for left in reversed(range(self.tries)):
            with closing(answer["Body"]) as body:
                try:
                    for chunk in body.iter_chunks(CHUNK):
                        got += len(chunk)
                        yield chunk
                except FlexibleChecksumError as error:
                    raise self._broken(key, "does not match its own checksum") from error
                except BotoCoreError as error:
                    if not left:
                        raise self._cut(key, got, size) from error
                else:
                    return
            answer = self._rest(key, etag, got, size)

    def _rest(self, key: str, etag: str, got: int, size: int | None) -> dict[str, Any]:
        match = {"IfMatch": etag} if etag else {}
        answer = self._answer(key, Range=f"bytes={got}-", **match)
        if answer.get("ETag", "") != etag:
            answer["Body"].close()
            raise ChangedError(self.source, self._full(key), "changed while it was read; run again")
        if not answer.get("ContentRange", "").startswith(f"bytes {got}-"):
            answer["Body"].close()
            raise self._cut(key, got, size)
        return answer

    def _cut(self, key: str, got: int, size: int | None) -> BrokenError:
        return self._broken(key, f"was cut short at {got} of {size} bytes")

    def _broken(self, key: str, detail: str) -> BrokenError:
        return BrokenError(self.source, f"s3://{self.name}/{self._full(key)}", detail)


def _whole_sha256(answer: dict[str, Any]) -> str:
    """Return the stated SHA-256 as hex; one of parts (`...-3`) says nothing about the whole."""
    text = answer.get("ChecksumSHA256", "")
    whole = text and "-" not in text and answer.get("ChecksumType") != "COMPOSITE"
    return b64decode(text).hex() if whole else ""


def _encrypted_by_key(answer: dict[str, Any]) -> bool:
    """Say whether the ETag is of the encrypted bytes (SSE-KMS and SSE-C), not of ours."""
    return "SSECustomerAlgorithm" in answer or "kms" in answer.get("ServerSideEncryption", "")


def _plain_md5(etag: str) -> str:
    digits = etag.strip('"').lower()
    return digits if len(digits) == _MD5_DIGITS and not digits.strip("0123456789abcdef") else ""


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
    impersonate: str = "",
) -> Place:
    """Return the place a location names: `s3://`, `gs://bucket/prefix`, or a path below a folder.

    `impersonate` is a service account to act as in front of `gs://`.

    Raises:
        SourceError: when there is no way in, such as an expired session.
    """
    if location.startswith("gs://"):
        from ingest.gcp.access import Access, installed  # noqa: PLC0415 - an extra

        with installed(source):
            from ingest.gcp.gcs import bucket  # noqa: PLC0415
        endpoint = endpoint_url or ""
        return bucket(location, Access(source=source, endpoint=endpoint, impersonate=impersonate))
    if not location.startswith("s3://"):
        return Folder(source, folder / location)
    from ingest.aws.client import client  # noqa: PLC0415 - boto3 takes half a second to import

    name, _, prefix = location.removeprefix("s3://").partition("/")
    access = client(
        source=source,
        profile=profile,
        role_arn=role_arn,
        region=region,
        endpoint_url=endpoint_url,
        max_attempts=max_attempts,
    )
    return Bucket(
        source=source, name=name, prefix=prefix.strip("/"), client=access, tries=max_attempts
    )
