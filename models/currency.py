"""Exchange rates: dated, with their source; a missing one is an error, never 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from typing import Final

from pydantic import Field

from models.errors import ConfigError, Mistake
from models.field import Currency, MonthText, Rate, Strict, Text
from models.fingerprint import fingerprint
from models.period import Month
from models.yamlfile import Tree, read

_EXACT: Final = Context(prec=100)
_NEAR_ONE: Final = (Decimal("0.9"), Decimal("1.1"))


class RateEntry(Strict):
    """One stated rate."""

    currency: Currency
    """What is converted."""
    to: Currency
    """What it is converted to."""
    start: MonthText = Field(alias="from")
    """First month it holds for; until the next one of the same pair."""
    rate: Rate
    """One unit of `currency` in units of `to`."""
    source: Text
    """Who published it, and which of their rates."""


class RateFile(Strict):
    """`rates.yaml`."""

    rates: tuple[RateEntry, ...] = ()
    """In any order."""


class RateError(ConfigError):
    """A figure cannot be converted, because no rate is stated for its month."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Stated rates by pair, newest first; nothing is inverted, crossed or guessed."""

    pairs: Mapping[tuple[str, str], tuple[RateEntry, ...]]
    file: str = "rates.yaml"

    @classmethod
    def of(cls, entries: tuple[RateEntry, ...], file: str = "rates.yaml") -> Rates:
        """Return the rates of some entries."""
        newest = sorted(entries, key=lambda entry: entry.start, reverse=True)
        pairs: dict[tuple[str, str], tuple[RateEntry, ...]] = {}
        for entry in newest:
            pair = (entry.currency, entry.to)
            pairs[pair] = (*pairs.get(pair, ()), entry)
        return cls(pairs, file)

    @classmethod
    def load(cls, path: Path) -> Rates:
        """Read `rates.yaml`.

        Raises:
            ConfigError: with every mistake; a rate stated twice names both lines.
        """
        tree = read(path)
        entries = tree.validated(RateFile).rates
        mistakes = (*_doubles(tree, entries), *_inverted(tree, entries))
        if mistakes:
            raise ConfigError(*mistakes)
        return cls.of(entries, tree.file)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every rate and its source."""
        stated = (entry for entries in self.pairs.values() for entry in entries)
        return fingerprint(
            sorted([e.currency, e.to, str(e.start), e.rate, e.source] for e in stated)
        )

    def entry(self, currency: str, to: str, month: Month) -> RateEntry:
        """Return the newest rate that starts in the month or before it, with its source.

        Raises:
            RateError: when none is stated.
        """
        for entry in self.pairs.get((currency, to), ()):
            if entry.start <= month:
                return entry
        message = (
            f"no rate {currency} to {to} for {month}; add "
            f"{{currency: {currency}, to: {to}, from: {month}, rate: ..., source: ...}}"
        )
        raise RateError(Mistake(self.file, 1, 1, message))

    def rate(self, currency: str, to: str, month: Month) -> Decimal:
        """Return how much of `to` one unit of `currency` is in a month; 1 for itself.

        Raises:
            RateError: when none is stated.
        """
        return Decimal(1) if currency == to else self.entry(currency, to, month).rate

    def convert(self, amount: Decimal, currency: str, to: str, month: Month) -> Decimal:
        """Return an amount in another currency, exactly, not rounded.

        Raises:
            RateError: when no rate is stated.
        """
        return _EXACT.multiply(amount, self.rate(currency, to, month))


def _doubles(tree: Tree, entries: tuple[RateEntry, ...]) -> Iterator[Mistake]:
    lines: dict[tuple[str, str, Month], int] = {}
    for index, entry in enumerate(entries):
        key, line = (entry.currency, entry.to, entry.start), tree.at("rates", index).line
        pair = f"{entry.currency} to {entry.to}"
        if entry.currency == entry.to:
            yield tree.mistake(f"{pair} is 1 and cannot be stated; remove it", "rates", index)
        elif key in lines:
            said = f"{pair} from {entry.start} is already stated in line {lines[key]}; remove one"
            yield tree.mistake(said, "rates", index)
        lines.setdefault(key, line)


def _inverted(tree: Tree, entries: tuple[RateEntry, ...]) -> Iterator[Mistake]:
    """Yield rates whose opposite of the same month says something else."""
    rates = {(entry.currency, entry.to, entry.start): entry.rate for entry in entries}
    low, high = _NEAR_ONE
    for index, entry in enumerate(entries):
        back = rates.get((entry.to, entry.currency, entry.start))
        if back is not None and entry.currency != entry.to and not low < back * entry.rate < high:
            said = (
                f"{entry.currency} to {entry.to} {entry.rate} contradicts "
                f"{entry.to} to {entry.currency} {back}; one of them is inverted"
            )
            yield tree.mistake(said, "rates", index, "rate")
