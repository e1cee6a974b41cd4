"""What the errors of Azure's clients mean; imported only where those clients are."""

from __future__ import annotations

import re
from typing import Final

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)

from ingest.bucket import ChangedError
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

ROLE: Final = "grant the role Storage Blob Data Reader on the container"
_LOGIN: Final = "run `az login`, give the machine a managed identity, or set sas"
_RENEW: Final = "the signature or the credentials are refused or expired; make new ones"
_CODE: Final = re.compile(r"[A-Za-z]{1,60}", re.ASCII)

# The service's own word for what happened: which answer it is, and the way out.
_CODES: Final[dict[str, tuple[type[SourceError], str]]] = {
    "AuthenticationFailed": (ForbiddenError, _RENEW),
    "AuthorizationFailure": (
        ForbiddenError,
        "may not be read; the account's network rules, or its keys, keep this machine out",
    ),
    "AuthorizationPermissionMismatch": (ForbiddenError, f"may not be read; {ROLE}"),
    "AuthorizationProtocolMismatch": (ForbiddenError, _RENEW),
    "AuthorizationResourceTypeMismatch": (
        ForbiddenError,
        "may not be read; the signature is not for blobs and their container",
    ),
    "BlobArchived": (BrokenError, "is in the archive tier; move it to the hot or cool tier"),
    "BlobBeingRehydrated": (BrokenError, "is coming back from the archive tier; run again later"),
    "InvalidAuthenticationInfo": (ForbiddenError, _RENEW),
    "PublicAccessNotPermitted": (ForbiddenError, f"may not be read; {ROLE}"),
}
_FORBIDDEN: Final = {401, 403}
_CHANGED: Final = 412


def fault(source: str, document: str, error: AzureError) -> SourceError:
    """Return what an error of a client means.

    Only codes and names go into the text: messages of servers quote requests, and
    requests carry signatures.

    Args:
        source: Name of the source.
        document: What was asked for.
        error: What the client raised.
    """
    code = _code(error)
    if code in _CODES:
        kind, detail = _CODES[code]
        return kind(source, document, f"{detail} ({code})")
    status = error.status_code if isinstance(error, HttpResponseError) else None
    said = " ".join(str(word) for word in (status, code) if word)
    if isinstance(error, ResourceNotFoundError):
        return AbsentError(source, document, f"is not there ({said})")
    if status:
        return _answered(source, document, status, said)
    if isinstance(error, ClientAuthenticationError):  # of the token, before anything was asked
        return ForbiddenError(source, document, f"no credentials found; {_LOGIN}")
    unreachable = f"the server cannot be reached ({type(error).__name__}); run again later"
    return BrokenError(source, document, unreachable)


def _answered(source: str, document: str, status: int, said: str) -> SourceError:
    if status == _CHANGED:
        return ChangedError(source, document, "changed while it was read; run again")
    if status in _FORBIDDEN:
        return ForbiddenError(source, document, f"may not be read ({said}); {ROLE}")
    return BrokenError(source, document, f"the server answered {said}; run again later")


def _code(error: AzureError) -> str:
    """Return the service's word; what is no word of it is left out."""
    code = getattr(error, "error_code", None)
    text = str(getattr(code, "value", code) or "")
    return text if _CODE.fullmatch(text) else ""
