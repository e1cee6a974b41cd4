"""Whatever an answer holds, it is read by both readers alike, or refused in words."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given as examples
from hypothesis import settings as limits
from hypothesis import strategies as st

from ingest.source import Delivery, Document, Source
from ingest.sources import anthropic_costs, mlflow, openai_costs
from models.errors import BrokenError
from models.period import Month

OCTOBER: Final = Month(2026, 10)
FIRST: Final = 1790812800
_NAMED: Final = {"key": "k", "organization": "acme"}


def source(module: Any, **given: Any) -> Source:
    kind = module.__name__.rpartition(".")[2]
    settings = module.Settings.model_validate({"kind": kind, **given})
    made: Source = module.SOURCE(name="vendor", settings=settings, folder=Path())
    return made


COST: Final = {
    "object": "organization.costs.result",
    "amount": {"value": 0.5, "currency": "usd"},
    "line_item": "gpt-4o, input",
    "project_id": "proj_a",
    "quantity": 7,
    "quantity_unit": "tokens",
}
USAGE: Final = {
    "object": "organization.usage.completions.result",
    "input_tokens": 10,
    "input_cached_tokens": 4,
    "output_tokens": 3,
    "num_model_requests": 2,
    "model": None,
}
JOB: Final = {
    "object": "fine_tuning.job",
    "id": "ftjob-1",
    "model": "gpt-4o",
    "created_at": FIRST,
    "finished_at": FIRST + 60,
    "status": "succeeded",
    "trained_tokens": 5,
    "metadata": {"team": "ml"},
}
CENTS: Final = {"amount": "5.5", "currency": "USD", "model": "m", "workspace_id": None}
TOKENS: Final = {
    "uncached_input_tokens": 5,
    "cache_read_input_tokens": 4,
    "output_tokens": 3,
    "cache_creation": {"ephemeral_1h_input_tokens": 2},
}
DAYS: Final = {"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z"}
RUN: Final = {
    "run_id": "a",
    "experiment": "e",
    "status": "FINISHED",
    "start": FIRST * 1000,
    "end": FIRST * 1000 + 9_000_000,
    "parent": None,
    "gpus": "8",
    "gpus_measured": 2,
    "tags": {"team": "ml"},
}


def bucket(*rows: dict[str, Any]) -> dict[str, Any]:
    times = {"object": "bucket", "start_time": FIRST, "end_time": FIRST + 86_400}
    return {"object": "page", "data": [{**times, "results": [*rows]}]}


VENDORS: Final = {
    "costs": (source(openai_costs, **_NAMED), bucket(COST, COST)),
    "usage": (
        source(openai_costs, **_NAMED, usage=["completions"], tokens="usage"),
        bucket(USAGE),
    ),
    "jobs": (
        source(openai_costs, **_NAMED, jobs=[{"project": "p", "key": "k"}], tokens="usage"),
        {"object": "list", "project": "proj_a", "data": [JOB]},
    ),
    "cents": (source(anthropic_costs, **_NAMED), {"data": [{**DAYS, "results": [CENTS, TOKENS]}]}),
    "list prices": (
        source(anthropic_costs, **_NAMED, report="analytics"),
        {"data": [{**DAYS, "group": {"model": "m"}, "cost": {**CENTS, "list_amount": "9"}}]},
    ),
    "runs": (source(mlflow, tracking_uri="http://localhost"), {"data": [RUN]}),
}


OURS: Final = {"start", "end", "gpus_measured"}  # whole numbers that we wrote ourselves


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value in a document."""
    found = [at] if at else []
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            found += places(inner, (*at, step))
    return found


ODD: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [
        None,
        "",
        " ",
        "x",
        0,
        -1,
        1,
        0.5,
        True,
        [],
        {},
        "8",
        " 8",
        "1_0",
        "1e-30",
        "-0",
        10**40,
        "NaN",
    ]
)


def altered(body: Any, place: tuple[Any, ...], value: Any) -> bytes:
    found = copy.deepcopy(body)
    inner = found
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return json.dumps(found).encode()


@pytest.mark.parametrize("name", VENDORS)
@limits(max_examples=25, deadline=None)
@examples(data=st.data())
def test_any_answer_is_read_alike_or_refused(
    name: str, data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made, body = VENDORS[name]
    path = tmp_path_factory.getbasetemp() / f"{name}.json"
    path.write_bytes(
        altered(
            body,
            data.draw(st.sampled_from([at for at in places(body) if at[-1] not in OURS])),
            data.draw(ODD),
        )
    )
    document = Document("answer.json", "0" * 64, 1)
    delivery = Delivery(source="vendor", period=OCTOBER, version="1", documents=(document,))

    try:
        found = made.convert(path, document, delivery)
    except BrokenError:
        return  # in words; any other error would stop a run
    said = made.control(path, document, delivery)

    cost = found.charges.select(pl.col("billed_cost").sum()).collect().item() or Decimal(0)
    assert sum(Decimal(total.billed_cost) for total in said.totals) == cost
    used = found.beside["usage"].group_by("driver").agg(pl.len(), pl.col("quantity").sum())
    sums = {driver: (rows, quantity) for driver, rows, quantity in used.collect().rows()}
    assert {total.key: (total.rows, Decimal(total.amount)) for total in said.beside} == sums
