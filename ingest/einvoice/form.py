"""Where a syntax keeps the business terms of EN 16931, and how its values read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import lxml.etree

from ingest.einvoice.xml import Element, shortened
from models.money import SCALE, exact

DIGITS: Final = 20  # before the point; what frames keep
Span = tuple[date, date]  # first and last day that a date means
Paths = Mapping[str, Any]  # compiled, by our name of the term


class TermError(ValueError):
    """A value that is not what its term wants."""

    def __init__(self, term: str, value: str, reason: str, line: int = 0) -> None:
        """Keep the parts; `line` counts from 1, 0 when the value is absent."""
        place = f" (line {line} of the file)" if line else ""
        self.term, self.value, self.reason = term, shortened(value), shortened(reason) + place
        super().__init__(f"{term}: {self.value!r} {self.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One syntax as tables; paths of parts begin at the part's own element."""

    name: str
    head: Paths
    line: Paths
    allowance: Paths  # also of charges
    subtotal: Paths  # of tax, by category and rate
    span: Callable[[str, str], Span]  # of a date and the name of its format


def paths(namespaces: Mapping[str, str], table: Mapping[str, str]) -> Paths:
    """Compile a table of paths; `$currency` in them is the document's own."""
    return {term: lxml.etree.XPath(path, namespaces=namespaces) for term, path in table.items()}


@dataclass(frozen=True, slots=True)
class Node:
    """One element with the paths of its terms; absent values are empty or None."""

    element: Element
    paths: Paths
    span: Callable[[str, str], Span]
    currency: str = ""

    def found(self, term: str) -> list[Element]:
        """Return the elements of a term, in order of the document."""
        return list(self.paths[term](self.element, currency=self.currency))

    def nodes(self, term: str, paths: Paths) -> Iterator[Node]:
        """Yield the parts of a term, with the paths of theirs."""
        for element in self.found(term):
            yield Node(element, paths, self.span, self.currency)

    def first(self, term: str) -> Element:
        """Return the first element of a term that says anything, or None."""
        return next((each for each in self.found(term) if _said(each)), None)

    def text(self, term: str) -> str:
        """Return the first text, each run of spaces as one."""
        found = self.first(term)
        return "" if found is None else _said(found)

    def texts(self, term: str) -> tuple[str, ...]:
        """Return all different texts."""
        return tuple(dict.fromkeys(text for each in self.found(term) if (text := _said(each))))

    def number(self, term: str) -> Decimal | None:
        """Return a number as printed.

        Raises:
            TermError: for no plain decimal, too many digits or another currency.
        """
        found = self.first(term)
        if found is None:
            return None
        text, line = _said(found), found.sourceline or 0
        said = found.get("currencyID", self.currency)
        if said != self.currency:
            reason = f"is in {said}, the invoice in {self.currency}"
            raise TermError(term, text, reason, line)
        try:
            number = exact(text)
        except ValueError as error:
            raise TermError(term, text, "is not a plain decimal number", line) from error
        if "e" in text.lower() or number.adjusted() >= DIGITS or _decimals(number) > SCALE:
            reason = f"has more than {DIGITS} digits before or {SCALE} behind the point"
            raise TermError(term, text, reason, line)
        return number

    def days(self, term: str) -> Span | None:
        """Return the first and last day that a date means; a month means all of its days.

        Raises:
            TermError: for what is no date of the form.
        """
        found = self.first(term)
        if found is None:
            return None
        text = _said(found)
        try:
            return self.span(text, found.get("format", ""))
        except ValueError as error:
            raise TermError(term, text, "is not a date", found.sourceline or 0) from error


def _said(element: Element) -> str:
    return " ".join((element.text or "").split())


def _decimals(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)
