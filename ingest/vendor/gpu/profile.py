"""Tables whose columns are known from their documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Known = Literal["fireworks", "modal"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the columns of a table are, and the unit of its quantity."""

    columns: Mapping[str, Any]
    unit: Literal["seconds"] | None = None


# `firectl billing export-metrics`: no costs, so that prices are needed. The column of mail
# addresses is left out.
_FIREWORKS: Final = Profile(
    {
        "start": "start_time",
        "end": "end_time",
        "usage_type": "usage_type",
        "sku": "base_model_name",
        "gpu_type": "accelerator_type",
        "quantity": "accelerator_seconds",
        "tokens": {"input": "prompt_tokens", "output": "completion_tokens"},
        "tags": {"model_bucket": "model_bucket"},
    },
    "seconds",
)
# `modal billing report --csv`
_MODAL: Final = Profile(
    {
        "start": "interval_start",
        "project": "environment_name",
        "resource": "object_id",
        "description": "description",
        "cost": "cost",
    }
)
PROFILES: Final[Mapping[Known, Profile]] = {"fireworks": _FIREWORKS, "modal": _MODAL}
