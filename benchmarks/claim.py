"""Ask the rules of a project folder for their claims anew, as a night does after an edit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from time import perf_counter

from scheduler.claiming import claimed
from scheduler.version import present, versions
from scheduler.workspace import configured, stores


def claim(folder: Path) -> tuple[int, float]:
    """Return how many claims there are, and the seconds they took."""
    project = configured(folder)
    shutil.rmtree(project.state / "lake" / "claims", ignore_errors=True)
    with stores(project) as opened:
        began = perf_counter()
        found = claimed(opened, versions(opened.ledger, present(project)))
        return found.height, perf_counter() - began


if __name__ == "__main__":
    print(*claim(Path(sys.argv[1])))
