"""One JSON API over HTTPS: read whole answers, wait as told, and tell the silences apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry, Timeout

from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

LIMIT: Final = 64 << 20  # bytes of one answer
CHUNK: Final = 1 << 20
BUSY: Final = (429, 500, 502, 503, 504)
LONGEST_WAIT: Final = 120  # seconds that an answer may ask us to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One API, read only. `headers` hold secrets and appear in no message.

    Attributes:
        source: Name of the source, for messages.
        base: Address that paths are appended to; https, or http to this machine or, where
            `headers` is empty, to a service of the own network.
        attempts: How often a busy server is asked; Retry-After decides how long to wait.
        backoff: Seconds before the second attempt where the server names none; doubled after.
    """

    source: str
    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    attempts: int = 5
    backoff: int = 1
    timeout: int = 30

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> bytes:
        """Return the body of an answer; a list becomes the parameter several times.

        Raises:
            ForbiddenError: 401, 403.
            AbsentError: 404.
            BrokenError: for any other answer but 200, an answer cut short or too large, and
                when the server stays busy or is not reached.
        """
        query = urlencode(parameters or {}, doseq=True)
        return self._asked("GET", f"{path}?{query}" if query else path, None)

    def post(self, path: str, question: Mapping[str, Any]) -> bytes:
        """Return the answer to a question in JSON; see `get`. For searches: it changes nothing."""
        return self._asked("POST", path, question)

    def _asked(self, method: str, path: str, question: Mapping[str, Any] | None) -> bytes:
        refuse_open_address(self.source, self.base, secret=bool(self.headers))
        address = self.base.rstrip("/") + path
        try:
            with _pool(self.timeout) as pool:
                answer = pool.request(
                    method,
                    address,
                    json=question,
                    headers={**self.headers, "accept": "application/json"},
                    retries=self._retries(),
                    redirect=False,
                    preload_content=False,
                )
                if answer.status != 200:  # noqa: PLR2004 - the one good answer
                    raise self._said(answer.status, path)
                return b"".join(self._read(answer, path))
        except MaxRetryError as error:
            detail = f"is not reached: {type(error.reason).__name__}; run again later"
            raise BrokenError(self.source, shown(path), detail) from None
        except HTTPError as error:
            detail = f"the answer ended early ({type(error).__name__}); run again"
            raise BrokenError(self.source, shown(path), detail) from None

    def _retries(self) -> Retry:
        return Retry(
            total=self.attempts - 1,
            status_forcelist=BUSY,
            backoff_factor=self.backoff,
            backoff_max=LONGEST_WAIT,
            respect_retry_after_header=True,
            retry_after_max=LONGEST_WAIT,
            allowed_methods=None,
            raise_on_status=False,
            redirect=False,
        )

    def _read(self, answer: urllib3.BaseHTTPResponse, path: str) -> Iterator[bytes]:
        size = 0
        for chunk in answer.stream(CHUNK):
            size += len(chunk)
            if size > LIMIT:
                detail = f"is larger than {LIMIT >> 20} MiB; ask for less at a time"
                raise BrokenError(self.source, shown(path), detail)
            yield chunk

    def _said(self, status: int, path: str) -> SourceError:
        where = self.source, shown(path)
        if status in {401, 403}:
            return ForbiddenError(*where, f"answered {status}; check the key and what it may read")
        if status == 404:  # noqa: PLR2004 - not found
            return AbsentError(*where, "answered 404; check the address")
        if status in BUSY:
            return BrokenError(*where, f"still answers {status} after {self.attempts} attempts")
        return BrokenError(*where, f"answered {status}")


def _pool(timeout: int) -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=Timeout(connect=timeout, read=timeout))


def shown(path: str) -> str:
    """Return a path for a message, without its parameters."""
    return path.partition("?")[0]


def refuse_open_address(source: str, base: str, *, secret: bool) -> None:
    """Refuse an address that would carry a secret in the clear.

    Raises:
        BrokenError: for what is neither https nor http to this machine.
    """
    address = urlsplit(base)
    if address.scheme == "https" or (address.scheme == "http" and not secret):
        return
    if address.scheme == "http" and _loopback(address.hostname or ""):
        return
    raise BrokenError(source, address.hostname or base, "a key is only sent to https://")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
