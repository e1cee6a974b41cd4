"""Channels: where the alerts of a project are sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from models.address import LOOPBACK
from models.field import Inside, Strict, Text


class FileChannel(Strict):
    """Alerts appended to a file, one JSON object a line."""

    kind: Literal["file"]
    """`file`."""
    path: Inside
    """File in the project folder."""


class WebhookChannel(Strict):
    """Alerts posted as signed CloudEvents."""

    kind: Literal["webhook"]
    """`webhook`."""
    url: SecretStr
    """Where to; https, and a secret as a whole: write ${NAME}."""
    secret: SecretStr
    """Key of the signature; write ${NAME}."""
    allow_hosts: tuple[Text, ...] = Field(min_length=1)
    """The hosts it may go to; nothing else is ever called."""
    allow_http_loopback: bool = False
    """Allow http to this machine, for trying a receiver out."""

    @field_validator("secret")
    @classmethod
    def keyed(cls, value: SecretStr) -> SecretStr:
        """Refuse an empty key, which would sign nothing."""
        if not value.get_secret_value().strip():
            raise ValueError("is empty; it signs every message")
        return value

    @model_validator(mode="after")
    def reachable(self) -> WebhookChannel:
        """Refuse hosts that are not listed, and plain http beyond this machine."""
        address = _address(self.url)
        host = address.hostname or ""
        local = self.allow_http_loopback and host in LOOPBACK
        if address.scheme != "https" and not (address.scheme == "http" and local):
            raise ValueError("url must begin with https://")
        if host not in {allowed.casefold() for allowed in self.allow_hosts}:
            raise ValueError(f"url goes to host '{host}', which allow_hosts does not list; add it")
        return self


def _address(url: SecretStr) -> Any:  # noqa: ANN401 - SplitResult; its host may fail to parse
    try:
        found = urlsplit(url.get_secret_value())
    except ValueError:
        # The library's message repeats the address, which is a secret.
        raise ValueError("url is not an address; write https://HOST/PATH") from None
    return found


Channel = Annotated[FileChannel | WebhookChannel, Field(discriminator="kind")]
