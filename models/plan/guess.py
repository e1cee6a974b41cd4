"""What a finance workbook means by its words and numbers; every guess is shown before it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Final

from models.category import CONTINGENCY
from models.money import exact
from models.period import Month
from models.plan.grid import Cell
from models.plan.heading import NAMES, folded, month_of

LOOSE: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (*NAMES["id"], "cost item", "cost element", "description", "position", "name"),
    "category": (*NAMES["category"], "cost type", "cost category", "type", "group", "kategorie"),
    "amount": (*NAMES["amount"], "sum", "fy total", "total budget", "gesamt", "betrag"),
    "quantity": (*NAMES["quantity"], "units", "menge", "volume"),
    "unit": (*NAMES["unit"], "einheit"),
    "unit_price": (*NAMES["unit_price"], "unit rate", "preis", "price per unit"),
}
_BY_NAME: Final = {name: field for field, names in LOOSE.items() for name in names}
_ALIKE: Final = 86  # percent that two headings share, from which one is a slip of the other
# words of a line: category and data term; the first that occurs decides
_WORDS: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("contingency", CONTINGENCY, None), ("reserve", CONTINGENCY, None),
    ("buffer", CONTINGENCY, None), ("depreciation", "depreciation", None),
    ("amorti", "depreciation", None), ("capex", "depreciation", None),
    ("label", "data", "labeling"), ("annotat", "data", "labeling"),
    ("storage", "data", "storage"), ("dataset", "data", "acquisition"),
    ("data acq", "data", "acquisition"), ("licen", "data", "acquisition"),
    ("inference", "inference", None), ("serving", "inference", None),
    ("hosting", "inference", None), ("endpoint", "inference", None),
    ("training", "training_compute", None), ("gpu", "training_compute", None),
    ("compute", "training_compute", None), ("fine-tun", "training_compute", None),
    ("labor", "labor", None), ("labour", "labor", None), ("engineer", "labor", None),
    ("salar", "labor", None), ("staff", "labor", None), ("personnel", "labor", None),
    ("fte", "labor", None), ("monitor", "ops_overhead", None), ("support", "ops_overhead", None),
    ("operation", "ops_overhead", None), ("overhead", "ops_overhead", None),
    ("infra", "infra", None), ("ci/cd", "infra", None), ("network", "infra", None),
    ("cloud", "infra", None), ("data", "data", None),
)  # fmt: skip
_NOTHING: Final = frozenset({"", "-", "\u2013", "\u2014", "n/a"})
_MARKS: Final = re.compile(r"[\s\u00a0\u2009\u202f'\u2019]|[$€£¥]|\b[A-Z]{3}\b")
_NUMBERED: Final = re.compile(r"(?:m|month|monat)\s*(\d{1,2})", re.ASCII)


def field_of(cell: Cell) -> tuple[str, bool] | None:
    """Return the field that a heading means, and whether it is surely meant."""
    text = folded(re.sub(r"[(\[][^)\]]*[)\]]|\b(usd|eur|gbp)\b|[$€£]", " ", cell.text.casefold()))
    if text in _BY_NAME:
        return _BY_NAME[text], True
    near = max(_BY_NAME, key=lambda name: SequenceMatcher(None, text, name).ratio())
    is_alike = SequenceMatcher(None, text, near).ratio() * 100 >= _ALIKE
    return (_BY_NAME[near], False) if is_alike else None


def month_meant(cell: Cell, start: Month) -> Month | None:
    """Return the month that a heading means; `M1` is the first of the plan."""
    numbered = _NUMBERED.fullmatch(folded(cell.text))
    if numbered:
        return start + (int(numbered[1]) - 1)
    return month_of(cell)


def category_of(name: str, stated: str, given: Mapping[str, str]) -> tuple[str, str | None] | None:
    """Return category and data term that a line means; None where no word of it says.

    Args:
        name: What the line is called.
        stated: Its category as written; empty for none.
        given: Category of a text, as the user says.
    """
    for text in (folded(stated), folded(name)):
        if text in given:
            return given[text], None
    for text in (stated.casefold(), name.casefold(), f"{stated} {name}".casefold()):
        for word, category, term in _WORDS:
            if word in text.replace("_", " "):
                return category, term or _term(name, category)
    return None


def number(cell: Cell, mark: str) -> Decimal:
    """Return a number as a finance sheet writes it.

    Args:
        cell: The cell; a dash is zero.
        mark: What stands before decimals, `.` or `,`.

    Raises:
        ValueError: for anything that is not one number in this way of writing.
    """
    if cell.kind == "number":
        return exact(cell.text)
    text = _MARKS.sub("", cell.text)
    if text in _NOTHING:
        return Decimal(0)
    group = "," if mark == "." else "."
    whole = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+"
    pattern = rf"(?:{whole})(?:{re.escape(mark)}\d+)?"
    if not re.fullmatch(pattern, text, re.ASCII):
        other = "," if mark == "." else "."
        said = f"{cell.text!r} is not a number with {mark!r} before its decimals"
        raise ValueError(f"{said}; mend the cell, or use --decimal {other}")
    return exact(text.replace(group, "").replace(mark, "."))


def _term(name: str, category: str) -> str | None:
    """Return the data term that a line's name says, where its category is data."""
    found = (term for word, known, term in _WORDS if known == "data" and word in name.casefold())
    return next((term for term in found if term), None) if category == "data" else None
