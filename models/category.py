"""The eight terms of the TCO formula, and the row for what no rule caught."""

from __future__ import annotations

from typing import Final

# in the order of the formula
TERMS: Final = (
    "training_compute",
    "data",
    "labor",
    "infra",
    "inference",
    "ops_overhead",
    "depreciation",
)
CONTINGENCY: Final = "contingency"
CATEGORIES: Final = (*TERMS, CONTINGENCY)
UNALLOCATED: Final = "unallocated"
DATA_TERMS: Final = ("labeling", "storage", "acquisition")

TITLES: Final = {
    "training_compute": "Training compute",
    "data": "Data",
    "labor": "Labor",
    "infra": "Infra",
    "inference": "Inference",
    "ops_overhead": "Ops overhead",
    "depreciation": "Depreciation",
    "contingency": "Contingency",
    "unallocated": "Unallocated",
}
