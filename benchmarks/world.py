"""What exists in a generated month: SKUs, accounts, and resources with their tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

UNIT: Final = 10**10  # amounts are integers of 1e-10: 15 digits survive a double
PAYER: Final = "000111122223"
PLACES: Final = (("us-east-1", "USE1"), ("eu-west-1", "EU"), ("us-west-2", "USW2"))
_NAMES: Final = "legal support claims search code triage voice vision risk sales docs agents"
PROJECTS: Final = tuple(f"ft-{name}-70b" for name in _NAMES.split(" "))
ACCOUNTS: Final = tuple(f"{(n + 1) * 2_500_000_007 % 10**12:012d}" for n in range(40))
TAG_KEYS: Final = (
    "user_project",
    "user_Project",
    "user_PROJECT",
    "user_ft_project",
    "user_app",
    "user_cost_object",
)
UNTAGGED: Final = 15  # percent of resources
CHUNK: Final = 50_000  # resources at a time
MAP: Final = pa.map_(pa.string(), pa.string())


@dataclass(frozen=True, slots=True)
class Sku:
    """One thing that is metered; `mean` is the largest cost of a line."""

    code: str
    product: str
    usage_type: str
    operation: str
    unit: str
    resource: str
    mean: str

    @property
    def units(self) -> int:
        """The mean cost in 1e-10."""
        return int(Decimal(self.mean) * UNIT)

    @property
    def covered(self) -> bool:
        """Whether commitments can cover it."""
        return self.unit == "Hrs" and self.code != "AmazonVPC"


_SKUS: Final = """
AmazonSageMaker|Amazon SageMaker|Train:ml.p4d.24xlarge|RunInstance|Hrs|training-job|37.7
AmazonSageMaker|Amazon SageMaker|TrSpt:ml.p4d.24xlarge|RunInstance|Hrs|training-job|13.2
AmazonSageMaker|Amazon SageMaker|Train:ml.g5.12xlarge|RunInstance|Hrs|training-job|7.09
AmazonSageMaker|Amazon SageMaker|Cluster:ml.p5.48xlarge|RunInstance|Hrs|cluster|98.3
AmazonSageMaker|Amazon SageMaker|Host:ml.g5.2xlarge|RunInstance|Hrs|endpoint|1.515
AmazonSageMaker|Amazon SageMaker|Host:VolumeUsage.gp3|RunInstance|GB-Mo|endpoint|0.0021
AmazonEC2|Amazon Elastic Compute Cloud|BoxUsage:p4d.24xlarge|RunInstances|Hrs|instance|32.77
AmazonEC2|Amazon Elastic Compute Cloud|BoxUsage:m7i.2xlarge|RunInstances|Hrs|instance|0.4032
AmazonEC2|Amazon Elastic Compute Cloud|SpotUsage:g5.xlarge|RunInstances:SV001|Hrs|instance|0.361
AmazonEC2|Amazon Elastic Compute Cloud|EBS:VolumeUsage.gp3|CreateVolume-Gp3|GB-Mo|volume|0.0107
AmazonEC2|Amazon Elastic Compute Cloud|EBS:VolumeIOUsage.gp3|CreateVolume-Gp3|IOs|volume|0.0031
AmazonEC2|Amazon Elastic Compute Cloud|DataTransfer-Regional-Bytes|RunInstances|GB|instance|0.00041
AmazonS3|Amazon Simple Storage Service|TimedStorage-ByteHrs|StandardStorage|GB-Mo|bucket|0.023
AmazonS3|Amazon Simple Storage Service|Requests-Tier1|PutObject|Requests|bucket|0.0000512345
AmazonS3|Amazon Simple Storage Service|Requests-Tier2|GetObject|Requests|bucket|0.0000004001
AmazonBedrock|Amazon Bedrock|ProvisionedThroughput:ModelUnits|InvokeModel|Hrs|model|39.6
AmazonBedrock|Amazon Bedrock|Llama3-3-70B-Customization-Training|Customization|1K tokens|model|0.799
AmazonCloudWatch|AmazonCloudWatch|CW:MetricMonitorUsage|MetricStorage|Metrics|log-group|0.0004032258
AmazonCloudWatch|AmazonCloudWatch|DataProcessing-Bytes|PutLogEvents|GB|log-group|0.0015
AmazonECR|Amazon EC2 Container Registry (ECR)|TimedStorage-ByteHrs||GB-Mo|repository|0.000138
AmazonVPC|Amazon Virtual Private Cloud|NatGateway-Hours|NatGateway|Hrs|gateway|0.045
AmazonVPC|Amazon Virtual Private Cloud|NatGateway-Bytes|NatGateway|GB|gateway|0.009
"""
SKUS: Final = tuple(Sku(*line.split("|")) for line in _SKUS.strip().splitlines())
KINDS: Final = tuple(dict.fromkeys(sku.resource for sku in SKUS))


@dataclass(frozen=True, slots=True)
class World:
    """The resources: id, tags (a map), and the index of account, place and kind."""

    ids: pa.Array
    tags: pa.Array
    accounts: Ints
    places: Ints
    kinds: Ints


def world(rng: np.random.Generator, resources: int) -> World:
    """Draw the resources; 12 accounts belong to one project each, 28 are shared."""
    accounts = rng.integers(0, len(ACCOUNTS), resources)
    own = accounts < len(PROJECTS)
    projects = np.where(own, accounts, rng.integers(0, len(PROJECTS), resources))
    kinds = rng.integers(0, len(KINDS), resources)
    places = rng.integers(0, len(PLACES), resources)
    drawn = (kinds, places, accounts, projects)
    return World(
        ids=_chunked(
            lambda number: resource_id(number, *(int(a[number]) for a in drawn)), resources
        ),
        tags=_chunked(lambda number: tag_map(rng, int(projects[number]), number), resources, MAP),
        accounts=accounts,
        places=places,
        kinds=kinds,
    )


def _chunked(
    made: Callable[[int], object], resources: int, dtype: pa.DataType | None = None
) -> pa.Array:
    """Return what each resource has; as objects of Python all would take ten times the memory."""
    chunks = (range(first, min(first + CHUNK, resources)) for first in range(0, resources, CHUNK))
    return pa.concat_arrays([pa.array(map(made, chunk), dtype) for chunk in chunks])


def resource_id(number: int, kind: int, place: int, account: int, project: int) -> str:
    """Return a resource id as its service writes it."""
    mixed = f"{number * 2_654_435_761 % 16**16:016x}"
    match KINDS[kind]:
        case "instance":
            return f"i-0{mixed}"
        case "volume":
            return f"vol-0{mixed}"
        case "bucket":
            return f"{PROJECTS[project]}-data-{number}"
        case other:
            home = f"arn:aws:sagemaker:{PLACES[place][0]}:{ACCOUNTS[account]}"
            return f"{home}:{other}/{PROJECTS[project]}-run-{number}"


def tag_map(rng: np.random.Generator, project: int, number: int) -> list[tuple[str, str]]:
    """Return the tags of one resource; the project's has 18 spellings, or there are none."""
    key, style, percent, stage = rng.integers(0, (len(TAG_KEYS), 3, 100, 3)).tolist()
    if percent < UNTAGGED:
        return []
    name = PROJECTS[project]
    return [
        (TAG_KEYS[key], (name, name.upper(), f" {name.title()} ")[style]),
        ("user_env", ("dev", "stage", "prod")[stage]),
        ("user_team", f"team-{project % 5}"),
        ("user_run", f"run-{number // 4}"),
    ]
