"""Pins: everything that a month is closed with, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The books of a closed month: a document of the archive, in the form of `models.books`.

    Attributes:
        sha256: Hash of its bytes.
        rows: How many rows it has.
        sums: Exact sums by currency and measure, as text.
    """

    sha256: str
    rows: int
    sums: Mapping[str, Mapping[str, str]]

    def body(self) -> dict[str, Any]:
        """Return it as the ledger keeps it."""
        sums = {currency: dict(measures) for currency, measures in self.sums.items()}
        return {"sha256": self.sha256, "rows": self.rows, "sums": sums}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What a month is closed with; `scheduler.close.closing.freeze` makes them.

    Attributes:
        rules: Hash of the version of the rules by which it counts.
        program: The version of attribution that made the books.
        plans: Version and hash of the plan of each project that has one.
        rates: `hash` of all rates, and those in force, `stated`, as `models.pinnedrates` reads.
        settings: Hash of the settings that figures depend on.
        books: The frozen books; None keeps the pinned deliveries alone.
        reports: Hash of each document of the report that was signed, by its form.
    """

    rules: str
    program: str = ""
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rates: Mapping[str, Any] = field(default_factory=dict)
    settings: str = ""
    books: Held | None = None
    reports: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return them as the ledger keeps them."""
        found = {
            "rules": self.rules,
            "program": self.program,
            "plans": {project: dict(each) for project, each in self.plans.items()},
            "rates": dict(self.rates),
            "settings": self.settings,
            "reports": dict(self.reports),
        }
        return {**found, "books": self.books.body()} if self.books else found
