"""What a delivery must know about documents that are not read as they are: its table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from models.period import Month

Part = Literal[
    "evidence",  # a message, or what a person decided: no invoice is in it
    "unread",  # from a sender who is not allowed
    "dropped",  # a person said that it never counts
    "draft",  # a PDF with nothing but pages: a person has to confirm what it says
    "confirmed",  # a person did
    "moved",  # it was shown here as a draft, and counts in another month
    "mailed",  # it is read; the message it came in may be from somebody else
]
UNREADABLE: Final = ("unread", "dropped", "draft", "moved")  # what is known of them is noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is known about one document beside its bytes.

    Attributes:
        part: What it is in the delivery.
        month: Month it is shown in.
        name: What it is called where it has no number.
        why: Words for people: whom it is from, who decided, why.
        figures: What a person confirmed, or what the text seems to say, as text by name.
    """

    part: Part
    month: str = ""
    name: str = ""
    why: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> Month:
        """The same month."""
        return Month.parse(self.month)


Notes = Mapping[str, Note]  # by SHA-256 of the document


def table(decisions: str, notes: Notes) -> str:
    """Return the table of a delivery as text; that of decisions alone where nothing is noted."""
    if not notes:
        return decisions
    noted = {sha: asdict(note) for sha, note in sorted(notes.items())}
    content = {"decisions": decisions, "documents": noted}
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def opened(text: str) -> tuple[str, dict[str, Note]]:
    """Return the decisions and notes of a table."""
    content: dict[str, Any] = json.loads(text) if text else {}
    if "decisions" not in content:
        return text, {}
    return content["decisions"], {s: Note(**each) for s, each in content["documents"].items()}
