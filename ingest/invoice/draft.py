"""What the text of a plain PDF seems to say: a proposal for a person, and never a booking."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Final

from ingest.invoice.printable import WORD, printable
from ingest.invoice.printed import amounts, days
from models.money import ZERO

LINES: Final = 2_000  # of text that is looked at and shown

_SEP: Final = r"[\s.:#-]*"
_NUMBER: Final = re.compile(
    rf"\b(?:invoice|credit note|rechnungs?|gutschrifts?|beleg)[\s-]*"
    rf"(?:(?:number|no|nr|nummer|id)\b|#){_SEP}(?P<value>[A-Za-z0-9][\w./-]{{0,40}})",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    rf"\b(?:purchase order|po|order|bestell(?:ung|nummer|nr)?|ihre bestellung)\b[\s-]*"
    rf"(?:(?:number|no|nr|nummer)\b|#)?{_SEP}(?P<value>(?=[\w./-]*\d)[A-Za-z0-9][\w./-]{{0,40}})",
    re.IGNORECASE,
)
_ISSUED: Final = re.compile(
    r"\b(?:invoice date|date of issue|issue date|issued|rechnungsdatum|ausstellungsdatum"
    r"|datum|date)\b",
    re.IGNORECASE,
)
_SERVICE: Final = re.compile(
    r"\b(?:service period|billing period|period of service|leistungszeitraum|abrechnungszeitraum"
    r"|zeitraum|period)\b",
    re.IGNORECASE,
)
_NET: Final = re.compile(
    r"\b(?:sub-?total|total net|net (?:total|amount)|total excl\w*|nettobetrag|zwischensumme"
    r"|summe netto|netto)\b",
    re.IGNORECASE,
)
_TAX: Final = re.compile(
    r"\b(?:vat|sales tax|tax|gst|mwst|ust|umsatzsteuer|mehrwertsteuer)\b", re.IGNORECASE
)
_GROSS: Final = re.compile(
    r"\b(?:grand total|total due|amount due|invoice total|total incl\w*|total|gesamtbetrag"
    r"|gesamtsumme|rechnungsbetrag|bruttobetrag|zahlbetrag|brutto)\b",
    re.IGNORECASE,
)
_WITH: Final = re.compile(r"\bincl|\bexcl|\btotal due|\bgrand", re.IGNORECASE)
_RATE: Final = re.compile(r"\d{1,2}(?:[.,]\d{1,2})?\s?%")
_CURRENCY: Final = re.compile(r"\b(?:EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|INR|KES)\b")
_SIGNS: Final = {"€": "EUR", "£": "GBP"}  # a dollar sign is of many countries


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What was found; None for what was not, or is not certain."""

    number: str | None = None
    issued: date | None = None
    currency: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    service: tuple[date, date] | None = None
    purchase_order: str | None = None

    @property
    def adds_up(self) -> bool:
        """Whether all three totals were found, and net and tax make gross."""
        if self.net is None or self.gross is None:
            return False
        return self.net + (self.tax or ZERO) == self.gross

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield what was found as text, by name."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "service" and value:
                yield "service", f"{value[0]} to {value[1]}"
            elif value is not None:
                yield field.name, str(value)


def shown(text: str) -> list[str]:
    """Return the lines of a text from a stranger in signs that can be seen, without empty ones."""
    lines = (printable(line, WORD) for line in text.splitlines()[:LINES])
    return [line for line in lines if line]


def proposal(text: str) -> Proposal:
    """Return what simple labels of English and German invoices point at."""
    lines = shown(text)
    return Proposal(
        number=_value(_NUMBER, lines),
        issued=_dated(_ISSUED, lines),
        currency=_currency(lines),
        net=_amount(_NET, lines),
        tax=_amount(_TAX, [line for line in lines if not _is_total(line)]),
        gross=_amount(_GROSS, [line for line in lines if not _NET.search(line)], last=True),
        service=_period(lines),
        purchase_order=_value(_ORDER, lines),
    )


def contradictions(text: str, stated: Proposal) -> list[str]:
    """Return what a person states and the text does not show, as phrases; none when all fits.

    A figure that is nowhere in the text was misread, or mistyped. A text without any figure,
    as of a scan, shows nothing.
    """
    lines = shown(text)
    printed = {abs(found) for line in lines for found in amounts(line)}
    found, result = proposal(text), []
    for name in ("net", "tax", "gross"):
        value, own = getattr(stated, name), getattr(found, name)
        if value is not None and printed and abs(value) not in printed | {ZERO}:
            near = f", which shows {own:f}" if own is not None else ""
            result.append(f"{name} {value:f} is nowhere in the text{near}")
    squeezed = "".join("".join(lines).split()).casefold()
    if stated.number and squeezed and "".join(stated.number.split()).casefold() not in squeezed:
        result.append(f"number {stated.number} is nowhere in the text")
    if found.issued and stated.issued and found.issued != stated.issued:
        result.append(f"the text says issued {found.issued}, not {stated.issued}")
    if found.currency and stated.currency and found.currency != stated.currency:
        result.append(f"the text says {found.currency}, not {stated.currency}")
    return result


def _is_total(line: str) -> bool:
    return bool(_NET.search(line) or _WITH.search(line))


def _value(label: re.Pattern[str], lines: list[str]) -> str | None:
    found = (label.search(line) for line in lines)
    return next((each["value"].rstrip(".") for each in found if each), None)


def _after(label: re.Pattern[str], lines: list[str]) -> Iterator[str]:
    """Yield what stands behind a label, and the line below where nothing does."""
    for line, below in zip(lines, [*lines[1:], ""], strict=False):
        if found := label.search(line):
            rest = line[found.end() :]
            yield rest if any(sign.isdigit() for sign in rest) else below


def _dated(label: re.Pattern[str], lines: list[str]) -> date | None:
    found = (next(days(rest), None) for rest in _after(label, lines))
    return next((day for day in found if day), None)


def _period(lines: list[str]) -> tuple[date, date] | None:
    for rest in _after(_SERVICE, lines):
        found = list(days(rest))[:2]
        if len(found) == 2 and found[0] <= found[1]:  # noqa: PLR2004 - first and last
            return found[0], found[1]
    return None


def _amount(label: re.Pattern[str], lines: list[str], *, last: bool = False) -> Decimal | None:
    """Return the amount behind a label; None when it can be read in two ways."""
    found = []
    for rest in _after(label, lines):
        read = list(amounts(_RATE.sub(" ", rest)))
        if read:
            found.append(read[-1] if len(read) == 1 else None)
    return (found[-1] if last else found[0]) if found else None


def _currency(lines: list[str]) -> str | None:
    found = {each for line in lines for each in _CURRENCY.findall(line)}
    found |= {code for sign, code in _SIGNS.items() if any(sign in line for line in lines)}
    return found.pop() if len(found) == 1 else None
