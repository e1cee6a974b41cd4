"""What a product code and a usage type say: the workload, and the instance that ran."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ingest.aws import gpu

SERVICES: Final = ("ec2", "sagemaker", "bedrock")
_CODES: Final = {"AmazonEC2": "ec2", "AmazonSageMaker": "sagemaker"}
_BEDROCK_NAME: Final = "Bedrock"  # makers of models sell it under product codes of their own

# The first that a usage type contains: the order of the CUDOS dashboard. A volume thus goes
# with the job or the endpoint it is attached to, and is storage where it is attached to none.
_SAGEMAKER: Final[Mapping[str, str]] = {
    "Studio": "development",
    "Notebk": "development",
    "Labeled": "labeling",
    "Host": "inference",
    "Canvas": "development",
    "Processing": "processing",
    "TrainWarmPool": "training",
    "Train": "training",
    "TrSpt": "training",  # managed spot training
    "Tsform": "inference",  # batch transform
    "AsyncInf": "inference",
    "Data-Bytes": "other",
    "Cluster": "training",  # HyperPod
    "RStudio": "development",
    "Autopilot": "training",
    "PartnerApp": "other",
    "TxtSpan": "labeling",
    "TxtClass": "labeling",
    "Custom": "labeling",
    "MLflow": "development",
    "VolumeUsage": "storage",
    "StorageIOUsage": "storage",
}
_BEDROCK: Final[Mapping[str, str]] = {
    "customization-training": "training",
    "rft-training": "training",
    "_customization_training": "training",
    "customizationtokencount": "training",
    "customization-storage": "storage",
    "custommodelimport-storage": "storage",
    "custommodelimport-inference": "inference",
    "provisionedthroughput": "inference",
    "modelunits": "inference",
    "token": "inference",
    "batch": "inference",
    "-flex": "inference",
    "-priority": "inference",
    "latency-optimized": "inference",
    "reserved": "inference",
    "-t2i-": "inference",
    "-i2i-": "inference",
}

# Usage types of instances; hours of the first five are hours in which one ran.
_RAN: Final = frozenset({"BoxUsage", "SpotUsage", "DedicatedUsage", "HeavyUsage", "HostBoxUsage"})
_UNUSED: Final = frozenset({"UnusedBox", "UnusedDed"})  # reserved capacity that nothing used
BLOCK: Final = "CapacityBlockFee"
_RESERVED: Final = frozenset({BLOCK, "Reservation", "DedicatedRes"})
_OF_INSTANCES: Final = _RAN | _UNUSED | _RESERVED


def service(code: str, name: str) -> str | None:
    """Return which of SERVICES a product is, by its code, else by its name."""
    return "bedrock" if _BEDROCK_NAME in name else _CODES.get(code)


def workload(service: str, usage: str) -> str | None:
    """Return what a usage type is for, one of `models.charge.WORKLOADS`.

    Args:
        service: One of SERVICES.
        usage: The usage type, such as `USE1-Train:ml.p4d.24xlarge`.
    """
    if service == "ec2":
        return "compute" if accelerators(usage) else None
    if service == "sagemaker":
        return next((kind for part, kind in _SAGEMAKER.items() if part in usage), "other")
    lower = usage.lower()
    return next((kind for part, kind in _BEDROCK.items() if part in lower), "other")


def accelerators(usage: str) -> gpu.Accelerators | None:
    """Return the accelerators of the instance a usage type is about."""
    return gpu.of_instance(instance(usage))


def instance(usage: str) -> str:
    """Return the instance type in a usage type of instances, empty where there is none."""
    name, size = _parts(usage)
    return size if name in _OF_INSTANCES or size.startswith("ml.") else ""


def ran(usage: str) -> bool:
    """Say whether the hours of a usage type are hours in which an instance ran."""
    name, size = _parts(usage)
    return name in _RAN or size.startswith("ml.")


def gpus(usage: str) -> Decimal | None:
    """Return how many accelerators an instance has that ran; None where it has none."""
    found = accelerators(usage) if ran(usage) else None
    return found.count if found else None


def unused(usage: str) -> bool:
    """Say whether a usage type is reserved capacity that no instance used."""
    return _parts(usage)[0] in _UNUSED


def block(usage: str) -> bool:
    """Say whether a usage type is the fee of a capacity block, or its refund."""
    return BLOCK in usage


def nameless(usage: str) -> bool:
    """Say whether a spot instance ran whose type only the description tells."""
    name, size = _parts(usage)
    return name == "SpotUsage" and not size


def sizeless(usage: str) -> str | None:
    """Return the instance type whose family is known and whose size is not."""
    found = accelerators(usage)
    return instance(usage) if found and found.count is None else None


def _parts(usage: str) -> tuple[str, str]:
    """Return the name and what follows the colon; the region's prefix goes."""
    name, _, rest = usage.partition(":")
    return name.rpartition("-")[2], rest
