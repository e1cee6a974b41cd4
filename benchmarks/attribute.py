"""Attribute what a project folder has loaded, as a night does after a rule was edited.

Prints the digest of the answer, what each project and category costs a day. `--reverse` takes
the documents of a delivery from last to first, and prints the digest of what rules say alone.

    python benchmarks/attribute.py PROJECT_FOLDER [--reverse]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

import polars as pl
from answer import COLUMNS, GRAIN, digest

from ingest import book
from scheduler.progress import Quiet
from scheduler.spending import direct, spent
from scheduler.version import present
from scheduler.workspace import configured, stores

_SUMS: Final = (pl.col("billed_cost", "effective_cost").sum(), pl.col("lines").cast(pl.Int64).sum())


def attributed(folder: Path, *, reverse: bool = False) -> pl.DataFrame:
    """Return the spend of everything a folder has loaded, attributed anew."""
    project = configured(folder)
    shutil.rmtree(project.state / "lake" / "spend", ignore_errors=True)
    with stores(project) as opened:
        if not reverse:
            return spent(project, opened, Quiet()).spend
        rules, counting = present(project), sorted(book.counting(opened.ledger).items())
        bodies = [
            (scope, {**record.body, "documents": record.body["documents"][::-1]})
            for scope, record in counting
        ]
        return pl.concat(direct(opened.lake, scope, body, rules) for scope, body in bodies)


def answer(spend: pl.DataFrame) -> list[tuple[object, ...]]:
    """Return the rows of the answer."""
    return spend.group_by(GRAIN).agg(_SUMS).select(COLUMNS).rows()


if __name__ == "__main__":
    print(digest(answer(attributed(Path(sys.argv[1]), reverse="--reverse" in sys.argv))))
