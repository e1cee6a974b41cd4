"""What the errors of Google's clients mean; imported only where those clients are."""

from __future__ import annotations

import re
from typing import Final

import requests
from google.api_core import exceptions
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    ReauthFailError,
    RefreshError,
    TransportError,
)
from urllib3.exceptions import HTTPError

from ingest.bucket import ChangedError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

# What a call of a client may raise.
FAULTS: Final = (
    exceptions.GoogleAPICallError,
    exceptions.RetryError,
    GoogleAuthError,
    requests.RequestException,
    HTTPError,
    ConnectionError,
    TimeoutError,  # a job that does not end
)

_LOGIN: Final = "run `gcloud auth application-default login`, or give the machine a service account"
_PERMISSION: Final = re.compile(
    r"\b(?:bigquery|billing|cloudbilling|iam|resourcemanager|serviceusage|storage)(?:\.[a-zA-Z]+){2}\b"
)
_PASSING: Final = {408, 409, 429}  # a time-out, a conflict, too many requests
# The service's own word for what happened, where the status alone says too little.
_REASONS: Final[dict[str, tuple[type[SourceError], str]]] = {
    "accessNotConfigured": (ForbiddenError, "the API is not enabled in the project; enable it"),
    "billingNotEnabled": (ForbiddenError, "the project has no billing account; link one"),
    "bytesBilledLimitExceeded": (
        BrokenError,
        "the query would read more than maximum_bytes_billed; raise it, or ask for fewer months",
    ),
    "quotaExceeded": (BrokenError, "a quota is used up; run again later, or raise the quota"),
    "rateLimitExceeded": (BrokenError, "too many requests in the time given; run again later"),
    "resourcesExceeded": (BrokenError, "the query needs more memory than there is; ask for less"),
}
_STATUSES: Final[tuple[tuple[type[Exception], type[SourceError], str], ...]] = (
    (exceptions.NotFound, AbsentError, "is not there"),
    (
        exceptions.Unauthorized,
        ForbiddenError,
        f"the credentials are refused or expired; {_LOGIN}",
    ),
    (exceptions.PreconditionFailed, ChangedError, "changed while it was read; run again"),
)


def fault(source: str, document: str, error: Exception, needs: str = "") -> SourceError:
    """Return what an error of a client means.

    Only codes, reasons and names of permissions go into the text: messages of servers
    quote requests and people.

    Args:
        source: Name of the source.
        document: What was asked for.
        error: What the client raised.
        needs: The role or permission that the request wants; said when it is refused.
    """
    while isinstance(error, exceptions.RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    if isinstance(error, GoogleAuthError):
        return _unauthenticated(source, document, error)
    if isinstance(error, exceptions.GoogleAPICallError):
        return _answered(source, document, error, needs)
    return BrokenError(
        source, document, f"the server cannot be reached ({type(error).__name__}); run again later"
    )


def _unauthenticated(source: str, document: str, error: GoogleAuthError) -> SourceError:
    if isinstance(error, DefaultCredentialsError):
        return ForbiddenError(source, document, f"no credentials found; {_LOGIN}")
    if isinstance(error, (RefreshError, ReauthFailError)):
        return ForbiddenError(source, document, f"the credentials are refused or expired; {_LOGIN}")
    if isinstance(error, TransportError):
        return BrokenError(source, document, "the token server cannot be reached; run again later")
    return ForbiddenError(source, document, f"no way in ({type(error).__name__}); {_LOGIN}")


def _answered(
    source: str, document: str, error: exceptions.GoogleAPICallError, needs: str
) -> SourceError:
    word = reason(error)
    if word in _REASONS:
        kind, detail = _REASONS[word]
        return kind(source, document, f"{detail} ({word})")
    if isinstance(error, exceptions.Forbidden):
        named = _PERMISSION.search(str(error.message))
        return ForbiddenError(source, document, _refused(named[0] if named else "", needs))
    for cause, kind, detail in _STATUSES:
        if isinstance(error, cause):
            return kind(source, document, detail)
    status = int(error.code or 0)
    said = " ".join(filter(None, (str(status), word)))
    if 400 <= status < 500 and status not in _PASSING:  # noqa: PLR2004 - the request is at fault
        return BrokenError(source, document, f"the server refused the request: {said}")
    return BrokenError(source, document, f"the server answered {said}; run again later")


def _refused(permission: str, needs: str) -> str:
    lacking = f": {permission} is missing" if permission else ""
    return f"may not be read{lacking}" + (f"; grant {needs}" if needs else "")


def reason(error: exceptions.GoogleAPICallError) -> str:
    """Return the service's own word for an error, such as `quotaExceeded`; empty for none."""
    found = [each.get("reason", "") for each in error.errors if isinstance(each, dict)]
    word = str(found[0]) if found else ""
    return word if re.fullmatch(r"[A-Za-z]{1,60}", word) else ""
