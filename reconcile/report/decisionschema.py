"""Decisions as JSON, and its schema; amounts are text at full scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconcile.decision.decisions import Decisions
from reconcile.decision.drawn import ContingencyLine
from reconcile.decision.hosted import CaseLine, HostingLine
from reconcile.decision.levered import FactorLine, LeverLine
from reconcile.figure import Figure
from reconcile.report.section import AMOUNT, TEXT, closed_object, list_of, value

Json = dict[str, Any]

_FLAG: Final[Json] = {"type": "boolean"}
_TEXTS: Final[Json] = list_of(TEXT)
_COUNT: Final[Json] = {"type": ["integer", "null"]}

# names of amounts in JSON, which are those of the lines
_RESERVE: Final = ("opening", "drawn", "balance", "used", "progress", "burn", "room")
_LEVER: Final = ("planned", "saving", "counterfactual", "actual", "naive", "output")
_FACTOR: Final = ("planned", "cut", "saving")
_SPOT: Final = ("listed", "paid", "rerun", "saving")
_CASE: Final = ("fixed", "per_1k", "even_low", "even_high")
_HOSTING: Final = ("tokens", "low", "high", "capacity")
_ZOMBIE: Final = ("days", "cost", "monthly")
_MIX: Final = ("share", "prepared", "planned")
_RUNS: Final = ("planned", "runs", "failed", "per_success")


def _object(names: tuple[str, ...], **others: Mapping[str, Any]) -> Json:
    return closed_object(**dict.fromkeys(names, AMOUNT), **others)


_CASES: Final = _object(_CASE, answer=TEXT, replicas=_COUNT)

SCHEMA: Final = closed_object(
    contingency=list_of(
        _object(
            _RESERVE,
            project=TEXT,
            faster_than_work=_FLAG,
            progress_of_outputs=_FLAG,
            draws=list_of(_object(("drawn", "balance"), month=TEXT, reasons=_TEXTS)),
        )
    ),
    levers=list_of(
        _object(
            _LEVER,
            project=TEXT,
            item=TEXT,
            levers=_TEXTS,
            reason=TEXT,
            factors=list_of(_object(_FACTOR, factor=TEXT, levers=_TEXTS)),
        )
    ),
    spot=list_of(_object(_SPOT, project=TEXT)),
    hosting=list_of(
        _object(
            _HOSTING,
            id=TEXT,
            project=TEXT,
            beyond_capacity=_FLAG,
            keep=_CASES,
            begin={"anyOf": [_CASES, {"type": "null"}]},
        )
    ),
    zombies=list_of(_object(_ZOMBIE, project=TEXT, name=TEXT, since=TEXT, flagged=TEXT)),
    unmeasured=list_of(closed_object(project=TEXT, name=TEXT)),
    machines=list_of(_object(("hours", "cost"), name=TEXT)),
    data_share=list_of(_object(_MIX, project=TEXT)),
    runs=list_of(_object(_RUNS, project=TEXT)),
)


def document(found: Decisions) -> Json:
    """Return decisions as plain values, in the schema SCHEMA."""
    return {
        "contingency": [_contingency(line) for line in found.contingencies],
        "levers": [_lever(line) for line in found.levers],
        "spot": [{"project": each.project, **_values(each, _SPOT)} for each in found.spots],
        "hosting": [_hosting(line) for line in found.hostings],
        "zombies": [
            {
                "project": each.project,
                "name": each.name,
                "since": each.since.isoformat(),
                "flagged": each.flagged.isoformat(),
                **_values(each, _ZOMBIE),
            }
            for each in found.zombies
        ],
        "unmeasured": [{"project": each.project, "name": each.name} for each in found.unmeasured],
        "machines": [
            {"name": each.name, **_values(each, ("hours", "cost"))} for each in found.machines
        ],
        "data_share": [{"project": each.project, **_values(each, _MIX)} for each in found.mixes],
        "runs": [{"project": each.project, **_values(each, _RUNS)} for each in found.iterations],
    }


def _values(line: object, names: tuple[str, ...]) -> dict[str, str | None]:
    figures: dict[str, Figure] = {name: getattr(line, name) for name in names}
    return {name: value(figure) for name, figure in figures.items()}


def _contingency(line: ContingencyLine) -> Json:
    return {
        "project": line.project,
        "faster_than_work": line.fast,
        "progress_of_outputs": line.measured,
        **_values(line, _RESERVE),
        "draws": [
            {
                "month": str(each.month),
                "reasons": [*each.reasons],
                **_values(each, ("drawn", "balance")),
            }
            for each in line.draws
        ],
    }


def _lever(line: LeverLine) -> Json:
    return {
        "project": line.project,
        "item": line.item,
        "levers": [*line.levers],
        "reason": line.reason,
        **_values(line, _LEVER),
        "factors": [_factor(each) for each in line.factors],
    }


def _factor(line: FactorLine) -> Json:
    return {"factor": line.factor, "levers": [*line.levers], **_values(line, _FACTOR)}


def _hosting(line: HostingLine) -> Json:
    return {
        "id": line.id,
        "project": line.project,
        "beyond_capacity": line.full,
        **_values(line, _HOSTING),
        "keep": _case(line.keep),
        "begin": None if line.begin is None else _case(line.begin),
    }


def _case(line: CaseLine) -> Json:
    return {"answer": line.answer, "replicas": line.replicas, **_values(line, _CASE)}
