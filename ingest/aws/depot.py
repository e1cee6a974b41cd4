"""A bucket behind the S3 API as the depot of a project: files written once, by any machine."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from ingest.aws.client import FAULTS, Answer, Login, access, fault
from ingest.bucket import CHUNK
from models.depot import checksum
from models.durable import storing
from models.errors import SourceError, StoreError

SUM: Final = "sha256"  # of the file, kept beside it
WHOLE: Final = 1 << 30  # bytes that are sent in one request; S3 takes five times that
PART: Final = 256 << 20  # bytes of a part of what is larger
_THERE: Final = {"PreconditionFailed", "412"}
_RACE: Final = {"ConditionalRequestConflict", "409"}
_ABSENT: Final = {"NoSuchKey", "NotFound", "404"}
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class BucketDepot:
    """The part of a bucket below a prefix; see `models.depot.Depot`."""

    bucket: str
    prefix: str
    login: Login
    whole: int = WHOLE
    part: int = PART

    @property
    def root(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def id(self) -> str:
        """Twelve digits of the hash of where it is."""
        text = f"{self.login.endpoint_url or ''} {self.root}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def has(self, key: str) -> bool:
        """Say whether a file is there."""
        return self._head(key) is not None

    def size(self, key: str) -> int:
        """Return the bytes of a file; zero when it is not there."""
        found = self._head(key)
        return int(found["ContentLength"]) if found else 0

    def fetch(self, key: str, target: Path) -> bool:
        """Write a file's bytes and prove them; say whether it was there."""
        stated = ""
        for left in reversed(range(_TRIES)):
            try:
                stated = self._received(key, target)
            except FAULTS as error:
                if _code(error) in _ABSENT:
                    return False
                if not left or isinstance(error, ClientError):  # requests are repeated already
                    raise self._fault(key, error) from error
            else:
                break
        if checksum(target) != stated:
            raise StoreError(
                f"{self.root}/{key}: is damaged, or not of trueup; remove that object, run again"
            )
        return True

    def put(self, key: str, file: Path) -> bool:
        """Store a file unless one of that name is there."""
        if file.stat().st_size > self.whole:
            return self._put_parts(key, file)
        for left in reversed(range(_TRIES)):
            try:
                with file.open("rb") as body:
                    self._client.put_object(
                        **self._at(key), **self._sum(file), Body=body, IfNoneMatch="*"
                    )
            except FAULTS as error:
                if _code(error) in _THERE:
                    return False
                if not left or _code(error) not in _RACE:  # another one is writing it now
                    raise self._fault(key, error) from error
            else:
                return True
        return False

    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no fault."""
        try:
            self._client.delete_object(**self._at(key))
        except FAULTS as error:
            raise self._fault(key, error) from error

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        pages = self._client.get_paginator("list_objects_v2")
        home = self._full("")
        try:
            for page in pages.paginate(Bucket=self.bucket, Prefix=self._full(prefix)):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(home)
        except FAULTS as error:
            raise self._fault(prefix, error) from error

    def _received(self, key: str, target: Path) -> str:
        """Write a file's bytes; return the checksum that is kept beside them."""
        answer = self._client.get_object(**self._at(key))
        with closing(answer["Body"]) as body, storing(target), target.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK):
                file.write(chunk)
        return str(answer["Metadata"].get(SUM))

    def _put_parts(self, key: str, file: Path) -> bool:
        """Send a large file in parts; all of it counts when the last one is there, or nothing."""
        if self.has(key):
            return False
        try:
            upload = self._client.create_multipart_upload(**self._at(key), **self._sum(file))
            at = {**self._at(key), "UploadId": upload["UploadId"]}
            try:
                sent = [dict(each) for each in self._parts(at, file)]
                self._client.complete_multipart_upload(
                    **at, MultipartUpload={"Parts": sent}, IfNoneMatch="*"
                )
            except FAULTS:
                self._client.abort_multipart_upload(**at)
                raise
        except FAULTS as error:
            if _code(error) in _THERE:
                return False
            raise self._fault(key, error) from error
        return True

    def _parts(self, at: dict[str, Any], file: Path) -> Iterator[dict[str, Any]]:
        with file.open("rb") as body:
            for number in range(1, -(-file.stat().st_size // self.part) + 1):
                chunk = body.read(self.part)
                answer = self._client.upload_part(**at, PartNumber=number, Body=chunk)
                yield {"PartNumber": number, "ETag": answer["ETag"]}

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            return dict(self._client.head_object(**self._at(key)))
        except FAULTS as error:
            if _code(error) in _ABSENT:
                return None
            raise self._fault(key, error) from error

    @property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types
        return _client(self.login)

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self._full(key)}

    def _sum(self, file: Path) -> dict[str, Any]:
        return {"Metadata": {SUM: checksum(file)}}

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _fault(self, key: str, error: Exception) -> StoreError:
        found = fault("storage", f"{self.root}/{key}", error)
        return StoreError(f"{found.document}: {found.detail}; correct `storage`, or run again")


def depot(location: str, login: Login) -> BucketDepot:
    """Return the depot that `s3://bucket/prefix` names; nothing is asked yet."""
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return BucketDepot(bucket, prefix.strip("/"), login)


@functools.cache
def _client(login: Login) -> Any:  # noqa: ANN401 - boto3 has no types
    """Return the one client of a process; a depot travels between processes without it."""
    try:
        return access(login).client("s3")
    except SourceError as error:
        raise StoreError(f"storage: {error.document}: {error.detail}") from error


def _code(error: Exception) -> str:
    return Answer.of(error).code if isinstance(error, ClientError) else ""
