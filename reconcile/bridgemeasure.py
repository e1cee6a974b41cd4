"""What is measured of rebaselines, each with its one definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconcile.measure import Measure

REBASELINE: Final[Mapping[str, Measure]] = {
    "bac0": Measure(
        "BAC₀", "plan", "budget at completion of the first approved version, without contingency"
    ),
    "rebaselined": Measure(
        "Rebaselined", "plan", "what versions changed since BAC₀; + raised the budget"
    ),
    "bac_drawn": Measure(
        "Drawn", "plan", "contingency that was drawn into items: the rest of BAC minus BAC₀"
    ),
    "dbac0": Measure("ΔBAC₀", "forecast", "EAC minus BAC₀; + is over the original budget"),
    "pl0": Measure("PL₀", "plan", "plan to date of the first approved version"),
    "dpl0": Measure("ΔPL₀", "effective", "actual to date minus PL₀; + is over the original plan"),
    "bridge_added": Measure("Added", "plan", "amount of an item that the version before lacks"),
    "bridge_removed": Measure("Removed", "plan", "amount of an item that the new version lacks"),
    "bridge_quantity": Measure(
        "Quantity", "plan", "change of an item's quantity, at its old price"
    ),
    "bridge_price": Measure("Price", "plan", "change of an item's price, at its new quantity"),
    "bridge_amount": Measure(
        "Amount", "plan", "change of an item that is stated as an amount, or whose unit changed"
    ),
    "bridge_currency": Measure(
        "Currency", "plan", "change of an item whose plan went to another currency"
    ),
    "bridged": Measure("Sum", "plan", "change of an item's amount from one version to the next"),
}
