"""Exchange rates of months that are closed: those they were closed with, whatever comes later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.currency import RateEntry, Rates
from models.money import exact
from models.period import Month


@dataclass(frozen=True, slots=True)
class PinnedRates(Rates):
    """Stated rates, in which a closed month keeps its own.

    A pair that a month was closed without is looked up in the rates as they are.

    Attributes:
        closed: The rates that were in force in each closed month.
    """

    closed: Mapping[Month, Rates] = field(default_factory=dict)

    @classmethod
    def over(cls, rates: Rates, closed: Mapping[Month, Rates]) -> PinnedRates:
        """Return the rates as they are, and in front of them those of closed months."""
        return cls(rates.pairs, rates.file, closed)

    def entry(self, currency: str, to: str, month: Month) -> RateEntry:
        """Return the rate of a month, with its source.

        Raises:
            RateError: when none is stated.
        """
        if month in self.closed and (currency, to) in self.closed[month].pairs:
            return Rates.entry(self.closed[month], currency, to, month)
        return Rates.entry(self, currency, to, month)


def stated(rates: Rates, month: Month, late: Iterable[Month] = ()) -> dict[str, Any]:
    """Return the rates in force in a month as the ledger keeps them, and the hash of all.

    Args:
        rates: The rates.
        month: The month that is closed.
        late: Closed months whose adjustments it bears, at rates of theirs: such a month may have
            been closed before anything came in one of the currencies.
    """
    found = {"hash": rates.fingerprint, "stated": _in_force(rates, month)}
    more = {str(each): _in_force(rates, each) for each in sorted({*late})}
    return {**found, "late": more} if more else found


def pinned(bodies: Mapping[Month, Mapping[str, Any]]) -> dict[Month, Rates]:
    """Return the rates of each month from what the ledger keeps of closed ones.

    What a month was closed with comes first, then what the earliest later one was, for what
    was late for it.
    """
    found = {month: read(body) for month, body in bodies.items()}
    for _, body in sorted(bodies.items()):
        for text, entries in body.get("late", {}).items():
            month, late = Month.parse(text), read({"stated": entries})
            own = found.get(month, late)
            found[month] = Rates({**late.pairs, **own.pairs}, own.file)
    return found


def _in_force(rates: Rates, month: Month) -> list[dict[str, str]]:
    return [
        {
            "currency": entry.currency,
            "to": entry.to,
            "from": str(entry.start),
            "rate": f"{entry.rate:f}",
            "source": entry.source,
        }
        for currency, to in sorted(rates.pairs)
        if any(each.start <= month for each in rates.pairs[currency, to])
        for entry in [rates.entry(currency, to, month)]
    ]


def read(body: Mapping[str, Any]) -> Rates:
    """Return the rates that the ledger keeps."""
    return Rates.of(
        tuple(
            RateEntry.model_construct(
                currency=each["currency"],
                to=each["to"],
                start=Month.parse(each["from"]),
                rate=exact(each["rate"]),
                source=each["source"],
            )
            for each in body.get("stated", ())
        ),
        "the ledger",
    )
