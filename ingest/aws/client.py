"""The way into a bucket: a session, perhaps a role, and what their refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from boto3 import Session
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

from ingest.aws.role import EXPIRED, EndedError, Role, acting, renewing
from ingest.bucket import ChangedError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

FAULTS: Final = (BotoCoreError, ClientError)  # what a call of a client may raise
CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
SESSION_NAME: Final = "trueup"

_ABSENT: Final = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}
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
        (EndedError,),
        ForbiddenError,
        "the role's credentials had ended when they came; set the clock",
    ),
    (
        (SSOError, SSOTokenLoadError, TokenRetrievalError, CredentialRetrievalError),
        ForbiddenError,
        _RENEW,
    ),
    ((NoRegionError,), BrokenError, "no region is known; set region"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a source logs in; what is None is as the machine is configured.

    Attributes:
        role_arn: Role to act in; its credentials are renewed while they are used.
        external_id: What the owner of the role wants to be told, so that nobody else can
            talk us into reading for them.
        endpoint_url: Another server that speaks the same protocol; it grants roles too.
        max_attempts: How often a request is tried.
    """

    source: str
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    max_attempts: int = 5


@dataclass(frozen=True, slots=True)
class Access:
    """A login that was let in."""

    login: Login
    session: Any  # its methods are typed by literal names of services
    role: Role | None = None

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return a client of one service.

        Raises:
            SourceError: when the configuration does not allow one.
        """
        endpoint = self.login.endpoint_url
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": self.login.max_attempts},
            s3={"addressing_style": "path"} if endpoint else None,
        )
        try:
            made = self.session.client(service, endpoint_url=endpoint, config=config)
        except FAULTS as error:
            raise fault(self.login.source, self.login.profile or "credentials", error) from error
        if self.role:
            renewing(made, self.role, service)
        return made


def access(login: Login) -> Access:
    """Return a session, which acts in the role if there is one.

    Raises:
        SourceError: when the profile or the role gives no credentials.
    """
    try:
        own = Access(login, Session(profile_name=login.profile, region_name=login.region))
        if not login.role_arn:
            return own
        asked = {"RoleArn": login.role_arn, "RoleSessionName": SESSION_NAME}
        if login.external_id:
            asked["ExternalId"] = login.external_id
        role = Role(lambda: own.client("sts").assume_role(**asked)["Credentials"])
        role.get_frozen_credentials()  # a role that is refused is told now
    except FAULTS as error:
        named = login.role_arn or login.profile or "credentials"
        raise fault(login.source, named, error) from error
    return Access(login, acting(role, own.session.region_name), role)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said when it refused; zero and empty when it said nothing."""

    status: int = 0
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: Exception) -> Answer:
        """Return the answer in an error of a client."""
        if not isinstance(error, ClientError):
            return cls()
        about = error.response.get("ResponseMetadata", {})
        code = str(error.response.get("Error", {}).get("Code", ""))
        return cls(about.get("HTTPStatusCode", 0), code, about.get("HTTPHeaders", {}))


def fault(source: str, document: str, error: Exception) -> SourceError:
    """Return what an error of the client means.

    Only codes and names go into the text: messages of servers may quote requests,
    and requests carry keys.
    """
    if isinstance(error, ClientError):
        return _answered(source, document, Answer.of(error))
    for kinds, fault_type, detail in _SILENCES:
        if isinstance(error, kinds):
            return fault_type(source, document, detail)
    unreachable = isinstance(error, (HTTPClientError, ConnectionError))
    what = "the server cannot be reached" if unreachable else "the request failed"
    return BrokenError(source, document, f"{what} ({type(error).__name__})")


def _answered(source: str, document: str, answer: Answer) -> SourceError:
    code, status = answer.code, answer.status
    if code in _ABSENT:
        return AbsentError(source, document, f"is not there ({code})")
    if code in EXPIRED:
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
