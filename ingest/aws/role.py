"""Roles: credentials that are lent for an hour, and renewed in the middle of a long fetch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from boto3 import Session
from botocore.credentials import (
    CredentialProvider,
    Credentials,
    ReadOnlyCredentials,
    RefreshableCredentials,
)
from botocore.exceptions import CredentialRetrievalError
from botocore.session import Session as CoreSession

EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_RENEWED: Final = "trueup_renewed"

Assume = Callable[[], Mapping[str, Any]]


class EndedError(CredentialRetrievalError):
    """What was borrowed had ended by our clock when it came."""


class Role(Credentials):
    """The credentials of a role; they renew themselves before they end, or when told to."""

    def __init__(self, assume: Assume) -> None:
        """Borrow nothing yet; `assume` answers as STS does."""
        super().__init__("", "", method="role")
        self._assume = assume
        self._lent: RefreshableCredentials | None = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return what a request is signed with now."""
        try:
            if self._lent is None:
                self._lent = RefreshableCredentials.create_from_metadata(
                    metadata=self._fresh(), refresh_using=self._fresh, method=self.method
                )
            return self._lent.get_frozen_credentials()
        except RuntimeError as error:  # botocore's, for credentials that are over already
            raise EndedError(provider=self.method, error_msg="over") from error

    def renew(self) -> None:
        """Forget what was borrowed: the server says that it has ended."""
        self._lent = None

    def _fresh(self) -> dict[str, str]:
        keys = self._assume()
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }


class _Provider(CredentialProvider):
    """Where a session looks for credentials first."""

    METHOD = "role"

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._role = role

    def load(self) -> Role:
        """Return the role."""
        return self._role


def acting(role: Role, region: str | None) -> Session:
    """Return a session whose requests are made in a role."""
    core = CoreSession()
    core.get_component("credential_provider").insert_before("env", _Provider(role))
    return Session(botocore_session=core, region_name=region)


def renewing(client: Any, role: Role, service: str) -> None:  # noqa: ANN401 - boto3 has no types
    """Let a client renew its role once for a request that is answered with an expired token."""

    def again(response: Any, request_dict: dict[str, Any], **_: Any) -> int | None:  # noqa: ANN401
        code = response[1].get("Error", {}).get("Code") if response else None
        if code not in EXPIRED or request_dict["context"].get(_RENEWED):
            return None
        request_dict["context"][_RENEWED] = True
        role.renew()
        return 0  # seconds to wait

    client.meta.events.register(f"needs-retry.{service}", again)
