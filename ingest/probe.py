"""Probes of places: whether a source can be reached, read and, against all wishes, written."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ingest.bucket import Place
from ingest.door import Door
from ingest.files import found
from ingest.source import Finding, Source
from ingest.table import Field
from models.errors import AbsentError, EmptyError, ForbiddenError, SourceError
from models.period import Month

SKEW: Final = timedelta(minutes=5)
BREAKING_SKEW: Final = timedelta(minutes=15)  # from here on, servers refuse signatures
POLICY: Final = "`trueup doctor --policy` prints what to grant"
_SHOWN: Final = 5  # new columns that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What lies at a place for one month.

    Attributes:
        document: What states the delivery: its manifest, or its last file.
        data: One of its files, by whose reading permission is tried.
        modified: When it was delivered; None leaves it to the place's word about `data`.
        columns: What the manifest says its files hold; empty when it says nothing.
    """

    document: str
    data: str
    modified: datetime | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What can be asked of a source whose deliveries lie at a place.

    Attributes:
        source: The source.
        opened: Opens the place; raises SourceError.
        look: Returns what lies there for a month; raises SourceError.
        contract: Compares what a manifest says with what is expected; None without one.
        home: What of the place is read; listing more need not be allowed.
    """

    source: Source
    opened: Callable[[], Place]
    look: Callable[[Place, Month], Look]
    contract: Callable[[Look], Finding] | None = None
    home: str = ""

    def findings(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Yield what was found, the way in first.

        Args:
            periods: Months of which the newest delivery is looked for.
            at: The present instant.
        """
        try:
            place = self.opened()
        except SourceError as error:
            yield failed("credentials", error)
            return
        if door := place.door():
            yield from entry(door, at)
        yield _listed(place, self.home)
        yield from self._delivered(place, periods, at)

    def _delivered(self, place: Place, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Yield what the newest delivery is, and whether it can be read."""
        for period in sorted(periods, reverse=True):
            try:
                seen = self.look(place, period)
            except (AbsentError, EmptyError):
                continue
            except SourceError as error:
                yield failed("delivery", error)
                return
            readable, modified = _read(place, seen)
            yield readable
            yield self._newest(seen, period, seen.modified or modified, at)
            if self.contract:
                yield self.contract(seen)
            return
        months = ", ".join(str(period) for period in sorted(periods, reverse=True))
        fix = "check location and names, and that the export is enabled"
        yield Finding("delivery", "fail", f"none of {months}", fix)

    def _newest(
        self, seen: Look, period: Month, modified: datetime | None, at: datetime
    ) -> Finding:
        age = f", {_age(at - modified)} old" if modified else ""
        said, this = f"{period}{age}: {seen.document}", Month.of(at.date())
        promised = self.source.due(this)
        if period < this and promised is not None and promised <= at:
            fix = "see whether the export still runs"
            return Finding("delivery", "warn", f"{said}; {this} is late", fix)
        return Finding("delivery", "ok", said)


def entry(door: Door, at: datetime) -> Iterator[Finding]:
    """Yield who we are at a server, how its clock stands to ours, and whether we may write."""
    try:
        named = door.identity()
    except SourceError as error:
        yield failed("credentials", error, "log in again, or set other credentials")
    else:
        said = named or "accepted; the server does not say whose they are"
        yield Finding("credentials", "ok" if named else "unknown", said)
    yield skew(door.clock(), at)
    yield writing(may_write=door.writable())


def skew(server: datetime | None, at: datetime) -> Finding:
    """Return how far our clock is from a server's."""
    if server is None:
        return Finding("clock", "unknown", "not checked: the server does not tell its time")
    apart = int(abs(server - at).total_seconds())
    said = f"{apart} s {'behind' if server > at else 'ahead of'} the server's clock"
    if apart <= SKEW.total_seconds():
        return Finding("clock", "ok", said)
    state: Final = "fail" if apart > BREAKING_SKEW.total_seconds() else "warn"
    return Finding("clock", state, said, "set the clock of this machine by NTP")


def writing(*, may_write: bool | None) -> Finding:
    """Return whether we could write where we must only read."""
    if may_write is None:
        return Finding("write", "unknown", "not checked: only writing would tell")
    if may_write:
        return Finding("write", "warn", "would be allowed, and is never needed", POLICY)
    return Finding("write", "ok", "refused, as it should be")


def failed(check: str, error: SourceError, fix: str = "") -> Finding:
    """Return a check that could not be passed, and why."""
    way_out = fix or (POLICY if isinstance(error, ForbiddenError) else "")
    return Finding(check, "fail", f"{error.document}: {error.detail}", way_out)


def _listed(place: Place, home: str) -> Finding:
    try:
        first = next(iter(place.keys(home)), None)
    except SourceError as error:
        return failed("list", error)
    if first is None:
        return Finding("list", "warn", f"nothing lies in {place.root}/{home}", "check location")
    return Finding("list", "ok", "allowed")


def _read(place: Place, seen: Look) -> tuple[Finding, datetime | None]:
    """Return whether data can be read, which a key of its own may protect, and its time."""
    try:
        body = place.read(seen.data)
        next(body.chunks, b"")
    except SourceError as error:
        return failed("read", error), None
    if isinstance(body.chunks, Generator):
        body.chunks.close()  # and the connection with it
    return Finding("read", "ok", "allowed"), body.modified


def _age(age: timedelta) -> str:
    hours = max(0, int(age.total_seconds() // 3600))
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days


def newest_file(source: str, pattern: str) -> Callable[[Place, Month], Look]:
    """Return how to look for a month where files have names and no manifest."""

    def look(place: Place, period: Month) -> Look:
        keys = found(place, pattern, period)
        if not keys:
            raise AbsentError(source, pattern, "no file has such a name")
        return Look(document=keys[-1], data=keys[-1])

    return look


def schema(columns: Sequence[str], fields: Sequence[Field], known: Sequence[str] = ()) -> Finding:
    """Return how stated columns stand to a contract.

    Args:
        columns: What a manifest says its files hold; empty when it says nothing.
        fields: The contract.
        known: Columns that are known and not used.
    """
    if not columns:
        said = "not checked: the manifest names no columns; loading checks them"
        return Finding("schema", "unknown", said)
    there = {name.lower() for name in columns}
    lacking = [field.name for field in fields if field.required and field.name.lower() not in there]
    if lacking:
        return Finding(
            "schema", "fail", f"without {', '.join(lacking)}", "select them in the export's query"
        )
    expected = {name.lower() for name in (*known, *(field.name for field in fields))}
    new = [name for name in columns if name.lower() not in expected]
    if new:
        more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
        said = f"new columns, loaded and not used: {', '.join(new[:_SHOWN])}{more}"
        return Finding("schema", "ok", said)
    return Finding("schema", "ok", f"{len(columns)} columns, all known")
