"""Which item of a plan a charge belongs to that no rule gave an item.

A rule need not name items. Where a category has one item, its charges are of that item; where
it has several, a charge is of the only one that is planned in a unit like its own. What is left
is compared with all items of the category that nothing was charged to, as one amount: were it
beside them, each of them would look saved, and the charge unplanned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from models.period import Month
from models.unit import unit
from reconcile.driver.charged import BASE, Cell, Lot
from reconcile.driver.planned import Key, PlanCell

NOBODYS = ""  # the item of what no rule gave one

_Scope = tuple[str, str]  # project, category
_Items = Mapping[str, str | None]  # id: unit


@dataclass(frozen=True, slots=True)
class Lines:
    """Plan and charges by project, category, item and month."""

    planned: Mapping[Key, PlanCell]
    charged: Mapping[Key, list[Lot]]

    @property
    def keys(self) -> list[Key]:
        """Every line, in order."""
        return sorted({*self.planned, *self.charged})


def housed(planned: Mapping[Key, PlanCell], lots: Mapping[Cell, Iterable[Lot]]) -> Lines:
    """Return plan and charges, each charge with the item it is compared with."""
    items = _items(planned)
    charged: defaultdict[Key, list[Lot]] = defaultdict(list)
    for (project, category, month), found in lots.items():
        mine = items.get((project, category), {})
        for lot in found:
            charged[project, category, _home(lot, mine), month].append(lot)
    pools = _pools(items, charged)
    return Lines(_pooled(planned, pools), _moved(charged, pools))


def _items(planned: Mapping[Key, PlanCell]) -> dict[_Scope, dict[str, str | None]]:
    found: defaultdict[_Scope, dict[str, str | None]] = defaultdict(dict)
    for (project, category, item, _), cell in sorted(planned.items(), key=lambda each: each[0]):
        found[project, category].setdefault(item, cell.unit)
    return dict(found)


def _home(lot: Lot, items: _Items) -> str:
    if lot.item or not items:
        return lot.item
    if len(items) == 1:
        return next(iter(items))
    alike = [
        item
        for item, planned in items.items()
        if lot.unit and planned and unit(lot.unit).measures == unit(planned).measures
    ]
    return alike[0] if len(alike) == 1 else NOBODYS


def _pools(
    items: Mapping[_Scope, _Items], charged: Mapping[Key, Iterable[Lot]]
) -> dict[_Scope, frozenset[str]]:
    """Return the items that are compared with what is nobody's, by project and category."""
    own: defaultdict[_Scope, set[str]] = defaultdict(set)
    for (project, category, item, _), lots in charged.items():
        if any(lot.apart == BASE and lot.cost for lot in lots):
            own[project, category].add(item)
    return {
        scope: frozenset(mine) - own[scope]
        for scope, mine in items.items()
        if NOBODYS in own[scope] and NOBODYS not in mine
    }


def _pooled(
    planned: Mapping[Key, PlanCell], pools: Mapping[_Scope, frozenset[str]]
) -> dict[Key, PlanCell]:
    found: dict[Key, PlanCell] = {}
    for key, cell in planned.items():
        project, category, item, month = key
        pool = pools.get((project, category), frozenset())
        if len(pool) < 2 or item not in pool:  # noqa: PLR2004 - one item needs no pool
            found[key] = cell
            continue
        where = (project, category, NOBODYS, month)
        known = found.get(where)
        bare = PlanCell(amount=cell.amount, start=cell.start, rate=cell.rate)
        found[where] = known.with_more(cell.amount) if known else bare
    return found


def _moved(
    charged: Mapping[Key, list[Lot]], pools: Mapping[_Scope, frozenset[str]]
) -> dict[Key, list[Lot]]:
    """Give what is nobody's to the only item that nothing was charged to."""
    found: defaultdict[Key, list[Lot]] = defaultdict(list)
    for (project, category, item, month), lots in charged.items():
        pool = pools.get((project, category), frozenset())
        alone = item == NOBODYS and len(pool) == 1
        where: tuple[str, str, str, Month] = (
            (project, category, next(iter(pool)), month)
            if alone
            else (project, category, item, month)
        )
        found[where] += [replace(lot, item=where[2]) for lot in lots]
    return dict(found)
