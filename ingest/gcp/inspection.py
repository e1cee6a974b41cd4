"""What `trueup doctor` asks of the export's table: nothing that costs, nothing that stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from ingest.gcp.bigquery import Table
from ingest.gcp.door import named
from ingest.gcp.partition import span
from ingest.probe import failed, writing
from ingest.source import Finding
from models.errors import SourceError
from models.period import Month

QUIET: Final = timedelta(hours=48)  # an export of a running account is written every few hours


def findings(
    table: Table, periods: Sequence[Month], window_days: int, at: datetime
) -> Iterator[Finding]:
    """Yield what works and what does not, of a table that could be opened.

    Args:
        table: The export's table.
        periods: Billing months that a run would ask for.
        window_days: How long after the end of a month rows of it still arrive.
        at: The present instant.
    """
    who = named(table.client._credentials)  # noqa: SLF001 - the client does not tell otherwise
    said = who or "accepted; the server does not say whose they are"
    yield Finding("credentials", "ok" if who else "unknown", said)
    yield Finding("schema", "ok", f"{table.columns} columns, none is lacking")
    yield _readable(table, periods, window_days)
    yield _fresh(table, at)
    yield writing(may_write=table.writable())


def _readable(table: Table, periods: Sequence[Month], window_days: int) -> Finding:
    """Return what the first query of a run would read; it is planned, and not run."""
    try:
        size = table.estimate(*span(periods, window_days), periods)
    except SourceError as error:
        return failed("read", error)
    limit = table.bounds.maximum_bytes
    if size > limit:
        said = (
            f"looking for changes would read {size} bytes, more than maximum_bytes_billed {limit}"
        )
        return Finding("read", "fail", said, "raise maximum_bytes_billed, or ask for fewer months")
    return Finding("read", "ok", f"looking for changes reads {size} bytes")


def _fresh(table: Table, at: datetime) -> Finding:
    if table.modified is None:
        return Finding("delivery", "unknown", "the table does not say when it was written")
    hours = max(0, int((at - table.modified).total_seconds() // 3600))
    said = f"rows were last written {hours} hours ago"
    if at - table.modified > QUIET:
        return Finding("delivery", "warn", said, "see whether the export is still enabled")
    return Finding("delivery", "ok", said)
