"""What usage types say in FOCUS tables of data exports: the same as in CUR lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import polars as pl

from ingest.aws import focus

SAGEMAKER: Final = {"x_ServiceCode": "AmazonSageMaker", "ServiceName": "Amazon SageMaker"}
LINES: Final[dict[str, dict[str, Any]]] = {
    "USE2-BoxUsage:p5.48xlarge": {"ConsumedQuantity": 1.5},
    "USE2-BoxUsage:m7i.large": {},
    "USE1-Train:ml.p4d.24xlarge": SAGEMAKER,
    "USE1-Host:ml.g5.2xlarge": {**SAGEMAKER, "ConsumedQuantity": 0.25},
    "USE1-VolumeUsage.gp3": {**SAGEMAKER, "ConsumedUnit": "GB-Months"},
    "USE2-UnusedBox:p5.48xlarge": {"CapacityReservationStatus": "Unused"},
    "TimedStorage-ByteHrs": {
        "x_ServiceCode": "AmazonS3",
        "ServiceName": "S3",
        "ConsumedUnit": "GB",
    },
    "": {"x_ServiceCode": None, "ChargeCategory": "Tax", "ConsumedUnit": None},
}
NAMES: Final = ("x_workload", "x_gpu_type", "x_gpu_count", "consumed_quantity", "consumed_unit")


def test_rows_of_focus_tell_workload_and_hours_of_accelerators(make: Any) -> None:
    rows = [{**line, "x_UsageType": kind or None} for kind, line in LINES.items()]
    document = make.written(make.focus(rows))

    charges = focus.convert(document, tax_recoverable=False).charges.collect()

    one, eight = Decimal(1), Decimal(8)
    assert charges.select(NAMES).rows() == [
        ("compute", "H100", eight, Decimal(12), "GPU-Hours"),
        (None, None, None, one, "Hours"),
        ("training", "A100", eight, eight, "GPU-Hours"),
        ("inference", "A10G", one, Decimal("0.25"), "GPU-Hours"),
        ("storage", None, None, one, "GB-Months"),
        ("compute", "H100", eight, one, "Hours"),
        (None, None, None, one, "GB"),
        (None, None, None, one, None),
    ]
    assert charges.select(pl.col("pricing_quantity").is_null().all()).item()
