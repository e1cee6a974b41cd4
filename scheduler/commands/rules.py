"""`trueup rules`: who owns each cent, why, and what an edit would change."""

from __future__ import annotations

from typing import Final

from scheduler.lazy import lazy

COMMANDS: Final[dict[str, str]] = {
    "suggest": "The largest amounts without a project, and the rules that would catch them.",
    "coverage": "Which share of cost has a project, by month and source, and what has none.",
    "check": "Conflicts, rules without effect, and whatever else is wrong with the rules.",
    "preview": "The money that an edit of the rules moves, before it moves.",
}

command = lazy("rules", COMMANDS, "Show what the rules do, and what an edit of them would change.")
