"""A section of a report, said once: every form (page, Markdown, text, JSON) shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from reconcile.figure import Figure, exact_text
from reconcile.report.number import NONE, day, plain

Tone = Literal["", "over", "under", "soft", "red", "strong"]

TEXT: Final[Mapping[str, Any]] = {"type": "string"}
AMOUNT: Final[Mapping[str, Any]] = {
    "type": ["string", "null"],
    "pattern": r"^-?\d+\.\d{2,18}$",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one place of a table.

    Attributes:
        text: As it is read; never empty.
        figure: The figure that it shows; None for words.
        tone: over or under for what is material, soft for what only accompanies, red for
            what somebody has to mend, strong for what sums others up.
        is_day: Whether the text is a day.
    """

    text: str
    figure: Figure | None = None
    tone: Tone = ""
    is_day: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under heads.

    Attributes:
        heads: One a column.
        words: How many columns hold words, which stand left; all others stand right.
        rows: As many cells as heads, each.
        caption: What it shows, where a section has several.
        total: Whether the last row is the sum of the others.
    """

    heads: tuple[str, ...]
    words: int
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a report; a section without tables and lines is left out.

    Attributes:
        key: Its name in JSON.
        title: Its heading.
        note: How its numbers are to be read; one or two sentences.
        tables: What it shows.
        lines: Sentences below the tables.
        document: Its value in JSON; there whether it is shown or not.
    """

    key: str
    title: str
    note: str
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()
    document: Any = None

    @property
    def shown(self) -> bool:
        """Whether there is anything to see."""
        return bool(self.lines or any(table.rows for table in self.tables))


def words(text: str | None, tone: Tone = "") -> Cell:
    """Return a cell of words; a dash for none."""
    return Cell(text=text or NONE, tone=tone)


def dated(value: date | None) -> Cell:
    """Return a cell of a day; a dash for none."""
    return Cell(text=day(value), is_day=value is not None)


def amount(figure: Figure, tone: Tone = "") -> Cell:
    """Return a cell of an amount in cents."""
    return Cell(text=plain(figure), figure=figure, tone=tone)


def count(figure: Figure) -> Cell:
    """Return a cell of a whole number."""
    return Cell(text=plain(figure, 0), figure=figure)


def value(figure: Figure) -> str | None:
    """Return a figure as JSON says it: text at full scale."""
    return exact_text(figure.value)


def closed_object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of an object that has exactly these properties."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
    }


def list_of(items: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a list."""
    return {"type": "array", "items": items}
