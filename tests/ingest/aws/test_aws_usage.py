from __future__ import annotations

from decimal import Decimal
from typing import Final

import pytest

from ingest.aws import gpu, usage
from ingest.aws.service import SERVICES, unit_of
from models.charge import WORKLOADS


@pytest.mark.parametrize(
    ("text", "workload"),
    [
        ("USE1-Train:ml.p4d.24xlarge", "training"),
        ("USE1-TrainWarmPool:ml.g5.xlarge", "training"),
        ("TrSpt:ml.p3.2xlarge", "training"),
        ("USW2-Cluster:ml.trn1.32xlarge", "training"),
        ("USW2-Cluster:VolumeUsage.gp2", "training"),
        ("EU-Autopilot:ml.m5.xlarge", "training"),
        ("USE1-Host:ml.g5.2xlarge", "inference"),
        ("USE1-AsyncInf:ml.g4dn.xlarge", "inference"),
        ("USE1-Tsform:ml.m5.large", "inference"),
        ("USE1-Processing:ml.m5.large", "processing"),
        ("USE1-Labeled-Objects", "labeling"),
        ("USE1-TxtClass-Objects", "labeling"),
        ("USE1-TxtSpan-Objects", "labeling"),
        ("USE1-Custom-Objects", "labeling"),
        ("USE1-Notebk:ml.t3.medium", "development"),
        ("USE1-Studio:JupyterLab-ml.t3.medium", "development"),
        ("USE1-RStudio:ml.t3.medium", "development"),
        ("USE1-Canvas:Session-Hrs", "development"),
        ("USE1-MLflow:Small", "development"),
        ("USE1-VolumeUsage.gp3", "storage"),
        ("USE1-StorageIOUsage.gp3", "storage"),
        ("USE1-Data-Bytes-Out", "other"),
        ("USE1-PartnerApp:Fiddler", "other"),
        ("USE1-Whatever", "other"),
    ],
)
def test_the_first_word_that_a_sagemaker_usage_type_contains_says_what_it_is_for(
    text: str, workload: str
) -> None:
    assert usage.workload("sagemaker", text) == workload


@pytest.mark.parametrize(
    ("text", "workload"),
    [
        ("USW2-Llama3-3-70B-Customization-Training", "training"),
        ("USE1-NovaPro-RFT-Training", "training"),
        ("USE1_Model_Customization_Training", "training"),
        ("USE1-CustomizationTokenCount", "training"),
        ("USE1-TitanText-Customization-Storage", "storage"),
        ("USE1-CustomModelImport-Storage", "storage"),
        ("USE1-CustomModelImport-Inference-v1", "inference"),
        ("USE1-ProvisionedThroughput:ModelUnits", "inference"),
        ("USE1-Claude-output-tokens-batch", "inference"),
        ("USE1-NovaLite-input-flex", "inference"),
        ("USE1-NovaCanvas-T2I-1024-Standard", "inference"),
        ("USE1-MP:USE1_InputTokenCount-Units", "inference"),
        ("USE1-Guardrail-TopicPolicyUnitsConsumed", "other"),
    ],
)
def test_the_first_pattern_of_a_bedrock_usage_type_says_what_it_is_for_in_any_case(
    text: str, workload: str
) -> None:
    assert usage.workload("bedrock", text) == workload


@pytest.mark.parametrize(
    ("text", "ran", "instance", "gpus"),
    [
        ("BoxUsage:p5.48xlarge", True, "p5.48xlarge", 8),
        ("USE2-BoxUsage:p4de.24xlarge", True, "p4de.24xlarge", 8),
        ("UGW1-SpotUsage:g5.12xlarge", True, "g5.12xlarge", 4),
        ("EU-DedicatedUsage:p3.2xlarge", True, "p3.2xlarge", 1),
        ("HeavyUsage:p2.16xlarge", True, "p2.16xlarge", 16),
        ("USE1-HostBoxUsage:g4dn.metal", True, "g4dn.metal", 8),
        ("USE1-Train:ml.p5e.48xlarge", True, "ml.p5e.48xlarge", 8),
        ("BoxUsage:gr6f.4xlarge", True, "gr6f.4xlarge", Decimal("0.5")),
        ("BoxUsage:inf2.24xlarge", True, "inf2.24xlarge", 6),
        ("BoxUsage:p6e-gb200.36xlarge", True, "p6e-gb200.36xlarge", 4),
        ("BoxUsage:p5.96xlarge", True, "p5.96xlarge", None),
        ("BoxUsage:m7i.large", True, "m7i.large", None),
        ("BoxUsage", True, "", None),
        ("USE2-UnusedBox:p5.48xlarge", False, "p5.48xlarge", None),
        ("USE2-Reservation:p5.48xlarge", False, "p5.48xlarge", None),
        ("USE2-CapacityBlockFee:p5.48xlarge", False, "p5.48xlarge", None),
        ("EBSOptimized:p2.xlarge", False, "", None),
        ("EBS:VolumeUsage.gp3", False, "", None),
        ("", False, "", None),
    ],
)
def test_only_hours_in_which_an_instance_ran_count_its_accelerators(
    text: str,
    ran: bool,
    instance: str,
    gpus: int | Decimal | None,
) -> None:
    assert (usage.ran(text), usage.instance(text), usage.gpus(text)) == (ran, instance, gpus)


