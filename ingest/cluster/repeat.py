"""Jobs that several files tell: each allocation counts once, as it was last seen."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ingest.cluster.job import Job

_NONE: Final[frozenset[int]] = frozenset()


def table(read: Iterable[tuple[str, Sequence[Job]]]) -> str:
    """Return which rows of which documents, by SHA-256, another row says better.

    A job that has ended counts before one that still ran, the longer before the shorter,
    the later file and row before the earlier. Empty when each allocation is there once.
    """
    best: dict[tuple[str, str, str, str], tuple[tuple[bool, int], str, int]] = {}
    lesser: defaultdict[str, list[int]] = defaultdict(list)
    for sha256, jobs in read:
        for job in jobs:
            rank, held = (job.has_ended, job.elapsed), best.get(job.key)
            if held is None or rank >= held[0]:
                best[job.key] = (rank, sha256, job.row)
            if held is not None:
                loser = held[1:] if rank >= held[0] else (sha256, job.row)
                lesser[loser[0]].append(loser[1])
    return json.dumps({key: sorted(rows) for key, rows in sorted(lesser.items())}) if lesser else ""


def repeated(table: str, sha256: str) -> frozenset[int]:
    """Return the rows of one document that do not count."""
    held: Mapping[str, Any] = json.loads(table) if table else {}
    return frozenset(held.get(sha256, _NONE))
