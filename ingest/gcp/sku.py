"""What a SKU is, by its description: which accelerator, for which work, at which price.

The tables are in order: the first that fits counts. What fits none is not known, and stays
empty; nothing is guessed from a project or a machine.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.gcp.service import chosen

# Pattern in the description: the model, as its maker calls it. GPUs are named in "GPU pricing"
# and "Accelerator-optimized VM family pricing", TPUs in "Cloud TPU pricing".
ACCELERATORS: Final = (
    (r"gb300", "GB300"),
    (r"gb200", "GB200"),
    (r"b300", "B300"),
    (r"b200", "B200"),
    (r"h200", "H200"),
    (r"h100", "H100"),
    (r"a100", "A100"),
    (r"rtx ?pro ?6000", "RTX PRO 6000"),
    (r"l4", "L4"),
    (r"t4", "T4"),
    (r"v100", "V100"),
    (r"p100", "P100"),
    (r"p4", "P4"),
    (r"k80", "K80"),
    (r"tpu[ -]?7x", "TPU7x"),
    (r"tpu[ -]?v?6e", "TPU v6e"),
    (r"tpu[ -]?v?5p", "TPU v5p"),
    (r"tpu[ -]?v?5(e| ?-?lite(pod)?)", "TPU v5e"),
    (r"tpu[ -]?v4", "TPU v4"),
    (r"tpu[ -]?v3", "TPU v3"),
    (r"tpu[ -]?v2", "TPU v2"),
)
# A description that names a model is of an accelerator only where it says so as well.
_NAMED: Final = r"gpu|nvidia|tpu"
# Beside the accelerator itself, and for the same hours.
_BESIDE: Final = r"management fee|licens|virtual workstation|instance (core|ram)"
_COMMITTED: Final = r"^commitment"

# Service, pattern in the description: the work, in the words of `models.charge.WORKLOADS`.
WORK: Final = (
    ("Vertex AI", r"labeling", "labeling"),
    ("Vertex AI", r"workbench|notebook|colab|tensorboard|experiment", "development"),
    ("Vertex AI", r"tuning|training|pipelines", "training"),
    ("Vertex AI", r"storage|metadata", "storage"),
    ("Vertex AI", r"evaluation|transform|feature", "processing"),
    ("Vertex AI", r"predict|input|output|generat|embedding|token|throughput|deploy", "inference"),
    ("Vertex AI", r"", "other"),
    ("Gemini API", r"tuning", "training"),
    ("Gemini API", r"storage", "storage"),
    ("Gemini API", r"", "inference"),
    ("Notebooks", r"", "development"),
    ("Cloud TPU", r"", "compute"),
)
_DYNAMIC: Final = r"spot|preemptible|dynamic workload|dws|flex[ -]start"

# Fees of the spend-based commitments since 2025, named only by id in "Sample queries for the
# CUD data model"; all others say what they are.
FEES: Final = ("5515-81A8-03A2", "B22F-51BE-D599")

_SKU: Final = pl.col("sku").struct
_TEXT: Final = _SKU.field("description").fill_null("").str.to_lowercase()
_SERVICE: Final = pl.col("service").struct.field("description")


def model() -> pl.Expr:
    """Return the accelerator that a SKU prices, or stands beside."""
    either = "|".join(f"(?:{pattern})" for pattern, _ in ACCELERATORS)
    found = _TEXT.str.extract(rf"(?:\b|nvidia ?)({either})\b", 1)
    named = chosen((found.str.contains(f"^(?:{p})$"), name) for p, name in ACCELERATORS)
    return pl.when(_says(_NAMED)).then(named)


def is_metered(model: pl.Expr) -> pl.Expr:
    """Say whether an hour of the SKU is an hour of one accelerator, not of what is beside it."""
    return model.is_not_null() & ~_says(f"{_BESIDE}|{_COMMITTED}")


def work(model: pl.Expr) -> pl.Expr:
    """Return what the SKU is for; an accelerator by itself may be for anything."""
    listed = ((_SERVICE.eq(service) & _says(pattern), work) for service, pattern, work in WORK)
    return chosen([*listed, (model.is_not_null(), "compute")])


def is_dynamic() -> pl.Expr:
    """Say whether the provider sets the price by the hour and may take the machine away."""
    return _says(_DYNAMIC)


def is_fee() -> pl.Expr:
    """Say whether the SKU is the price of a commitment, not of usage."""
    listed = _SKU.field("id").is_in(pl.Series(FEES).implode()).fill_null(value=False)
    return listed | _says(_COMMITTED)


def _says(pattern: str) -> pl.Expr:
    return _TEXT.str.contains(pattern)
