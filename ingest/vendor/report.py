"""Reports that an API gives page by page: all pages of a month, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from ingest.api import Api, shown
from ingest.vendor.reply import Part, ReplyError, canonical, parsed
from models.errors import BrokenError

TRIES: Final = 3  # a report that changes in three readings will again
MOST: Final = 1000  # pages of one report


@dataclass(frozen=True, slots=True)
class Page:
    """A document to be: its name, its bytes, its rows, and a hash of what it says.

    `mark` leaves out where the next page begins, which differs between readings.
    """

    name: str
    data: bytes
    rows: int
    mark: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One page as it came, and what asks for the next one; empty after the last."""

    data: bytes
    body: Part
    following: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report in pages of `data`, `has_more` and `next_page`.

    Attributes:
        api: Where it is asked.
        name: What its documents are called.
        path: Its path.
        query: What is asked, without the page.
    """

    api: Api
    name: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)

    def pages(self) -> tuple[Page, ...]:
        """Return all pages; a report that changed while it was read is read again.

        Raises:
            SourceError: when it cannot be read whole.
        """
        for _ in range(TRIES):
            found = list(self._answers())
            if len(found) == 1 or self._is_one(found):
                return tuple(
                    Page(f"{self.name}/{at}.json", each.data, _count(each.body), mark(each.body))
                    for at, each in enumerate(found, start=1)
                )
        raise self._broken(f"kept changing while it was read, {TRIES} times; run again later")

    def _answers(self) -> Iterator[Answer]:
        following, seen = "", set[str]()
        while True:
            answer = self._asked(following)
            yield answer
            following = answer.following
            if not following:
                return
            if following in seen or len(seen) >= MOST:
                raise self._broken("its pages never end; run again later")
            seen.add(following)

    def _asked(self, page: str) -> Answer:
        data = self.api.get(self.path, {**self.query, **({"page": page} if page else {})})
        try:
            body = parsed(data)
            _count(body)
            return Answer(data, body, _following(body))
        except ReplyError as error:
            raise self._broken(str(error)) from None

    def _is_one(self, found: list[Answer]) -> bool:
        """Say whether pages are of one state: none has a row of another, the first is the same."""
        rows = [set(_identities(each.body)) for each in found]
        apart = len(set[bytes]().union(*rows)) == sum(map(len, rows))
        return apart and mark(self._asked("").body) == mark(found[0].body)

    def _broken(self, detail: str) -> BrokenError:
        return BrokenError(self.api.source, shown(self.path), detail)


def rows(body: Part) -> Iterator[tuple[int, Part, Part]]:
    """Yield number, time and content of each row: of a bucket with `results`, or by itself."""
    number = 0
    for bucket in body.at("data").parts():
        results = bucket.maybe("results")
        for row in results.parts() if results else [bucket]:
            number += 1
            yield number, bucket, row


def mark(body: Part) -> str:
    """Return a hash of what a page says."""
    return sha256(canonical(body.at("data").value)).hexdigest()


def _following(body: Part) -> str:
    """Return what asks for the next page; `has_more` may be absent, then the page decides."""
    more, page = body.maybe("has_more"), body.maybe("next_page")
    if more is not None and not more.flag():
        return ""
    if more is not None and page is None:
        raise ReplyError("next_page: is missing, though there is more")
    return page.text() if page else ""


def _count(body: Part) -> int:
    return sum(1 for _ in rows(body))


def _identities(body: Part) -> Iterator[bytes]:
    for _, bucket, row in rows(body):
        start = bucket.maybe("start_time") or bucket.maybe("starting_at")
        yield canonical([start.value if start else None, row.value])
