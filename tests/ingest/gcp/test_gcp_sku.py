from __future__ import annotations

from typing import Final

import polars as pl
import pytest

from ingest.gcp import sku
from models.charge import WORKLOADS

# service, description of the SKU: model, whether its hours are the accelerator's, the work
SKUS: Final = (
    ("Compute Engine", "Nvidia H100 80GB GPU attached to Spot VMs", "H100", True, "compute"),
    ("Compute Engine", "Nvidia H100 80GB Mega GPU running in Iowa", "H100", True, "compute"),
    ("Compute Engine", "Nvidia Tesla A100 GPU running in Americas", "A100", True, "compute"),
    ("Compute Engine", "Nvidia Tesla A100 80GB GPU running in Iowa", "A100", True, "compute"),
    ("Compute Engine", "H200 141GB GPU running in Netherlands", "H200", True, "compute"),
    ("Compute Engine", "Nvidia GB200 GPU running in us-central1", "GB200", True, "compute"),
    ("Compute Engine", "Nvidia B200 GPU running in Americas", "B200", True, "compute"),
    ("Compute Engine", "Nvidia L4 GPU attached to Spot Preemptible VMs", "L4", True, "compute"),
    ("Compute Engine", "Nvidia Tesla T4 GPU running in Tokyo", "T4", True, "compute"),
    ("Compute Engine", "Nvidia Tesla V100 GPU running in EMEA", "V100", True, "compute"),
    ("Compute Engine", "RTX PRO 6000 GPU running in Iowa", "RTX PRO 6000", True, "compute"),
    ("Compute Engine", "Commitment v1: Nvidia H100 80GB GPU in Iowa", "H100", False, "compute"),
    ("Compute Engine", "Nvidia L4 Virtual Workstation License", "L4", False, "compute"),
    ("Compute Engine", "A3 Instance Core running in Iowa", None, False, None),
    ("Compute Engine", "Network L4 Load Balancing Forwarding Rule", None, False, None),
    ("Compute Engine", "SSD backed PD Capacity", None, False, None),
    ("Cloud Storage", "Standard Storage US Regional", None, False, None),
    ("Cloud TPU", "Tpu-v5e Spot Preemptible running in us-west4", "TPU v5e", True, "compute"),
    ("Cloud TPU", "TpuV5p running in us-east5", "TPU v5p", True, "compute"),
    ("Cloud TPU", "TPU v6e running in Columbus", "TPU v6e", True, "compute"),
    ("Cloud TPU", "Tpu-v4 Pod hosted in us-central2", "TPU v4", True, "compute"),
    (
        "Vertex AI",
        "Vertex AI: Training/Pipelines on NVIDIA H100 80GB in Iowa",
        "H100",
        True,
        "training",
    ),
    (
        "Vertex AI",
        "Vertex AI: Training/Pipelines Management fee on NVIDIA A100 40GB in Iowa",
        "A100",
        False,
        "training",
    ),
    (
        "Vertex AI",
        "Vertex AI: Online/Batch Prediction Nvidia L4 GPU running in Iowa",
        "L4",
        True,
        "inference",
    ),
    ("Vertex AI", "Vertex AI: Training TPU V5e Pod in us-west4", "TPU v5e", True, "training"),
    ("Vertex AI", "Gemini 2.5 Flash Tuning Tokens", None, False, "training"),
    ("Vertex AI", "Gemini 2.5 Flash Text Output - Predictions", None, False, "inference"),
    ("Vertex AI", "Data Labeling Image Classification", None, False, "labeling"),
    ("Vertex AI", "Workbench Management Fee on E2 Core", None, False, "development"),
    ("Vertex AI", "Vector Search Index Building", None, False, "other"),
    ("Gemini API", "Generate content output token count", None, False, "inference"),
    ("Gemini API", "Cached content storage", None, False, "storage"),
)


@pytest.fixture(scope="module")
def told() -> pl.DataFrame:
    return (
        pl.LazyFrame(
            {
                "service": [{"description": service} for service, *_ in SKUS],
                "sku": [{"id": "1", "description": text} for _, text, *_ in SKUS],
            }
        )
        .with_columns(model=sku.model())
        .select(
            pl.col("sku").struct.field("description"),
            "model",
            metered=sku.is_metered(pl.col("model")),
            work=sku.work(pl.col("model")),
        )
        .collect()
    )


@pytest.mark.parametrize("case", range(len(SKUS)), ids=lambda case: SKUS[case][1])
def test_a_sku_says_which_accelerator_and_for_what(case: int, told: pl.DataFrame) -> None:
    assert told.row(case) == SKUS[case][1:]


def test_works_are_those_of_the_charge() -> None:
    assert {work for *_, work in sku.WORK} <= set(WORKLOADS)


@pytest.mark.parametrize(
    ("text", "dynamic", "fee"),
    [
        ("Spot Preemptible N1 Instance Core", True, False),
        ("Nvidia H100 80GB GPU DWS Calendar Mode", True, False),
        ("N1 Predefined Instance Core", False, False),
        ("Commitment v1: Cpu in Americas for 3 Years", False, True),
        ("Commitment - dollar based v1: GCE for 1 years", False, True),
    ],
)
def test_a_sku_says_how_it_is_priced(text: str, dynamic: bool, fee: bool) -> None:
    frame = pl.LazyFrame({"sku": [{"id": "1", "description": text}]})

    found = frame.select(dynamic=sku.is_dynamic(), fee=sku.is_fee()).collect()

    assert found.row(0) == (dynamic, fee)


def test_fees_that_do_not_say_so_are_known_by_id() -> None:
    frame = pl.LazyFrame({"sku": [{"id": id_, "description": "CUD"} for id_ in (*sku.FEES, "x")]})

    assert frame.select(sku.is_fee().alias("fee")).collect()["fee"].to_list() == [True, True, False]
