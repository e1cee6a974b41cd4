"""What decisions are worked out from, beside the spend and the plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from models.beside import BESIDE
from models.decision.file import DecisionFile, Draw
from reconcile.decision.endpoint import Endpoint
from reconcile.decision.lever import Lever
from reconcile.run.table import RUNS


def _usage() -> pl.DataFrame:
    return pl.DataFrame(schema={**BESIDE["usage"].schema, "project": pl.String()})


def _runs() -> pl.DataFrame:
    return pl.DataFrame(schema=RUNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleMachine:
    """What nobody used of one machine of one's own in a month; reporting currency."""

    name: str
    hours: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known and what is asked.

    Attributes:
        file: `decisions.yaml`.
        draws: By project those from its current plan, in whose items and contingency they are.
        levers: By project those of its plan, as declared.
        usage: What was used, with the project of each row.
        runs: In the schema `reconcile.run.table.RUNS`.
        endpoints: What serves, with its calls.
        machines: What idled of one's own machines in the month.
    """

    file: DecisionFile = field(default_factory=DecisionFile)
    draws: Mapping[str, Sequence[Draw]] = field(default_factory=dict)
    levers: Mapping[str, Sequence[Lever]] = field(default_factory=dict)
    usage: pl.DataFrame = field(default_factory=_usage)
    runs: pl.DataFrame = field(default_factory=_runs)
    endpoints: Sequence[Endpoint] = ()
    machines: Sequence[IdleMachine] = ()
