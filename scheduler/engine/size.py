"""How many documents this machine works on at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MEMORY: Final = 3 << 30  # bytes that the largest documents take while they are loaded
_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")  # of a container, as the kernel tells it


def workers(stated: int | None, limit: Path = _LIMIT) -> int:
    """Return the number that was stated, else as many as cores and memory allow.

    Args:
        stated: What the configuration says.
        limit: The file that says how many bytes this process may take, if there is one.
    """
    return stated or max(1, min(cores(), _memory(limit) // MEMORY))


def cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory(limit: Path) -> int:
    """Return the bytes of this machine, or of the container we are in."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        allowed = limit.read_text("ascii").strip()
    except OSError:
        return whole
    return min(whole, int(allowed)) if allowed.isdigit() else whole
