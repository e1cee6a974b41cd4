"""A bucket behind the S3 API: one version of an object, taken up again where it broke off."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, FlexibleChecksumError

from ingest.aws.client import FAULTS, Access, Login, access, fault
from ingest.aws.door import BucketDoor
from ingest.bucket import CHUNK, Body, ChangedError
from models.errors import BrokenError

_MD5_DIGITS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket, or the part of one below a prefix, on any server that speaks S3.

    Attributes:
        client: A boto3 S3 client; it retries requests by itself.
        tries: How often one object's body is asked for before it counts as cut short.
        payer: Who pays for requests, as a parameter of each; empty for the bucket's owner.
        access: What clients of other services are made by, to ask who we are.
    """

    source: str
    name: str
    prefix: str
    client: Any
    tries: int
    payer: Mapping[str, str] = field(default_factory=dict)
    access: Access | None = None

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
            modified=answer.get("LastModified"),
        )

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        pages = self.client.get_paginator("list_objects_v2")
        try:
            asked = {"Bucket": self.name, "Prefix": self._full(prefix), **self.payer}
            for page in pages.paginate(**asked):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self._full(""))
        except FAULTS as error:
            raise self._fault(prefix, error) from error

    def door(self) -> BucketDoor | None:
        """Return what can be told about the way in."""
        if self.access is None:
            return None
        return BucketDoor(self.access, self.client, self.name, self._full(""), self.payer)

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _fault(self, key: str, error: Exception) -> Exception:
        return fault(self.source, f"s3://{self.name}/{self._full(key)}", error)

    def _answer(self, key: str, **conditions: str) -> dict[str, Any]:
        try:
            asked = {"Bucket": self.name, "Key": self._full(key), **self.payer, **conditions}
            return dict(self.client.get_object(**asked))
        except FAULTS as error:
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


def bucket(location: str, login: Login, *, request_payer: bool) -> Bucket:
    """Return the bucket that `s3://bucket/prefix` names.

    Raises:
        SourceError: when there is no way in, such as an expired session.
    """
    name, _, prefix = location.removeprefix("s3://").partition("/")
    way_in = access(login)
    return Bucket(
        source=login.source,
        name=name,
        prefix=prefix.strip("/"),
        client=way_in.client("s3"),
        tries=login.max_attempts,
        payer={"RequestPayer": "requester"} if request_payer else {},
        access=way_in,
    )


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
