"""Fields of configuration files: text that is a number, a month, a day or a name."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)

from models.category import CONTINGENCY
from models.fingerprint import fingerprint
from models.money import SCALE, exact
from models.period import Month

DIGITS: Final = 20  # before the point, in MONEY
SLUG: Final = "^[a-z0-9][a-z0-9._-]*$"


class Strict(BaseModel):
    """A part of a configuration file: no unknown keys, and never changed once read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True
    )


class Fingerprinted(Strict):
    """A file, or a part of one, that is told from another by what it says."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what it says."""
        return fingerprint(self.model_dump(mode="json"))


def number(value: object) -> Decimal:
    """Return a decimal exactly as written.

    Raises:
        ValueError: for anything but plain ASCII digits with a point, or more of them
            than money has in frames.
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{value} is not a number; write plain digits, for example 1200.50")  # noqa: TRY004 - pydantic reports ValueError
    text = str(value)
    try:
        found = exact(text)
    except ValueError:
        hint = "without separators" if set(",_ ") & set(text) else "plain digits"
        raise ValueError(f"{text!r} is not a number; write {hint}, for example 1200.50") from None
    exponent = found.as_tuple().exponent
    if found.adjusted() >= DIGITS or (isinstance(exponent, int) and exponent < -SCALE):
        said = f"has more than {DIGITS} digits before or {SCALE} behind the point; shorten it"
        raise ValueError(f"{text} {said}")
    return found


def amount(value: object) -> Decimal:
    """Return a decimal that is zero or more.

    Raises:
        ValueError: for a negative number, or none at all.
    """
    found = number(value)
    if found < 0:
        raise ValueError(f"{found} is negative; a plan and its parts are zero or more")
    return found


def rate(value: object) -> Decimal:
    """Return a decimal above zero.

    Raises:
        ValueError: for zero, a negative number, or none at all.
    """
    found = number(value)
    if found <= 0:
        raise ValueError(f"{found} must be above zero")
    return found


def month(value: object) -> Month:
    """Return a month from `YYYY-MM`.

    Raises:
        ValueError: for anything else.
    """
    return Month.parse(str(value))


def day(value: object) -> date:
    """Return a day from `YYYY-MM-DD`.

    Raises:
        ValueError: for anything else.
    """
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is not a day; write YYYY-MM-DD, for example 2026-06-20"
        ) from None


def slug(value: str) -> str:
    """Return an id.

    Raises:
        ValueError: for capitals, spaces and other signs, which differ between systems.
    """
    if not re.fullmatch(SLUG, value):
        raise ValueError(f"{value!r} is not an id; use a-z, 0-9, '-', '_' and '.'")
    return value


def currency(value: str) -> str:
    """Return an ISO 4217 code.

    Raises:
        ValueError: for anything but three capital letters.
    """
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(f"{value!r} is not a currency; write an ISO 4217 code, for example USD")
    return value


def category(value: object) -> object:
    """Return a category as it is.

    Raises:
        ValueError: for contingency, which nothing is planned as or spent on.
    """
    if value == CONTINGENCY:
        raise ValueError("contingency is the plan's reserve, not an item; choose another category")
    return value


def inside(value: str) -> str:
    """Return a path below the project folder.

    Raises:
        ValueError: for one that leaves it.
    """
    parts = Path(value).parts
    if not parts or Path(value).is_absolute() or ".." in parts:
        raise ValueError(f"{value!r} leaves the project folder; write a path inside it")
    return value


_NUMBER_SCHEMA: Final = {"type": ["number", "string"], "pattern": r"^[+-]?[0-9]*\.?[0-9]+$"}

Number = Annotated[Decimal, BeforeValidator(number), WithJsonSchema(_NUMBER_SCHEMA)]
Amount = Annotated[
    Decimal, BeforeValidator(amount), WithJsonSchema({**_NUMBER_SCHEMA, "minimum": 0})
]
Rate = Annotated[
    Decimal, BeforeValidator(rate), WithJsonSchema({**_NUMBER_SCHEMA, "exclusiveMinimum": 0})
]
MonthText = Annotated[
    Month,
    BeforeValidator(month),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}),
]
DayText = Annotated[
    date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})
]
Text = Annotated[str, StringConstraints(min_length=1)]
Inside = Annotated[str, AfterValidator(inside)]


def zone(value: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: when there is no such zone.
    """
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{value!r} is not a time zone; write one of IANA's names, for example Europe/Berlin"
        ) from None
    return value


Zone = Annotated[str, AfterValidator(zone)]
Slug = Annotated[str, AfterValidator(slug), WithJsonSchema({"type": "string", "pattern": SLUG})]
Currency = Annotated[
    str, AfterValidator(currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
Category = Annotated[
    Literal[
        "training_compute", "data", "labor", "infra", "inference", "ops_overhead", "depreciation"
    ],
    BeforeValidator(category),
]
