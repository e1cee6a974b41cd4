"""One run at a time: a lock that the kernel, or the server, frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.database import exclusive
from models.errors import RefusedError


@contextmanager
def held(state: Path, ledger: str | None = None) -> Iterator[None]:
    """Hold the run lock of a project: of its state folder, and of a ledger that is shared.

    Args:
        state: The folder of the stores.
        ledger: URL of a database that other machines may use, too.

    Raises:
        RefusedError: when another process holds it.
        StoreError: when the shared ledger cannot be reached.
    """
    with _file(state):
        if ledger is None:
            yield
            return
        holder = f"trueup on {os.uname().nodename}, process {os.getpid()}"
        with exclusive(ledger, holder):
            yield


@contextmanager
def _file(state: Path) -> Iterator[None]:
    path = state / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip() or "unknown"
            raise RefusedError(
                f"{path}: another run holds the lock (process {holder}); "
                "wait until it ends: the lock ends with it"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
