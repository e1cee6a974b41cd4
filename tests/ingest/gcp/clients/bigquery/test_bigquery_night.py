"""A night with an export, a billing account and a price catalogue, all behind real clients."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from scheduler.cli import main

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Say:
    def said(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["-q", "-C", str(tmp_path / "project"), *arguments])
        return code, *capfd.readouterr()

    return said


@pytest.fixture
def project(tmp_path: Path, warehouse: Any, billing: Any, say: Say) -> Path:
    folder = tmp_path / "project"
    code, _, said = say(
        "init", "--name", "n", "--currency", "USD", "--project", "bot", "--owner", "o@x.io"
    )
    assert code == 0, said
    settings = (folder / "trueup.yaml").read_text()
    settings = settings[: settings.index("sources:")] if "\nsources:" in settings else settings
    source = {
        "kind": "gcp_bigquery",
        "project": "llm-billing",
        "dataset": "costs",
        "billing_account": "012345-567890-ABCDEF",
        "endpoint": warehouse.endpoint,
        "billing_endpoint": billing.endpoint,
        "retry_seconds": 1,
        "projects": True,
        "catalog": True,
    }
    (folder / "trueup.yaml").write_text(f"{settings}\nsources:\n  gcp: {json.dumps(source)}\n")
    return folder


def test_a_night_shows_who_is_not_thought_of_and_what_units_cost(
    project: Path, warehouse: Any, billing: Any, row: Any, say: Say
) -> None:
    del project
    billing.projects = [("llm-ft", True), ("bot", True), ("idle", False)]
    discount = {"type": "COMMITTED_USAGE_DISCOUNT", "name": "cud", "amount": -1.0}
    sku = {"id": "AAAA-0001", "description": "Nvidia A100 GPU running in Americas"}
    hour = datetime(2026, 10, 5, 3)  # noqa: DTZ001 - as the table stores it
    warehouse.fill(row(sku=sku, usage_start_time=hour, credits=[discount]), row(sku=sku))

    say("ingest", "--today", "2026-11-02")
    _, status, _ = say("status")
    _, report, _ = say("report", "--today", "2026-11-02", "--month", "2026-10", "-f", "json")
    _, shown, _ = say("prices", "--month", "2026-10")
    _, printed, _ = say("prices", "--month", "2026-10", "--format", "json")

    assert (
        "account    gcp: 012345-567890-ABCDEF: 'llm-ft' can cause cost, and no project and no "
        "rule names it; make it an alias of a project, or write a rule on account "
        "[unnamed_account]" in status
    )
    assert "'bot'" not in status
    assert "'idle'" not in status
    (price,) = json.loads(printed)["prices"]
    assert {name: price[name] for name in ("published", "list", "contracted", "effective")} == {
        "published": "3.500000",
        "list": "3.500000",
        "contracted": "2.933000",
        "effective": "2.433000",
    }
    assert price["quantity"] == "2"
    assert "AAAA-0001" in shown
    assert "no cost in 2026-10 of 1 accounts: bot" in report
    assert "'llm-ft' can cause cost" in report


def test_a_price_list_that_does_not_come_stops_nothing_and_is_said(
    project: Path, billing: Any, say: Say
) -> None:
    del project
    billing.always = grpc.StatusCode.PERMISSION_DENIED

    say("ingest", "--today", "2026-11-02")
    _, status, _ = say("status")

    assert (
        "may not be read; grant roles/billing.viewer on the billing account [reference]" in status
    )
    billing.always = None
    say("ingest", "--today", "2026-11-02")
    assert "[reference]" not in say("status")[1]
