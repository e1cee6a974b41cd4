"""What `trueup doctor` asks the place where invoices lie: the way in, and what is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ingest.invoice.inbox import Inbox
from ingest.probe import entry, failed
from ingest.source import Finding
from models.errors import SourceError


def findings(inbox: Inbox, at: datetime) -> Iterator[Finding]:
    """Yield what was found; nothing is opened, and nothing written.

    Args:
        inbox: The place.
        at: The present instant.
    """
    try:
        keys = inbox.keys()
    except SourceError as error:
        yield failed("list", error)
        return
    place = keys[0][1]
    if place is not None and (door := place.door()):
        yield from entry(door, at)
    yield Finding("list", "ok", "allowed")
    if place is None:
        yield _readable(inbox.folder / inbox.settings.where, [key for key, _ in keys])
    yield Finding("delivery", "ok", f"{len(keys)} files")


def _readable(folder: Path, names: list[str]) -> Finding:
    closed = [name for name in names if not os.access(folder / name, os.R_OK)]
    if closed:
        fix = "let the user that runs trueup read it"
        return Finding("read", "fail", f"{closed[0]}: may not be read", fix)
    return Finding("read", "ok", "allowed")
