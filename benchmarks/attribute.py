"""Attribute what a project folder has loaded, as a night does after a rule was edited."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from scheduler.progress import Quiet
from scheduler.spending import spent
from scheduler.workspace import configured, stores


def attribute(folder: Path) -> int:
    """Return the number of lines that were attributed anew."""
    project = configured(folder)
    shutil.rmtree(project.state / "lake" / "spend", ignore_errors=True)
    with stores(project) as opened:
        return int(spent(project, opened, Quiet()).spend["lines"].sum())


if __name__ == "__main__":
    print(attribute(Path(sys.argv[1])))
