"""`trueup plan`: what was planned, which version counts, and who approved it."""

from __future__ import annotations

from typing import Final

from scheduler.lazy import lazy

COMMANDS: Final[dict[str, str]] = {
    "list": "Every plan, and which of them counts.",
    "show": "One plan by item and month, with its versions.",
    "diff": "What differs between two versions or scenarios.",
    "lint": "What is odd in plans, and where they do not agree with their source.",
    "validate": "Check plan files, or every plan of the project.",
    "import": "Make a plan file of a finance workbook; shows how it is read first.",
    "submit": "Say that a version is ready to be approved.",
    "approve": "Approve a version, so that it counts.",
}

command = lazy("plan", COMMANDS, "Check, show, import and approve plans.")
