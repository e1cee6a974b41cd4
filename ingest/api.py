"""One JSON API over HTTPS: read whole answers, wait as told, and tell the silences apart."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from secrets import randbelow
from time import sleep
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    SSLError,
)
from urllib3.util import Timeout

from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

LIMIT: Final = 64 << 20  # bytes of one answer
CHUNK: Final = 1 << 20
BUSY: Final = (429, 500, 502, 503, 504)
LONGEST_WAIT: Final = 120  # seconds that one answer may ask us to wait
PATIENCE: Final = 600  # seconds that all answers together may
_HEADER: Final = re.compile(r"[!-~]([ -~]*[!-~])?")


class UnreachedError(BrokenError):
    """Nobody answers at the address; asking it for another month would not help."""


class _BusyError(Exception):
    """Asking again may help; `seconds` is when, where the server says so."""

    def __init__(self, error: BrokenError, seconds: int | None = None) -> None:
        self.error, self.seconds = error, seconds
        super().__init__(str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One API, read only. `headers` hold secrets and appear in no message.

    Attributes:
        source: Name of the source, for messages.
        base: Address that paths are appended to; https, or http to this machine or, where
            `headers` is empty, to a service of the own network.
        attempts: How often a busy server is asked; Retry-After decides how long to wait.
        backoff: Seconds before the second attempt where the server names none; doubled after.
        timeout: Seconds in which a connection, and each part of an answer, must come.
    """

    source: str
    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    attempts: int = 5
    backoff: int = 1
    timeout: int = 30
    _waited: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> bytes:
        """Return the body of an answer; a list becomes the parameter several times.

        Raises:
            ForbiddenError: 401, 403.
            AbsentError: 404.
            UnreachedError: when nobody answers.
            BrokenError: for any other answer but 200, an answer cut short or too large, and
                when the server stays busy.
        """
        query = urlencode(parameters or {}, doseq=True)
        return self._asked("GET", f"{path}?{query}" if query else path, None)

    def post(self, path: str, question: Mapping[str, Any]) -> bytes:
        """Return the answer to a question in JSON; see `get`. For searches: it changes nothing."""
        return self._asked("POST", path, question)

    def _asked(self, method: str, path: str, question: Mapping[str, Any] | None) -> bytes:
        refuse_open_address(self.source, self.base, secret=bool(self.headers))
        self._refuse_odd_headers()
        attempt = 1
        while True:
            try:
                return self._answer(method, path, question)
            except _BusyError as busy:
                if attempt >= self.attempts:
                    raise busy.error from None
                self._wait(busy, attempt, path)
            attempt += 1

    def _answer(self, method: str, path: str, question: Mapping[str, Any] | None) -> bytes:
        where = self.source, shown(path)
        try:
            with (
                _pool(self.timeout) as pool,
                closing(self._sent(pool, method, path, question)) as got,
            ):
                if got.status != 200:  # noqa: PLR2004 - the one good answer
                    raise self._said(got, path)
                return b"".join(self._read(got, path))
        except LocationValueError:
            raise BrokenError(*where, "the address is none; check it in the settings") from None
        except SSLError:
            said = "no trusted connection: the certificate is not accepted; check the address"
            raise UnreachedError(*where, said) from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            said = f"is not reached: {type(error).__name__}; run again later"
            raise _BusyError(UnreachedError(*where, said)) from None
        except HTTPError as error:
            said = f"the answer ended early ({type(error).__name__}); run again"
            raise _BusyError(BrokenError(*where, said)) from None

    def _sent(
        self,
        pool: urllib3.PoolManager,
        method: str,
        path: str,
        question: Mapping[str, Any] | None,
    ) -> urllib3.BaseHTTPResponse:
        return pool.request(
            method,
            self.base.rstrip("/") + path,
            json=question,
            headers={**self.headers, "accept": "application/json"},
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _read(self, answer: urllib3.BaseHTTPResponse, path: str) -> Iterator[bytes]:
        size = 0
        for chunk in answer.stream(CHUNK):
            size += len(chunk)
            if size > LIMIT:
                detail = f"is larger than {LIMIT >> 20} MiB; ask for less at a time"
                raise BrokenError(self.source, shown(path), detail)
            yield chunk

    def _said(self, answer: urllib3.BaseHTTPResponse, path: str) -> SourceError | _BusyError:
        """Return what a status means; the body is not told, since it may repeat the key."""
        where, status = (self.source, shown(path)), answer.status
        if status in {401, 403}:
            return ForbiddenError(*where, f"answered {status}; check the key and what it may read")
        if status == 404:  # noqa: PLR2004 - not found
            return AbsentError(*where, "answered 404; check the address")
        if status in BUSY:
            said = f"still answers {status} after {self.attempts} attempts; run again later"
            return _BusyError(BrokenError(*where, said), _told(answer.headers))
        if 300 <= status < 400:  # noqa: PLR2004 - a redirect, which would take the key elsewhere
            return BrokenError(
                *where, f"answered {status}, which is not followed; check the address"
            )
        return BrokenError(*where, f"answered {status}; check the settings")

    def _wait(self, busy: _BusyError, attempt: int, path: str) -> None:
        """Sleep until the next attempt, unless that takes longer than a run should.

        Raises:
            BrokenError: when the server, or all waiting together, asks for too much.
        """
        told = busy.seconds
        seconds = min(self.backoff << (attempt - 1), LONGEST_WAIT) if told is None else told
        if seconds > LONGEST_WAIT:
            said = f"is busy and asks to come back in {seconds} s; the next run goes on"
            raise BrokenError(self.source, shown(path), said) from None
        if sum(self._waited) + seconds > PATIENCE:
            said = f"has been busy for {sum(self._waited)} s in this run; the next run goes on"
            raise BrokenError(self.source, shown(path), said) from None
        self._waited.append(seconds)
        sleep(seconds + randbelow(1000) / 1000)  # or all who were refused come back together

    def _refuse_odd_headers(self) -> None:
        """Refuse what cannot be sent: the library's own message would repeat the key."""
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(value):
                said = f"{name} is empty or has signs that no header may have; set the key again"
                raise BrokenError(self.source, urlsplit(self.base).hostname or "", said)


def _pool(timeout: int) -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=Timeout(connect=timeout, read=timeout))


def _told(headers: Mapping[str, str]) -> int | None:
    """Return the seconds of Retry-After; a moment is compared with the server's own clock."""
    text = headers.get("retry-after", "").strip()
    try:
        if text.isascii() and text.isdigit():
            return int(text)
        then, now = (parsedate_to_datetime(each) for each in (text, headers.get("date", "")))
        return max(0, int((then - now).total_seconds()))
    except (TypeError, ValueError):
        return None


def shown(path: str) -> str:
    """Return a path for a message, without its parameters."""
    return path.partition("?")[0]


def refuse_open_address(source: str, base: str, *, secret: bool) -> None:
    """Refuse an address that would carry a secret in the clear, or holds one.

    Raises:
        BrokenError: for what is neither https nor http to this machine, where a secret is
            sent; for user and password in an address, which logs would show.
    """
    try:
        address = urlsplit(base)
        host = address.hostname or ""
    except ValueError:
        raise BrokenError(source, "the address", "is none; write https://HOST") from None
    if "@" in address.netloc:
        raise BrokenError(source, host, "an address has no user or password; set a key instead")
    if not host or address.scheme not in {"http", "https"}:
        raise BrokenError(source, host or "the address", "is no address; write https://HOST")
    if secret and address.scheme == "http" and not _loopback(host):
        raise BrokenError(source, host, "a key is only sent to https://")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