def test_a_size_that_is_not_in_the_table_is_told_and_never_guessed() -> None:
    assert usage.sizeless("USE1-BoxUsage:p5.96xlarge") == "p5.96xlarge"
    assert usage.sizeless("USE1-BoxUsage:p5.48xlarge") is None
    assert usage.sizeless("USE1-BoxUsage:m5.large") is None
    assert gpu.of_instance("p5.96xlarge") == gpu.Accelerators("H100", None)
    assert gpu.of_instance("p5x.48xlarge") is None


@pytest.mark.parametrize("family", gpu.FAMILIES)
def test_each_family_has_a_model_and_sizes_with_a_count(family: str) -> None:
    model, sizes = gpu.FAMILIES[family]

    assert model
    assert sizes
    for size, count in sizes.items():
        found = gpu.of_instance(f"ml.{family}.{size}")
        assert found == gpu.Accelerators(model, Decimal(count))
        assert 0 < count <= 16


def test_every_workload_is_one_of_the_list() -> None:
    said = {*usage._SAGEMAKER.values(), *usage._BEDROCK.values(), "other"}

    assert said <= set(WORKLOADS)
    assert usage.workload("ec2", "BoxUsage:p5.48xlarge") == "compute"
    assert usage.workload("ec2", "BoxUsage:m5.large") is None


@pytest.mark.parametrize(
    ("code", "name", "service"),
    [
        ("AmazonEC2", "Amazon Elastic Compute Cloud", "ec2"),
        ("AmazonSageMaker", "Amazon SageMaker", "sagemaker"),
        ("AmazonBedrockAgentCore", "Amazon Bedrock AgentCore", "bedrock"),
        ("8k2example", "Claude (Amazon Bedrock Edition)", "bedrock"),
        ("ElasticMapReduce", "Amazon Elastic MapReduce", None),
    ],
)
def test_a_product_is_known_by_its_code_else_by_its_name(
    code: str, name: str, service: str | None
) -> None:
    assert usage.service(code, name) == service


def test_a_spot_instance_without_its_type_is_found() -> None:
    assert usage.nameless("SpotUsage")
    assert not usage.nameless("USE1-SpotUsage:g5.xlarge")
    assert not usage.nameless("BoxUsage")


def test_unused_capacity_and_fees_of_blocks_are_told_apart() -> None:
    assert usage.unused("USE2-UnusedBox:p5.48xlarge")
    assert usage.unused("UnusedDed:p3.2xlarge")
    assert not usage.unused("BoxUsage:p5.48xlarge")
    assert usage.block("USE2-CapacityBlockFee:p5.48xlarge")
    assert not usage.block("BoxUsage:p5.48xlarge")


SUBCATEGORIES: Final = {
    "AI and Machine Learning": {
        "Generative AI",
        "Machine Learning",
        "Natural Language Processing",
        "Other (AI and Machine Learning)",
    },
    "Analytics": {"Analytics Platforms", "Data Processing"},
    "Compute": {"Containers", "Other (Compute)", "Serverless Compute", "Virtual Machines"},
    "Databases": {"NoSQL Databases", "Relational Databases"},
    "Developer Tools": {"Other (Developer Tools)"},
    "Management and Governance": {"Observability"},
    "Networking": {"Application Networking", "Other (Networking)"},
    "Security": {"Other (Security)"},
    "Storage": {"Backup Storage", "File Storage", "Object Storage"},
}


def test_each_service_has_one_category_and_a_subcategory_of_it() -> None:
    names = [name for name, _, _ in SERVICES.values()]

    assert len(set(names)) == len(names)
    for name, category, subcategory in SERVICES.values():
        assert name
        assert subcategory in SUBCATEGORIES[category]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Hrs", "Hours"),
        ("hours", "Hours"),
        ("1K Tokens", "1000 Tokens"),
        ("1M tokens", "1000000 Tokens"),
        ("GB-Mo", "GB-Months"),
        ("Lambda-GB-Second", "GB-Seconds"),
        ("Quantity", "Units"),
        ("Objects", "Objects"),
    ],
)
def test_a_unit_is_known_in_any_case_and_else_stays_as_it_is(text: str, unit: str) -> None:
    assert unit_of(text) == unit
