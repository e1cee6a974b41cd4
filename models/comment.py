"""Comments: why a line of a month is what it is, as a person says it, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from models.category import CATEGORIES, UNALLOCATED
from models.money import exact
from models.period import Month
from models.wording import suggestion

Effect = Literal["permanent", "timing", "one-off"]
EFFECTS: Final = ("permanent", "timing", "one-off")
WHOLE: Final = "portfolio"
LINES: Final = (WHOLE, UNALLOCATED)  # scopes that are no project
_FIGURE: Final = re.compile(
    r"(?P<scope>.+)/(?:(?:to-)?(?P<month>\d{4}-\d{2})|completion)/\w+", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What a person says about one line of one month.

    Attributes:
        scope: `PROJECT`, `PROJECT/CATEGORY`, `unallocated` or `portfolio`.
        effect: Whether the difference stays, comes back in later months, or came once.
        eac: What it adds to the estimate at completion, in the reporting currency; + is
            more cost. None where nothing is said.
        action, owner, due: What is done about it, by whom, until when.
        by, on: Who wrote it, and the day.
    """

    month: Month
    scope: str
    text: str
    effect: Effect
    by: str
    on: date
    eac: Decimal | None = None
    action: str = ""
    owner: str = ""
    due: date | None = None

    def body(self) -> dict[str, Any]:
        """Return it as plain values, for the ledger; amounts and days are text."""
        return {
            "month": str(self.month),
            "scope": self.scope,
            "text": self.text,
            "effect": self.effect,
            "by": self.by,
            "on": self.on.isoformat(),
            "eac": None if self.eac is None else f"{self.eac:f}",
            "action": self.action,
            "owner": self.owner,
            "due": self.due.isoformat() if self.due else None,
        }

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Comment:
        """Return the comment that `body` made."""
        return cls(
            month=Month.parse(body["month"]),
            scope=body["scope"],
            text=body["text"],
            effect=body["effect"],
            by=body["by"],
            on=date.fromisoformat(body["on"]),
            eac=None if body["eac"] is None else exact(body["eac"]),
            action=body["action"],
            owner=body["owner"],
            due=date.fromisoformat(body["due"]) if body["due"] else None,
        )


def scope(text: str, month: Month, projects: Iterable[str]) -> str:
    """Return the scope that a person names, by a path or by the id of a figure of the month.

    Args:
        text: `PROJECT`, `PROJECT/CATEGORY`, `unallocated`, `portfolio`, or a figure's id.
        month: The month of the comment.
        projects: Ids of the projects.

    Raises:
        ValueError: for what is no line of a report, or a figure of another month.
    """
    found = _FIGURE.fullmatch(text)
    if found and found["month"] not in {None, str(month)}:
        raise ValueError(
            f"figure {text!r} is of {found['month']}; comment on it in that month, not in {month}"
        )
    path = found["scope"] if found else text
    known = [*projects, *LINES]
    first, _, category = path.partition("/")
    if first not in known:
        raise ValueError(f"{first!r} is no project. {suggestion(first, known)}")
    if category and first in LINES:
        raise ValueError(f"{path!r} is no line; write {first!r}, or PROJECT/CATEGORY")
    if category not in {"", *CATEGORIES}:
        raise ValueError(f"{category!r} is no category. {suggestion(category, CATEGORIES)}")
    return path


def newest(comments: Iterable[Comment]) -> list[Comment]:
    """Return one comment a month and scope, the newest by its day; of one day the last given."""
    kept: dict[tuple[Month, str], Comment] = {}
    for each in sorted(comments, key=lambda each: each.on):
        kept[each.month, each.scope] = each
    return [kept[key] for key in sorted(kept)]


def of(comments: Iterable[Comment], month: Month) -> Iterator[Comment]:
    """Yield the comments of a month."""
    return (each for each in comments if each.month == month)
