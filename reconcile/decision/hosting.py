"""Hosting or API: from which volume on one costs less than the other; a range, not a verdict.

N* = F / (p - v) x 1,000 tokens a month, with F the fixed cost of hosting, p the price of an API
for 1,000 tokens and v what 1,000 more tokens cost us; there is none where p is not above v.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final

PER: Final = 1000  # tokens that prices are of
SECONDS: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """What serves, of which the cost of the month is; `capacity` is tokens a month of one."""

    capacity: Fraction
    replicas: int = 1

    @property
    def whole(self) -> Fraction:
        """Tokens a month of all."""
        return self.capacity * self.replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Fixed cost of a month; of it `machines` grows with every replica, the rest does not."""

    machines: Fraction
    ops: Fraction = Fraction(0)
    amortised: Fraction = Fraction(0)

    @property
    def total(self) -> Fraction:
        """All of it."""
        return self.machines + self.ops + self.amortised


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The volume at which hosting and an API cost the same.

    Attributes:
        price: Of 1,000 tokens at the API.
        tokens: A month; None where the API is not above our own marginal cost, or more
            machines never pay for themselves.
        replicas: How many machines that volume needs; None where it is unknown.
        fixed: Cost of the month with so many.
    """

    price: Fraction
    tokens: Fraction | None
    replicas: int | None
    fixed: Fraction


def tokens_a_month(per_second: Decimal, utilisation: Decimal, hours: Decimal) -> Fraction:
    """Return how many tokens one replica can serve in a month."""
    return Fraction(per_second) * SECONDS * Fraction(hours) * Fraction(utilisation)


def break_even(
    fixed: Fixed, price: Fraction, own: Fraction, machines: Machines | None = None
) -> BreakEven:
    """Return the break-even at a price, with as many machines as it needs.

    Args:
        fixed: Fixed cost of the month.
        price: API, for 1,000 tokens.
        own: What 1,000 more tokens cost us.
        machines: What serves; None when capacity is unknown, and never the limit.
    """
    margin = price - own
    if margin <= 0:
        return BreakEven(price, None, machines.replicas if machines else None, fixed.total)
    tokens = fixed.total / margin * PER
    if machines is None or tokens <= machines.whole:
        return BreakEven(price, tokens, machines.replicas if machines else None, fixed.total)
    return _stepped(fixed, price, margin, machines)


def _stepped(fixed: Fixed, price: Fraction, margin: Fraction, machines: Machines) -> BreakEven:
    """Return the break-even that lies beyond what the machines can serve."""
    step = fixed.machines / machines.replicas
    gain = machines.capacity * margin / PER - step  # what one more brings, when it is busy
    if gain <= 0:
        return BreakEven(price, None, None, fixed.total)
    count = max(machines.replicas + 1, ceil((fixed.ops + fixed.amortised) / gain))
    whole = step * count + fixed.ops + fixed.amortised
    return BreakEven(price, whole / margin * PER, count, whole)


def own_cost(fixed: Fixed, own: Fraction, tokens: Fraction) -> Fraction | None:
    """Return what 1,000 tokens really cost us; None without a token."""
    return fixed.total * PER / tokens + own if tokens > 0 else None


def answer(cost: Fraction | None, low: Fraction, high: Fraction) -> str:
    """Return what actual cost means against a range of prices; never one word for all of it."""
    if cost is None:
        return "no tokens are known, so only the break-even can be told"
    if cost < low:
        return "hosting costs less than the API at every price given"
    if cost > high:
        return "the API costs less than hosting at every price given"
    return "depends on the price: hosting costs less than an API above its own cost, and more below"
