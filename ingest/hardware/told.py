"""Hours that were told about a month: who used which cluster, and which documents say so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from ingest.hardware.share import same
from models.money import WIDE

Used = Mapping[str, Mapping[str, Decimal]]  # hours by cluster and unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a source of hours says about one month, decided when it was fetched.

    Attributes:
        of: Hours by cluster and unit; the empty cluster is that of rows that name none.
        so_far: The same from the first month of use to this one, for what is disposed of.
        documents: SHA-256 of the documents it was summed from.
        manifest: SHA-256 of what lists them; empty when nothing was told.
        aside: How many of their rows cannot be read.
    """

    of: Used = field(default_factory=dict)
    so_far: Used = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    manifest: str = ""
    aside: int = 0

    def used(self, cluster: str, *, alone: bool, so_far: bool = False) -> dict[str, Decimal]:
        """Return the hours of a cluster by unit.

        Args:
            cluster: Its name.
            alone: Whether the register knows no other, so that rows without one are of it.
            so_far: Of all months, instead of this one.
        """
        found: dict[str, Decimal] = {}
        for name, units in (self.so_far if so_far else self.of).items():
            if same(cluster, name) or (alone and not name and cluster):
                added(found, units)
        return found


def added(to: dict[str, Decimal], units: Mapping[str, Decimal]) -> None:
    """Add hours of units to others."""
    with localcontext(prec=WIDE):
        for unit, hours in units.items():
            to[unit] = to.get(unit, Decimal(0)) + hours


def text(told: Told) -> str:
    """Return what was told as JSON, the same text for the same."""
    content = {
        "hours": _plain(told.of),
        "so_far": _plain(told.so_far),
        "documents": list(told.documents),
        "manifest": told.manifest,
        "aside": told.aside,
    }
    return json.dumps(content, sort_keys=True)


def read(content: Mapping[str, Any]) -> Told:
    """Return what `text` wrote, read as JSON."""
    return Told(
        of=_exact(content["hours"]),
        so_far=_exact(content["so_far"]),
        documents=tuple(content["documents"]),
        manifest=content["manifest"],
        aside=content["aside"],
    )


def _plain(used: Used) -> dict[str, dict[str, str]]:
    return {
        cluster: {unit: f"{hours.normalize():f}" for unit, hours in units.items()}
        for cluster, units in used.items()
    }


def _exact(content: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Decimal]]:
    return {
        cluster: {unit: Decimal(hours) for unit, hours in units.items()}
        for cluster, units in content.items()
    }
