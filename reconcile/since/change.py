"""Changes: how each reading went from one report to another, cause by cause.

Between the two states one kind of input after another is exchanged, in one order; what a
reading moves by with each is that cause's part. As each part is the difference of two readings
that follow each other, the parts sum to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate, pairwise
from typing import Final

from models.errors import InvariantError
from models.money import WIDE, ZERO, rounded
from reconcile.since.reading import Reading, Readings

# in the order in which they are exchanged: what was billed, what it is taken for, what it is
# compared with, and at last what only the passing of time does
CAUSES: Final[Mapping[str, str]] = {
    "bill": "deliveries of bills, new or restated",
    "invoice": "deliveries of invoices, new, late or corrected",
    "purchases": "orders, wallets and commitments, and so accruals",
    "rules": "rules, splits and projects",
    "rates": "exchange rates",
    "plan": "plans and their approvals",
    "settings": "every other file of the configuration",
    "close": "months that were closed or reopened, and what is posted elsewhere for it",
    "time": "the day, and the month that is reported",
}


@dataclass(frozen=True, slots=True)
class Step:
    """The readings once some causes are exchanged; several where they only go together.

    The same causes may be exchanged several times, as before a month is closed and after it.
    """

    causes: tuple[str, ...]
    readings: Readings


@dataclass(frozen=True, slots=True)
class Changed:
    """A reading that changed; amounts in the reporting currency, exact.

    Attributes:
        parts: What each step moved it by, in their order; those that move nothing left out.
    """

    reading: Reading
    before: Decimal
    after: Decimal
    parts: Mapping[tuple[str, ...], Decimal]

    @property
    def change(self) -> Decimal:
        """What the causes sum to: after minus before."""
        with localcontext(prec=WIDE):
            return sum(self.parts.values(), ZERO)

    def rounded(self, places: int = 2) -> Changed:
        """Return it as it is printed: before, the sum after each cause, and after, rounded once.

        So the parts sum to the difference of what is printed, to the last digit.
        """
        states = list(accumulate(self.parts.values(), _plus, initial=self.before))
        shown = [rounded(each, places) for each in states]
        parts = (_plus(after, -before) for before, after in pairwise(shown))
        return Changed(self.reading, shown[0], shown[-1], dict(zip(self.parts, parts, strict=True)))


def _plus(one: Decimal, other: Decimal) -> Decimal:
    with localcontext(prec=WIDE):
        return one + other


def changes(first: Readings, steps: Sequence[Step]) -> tuple[Changed, ...]:
    """Return every reading that a step moved, sorted.

    Args:
        first: The readings of the earlier report.
        steps: What came of each exchange, in order; the last has those of the later report.

    Raises:
        InvariantError: when causes do not sum to the change.
    """
    states = [first, *(step.readings for step in steps)]
    keys = sorted({key for state in states for key in state})
    with localcontext(prec=WIDE):
        found = [_changed(key, [state.get(key, ZERO) for state in states], steps) for key in keys]
    return tuple(each for each in found if each.parts)


def _changed(key: Reading, values: Sequence[Decimal], steps: Iterable[Step]) -> Changed:
    moved: dict[tuple[str, ...], Decimal] = {}
    for step, (before, after) in zip(steps, pairwise(values), strict=True):
        moved[step.causes] = moved.get(step.causes, ZERO) + after - before
    parts = {causes: part for causes, part in moved.items() if part}
    found = Changed(key, values[0], values[-1], parts)
    if _plus(found.before, found.change) != found.after:
        raise InvariantError(
            f"{key.scope}/{key.period}/{key.measure}: went from {found.before} to {found.after}, "
            f"but its causes sum to {found.change}"
        )
    return found


def columns(found: Iterable[Changed]) -> tuple[tuple[str, ...], ...]:
    """Return the causes that moved anything, in the order in which they were exchanged."""
    order = list(CAUSES)
    moved = {causes for each in found for causes in each.parts}
    return tuple(sorted(moved, key=lambda causes: order.index(causes[-1])))


def within(found: Iterable[Changed], scopes: Iterable[str]) -> Iterator[Changed]:
    """Yield the changes of some scopes and of what is below them."""
    wanted = tuple(scopes)
    for each in found:
        if any(f"{each.reading.scope}/".startswith(f"{scope}/") for scope in wanted):
            yield each
