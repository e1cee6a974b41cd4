"""GPUs of virtual machine sizes, and what a meter trained or served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from models.money import QUANTITY

# Size without `Standard_`, lower case: GPU and how many a machine has. From the size families
# N of the provider's documentation. A part of a GPU is a fraction.
SIZES: Final[dict[str, tuple[str, int | str]]] = {
    **dict.fromkeys(("nc6", "nc6_promo"), ("K80", 1)),
    **dict.fromkeys(("nc12", "nc12_promo"), ("K80", 2)),
    **dict.fromkeys(("nc24", "nc24r", "nc24_promo", "nc24r_promo"), ("K80", 4)),
    "nc6s_v2": ("P100", 1),
    "nc12s_v2": ("P100", 2),
    **dict.fromkeys(("nc24s_v2", "nc24rs_v2"), ("P100", 4)),
    "nd6s": ("P40", 1),
    "nd12s": ("P40", 2),
    **dict.fromkeys(("nd24s", "nd24rs"), ("P40", 4)),
    "nc6s_v3": ("V100", 1),
    "nc12s_v3": ("V100", 2),
    **dict.fromkeys(("nc24s_v3", "nc24rs_v3"), ("V100", 4)),
    **dict.fromkeys(("nd40rs_v2", "nd40s_v2"), ("V100", 8)),
    **dict.fromkeys(("nc4as_t4_v3", "nc8as_t4_v3", "nc16as_t4_v3"), ("T4", 1)),
    "nc64as_t4_v3": ("T4", 4),
    **dict.fromkeys(("nv6", "nv12s_v3"), ("M60", 1)),
    **dict.fromkeys(("nv12", "nv24s_v3"), ("M60", 2)),
    **dict.fromkeys(("nv24", "nv48s_v3"), ("M60", 4)),
    "nv6ads_a10_v5": ("A10", "0.166666666666666667"),
    "nv12ads_a10_v5": ("A10", "0.333333333333333333"),
    "nv18ads_a10_v5": ("A10", "0.5"),
    **dict.fromkeys(("nv36ads_a10_v5", "nv36adms_a10_v5"), ("A10", 1)),
    "nv72ads_a10_v5": ("A10", 2),
    "nc24ads_a100_v4": ("A100", 1),
    "nc48ads_a100_v4": ("A100", 2),
    "nc96ads_a100_v4": ("A100", 4),
    **dict.fromkeys(("nd96asr_v4", "nd96asr_a100_v4", "nd96amsr_a100_v4"), ("A100", 8)),
    **dict.fromkeys(("nc40ads_h100_v5", "ncc40ads_h100_v5"), ("H100", 1)),
    "nc80adis_h100_v5": ("H100", 2),
    "nd96isr_h100_v5": ("H100", 8),
    "nd96isr_h200_v5": ("H200", 8),
    "nd96isr_mi300x_v5": ("MI300X", 8),
    **dict.fromkeys(("nd128isr_ndr_gb200_v6", "nd128isr_gb200_v6"), ("GB200", 4)),
    **dict.fromkeys(("nd128isr_ndr_gb300_v6", "nd128isr_gb300_v6"), ("GB300", 4)),
}
_SIZES: Final = pl.Enum(list(SIZES))
_SUFFIX: Final = r"[ _/](spot|low priority|expired|dedicated host.*)$"
_SERVICE_TYPE: Final = r'"ServiceType"\s*:\s*"([^"]+)"'
_MACHINES: Final = "virtual machines"

_MODEL_SERVICES: Final = ("cognitiveservices", "openai")
_MODEL_METERS: Final = ("openai", "ftuned", "foundry models")
_TRAINING: Final = ("training", "ftuned train", "finetune train", "fine-tune train")
_SERVING: Final = ("hosting", "token", "inp ", "outp ", "inpt", "outpt", "cached", "provisioned")
_KEEPING: Final = ("storage", "disk")
_ENDPOINTS: Final = ("/onlineendpoints/", "/batchendpoints/", "/serverlessendpoints/")


def size(stated: pl.Expr, category: pl.Expr, meter: pl.Expr) -> pl.Expr:
    """Return the size of a virtual machine; null where a row is of none, or has no GPU.

    Args:
        stated: JSON text about the resource, whose `ServiceType` is the size.
        category: Category of the meter, which tells machines from their disks.
        meter: Name of the meter, which is the size where no other word states it.
    """
    machine = category.str.to_lowercase().str.starts_with(_MACHINES)
    texts = (_sized(stated.str.extract(_SERVICE_TYPE)), _sized(meter))
    return pl.when(machine).then(pl.coalesce(*texts))


def _sized(text: pl.Expr) -> pl.Expr:
    lower = text.str.to_lowercase().str.strip_prefix("standard_").str.replace(_SUFFIX, "")
    return lower.str.replace_all(" ", "_", literal=True).cast(_SIZES, strict=False)


def kind(found: pl.Expr) -> pl.Expr:
    """Return which GPU machines of a size have."""
    return _at([gpu for gpu, _ in SIZES.values()], found)


def count(found: pl.Expr) -> pl.Expr:
    """Return how many GPUs a machine of a size has."""
    return _at([str(number) for _, number in SIZES.values()], found).cast(QUANTITY)


def _at(values: Sequence[str], found: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(values)).gather(found.to_physical())


def focused(charges: pl.LazyFrame) -> pl.LazyFrame:
    """Return charges of FOCUS rows with what their meters say about GPUs and workloads."""
    category, meter = pl.col("x_service_code"), pl.col("x_usage_type")
    nothing = pl.lit(None, dtype=pl.String)
    found = size(nothing, category, meter)
    hours = pl.col("consumed_unit").is_in(["Hours", "Hour", "1 Hour"]) & found.is_not_null()
    words = pl.concat_str(category, "x_operation", meter, separator=" ", ignore_nulls=True)
    return charges.with_columns(
        consumed_quantity=pl.when(hours)
        .then((pl.col("consumed_quantity") * count(found)).cast(QUANTITY))
        .otherwise("consumed_quantity"),
        consumed_unit=pl.when(hours).then(pl.lit("GPU-Hours")).otherwise("consumed_unit"),
        x_gpu_type=kind(found),
        x_gpu_count=count(found),
        x_workload=workload(
            found.is_not_null(), words, pl.col("resource_type"), pl.col("resource_id")
        ),
    )


def workload(gpu: pl.Expr, meter: pl.Expr, service: pl.Expr, resource: pl.Expr) -> pl.Expr:
    """Return what a row trained or served, one of `models.charge.WORKLOADS`, or null.

    Meters of models say it in their names: fine-tuned models are trained, hosted by the hour
    and asked by the token. GPU machines of a machine learning workspace train, unless they
    stand behind one of its endpoints. What other GPU machines do, no bill says.

    Args:
        gpu: Whether the row is of a GPU machine.
        meter: Name of the meter, with its category and subcategory.
        service: Name of the consumed service or resource type.
        resource: Id of the resource.
    """
    models = _among(service, _MODEL_SERVICES) | _among(meter, _MODEL_METERS)
    learning = _among(service, ("machinelearningservices",))
    return (
        pl.when(models & _among(meter, _TRAINING))
        .then(pl.lit("training"))
        .when(models & _among(meter, _SERVING))
        .then(pl.lit("inference"))
        .when(learning & _among(resource, _ENDPOINTS))
        .then(pl.lit("inference"))
        .when(learning & gpu)
        .then(pl.lit("training"))
        .when(learning & _among(meter, _KEEPING))
        .then(pl.lit("storage"))
        .when(models | learning)
        .then(pl.lit("other"))
        .when(gpu)
        .then(pl.lit("compute"))
    )


def _among(text: pl.Expr, words: Sequence[str]) -> pl.Expr:
    return text.fill_null("").str.contains_any(list(words), ascii_case_insensitive=True)
