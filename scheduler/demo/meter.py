"""What the projects buy in the cloud: meters with list prices, and how they appear on bills."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

REGION: Final = ("us-east-1", "US East (N. Virginia)")
TRAINING: Final = ("471100002222", "acme-ml-training")
SERVING: Final = ("471100003333", "acme-ml-serving")
SHARED: Final = ("471100004444", "acme-ml-shared")
GOOGLE: Final = ("acme-voice", "Acme voice")  # project id and name


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One thing that is metered and priced.

    Attributes:
        code: The cloud's product code.
        service: Its name, category and subcategory in FOCUS.
        family: What kind of product it is.
        rate: List price of one unit, USD.
        unit: What is counted, as CUR writes it.
        focus_unit: The same, as FOCUS writes it.
        account: Usage account it is bought in: id and name.
        resource: Resource id; `{project}`, `{month}` and `{n}` are filled in.
        covered: Price of one unit under a commitment; None where there is none.
    """

    code: str
    service: tuple[str, str, str]
    family: str
    usage_type: str
    operation: str
    rate: Decimal
    unit: str
    focus_unit: str
    account: tuple[str, str]
    resource: str
    covered: Decimal | None = None

    @property
    def sku(self) -> str:
        """A stable id in the cloud's shape: 16 capitals and digits."""
        digest = hashlib.sha256(f"{self.code}/{self.usage_type}".encode()).hexdigest()
        return digest[:16].upper()

    @property
    def sku_of_google(self) -> str:
        """The same in the shape of Google Cloud: three groups of four."""
        return f"{self.sku[:4]}-{self.sku[4:8]}-{self.sku[8:12]}"

    @property
    def description(self) -> str:
        """The text of a line of it."""
        return f"${self.rate} per {self.unit} {self.usage_type}"


_AI: Final = "AI and Machine Learning"
_SAGEMAKER: Final = ("Amazon SageMaker", _AI, "Machine Learning")
_EC2: Final = ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines")
_BEDROCK: Final = ("Amazon Bedrock", _AI, "Generative AI")
_S3: Final = ("Amazon Simple Storage Service", "Storage", "Object Storage")
_FSX: Final = ("Amazon FSx", "Storage", "File Storage")
_WATCH: Final = ("AmazonCloudWatch", "Management and Governance", "Observability")
_SUPPORT: Final = ("AWS Support (Business)", "Other", "Other (Other)")

_ARN: Final = "arn:aws:sagemaker:us-east-1:471100002222"
_HOURS: Final = ("Hrs", "Hours")
_MONTHS: Final = ("GB-Mo", "GB-Months")


def _sagemaker(
    usage: str, operation: str, rate: str, resource: str, account: tuple[str, str]
) -> Meter:
    return Meter(
        code="AmazonSageMaker",
        service=_SAGEMAKER,
        family="ML Instance",
        usage_type=f"USE1-{usage}",
        operation=operation,
        rate=Decimal(rate),
        unit=_HOURS[0],
        focus_unit=_HOURS[1],
        account=account,
        resource=resource,
    )


def _machine(usage: str, rate: str, name: str, operation: str = "RunInstances") -> Meter:
    return Meter(
        code="AmazonEC2",
        service=_EC2,
        family="Compute Instance",
        usage_type=usage,
        operation=operation,
        rate=Decimal(rate),
        unit=_HOURS[0],
        focus_unit=_HOURS[1],
        account=TRAINING,
        resource=f"i-{name}{{n:02d}}-{{project}}",
    )


def _storage(code: str, service: tuple[str, str, str], usage: str, rate: str, name: str) -> Meter:
    return Meter(
        code=code,
        service=service,
        family="Storage",
        usage_type=usage,
        operation="StandardStorage",
        rate=Decimal(rate),
        unit=_MONTHS[0],
        focus_unit=_MONTHS[1],
        account=SHARED,
        resource=name,
    )


def _other(
    code: str, service: tuple[str, str, str], usage: str, rate: str, units: tuple[str, str]
) -> Meter:
    return Meter(
        code=code,
        service=service,
        family=code.removeprefix("Amazon"),
        usage_type=usage,
        operation="",
        rate=Decimal(rate),
        unit=units[0],
        focus_unit=units[1],
        account=SHARED,
        resource="",
    )


def _google(
    sold: tuple[tuple[str, str, str], str], sku: str, rate: str, unit: str, resource: str
) -> Meter:
    return Meter(
        code=sold[1],
        service=sold[0],
        family="",
        usage_type=sku,
        operation="",
        rate=Decimal(rate),
        unit=unit,
        focus_unit="",
        account=GOOGLE,
        resource=resource,
    )


_VERTEX: Final = (("Vertex AI", _AI, "Machine Learning"), "C7E2-9256-1C43")
_COMPUTE: Final = (("Compute Engine", "Compute", "Virtual Machines"), "6F81-5844-456A")
_BUCKETS: Final = (("Cloud Storage", "Storage", "Object Storage"), "95FF-2EF5-5EA1")
_FILES: Final = (("Cloud Filestore", "Storage", "File Storage"), "D97E-AB26-5D95")
_LOGS: Final = (("Cloud Logging", *_WATCH[1:]), "5490-F7B7-8DF6")
_PLACE: Final = "projects/acme-voice/locations/us-central1"

