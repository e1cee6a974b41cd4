"""Measures: what a figure may be of, each with its one definition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: the last part of a figure id.

    Attributes:
        title: Its short name in headings.
        basis: effective, billed, plan or forecast; never two in one figure.
        definition: One sentence; the only definition of the figure.
        unit: `%`, or empty for the currency of the report.
    """

    title: str
    basis: str
    definition: str
    unit: str = ""
