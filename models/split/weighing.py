"""Weighing: how much of a pool each target bears on a day, by the method of its split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal
from typing import Final

from models.category import UNALLOCATED
from models.money import SCALE, WIDE, plain
from models.project import Registry
from models.split.driver import UNIT, Drivers, Measured
from models.split.split import (
    IDLE,
    UNCLAIMED,
    UNDIVIDED,
    Even,
    Fixed,
    Method,
    Spend,
    Split,
    Usage,
    reached,
)
from models.split.weight import Note, Standing, Weighing, Weight, weights

HOURS: Final = 24  # of an accelerator in a day
NAMED: Final = 3  # projects in one line, those that used the most first
_EXACT: Final = Context(prec=WIDE)


@dataclass(frozen=True, slots=True)
class Scales:
    """What weighs the targets of splits.

    Attributes:
        splits: All splits by id.
        registry: The projects.
        drivers: What was used and spent.
    """

    splits: Mapping[str, Split]
    registry: Registry
    drivers: Drivers

    def weighed(self, split: Split, month: str, day: date, billed: int) -> Weighing:
        """Return what the targets of a split weigh on a day.

        Where its method gives nobody a share the declared other one holds; where that does
        not either, all is `unallocated`, with an end of its own.

        Args:
            split: The split.
            month: Whose deliveries the drivers are from, `YYYY-MM`.
            day: The day of the shared cost, which decides who is under way and who bears it.
            billed: What the shared charges say there was to use, in units of UNIT.
        """
        now = Standing.on(day, self.registry)
        found = self._by(split.by, month, now, billed)
        if found.holds:
            return found
        other = self._by(split.otherwise, month, now, billed) if split.otherwise else found
        if other.holds:
            return replace(other, why=found.why, notes=found.notes + other.notes)
        lost = (Weight(UNALLOCATED, UNDIVIDED, UNIT),)
        return replace(found, weights=lost, method="none", unit="")

    def _by(self, method: Method, month: str, now: Standing, billed: int) -> Weighing:
        match method:
            case Fixed():
                return _fixed(method, now)
            case Even():
                return self._even(method, now)
            case _:
                return self._driven(method, month, now, billed)

    def _even(self, by: Even, now: Standing) -> Weighing:
        """Return the same for each target; of several that merged, for the one they went into."""
        live = {now.bearer(each) for each in by.among if any(map(now.under_way, self._of(each)))}
        return Weighing(
            weights=weights(dict.fromkeys(live, UNIT)),
            method="even",
            unit="targets",
            why="" if live else "no target is under way",
        )

    def _driven(self, by: Usage | Spend, month: str, now: Standing, billed: int) -> Weighing:
        measured = self.drivers.measured(by, month)
        claims = self._claims(by.among, now)
        named = {now.bearer(each) for each in claims.values()} if by.among else ()
        targets, others = Counter(dict.fromkeys(named, 0)), Counter[str]()
        for project, units in measured.projects.items():
            bearer = now.bearer(claims[project]) if project in claims else None
            (others if bearer is None else targets)[bearer or project] += max(units, 0)
        if isinstance(by, Spend):
            return _told("spend", measured, weights(targets), ())
        capacity = self._capacity(by, month, billed)
        used = targets.total() + others.total() + measured.nobody
        idle = measured.idle if capacity is None else max(capacity - used, 0)
        ends = {UNCLAIMED: measured.nobody, IDLE: idle if by.idle == "visible" else 0}
        notes = [*_beyond(used, capacity, by), *_left_out(others, by)]
        return _told("usage", measured, weights(targets, ends), notes)

    def _capacity(self, by: Usage, month: str, billed: int) -> int | None:
        """Return what there was to use, in units; None where that is not asked."""
        match by.capacity:
            case None:
                return None
            case "billed":
                return max(billed, 0)
            case machines:
                return int(machines.scaleb(SCALE, _EXACT)) * HOURS * self.drivers.days(month)

    def _claims(self, among: Iterable[str], now: Standing) -> dict[str, str]:
        """Return the target that each project's use counts for, of projects under way.

        What a project uses after it merged is told as use of the one it went into, and counts
        for its target, unless that one is a target itself.
        """
        claims = {each: target for target in sorted(among) for each in self._of(target)}
        claims = claims or {each: each for each in self.registry.ids}
        for project, target in sorted(claims.items()):
            claims.setdefault(now.bearer(project), target)
        return {each: target for each, target in claims.items() if now.under_way(each)}

    def _of(self, target: str) -> frozenset[str]:
        if target not in self.splits:
            return frozenset((target,))
        return reached(target, self.splits, self.registry.ids)


def _fixed(by: Fixed, now: Standing) -> Weighing:
    """Return shares as declared: also of a project that has ended, whose they are until changed."""
    targets, notes = Counter[str](), []
    for target, percent in by.shares:
        bearer = now.bearer(target)
        targets[bearer] += int(percent.scaleb(SCALE, _EXACT))
        if bearer in now.bearers and not now.under_way(bearer):
            said = f"{percent} percent go to '{bearer}', which is not under way on {now.day}"
            notes.append(
                ("split_not_under_way", f"{said}; change its shares, or the project's days")
            )
    return Weighing(weights=weights(targets), method="fixed", unit="percent", notes=tuple(notes))


def _told(
    method: str, measured: Measured, found: tuple[Weight, ...], notes: Iterable[Note]
) -> Weighing:
    """Return a weighing by driver; of what is not told at all nothing follows, not even idle."""
    what = "spend" if method == "spend" else measured.unit
    if measured.told:
        none = not any(each.units for each in found)
        why = f"the {what} of its targets is zero" if none else ""
    else:
        found, why = (), f"no {what} is told"
    return Weighing(weights=found, method=method, unit=measured.unit, why=why, notes=(*notes,))


def _beyond(used: int, capacity: int | None, by: Usage) -> Iterator[Note]:
    if capacity is not None and used > capacity:
        said = f"{_shown(used)} {by.driver} were used of {_shown(capacity)} there were"
        yield "split_beyond_capacity", f"{said}; nothing is idle; check capacity and usage"


def _left_out(others: Mapping[str, int], by: Usage) -> Iterator[Note]:
    some = sorted((-units, project) for project, units in others.items() if units)
    if some:
        names = ", ".join(f"'{project}'" for _, project in some[:NAMED])
        more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
        said = f"{_shown(-sum(units for units, _ in some))} {by.driver} are of {names}{more}"
        yield "split_left_out", f"{said}, no target under way; the targets bear their part"


def _shown(units: int) -> str:
    return plain(Decimal(units).scaleb(-SCALE, _EXACT))
