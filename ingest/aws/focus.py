"""FOCUS tables of data exports: how they are written, and what their usage types say."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from ingest.aws import gpu, usage
from ingest.aws.distinct import Distinct
from ingest.aws.workload import GPU_HOURS
from ingest.focus.convert import convert as convert_focus
from ingest.focus.dialect import Dialect
from ingest.source import Conversion
from models.money import QUANTITY

# The customer's query chooses the columns; without these rules and traces would miss something.
DIALECT: Final = Dialect(
    required=(
        *("ChargeDescription", "ChargeFrequency", "ProviderName"),
        *("ResourceId", "SubAccountId", "Tags"),
    ),
    known=("x_CostCategories", "x_Discounts"),
)

_KEY: Final = ("x_service_code", "service_name", "x_usage_type")
_BETWEEN: Final = "\0"  # in no name
_INSTANCES: Final = ("ec2", "sagemaker")


def convert(path: Path, *, tax_recoverable: bool) -> Conversion:
    """Turn one document into charges; workload and accelerators as CUR lines have them.

    Raises:
        ContractError: when the document breaks its contract.
    """
    made = convert_focus(path, DIALECT, tax_recoverable=tax_recoverable)
    return replace(made, charges=_classified(made.charges))


def _classified(charges: pl.LazyFrame) -> pl.LazyFrame:
    """Return the charges with what each product and usage type says, each decided once."""
    key = pl.concat_str([pl.col(name).fill_null("") for name in _KEY], separator=_BETWEEN)
    texts = charges.select(key.alias("text")).unique().collect(engine="streaming")["text"]
    known = Distinct.of("product", texts)
    hours = (
        (pl.col("consumed_unit") == "Hours")
        & (pl.col("capacity_reservation_status") != "Unused").fill_null(value=True)
    ).fill_null(value=False)
    ran = pl.when(hours).then(known.chosen(_ran, QUANTITY))
    said = charges.with_columns(known.numbered(key)).with_columns(
        x_workload=known.chosen(_workload, pl.String()),
        x_gpu_type=known.chosen(_model, pl.String()),
        x_gpu_count=known.chosen(_count, QUANTITY),
        consumed_quantity=pl.coalesce(pl.col("consumed_quantity") * ran, "consumed_quantity"),
        consumed_unit=pl.when(ran.is_not_null())
        .then(pl.lit(GPU_HOURS))
        .otherwise(pl.col("consumed_unit")),
    )
    return said.drop(known.number)


def _product(text: str) -> tuple[str | None, str]:
    """Return the service that a product is, one of `usage.SERVICES`, and its usage type."""
    code, name, kind = text.split(_BETWEEN)
    return usage.service(code, name), kind


def _workload(text: str) -> str | None:
    service, kind = _product(text)
    return usage.workload(service, kind) if service else None


def _accelerators(text: str) -> gpu.Accelerators | None:
    service, kind = _product(text)
    return usage.accelerators(kind) if service in _INSTANCES else None


def _model(text: str) -> str | None:
    found = _accelerators(text)
    return found.model if found else None


def _count(text: str) -> Decimal | None:
    found = _accelerators(text)
    return found.count if found else None


def _ran(text: str) -> Decimal | None:
    service, kind = _product(text)
    return usage.gpus(kind) if service in _INSTANCES else None
