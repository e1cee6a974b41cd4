"""The way into a bucket: a session, perhaps a role, and what their refusals mean."""

from __future__ import annotations

from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name for it
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from ingest.bucket import ChangedError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
SESSION_NAME: Final = "trueup"

_ABSENT: Final = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}
_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_ELSEWHERE: Final = {"PermanentRedirect", "AuthorizationHeaderMalformed", "301"}
_RENEW: Final = "the session has expired; log in again, then run again"
_HINT: Final = " (without s3:ListBucket an object that is not there is answered like this too)"
_SILENCES: Final[tuple[tuple[tuple[type[Exception], ...], type[SourceError], str], ...]] = (
    ((ProfileNotFound,), ForbiddenError, "there is no such profile; see `aws configure`"),
    (
        (NoCredentialsError, PartialCredentialsError),
        ForbiddenError,
        "no credentials found; set profile or log in",
    ),
    (
        (SSOError, SSOTokenLoadError, TokenRetrievalError, CredentialRetrievalError),
        ForbiddenError,
        _RENEW,
    ),
    ((NoRegionError,), BrokenError, "no region is known; set region"),
)


def client(
    *,
    source: str,
    profile: str | None,
    role_arn: str | None,
    region: str | None,
    endpoint_url: str | None,
    max_attempts: int,
) -> Any:  # noqa: ANN401 - boto3 has no types
    """Return an S3 client that may assume a role first.

    Raises:
        SourceError: when the profile or the role gives no credentials.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": max_attempts},
        s3={"addressing_style": "path"} if endpoint_url else None,
    )
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        if role_arn:
            session = _assumed(session, role_arn, endpoint_url, config)
        return session.client("s3", endpoint_url=endpoint_url, config=config)
    except (BotoCoreError, ClientError) as error:
        raise fault(source, role_arn or profile or "credentials", error) from error


def _assumed(
    session: boto3.Session, role_arn: str, endpoint_url: str | None, config: Config
) -> boto3.Session:
    """Return a session that acts in a role; with its own server, that server grants it."""
    sts = session.client("sts", endpoint_url=endpoint_url, config=config)
    keys = sts.assume_role(RoleArn=role_arn, RoleSessionName=SESSION_NAME)["Credentials"]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=session.region_name,
    )


def fault(source: str, document: str, error: Exception) -> SourceError:
    """Return what an error of the client means.

    Only codes and names go into the text: messages of servers may quote requests,
    and requests carry keys.
    """
    if isinstance(error, ClientError):
        return _answered(source, document, error)
    for kinds, fault_type, detail in _SILENCES:
        if isinstance(error, kinds):
            return fault_type(source, document, detail)
    unreachable = isinstance(error, (HTTPClientError, ConnectionError))
    what = "the server cannot be reached" if unreachable else "the request failed"
    return BrokenError(source, document, f"{what} ({type(error).__name__})")


def _answered(source: str, document: str, error: ClientError) -> SourceError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _ABSENT:
        return AbsentError(source, document, f"is not there ({code})")
    if code in _EXPIRED:
        return ForbiddenError(source, document, _RENEW)
    if status in {401, 403}:
        hint = _HINT if code == "AccessDenied" else ""
        return ForbiddenError(source, document, f"may not be read: {code}{hint}")
    if status == 412:  # noqa: PLR2004 - Precondition Failed
        return ChangedError(source, document, "changed while it was read; run again")
    if code in _ELSEWHERE:
        return BrokenError(
            source, document, f"the bucket is in another region ({code}); set region"
        )
    return BrokenError(source, document, f"the server answered {status} {code}")
