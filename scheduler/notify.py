"""Delivery of one message to one channel: a file, or a signed webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

TIMEOUT: Final = 10.0  # seconds; a slow receiver must not hold the night
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # carrier NAT: Python calls it not private
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IETF = ipaddress.ip_network("192.0.0.0/24")


class DeliveryError(Exception):
    """A message did not arrive; `permanent` says that trying again is useless."""

    def __init__(self, text: str, *, permanent: bool = False) -> None:
        """Keep a text without the secret path of the address."""
        super().__init__(text)
        self.permanent = permanent


def to_file(path: Path, event: Mapping[str, Any]) -> None:
    """Append one event as a JSON line, durable when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(event, sort_keys=True, allow_nan=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where and how to post; `url` and `secret` never appear in a message or a log."""

    url: str
    secret: str
    allow_hosts: tuple[str, ...]
    allow_http_loopback: bool = False


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` of the Standard Webhooks specification, version 1."""
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def to_webhook(hook: Webhook, event: Mapping[str, Any], *, timestamp: int) -> None:
    """Post one CloudEvent, signed, to an allowed host; no redirect is followed.

    Raises:
        DeliveryError: when the host is not allowed, or did not answer 2xx.
    """
    body = json.dumps(event, sort_keys=True, allow_nan=False).encode()
    parts = urlsplit(hook.url)
    headers = {
        "content-type": "application/cloudevents+json",
        "idempotency-key": event["id"],
        "webhook-id": event["id"],
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(hook.secret, event["id"], timestamp, body),
    }
    connection = _connection(hook)
    path = parts.path or "/"
    try:
        connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, headers)
        _check(parts.hostname or "", connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryError(f"{parts.hostname}: {type(error).__name__}") from None
    finally:
        connection.close()


def _check(host: str, status: int) -> None:
    if not 200 <= status < 300:  # noqa: PLR2004 - the meaning of HTTP status classes
        gone = status in (401, 403, 404, 410)
        raise DeliveryError(f"{host}: answered {status}", permanent=gone)


def _connection(hook: Webhook) -> http.client.HTTPConnection:
    parts = urlsplit(hook.url)
    host = parts.hostname or ""
    if host not in hook.allow_hosts:
        raise DeliveryError(
            f"{host}: not in allow_hosts of the channel; add it there to allow it", permanent=True
        )
    if parts.scheme == "http" and hook.allow_http_loopback:
        address = _resolved(host, parts.port or 80, loopback=True)
        return http.client.HTTPConnection(address, parts.port or 80, timeout=TIMEOUT)
    if parts.scheme != "https":
        raise DeliveryError(f"{host}: a webhook must be https", permanent=True)
    return _Pinned(host, parts.port or 443, _resolved(host, parts.port or 443, loopback=False))


def _resolved(host: str, port: int, *, loopback: bool) -> str:
    """Return one address of the host that may be reached: public, or loopback if so asked."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(entry[4][0])) for entry in found]
    for address in addresses:
        if loopback and address.is_loopback:
            return str(address)
        if not loopback and _public(address):
            return str(address)
    raise DeliveryError(f"{host}: resolves to no address that may be reached", permanent=True)


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return _public(mapped)
    inside = any(
        address in net for net in (_SHARED, _NAT64, _IETF) if net.version == address.version
    )
    return address.is_global and not address.is_multicast and not inside


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was checked, under the name of the host."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self._address = address
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT, context=self._tls)

    def connect(self) -> None:
        """Open the connection; the name is resolved no second time (DNS rebinding)."""
        plain = socket.create_connection((self._address, self.port), TIMEOUT)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
