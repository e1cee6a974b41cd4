"""The lines of a generated file: which resource, which kind of line, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from world import KINDS, SKUS, Ints, World

FEES: Final = ("SavingsPlanRecurringFee", "RIFee", "Fee", "Tax", "Credit", "Refund")
TYPES: Final = (
    "Usage",
    "SavingsPlanCoveredUsage",
    "SavingsPlanNegation",
    "DiscountedUsage",
    *FEES,
)
USAGE, COVERED, NEGATED, RESERVED, PLAN_FEE, RESERVATION_FEE, _, TAX, CREDIT, _ = range(len(TYPES))
FEE_EVERY: Final = 4_000  # lines
COVERED_UPTO, NEGATED_UPTO, RESERVED_UPTO = 15, 18, 26  # percent of what can be covered


@dataclass(frozen=True, slots=True)
class Lines:
    """One file; every column by row, costs in 1e-10.

    Attributes:
        resource, sku, type: Indices into the world, SKUS and TYPES.
        hour: Hour of the month.
        quantity: In 1e-6.
        cost: What the line is about, always positive.
    """

    resource: Ints
    sku: Ints
    type: Ints
    hour: Ints
    quantity: Ints
    cost: Ints


def lines(rng: np.random.Generator, there: World, resources: Ints, hours: int) -> Lines:
    """Draw one file for the resources of its rows."""
    rows = len(resources)
    by_kind = [np.flatnonzero([sku.resource == kind for sku in SKUS]) for kind in KINDS]
    counts = np.array([len(found) for found in by_kind])
    table = np.array([np.resize(found, counts.max()) for found in by_kind])
    kind = there.kinds[resources]
    sku = table[kind, rng.integers(0, 1 << 30, rows) % counts[kind]]
    mean = np.array([each.units for each in SKUS], dtype=np.int64)[sku]
    return Lines(
        resource=resources,
        sku=sku,
        type=_types(rng, sku),
        hour=rng.integers(0, hours, rows),
        quantity=rng.integers(1, 3_600 * 10**6, rows),
        cost=(mean * rng.uniform(0.2, 1.0, rows)).astype(np.int64),
    )


def _types(rng: np.random.Generator, sku: Ints) -> Ints:
    percent = rng.integers(0, 100, len(sku))
    percent[~np.array([each.covered for each in SKUS])[sku]] = 100
    uptos = (COVERED_UPTO, NEGATED_UPTO, RESERVED_UPTO)
    found = np.array([COVERED, NEGATED, RESERVED, USAGE])[np.searchsorted(uptos, percent, "right")]
    fees = np.flatnonzero(np.arange(len(sku)) % FEE_EVERY == FEE_EVERY - 1)
    found[fees] = PLAN_FEE + np.arange(len(fees)) % len(FEES)
    return found


def amounts(drawn: Lines) -> dict[str, Ints]:
    """Return the costs of a file in 1e-10, by the rules of each line type."""
    kind, cost = drawn.type, drawn.cost
    plan, reserved = kind == PLAN_FEE, kind == RESERVED

    def only(where: np.typing.NDArray[np.bool_], units: Ints) -> Ints:
        return np.where(where, units, 0)

    return {
        "unblended": _unblended(kind, cost),
        "list": only(kind != NEGATED, cost + cost // 10),
        "plan_effective": only(kind == COVERED, cost * 72 // 100),
        "plan_total": only(plan, cost),
        "plan_used": only(plan, cost * 9 // 10),
        "reserved": only(reserved, cost * 6 // 10),
        "unused": only(kind == RESERVATION_FEE, cost // 20),
    }


def _unblended(kind: Ints, cost: Ints) -> Ints:
    """Return the invoiced costs; negations together cancel what is covered, in the file."""
    unblended = np.where(kind == RESERVED, 0, np.where(kind >= CREDIT, -cost, cost))
    negated = np.flatnonzero(kind == NEGATED)
    covered = cost[kind == COVERED]
    if len(negated):
        edges = np.linspace(0, len(covered), len(negated) + 1).astype(np.int64)
        unblended[negated] = -np.diff(np.concatenate([[0], np.cumsum(covered)])[edges])
    return unblended


def amortised(kind: Ints, money: dict[str, Ints]) -> Ints:
    """Return the effective cost per line, by the provider's published formula."""
    result = money["unblended"].copy()
    for number, units in {
        COVERED: money["plan_effective"],
        NEGATED: np.zeros_like(kind),
        RESERVED: money["reserved"],
        PLAN_FEE: money["plan_total"] - money["plan_used"],
        RESERVATION_FEE: money["unused"],
    }.items():
        result[kind == number] = units[kind == number]
    return result
