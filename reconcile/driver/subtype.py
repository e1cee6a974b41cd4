"""Sub-types of an item: units of which the plan has a price, and units that took their place.

A plan says what its price rests on (`price_basis`): spot, on demand, committed, and perhaps an
accelerator. Units of that kind are the planned ones. Others are at what the rate card says of
them, which for units on demand is their list price; of a kind that no rate card prices they are
taken at the plan's price, and `price` bears what they cost. A plan that does not say what its
price rests on has one price for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from models.canonical import canonical_value
from reconcile.anchors import Part
from reconcile.driver.counted import Share
from reconcile.driver.planned import PlanCell

ON_DEMAND: Final = "Standard"
# pricing category of FOCUS: how plans call it
_CALLED: Final = {
    "Dynamic": ("spot", "preemptible", "dynamic"),
    ON_DEMAND: ("on demand", "ondemand", "list", "standard"),
    "Committed": ("commit", "reserved", "savings plan"),
}


def parts(planned: PlanCell, shares: Sequence[Share]) -> list[Part]:
    """Return the planned sub-type first, then each other one that was used."""
    mine = [share for share in shares if _is_planned(share, planned.basis, shares)]
    used = sum((share.used for share in mine), Fraction(0))
    first = Part(planned=planned.quantity or Fraction(0), price=planned.price, used=used)
    others = [share for share in shares if share not in mine]
    return [first, *(_other(share, planned) for share in others)]


def _is_planned(share: Share, basis: str, shares: Sequence[Share]) -> bool:
    said = _spaced(basis)
    wanted = [kind for kind, names in _CALLED.items() if any(name in said for name in names)]
    gpus = [each.gpu for each in shares if each.gpu and _spaced(each.gpu) in said]
    priced = not wanted or share.pricing is None or share.pricing in wanted
    return priced and (not gpus or share.gpu in gpus)


def _other(share: Share, planned: PlanCell) -> Part:
    known = share.pricing == ON_DEMAND and share.listed > 0
    price = share.listed / Fraction(planned.rate) if known else None
    return Part(planned=Fraction(0), price=price, used=share.used)


def _spaced(text: str) -> str:
    return canonical_value(text).replace("_", " ").replace("-", " ")