_JOB: Final = _ARN + ":training-job/{project}-{month}-{n:02d}"
_ENDPOINT: Final = _ARN.replace("2222", "3333") + ":endpoint/{project}-{n:02d}"

# On-demand list prices in us-east-1, rounded; spot as an average.
METERS: Final[dict[str, Meter]] = {
    "h100-train": _sagemaker("Train:ml.p5.48xlarge", "RunInstance", "63.296", _JOB, TRAINING),
    "h100-cluster": _sagemaker(
        "Cluster:ml.p5.48xlarge", "RunInstance", "63.296", _ARN + ":cluster/{project}", TRAINING
    ),
    "a100-train": _sagemaker("Train:ml.p4d.24xlarge", "RunInstance", "25.2506", _JOB, TRAINING),
    "a10g-train": _sagemaker("Train:ml.g5.12xlarge", "RunInstance", "7.09", _JOB, TRAINING),
    "a10g-x4-host": _sagemaker("Host:ml.g5.12xlarge", "RunInstance", "7.09", _ENDPOINT, SERVING),
    "a10g-host": replace(
        _sagemaker("Host:ml.g5.4xlarge", "RunInstance", "2.03", _ENDPOINT, SERVING),
        covered=Decimal("1.4616"),
    ),
    "a10g-small-host": _sagemaker("Host:ml.g5.2xlarge", "RunInstance", "1.515", _ENDPOINT, SERVING),
    "h100-spot": _machine("SpotUsage:p5.48xlarge", "35.20", "0a5", "RunInstances:SV001"),
    "h100": _machine("BoxUsage:p5.48xlarge", "55.04", "0b5"),
    "h200": _machine("BoxUsage:p5en.48xlarge", "63.296", "0e5"),
    "cpu": _machine("BoxUsage:m7i.4xlarge", "0.8064", "0c7"),
    "memory": replace(_machine("BoxUsage:r7i.8xlarge", "2.1168", "0r7"), covered=Decimal("1.3124")),
    "customization": Meter(
        code="AmazonBedrock",
        service=_BEDROCK,
        family="Amazon Bedrock",
        usage_type="USE1-Llama3-1-8B-Customization-Training",
        operation="",
        rate=Decimal("0.00799"),
        unit="1K tokens",
        focus_unit="1000 Tokens",
        account=TRAINING,
        resource="arn:aws:bedrock:us-east-1:471100002222:model-customization-job/{project}-{n:02d}",
    ),
    "s3": _storage("AmazonS3", _S3, "TimedStorage-ByteHrs", "0.023", "acme-{project}"),
    "disk": _storage("AmazonEC2", _EC2, "EBS:VolumeUsage.gp3", "0.08", "vol-{n:02d}-{project}"),
    "lustre": _storage("AmazonFSx", _FSX, "USE1-Lustre-SSD-Storage", "0.145", "fs-{project}"),
    "logs": _other("AmazonCloudWatch", _WATCH, "USE1-DataProcessing-Bytes", "0.50", ("GB", "GB")),
    "support": _other("AWSSupportBusiness", _SUPPORT, "Dollar", "1", ("Dollar", "Units")),
    "l4-train": _google(
        _VERTEX,
        "Vertex AI: Training/Pipelines on Nvidia L4 GPU running in Iowa",
        "0.8862",
        "hour",
        f"aiplatform.googleapis.com/{_PLACE}/customJobs/{{project}}-{{month}}-{{n:02d}}",
    ),
    "l4-host": _google(
        _VERTEX,
        "Vertex AI: Online/Batch Prediction Nvidia L4 GPU running in Iowa",
        "0.6440",
        "hour",
        f"aiplatform.googleapis.com/{_PLACE}/endpoints/{{project}}-{{n:02d}}",
    ),
    "gcs": _google(
        _BUCKETS,
        "Standard Storage US Regional",
        "0.020",
        "gibibyte month",
        "storage.googleapis.com/acme-{project}",
    ),
    "filestore": _google(
        _FILES,
        "Filestore Capacity Zonal (Standard) Iowa",
        "0.20",
        "gibibyte month",
        f"file.googleapis.com/{_PLACE}/instances/fs-{{project}}",
    ),
    "balanced-disk": _google(
        _COMPUTE,
        "Balanced PD Capacity",
        "0.10",
        "gibibyte month",
        f"compute.googleapis.com/{_PLACE}/disks/{{project}}-{{n:02d}}",
    ),
    "n2": _google(
        _COMPUTE,
        "N2 Instance Core running in Americas",
        "0.031611",
        "hour",
        f"compute.googleapis.com/{_PLACE}/instances/eval-{{project}}-{{n:02d}}",
    ),
    "log-storage": _google(_LOGS, "Log Storage cost", "0.50", "gibibyte", ""),
}
