"""The way into a bucket: who we are, what time it is there, and whether we could write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ingest.aws.client import FAULTS, Access, Answer, fault
from ingest.door import server_time

NAME: Final = ".trueup-doctor"  # never made: see `writable`
UPLOAD: Final = "no-such-upload"


@dataclass(frozen=True, slots=True)
class BucketDoor:
    """A bucket as it is asked before it is read; see `ingest.door.Door`."""

    access: Access
    client: Any
    bucket: str
    prefix: str
    payer: Mapping[str, str]

    def identity(self) -> str:
        """Return the ARN of whoever asks; empty where the server has no STS."""
        try:
            found = self.access.client("sts").get_caller_identity()
        except FAULTS as error:
            refused = Answer.of(error).status in {401, 403}
            if self.access.login.endpoint_url and not refused:
                return ""
            raise fault(self.access.login.source, "credentials", error) from error
        return str(found["Arn"])

    def clock(self) -> datetime | None:
        """Return the time that the server dates its answers with, refusals included."""
        try:
            headers = self.client.head_bucket(Bucket=self.bucket)["ResponseMetadata"]["HTTPHeaders"]
        except FAULTS as error:
            headers = Answer.of(error).headers
        return server_time(headers.get("date", ""))

    def writable(self) -> bool | None:
        """Say whether an object could be written, by a part of an upload that nobody began.

        S3 looks at the permission, s3:PutObject, before it looks for the upload; there is
        none of that name, so nothing can be stored.
        """
        try:
            self.client.upload_part(
                Bucket=self.bucket,
                Key=f"{self.prefix}{NAME}",
                UploadId=UPLOAD,
                PartNumber=1,
                Body=b"",
                **self.payer,
            )
        except FAULTS as error:
            answer = Answer.of(error)
            refused = answer.status in {401, 403}
            return (
                answer.code == "NoSuchUpload" if answer.code == "NoSuchUpload" or refused else None
            )
        return True
