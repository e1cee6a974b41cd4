"""Accelerators of instance families: which, and how many an instance of each size has.

From "Accelerated computing" in "Amazon EC2 instance types" (docs.aws.amazon.com/ec2/latest/
instancetypes/ac.html), as DescribeInstanceTypes answers: GpuInfo, NeuronInfo and
InferenceAcceleratorInfo. A chip that is no GPU (Trainium, Inferentia, Gaudi) counts as one.
A part of a GPU (g6f, gr6f) counts as that part. What is not in the table is not known, and
nothing is derived from the name of a size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_HALF, _QUARTER, _EIGHTH = Decimal("0.5"), Decimal("0.25"), Decimal("0.125")
_Sizes = Mapping[str, int | Decimal]


def _sizes(text: str, one: str = "") -> dict[str, int]:
    """Return the GPUs of `size:count` pairs, and of the sizes that have one."""
    pairs = (pair.split(":") for pair in text.split())
    return dict.fromkeys(one.split(), 1) | {size: int(count) for size, count in pairs}


_SMALL: Final = "xlarge 2xlarge 4xlarge 8xlarge 16xlarge"
_G5: Final = _sizes("12xlarge:4 24xlarge:4 48xlarge:8", _SMALL)
_G7: Final = _sizes("12xlarge:2 24xlarge:4 48xlarge:8", "2xlarge 4xlarge 8xlarge")

FAMILIES: Final[Mapping[str, tuple[str, _Sizes]]] = {
    "p2": ("K80", _sizes("8xlarge:8 16xlarge:16", "xlarge")),
    "p3": ("V100", _sizes("8xlarge:4 16xlarge:8", "2xlarge")),
    "p3dn": ("V100", _sizes("24xlarge:8")),
    "p4d": ("A100", _sizes("24xlarge:8")),
    "p4de": ("A100", _sizes("24xlarge:8")),
    "p5": ("H100", _sizes("48xlarge:8", "4xlarge")),
    "p5e": ("H200", _sizes("48xlarge:8")),
    "p5en": ("H200", _sizes("48xlarge:8")),
    "p6-b200": ("B200", _sizes("48xlarge:8")),
    "p6-b300": ("B300", _sizes("48xlarge:8")),
    "p6e-gb200": ("GB200", _sizes("36xlarge:4")),
    "g2": ("K520", _sizes("8xlarge:4", "2xlarge")),
    "g3": ("M60", _sizes("8xlarge:2 16xlarge:4", "4xlarge")),
    "g3s": ("M60", _sizes("", "xlarge")),
    "g4ad": ("Radeon Pro V520", _sizes("8xlarge:2 16xlarge:4", "xlarge 2xlarge 4xlarge")),
    "g4dn": ("T4", _sizes("12xlarge:4 metal:8", _SMALL)),
    "g5": ("A10G", _G5),
    "g5g": ("T4G", _sizes("16xlarge:2 metal:2", "xlarge 2xlarge 4xlarge 8xlarge")),
    "g6": ("L4", _G5),
    "g6e": ("L40S", _G5),
    "g6f": (
        "L4",
        {"large": _EIGHTH, "xlarge": _EIGHTH, "2xlarge": _QUARTER, "4xlarge": _HALF},
    ),
    "g7": ("RTX PRO 4500", _G7),
    "g7e": ("RTX PRO 6000", _G7),
    "gr6": ("L4", _sizes("", "4xlarge 8xlarge")),
    "gr6f": ("L4", {"4xlarge": _HALF}),
    "dl1": ("Gaudi", _sizes("24xlarge:8")),
    "dl2q": ("AI100", _sizes("24xlarge:8")),
    "inf1": ("Inferentia", _sizes("6xlarge:4 24xlarge:16", "xlarge 2xlarge")),
    "inf2": ("Inferentia2", _sizes("24xlarge:6 48xlarge:12", "xlarge 8xlarge")),
    "trn1": ("Trainium", _sizes("32xlarge:16", "2xlarge")),
    "trn1n": ("Trainium", _sizes("32xlarge:16")),
    "trn2": ("Trainium2", _sizes("48xlarge:16", "3xlarge")),
    "trn2u": ("Trainium2", _sizes("48xlarge:16")),
}


@dataclass(frozen=True, slots=True)
class Accelerators:
    """What an instance type has: the model, and how many; None for a size not known."""

    model: str
    count: Decimal | None


def of_instance(instance: str) -> Accelerators | None:
    """Return the accelerators of an instance type such as `p5.48xlarge` or `ml.g5.xlarge`."""
    family, _, size = instance.removeprefix("ml.").partition(".")
    if family not in FAMILIES:
        return None
    model, sizes = FAMILIES[family]
    count = sizes.get(size)
    return Accelerators(model, None if count is None else Decimal(count))
