"""The difference of two plans as aligned text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.money import ZERO, plain
from models.period import Month
from models.plan.bridge import KINDS, bridge, total
from models.plan.item import PlanItem
from models.plan.plan import Plan
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE
from reconcile.report.plans import as_json, head, title

Amounts = Mapping[tuple[str, Month], Decimal]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two plans side by side; differences are the second minus the first.

    Attributes:
        old: The first.
        new: The second.
    """

    old: Plan
    new: Plan

    @property
    def months(self) -> tuple[Month, ...]:
        """Months of either."""
        return tuple(sorted({*self.old.months, *self.new.months}))

    def cells(self) -> dict[str, dict[Month, Decimal]]:
        """Return the difference of each category by month, of those that differ."""
        before, after = _cells(self.old), _cells(self.new)
        found: dict[str, dict[Month, Decimal]] = {}
        for category, month in sorted({*before, *after}):
            amount = after.get((category, month), ZERO) - before.get((category, month), ZERO)
            if amount:
                found.setdefault(category, {})[month] = amount
        return found

    def drivers(self) -> list[tuple[str, str, str, str]]:
        """Return item, driver, and what each of the two says of it, where they differ."""
        before, after = ({item.id: _drivers(item) for item in plan.items} for plan in self.both)
        return [
            (item, name, before.get(item, {}).get(name, NONE), after.get(item, {}).get(name, NONE))
            for item in dict.fromkeys((*before, *after))
            for name in dict.fromkeys((*before.get(item, {}), *after.get(item, {})))
            if before.get(item, {}).get(name) != after.get(item, {}).get(name)
        ]

    @property
    def both(self) -> tuple[Plan, Plan]:
        """The first and the second."""
        return self.old, self.new


def table(found: Difference) -> str:
    """Return what differs for a terminal: categories by month, items by reason, drivers."""
    old, new = found.both
    steps = bridge(old, new)
    cells = found.cells()
    heads = ["category", *map(str, found.months), "total"]
    rows = [
        [
            name,
            *(_signed(row.get(month, ZERO)) for month in found.months),
            _signed(sum(row.values(), ZERO)),
        ]
        for name, row in cells.items()
    ]
    items = [[visible(each.item), each.category, each.kind, _signed(each.amount)] for each in steps]
    budget = (
        f"budget {old.base} -> {new.base} ({_signed(new.base - old.base)}), contingency "
        f"{old.contingency} -> {new.contingency}, total {old.total} -> {new.total}"
    )
    lines = [
        f"from {title(old)}",
        f"to   {title(new)}",
        budget,
    ]
    if rows:
        lines += ["", *aligned([heads, *rows], range(1, len(heads)))]
    if items:
        sums = ["sum", "", "", _signed(total(steps))]
        lines += ["", *aligned([["item", "category", "by", "amount"], *items, sums], (3,))]
    if drivers := found.drivers():
        shown_drivers = [tuple(map(visible, each)) for each in drivers]
        lines += ["", *aligned([("item", "driver", "before", "after"), *shown_drivers], ())]
    return "".join(f"{line}\n" for line in lines)


def document(found: Difference) -> str:
    """Return the same as JSON."""
    steps = bridge(*found.both)
    content = {
        "from": head(found.old),
        "to": head(found.new),
        "bac": [str(found.old.base), str(found.new.base)],
        "contingency": [str(found.old.contingency), str(found.new.contingency)],
        "categories": {
            name: {str(month): str(amount) for month, amount in row.items()}
            for name, row in found.cells().items()
        },
        "items": [
            {
                "item": each.item,
                "category": each.category,
                "by": each.kind,
                "amount": str(each.amount),
            }
            for each in steps
        ],
        "sums": {kind: str(total(steps, kind)) for kind in KINDS},
        "drivers": [
            dict(zip(("item", "driver", "before", "after"), each, strict=True))
            for each in found.drivers()
        ],
    }
    return as_json(content)


def _drivers(item: PlanItem) -> dict[str, str]:
    """Return what an item rests on."""
    price = {} if item.unit_price is None else {"unit_price": plain(item.unit_price)}
    unit = {"unit": item.unit} if item.unit else {}
    return {name: plain(number) for name, number in item.quantity.items()} | unit | price


def _cells(plan: Plan) -> Amounts:
    found: dict[tuple[str, Month], Decimal] = {}
    for category, _, month, amount in plan.amounts():
        found[category, month] = found.get((category, month), ZERO) + amount
    return found


def _signed(amount: Decimal) -> str:
    return f"{amount:+}" if amount else "0"
