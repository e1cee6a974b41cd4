"""The least that must be granted to read a bucket: policies to attach, with nothing to spare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from ingest.source import Grant

VERSION: Final = "2012-10-17"
# Stand in the templates for what a configuration does not say.
KEY: Final = "arn:aws:kms:REGION:ACCOUNT:key/KEY_ID"
US: Final = "arn:aws:iam::OUR_ACCOUNT:role/OUR_ROLE"
EXTERNAL_ID: Final = "EXTERNAL_ID"

Json = dict[str, Any]


def grants(location: str, home: str, role_arn: str | None) -> Iterator[Grant]:
    """Yield what reading `s3://bucket/prefix/home` needs.

    Args:
        location: `s3://bucket/prefix`.
        home: What is read below it; empty for all of it.
        role_arn: Role that is assumed, if one is.
    """
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    path = "/".join(part.strip("/") for part in (prefix, home) if part.strip("/"))
    whose = role_arn or "whoever reads"
    yield Grant(f"permissions policy of {whose}: read s3://{bucket}/{path}", reading(bucket, path))
    yield Grant(
        f"permissions policy of {whose}, only where the bucket has a KMS key of its own",
        decrypting(bucket),
    )
    if role_arn:
        yield Grant(f"trust policy of {role_arn}", trusting())
        yield Grant("permissions policy of whoever runs trueup", assuming(role_arn))


def reading(bucket: str, path: str) -> str:
    """Return the policy that reads one prefix, never writes, and insists on TLS."""
    whole = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    below = f"{path}/*" if path else "*"
    return _text(
        {
            "Sid": "ListOnlyThePrefix",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": whole[0],
            "Condition": {"StringLike": {"s3:prefix": [below]}},
        },
        {
            "Sid": "ReadOnlyThePrefix",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{whole[0]}/{below}",
        },
        {
            "Sid": "NeverWrite",
            "Effect": "Deny",
            "Action": ["s3:Put*", "s3:Delete*", "s3:RestoreObject"],
            "Resource": whole,
        },
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": whole,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def decrypting(bucket: str) -> str:
    """Return the policy that decrypts what S3 hands out of one bucket."""
    return _text(
        {
            "Sid": "DecryptThroughS3Only",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": KEY,
            "Condition": {
                "StringEquals": {"kms:ViaService": "s3.REGION.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}*"},
            },
        }
    )


def trusting() -> str:
    """Return the trust policy of a role in another account: one principal, and its word."""
    return _text(
        {
            "Sid": "OnlyUsWithTheAgreedWord",
            "Effect": "Allow",
            "Principal": {"AWS": US},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    )


def assuming(role_arn: str) -> str:
    """Return the policy that lets a principal act in one role."""
    return _text(
        {
            "Sid": "ActInTheRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": role_arn,
        }
    )


def _text(*statements: Json) -> str:
    return json.dumps({"Version": VERSION, "Statement": list(statements)}, indent=2) + "\n"
