"""What a line is for, on which accelerators, and what it consumed in units of its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from functools import partial
from typing import Final

import polars as pl

from ingest.aws import gpu, service, usage
from ingest.aws.distinct import Distinct
from ingest.aws.profile import Profile
from models.money import QUANTITY

GPU_HOURS: Final = "GPU-Hours"
TOKENS: Final = "Tokens"
_MILLION: Final = "1000000 Tokens"
_TOKENS: Final = {"1000 Tokens": Decimal(1000), _MILLION: Decimal(1_000_000)}
_MILLIONS_OF_TOKENS: Final = r"(?i)\bmillion\b[^|]*\btokens?\b"

# Hours of capacity in which no instance ran, whatever their usage type.
_RESERVED: Final = ("unused", "reserved", "cancelled")

# Of spot instances whose usage type does not name them; the description begins with the type.
_FIRST_WORD: Final = r"^((?:ml\.)?[a-z0-9-]+\.[a-z0-9-]+) "
_SPOT: Final = Distinct.of(
    "spot", (f"{family}.{size}" for family, (_, sizes) in gpu.FAMILIES.items() for size in sizes)
)


def spot(found: Profile) -> dict[str, pl.Expr]:
    """Return the numbers of spot instances that only descriptions name, if there are any."""
    if not found.has_nameless:
        return {}
    first = pl.col("line_item_line_item_description").str.extract(_FIRST_WORD)
    return {_SPOT.number: _SPOT.numbered(pl.when(found.usages.where(usage.nameless)).then(first))}


def of_line(found: Profile) -> dict[str, pl.Expr]:
    """Return workload and accelerators of a line, and `ran`: how many ran for its hours."""
    of = {name: found.codes.where(partial(_is_of, found, name)) for name in usage.SERVICES}
    instances = of["ec2"] | of["sagemaker"]
    return {
        "x_workload": _workload(found, of),
        "x_gpu_type": _of_instance(found, instances, _model, pl.String()),
        "x_gpu_count": _of_instance(found, instances, _count, QUANTITY),
        "ran": _of_instance(found, instances, usage.gpus, QUANTITY),
    }


def _is_of(found: Profile, service: str, code: str) -> bool:
    return usage.service(code, found.name(code)) == service


def _workload(found: Profile, of: Mapping[str, pl.Expr]) -> pl.Expr:
    result = pl.lit(None, dtype=pl.String)
    for name, mine in of.items():
        said = found.usages.chosen(partial(usage.workload, name), pl.String())
        result = pl.when(mine).then(said).otherwise(result)
    if not found.has_nameless:
        return result
    return pl.coalesce(result, pl.when(pl.col(_SPOT.number).is_not_null()).then(pl.lit("compute")))


def _of_instance(
    found: Profile, instances: pl.Expr, said: Callable[[str], Hashable], dtype: pl.DataType
) -> pl.Expr:
    """Return what is said of the usage type of an instance."""
    own = pl.when(instances).then(found.usages.chosen(said, dtype))
    if not found.has_nameless:
        return own
    return pl.coalesce(own, _SPOT.chosen(lambda name: said(f"SpotUsage:{name}"), dtype))


def _model(text: str) -> str | None:
    found = usage.accelerators(text)
    return found.model if found else None


def _count(text: str) -> Decimal | None:
    found = usage.accelerators(text)
    return found.count if found else None


def consumed(found: Profile, quantity: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Return the pricing unit, and the consumed quantity and unit of a metered quantity.

    What is consumed is counted one by one, so that it can be added up: hours of instances
    are hours of their accelerators, thousands and millions of tokens are tokens.
    """
    millions = _millions(found)
    unit = pl.when(millions).then(pl.lit(_MILLION)).otherwise(service.unit(found.units))
    hours = found.units.where(lambda text: service.unit_of(text) == "Hours")
    status = pl.col("capacity_reservation_capacity_reservation_status").str.to_lowercase()
    ran = pl.when(hours & ~status.is_in(_RESERVED).fill_null(value=False)).then(pl.col("ran"))
    tokens = (
        pl.when(millions)
        .then(pl.lit(_TOKENS[_MILLION], dtype=QUANTITY))
        .otherwise(found.units.chosen(lambda text: _TOKENS.get(service.unit_of(text)), QUANTITY))
    )
    counted = (
        pl.when(ran.is_not_null())
        .then(pl.lit(GPU_HOURS))
        .when(tokens.is_not_null())
        .then(pl.lit(TOKENS))
        .otherwise(unit)
    )
    return unit, pl.coalesce(quantity * pl.coalesce(ran, tokens), quantity), counted


def _millions(found: Profile) -> pl.Expr:
    """Say whether a line of the marketplace counts millions of tokens, by its description."""
    sold = [code for code in found.names if _is_of(found, "bedrock", code)]
    if not sold:
        return pl.lit(value=False)
    units = found.units.where(lambda text: service.unit_of(text) == "Units")
    described = pl.col("line_item_line_item_description").str.contains(_MILLIONS_OF_TOKENS)
    mine = found.codes.where(lambda code: code in sold)
    return mine & units & described.fill_null(value=False)
