"""One line: plan and actual of one item in one month, and the parts between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from models.money import ZERO
from models.period import Month
from models.subunit import places
from reconcile.anchors import Decomposition, Factor, decomposed, unexplained
from reconcile.check import agree
from reconcile.driver.activity import Activity, Loss
from reconcile.driver.charged import APART
from reconcile.driver.counted import Counted
from reconcile.driver.planned import Key, PlanCell
from reconcile.driver.subtype import parts

UNPLANNED: Final = "nothing planned"
STATED: Final = "planned as an amount"
DRAWN: Final = "contingency was drawn into its plan"
JOINER: Final = " x "

Kind = Literal["item", "mix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLine:
    """Why one item costs more or less; + is over plan.

    Attributes:
        item: Id of the plan's item; empty for what no rule gave one. Of a line of kind `mix`
            what its unit measures.
        kind: `mix` moves between volume and mix what several items of one unit do together.
        month: The month, or the last one of a line to date.
        unit: Unit of the quantities; None where nothing is counted.
        planned, used: Quantities; None where nothing is counted.
        kept: What was used and not lost in attempts that failed.
        planned_price, price: Of one unit, in the reporting currency.
        split: Plan, actual and the parts; its plan is zero where nothing was planned.
        is_planned: Whether the plan says anything of it, be it zero.
        why: What keeps it from being explained by quantities; empty for nothing.
        drawn: Of its plan, what was drawn from contingency; no quantity stands behind it.
    """

    project: str
    category: str
    item: str
    month: Month
    split: Decomposition
    kind: Kind = "item"
    unit: str | None = None
    planned: Fraction | None = None
    used: Fraction | None = None
    kept: Fraction | None = None
    planned_price: Fraction | None = None
    price: Fraction | None = None
    is_planned: bool = True
    why: str = ""
    drawn: Decimal = ZERO

    @property
    def where(self) -> str:
        """How an error names it."""
        return f"{self.project} {self.category} {self.item or '(no item)'} {self.month}"


@dataclass(frozen=True, slots=True)
class Teller:
    """What tells why; `activity` is what was done, `currency` the reporting one."""

    activity: Activity
    currency: str

    def line(self, key: Key, planned: PlanCell | None, counted: Counted, loss: Loss) -> DriverLine:
        """Return the line of one item and month, checked.

        Args:
            key: Project, category, item, month.
            planned: What was planned; None for nothing.
            counted: What was charged.
            loss: What of it is of attempts that failed.

        Raises:
            InvariantError: when the parts do not sum to actual less plan.
        """
        kept = counted.without(loss)
        split, why = self._split(key, planned, kept)
        apart: dict[str, Any] = {name: counted.apart.get(name, ZERO) for name in APART}
        spent = split.spend + kept.beside
        whole = replace(split, actual=counted.actual, waste=loss.cost, spend=spent, **apart)
        line = DriverLine(
            project=key[0],
            category=key[1],
            item=key[2],
            month=key[3],
            split=whole,
            is_planned=planned is not None,
            why="; ".join(text for text in (why, *counted.said) if text),
            **_numbers(planned, counted, kept),
        )
        return checked(line)

    def _split(
        self, key: Key, planned: PlanCell | None, kept: Counted
    ) -> tuple[Decomposition, str]:
        """Return the parts of what is not apart, beside or lost, and what hinders them."""
        if planned is None:
            return Decomposition(plan=ZERO, actual=kept.cost, unplanned=kept.cost), UNPLANNED
        hindered = STATED if planned.quantity is None else kept.hindered
        if hindered:
            return unexplained(planned.amount, kept.cost, kept.paid), hindered
        split = decomposed(
            parts(planned, kept.shares),
            kept.cost,
            paid=kept.paid,
            plan=planned.amount - planned.drawn,
            rate=planned.rate,
            factors=self._factors(key, planned, kept),
            places=places(self.currency),
        )
        whole = replace(split, plan=planned.amount, spend=split.spend - planned.drawn)
        return whole, DRAWN if planned.drawn else ""

    def _factors(self, key: Key, planned: PlanCell, kept: Counted) -> Sequence[Factor]:
        """Return the factors whose actual value is known, in order, and one of all that follow.

        Without the first of them the volume is not divided.
        """
        project, category, _, month = key
        found: list[Factor] = []
        for name, value in planned.factors[:-1]:
            known = self.activity.factor(project, month, category, name)
            actual = Fraction(0) if known is None and not kept.used else known
            if actual is None or not value:
                break
            found.append(Factor(name, value, actual))
        rest = JOINER.join(name for name, _ in planned.factors[len(found) :])
        return [*found, Factor(rest, Fraction(1), Fraction(1))] if found else ()


def checked(line: DriverLine) -> DriverLine:
    """Return a line whose parts sum to its difference.

    Raises:
        InvariantError: when they do not.
    """
    split = line.split
    agree(f"parts of {line.where}", sum(split.parts.values(), split.plan), split.actual)
    return line


def _numbers(planned: PlanCell | None, counted: Counted, kept: Counted) -> dict[str, Any]:
    """Return quantities and prices of both sides, as far as they are known."""
    if planned is None or planned.quantity is None or planned.price is None:
        return {}
    price = planned.price * Fraction(planned.rate)
    known = {"unit": planned.unit, "planned": planned.quantity, "planned_price": price}
    if counted.hindered:
        return known
    counts = {"used": counted.used, "kept": kept.used, "price": counted.price}
    return {**known, **counts, "drawn": planned.drawn}
