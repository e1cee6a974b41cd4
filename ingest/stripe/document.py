"""One document as JSON: whole, without a number that is none, and its parts by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from ingest.invoice.printable import printable
from models.money import exact, stored

OBJECTS: Final = ("invoice", "credit_note")
# decimals of amounts; Iceland and Uganda have none, and are written with two all the same
WHOLE: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
THOUSANDTHS: Final = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
LINES: Final = 50_000
_LATEST: Final = 253_402_214_400  # seconds; the last day of 9999, in whatever zone

Json = Mapping[str, Any]


class StripeError(ValueError):
    """There is no invoice to read; `detail` says what is wrong and what to do."""

    def __init__(self, detail: str) -> None:
        """Keep what is wrong apart from the file's name, and short: it may quote the file."""
        self.detail = printable(detail)
        super().__init__(self.detail)


def document(data: bytes) -> Json:
    """Return the object of a file.

    Raises:
        StripeError: when it is no whole invoice or credit note.
    """
    try:
        stated = json.loads(
            data.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise StripeError(f"is not JSON: {error}; export it again") from error
    if not isinstance(stated, dict) or stated.get("object") not in OBJECTS:
        raise StripeError("is no invoice and no credit note of Stripe; take it out of there")
    lines = stated.get("lines")
    if not isinstance(lines, dict) or not isinstance(lines.get("data"), list):
        raise StripeError("has no lines; export it with all of them")
    if lines.get("has_more") is not False:
        raise StripeError("holds a part of its lines (has_more); export it with all of them")
    if not 0 < len(lines["data"]) <= LINES:
        raise StripeError(f"has {len(lines['data'])} lines; 1 to {LINES} are read")
    return stated


def _constant(name: str) -> Decimal:
    raise ValueError(f"{name} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = value
    return found


def part_of(stated: Json, name: str) -> Json:
    """Return an object inside; empty where there is none."""
    found = stated.get(name)
    return found if isinstance(found, dict) else {}


def listed(stated: Json, *names: str) -> list[Json]:
    """Return the first list of objects of these names that holds any."""
    found = (stated.get(name) for name in names)
    first = next((each for each in found if isinstance(each, list) and each), [])
    return [each for each in first if isinstance(each, dict)]


def lines_of(stated: Json) -> list[Json]:
    """Return the lines.

    Raises:
        StripeError: when one is no object.
    """
    found: list[Json] = stated["lines"]["data"]
    if bad := next((each for each in found if not isinstance(each, dict)), None):
        raise StripeError(f"has a line that is no object: {bad!r}")
    return found


def sign_of(stated: Json) -> int:
    """Return what amounts are multiplied with to be a cost: a credit note prints no minus."""
    return -1 if stated["object"] == "credit_note" else 1


def places_of(currency: str) -> int:
    """Return how many decimals the whole numbers of a currency stand for."""
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def scaled(amount: int, places: int) -> Decimal:
    """Return an amount in units of its currency."""
    return Decimal(amount).scaleb(-places)


def taxes_of(each: Json) -> list[Json]:
    """Return the taxes of a line or document, by the newer name, else by an older one."""
    return listed(each, "taxes", "tax_amounts", "total_taxes", "total_tax_amounts")


def metadata_of(stated: Json) -> dict[str, str]:
    """Return what its issuer noted, as text by name."""
    found = part_of(stated, "metadata")
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


def text_of(stated: Json, name: str) -> str:
    """Return a text that must be there.

    Raises:
        StripeError: when it is not.
    """
    found = stated.get(name)
    if not isinstance(found, str) or not found.strip():
        raise StripeError(f"states no {name}; export it again")
    return found.strip()


def whole_of(stated: Json, name: str) -> int:
    """Return an amount in the smallest unit.

    Raises:
        StripeError: when it is no whole number, or more than money can hold.
    """
    found = stated.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) >= 10**18:
        raise StripeError(f"{name}: {found!r} is no whole number of the smallest unit")
    return found


def number_of(found: object, name: str) -> Decimal:
    """Return a decimal, of a text or a number.

    Raises:
        StripeError: when it is none, or has more digits than frames keep.
    """
    try:
        number = exact(str(found))
    except ValueError as error:
        raise StripeError(f"{name}: {error}") from error
    if abs(number) >= 10**18 or stored(number) != number:
        raise StripeError(f"{name}: {found} has too many digits")
    return number


def moment_of(found: object, zone: tzinfo) -> datetime:
    """Return a moment as the clocks of a zone show it.

    Raises:
        StripeError: when it is no number of seconds.
    """
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < _LATEST:
        raise StripeError(f"{found!r} is no moment in seconds")
    return datetime.fromtimestamp(found, zone)
