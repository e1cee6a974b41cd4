"""What the rows of a document count for: actual and amortised costs are two views of one month.

Actual cost has what was invoiced: usage that a reservation or savings plan covers costs
nothing, and its purchase costs all. Amortised cost has the purchase spread over the usage it
covers and over what went unused, and no purchase. All other rows are in both. A pair of them
is one delivery, in which each amount counts once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Dataset = Literal["focus", "actual", "amortized"]
DATASETS: Final[tuple[Dataset, ...]] = ("focus", "actual", "amortized")


@dataclass(frozen=True, slots=True)
class Role:
    """Which costs the rows of a document state; a row that states none is no charge.

    Attributes:
        billed, effective: Whether ordinary rows do.
        commitment_billed, commitment_effective: Whether rows of reservations and savings
            plans do: their purchases, the usage they cover, and what went unused.
    """

    billed: bool
    effective: bool
    commitment_billed: bool
    commitment_effective: bool


ROLES: Final = {
    # A dataset alone. Actual cost cannot say what to spread: purchases count when bought.
    "actual": Role(True, True, True, True),  # noqa: FBT003 - in the order of the fields
    "amortized": Role(True, True, False, True),  # noqa: FBT003
    # One object that is a part of both datasets of a pair; it has no commitment.
    "both": Role(True, True, True, True),  # noqa: FBT003
    # A pair whose ordinary rows are the same.
    "actual of a pair": Role(True, True, True, False),  # noqa: FBT003
    "amortized of a pair": Role(False, False, False, True),  # noqa: FBT003
    # A pair whose ordinary rows differ: two runs hours apart. Each states its own basis.
    "actual apart": Role(True, False, True, False),  # noqa: FBT003
    "amortized apart": Role(False, True, False, True),  # noqa: FBT003
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the documents of a delivery are read; what `Delivery.table` holds.

    Attributes:
        dataset: `focus` or `details`.
        roles: Of each document of cost details, by SHA-256.
        rows: How many data rows the manifest states, by SHA-256.
        apart: How the ordinary rows of a pair differ; empty when they do not.
    """

    dataset: str
    roles: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    apart: str = ""

    @property
    def text(self) -> str:
        """The reading as text."""
        return json.dumps(
            {
                "apart": self.apart,
                "dataset": self.dataset,
                "roles": dict(self.roles),
                "rows": dict(self.rows),
            },
            sort_keys=True,
        )

    @classmethod
    def of(cls, text: str) -> Reading:
        """Return the reading that a text holds."""
        return cls(**json.loads(text))
