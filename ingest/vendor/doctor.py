"""What `trueup doctor` asks an API: whether the key is taken, and what the newest month holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.probe import failed
from ingest.source import Finding
from ingest.vendor.month import Read
from models.errors import AbsentError, SourceError
from models.period import Month

UNTRIED = Finding("write", "unknown", "not checked: only writing would tell")


def findings(periods: Sequence[Month], read: Read, *, key: str) -> Iterator[Finding]:
    """Yield what an API answers about the newest months.

    Args:
        periods: Months, the newest of which that holds something is looked for.
        read: Returns the pages of a month; raises SourceError.
        key: What to do about a key that is refused.
    """
    is_in = False
    for period in sorted(periods, reverse=True):
        try:
            count = sum(page.rows for page in read(period))
        except SourceError as error:
            yield _refused(error, key)
            return
        if not is_in:
            yield Finding("credentials", "ok", "accepted")
            is_in = True
        if count:
            yield Finding("delivery", "ok", f"{period}: {count} rows")
            yield UNTRIED
            return
    months = ", ".join(map(str, sorted(periods, reverse=True)))
    yield Finding("delivery", "warn", f"nothing in {months}", "check what the key may see")
    yield UNTRIED


def _refused(error: SourceError, key: str) -> Finding:
    if error.state == "forbidden":
        return failed("credentials", error, key)
    fix = "check the address in the settings" if isinstance(error, AbsentError) else ""
    return failed("delivery", error, fix)
