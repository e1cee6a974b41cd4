"""`trueup decisions`, and draws of months that are closed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from ingest.kind import CLOSED
from models.beside import BESIDE
from models.decision.file import DecisionFile
from models.errors import ConfigError, RefusedError
from models.ledger import Entry, Ledger
from models.project import Project as Registered
from models.project import Registry
from scheduler.decisions import DRAWN, allowed, entries, settled
from scheduler.endpoints import called

D = Decimal
DRAW = "{project: support-bot, on: 2026-10-09, amount: 40, item: train, by: cfo, reason: more runs}"


@pytest.fixture(name="held")
def held_fixture() -> Iterator[Any]:
    """Return stores that are a ledger alone."""
    with Ledger("sqlite://", lambda: datetime(2026, 11, 1, tzinfo=UTC)) as ledger:
        yield SimpleNamespace(ledger=ledger)


def project(*days: str, name: str = "decisions.yaml", **said: Any) -> Any:
    """Return a project with a draw of each day."""
    base = {"project": "bot", "amount": "5", "item": "train", "by": "cfo", "reason": "r", **said}
    file = DecisionFile.model_validate({"draws": [{**base, "on": day} for day in days]})
    return SimpleNamespace(
        decisions=file,
        settings=SimpleNamespace(decisions=name),
        registry=Registry((Registered(id="bot"),)),
        plans=(),
    )


def recorded(held: Any, *days: str) -> list[Entry]:
    found = entries(project(*days), held)
    if found:
        held.ledger.append(*found)
    return found


def shut(held: Any, month: str) -> None:
    held.ledger.settle(Entry(CLOSED, month, {"version": 1}), 0)


def test_draws_go_into_the_ledger_when_they_change(held: Any) -> None:
    assert recorded(held) == []
    assert len(recorded(held, "2026-10-09")) == 1
    assert recorded(held, "2026-10-09") == []
    (gone,) = recorded(held)
    assert (gone.kind, gone.subject, gone.body) == (DRAWN, "decisions.yaml", {"draws": {}})
    assert recorded(held) == []


@pytest.mark.failure("F04")
def test_a_draw_of_a_closed_month_is_refused_by_its_date(held: Any) -> None:
    recorded(held, "2026-10-09")
    shut(held, "2026-10")

    settled(project("2026-10-09", "2026-11-02"), held)
    with pytest.raises(RefusedError) as caught:
        settled(project("2026-10-09", "2026-10-31"), held)

    assert str(caught.value) == (
        "decisions.yaml: the draw of 5 for train of bot is of 2026-10-31, and 2026-10 is closed; "
        "approve it on a day in an open month, from 2026-11 on"
    )


def test_what_is_recorded_after_the_close_is_late_all_the_same(held: Any) -> None:
    shut(held, "2026-10")
    recorded(held, "2026-10-09")

    with pytest.raises(RefusedError, match="the draw of 5 for train of bot is of 2026-10-09"):
        settled(project("2026-10-09"), held)


def test_a_draw_of_a_closed_month_cannot_be_taken_back(held: Any) -> None:
    recorded(held, "2026-10-09", "2026-11-02")
    shut(held, "2026-10")

    settled(project("2026-10-09"), held)
    with pytest.raises(RefusedError) as caught:
        settled(project("2026-11-02"), held)

    assert str(caught.value) == (
        "decisions.yaml: 2026-10 is closed, and 1 of its draws changed or went; put them back, and "
        "give back what is too much by a draw with an amount below zero in an open month, from "
        "2026-11 on"
    )


def test_draws_are_the_same_when_their_file_has_another_name(held: Any) -> None:
    recorded(held, "2026-10-09")
    shut(held, "2026-10")

    settled(project("2026-10-09", name="cost/decisions.yaml"), held)
    assert entries(project("2026-10-09", name="cost/decisions.yaml"), held) == []
    with pytest.raises(RefusedError, match=r"^moved.yaml: 2026-10 is closed, and 1 of its draws"):
        settled(project(name="moved.yaml"), held)


def test_a_draw_stays_when_its_project_gets_another_id(held: Any) -> None:
    recorded(held, "2026-10-09")
    shut(held, "2026-10")
    renamed = project("2026-10-09", project="new-bot")

    with pytest.raises(RefusedError, match="the draw of 5 for train of new-bot is of 2026-10-09"):
        settled(renamed, held)
    renamed.registry = Registry((Registered(id="new-bot", aliases=("bot",)),))
    settled(renamed, held)
    assert len(entries(renamed, held)) == 1


def test_a_draw_of_a_closed_month_may_be_in_a_later_version_of_the_plan(held: Any) -> None:
    recorded(held, "2026-10-09")
    shut(held, "2026-10")

    settled(project("2026-10-09", in_version=2), held)


def test_a_draw_that_no_approved_plan_allows_is_refused_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "decisions.yaml").write_text(f"draws:\n  - {DRAW}\n", "utf-8")
    asked = project("2026-10-09")
    asked.folder = tmp_path
    allowed(project())

    with pytest.raises(ConfigError) as caught:
        allowed(asked)

    assert str(caught.value).endswith(
        "decisions.yaml:2:15: draws.0.project: 'bot' has no approved plan, whose contingency could "
        "be drawn; approve a plan first"
    )


def test_calls_are_summed_by_endpoint_and_day_and_what_nobody_measured_is_absent() -> None:
    rows = [
        {"driver": "requests", "run_id": run, "day": date(2026, 10, day), "quantity": D(count)}
        for run, day, count in (("Chat", 1, 0), ("chat ", 1, 2), ("chat", 3, 0), (None, 4, 7))
    ]
    other = {"driver": "tokens", "run_id": "chat", "day": date(2026, 10, 2), "quantity": D(9)}

    found = called(pl.DataFrame([*rows, other], schema=BESIDE["usage"].schema))

    assert found == {"chat": {date(2026, 10, 1): D(2), date(2026, 10, 3): D(0)}}


@pytest.fixture(name="night")
def night_fixture(small: Path, trueup: Callable[..., Any]) -> Path:
    """Return a folder after its night, with a draw."""
    (small / "decisions.yaml").write_text(f"draws:\n  - {DRAW}\n", "utf-8")
    said = trueup("-C", str(small), "-q", "run", "--today", "2026-11-22")
    assert said.code in {0, 4}, said.err
    return small


@pytest.mark.once
def test_the_command_shows_what_was_drawn_and_the_ledger_has_it(
    night: Path, trueup: Callable[..., Any]
) -> None:
    asked = ("-C", str(night), "decisions", "--month", "2026-10")

    shown = trueup(*asked)
    told = trueup(*asked, "-p", "support-bot", "-f", "json")
    wrong = trueup(*asked, "-p", "suport-bot")

    assert "support-bot  2026-10  train: more runs (cfo, 2026-10-09)  40.00" in shown.out
    (line,) = json.loads(told.out)["contingency"]
    assert (line["drawn"], line["draws"][0]["month"]) == ("40.00", "2026-10")
    assert D(line["opening"]) - D(line["balance"]) == 40
    assert wrong.code == 2
    assert "no project 'suport-bot'. Did you mean 'support-bot'?" in wrong.err
    report = json.loads((night / "reports" / "2026-10.json").read_text("utf-8"))
    (mine,) = report["projects"]
    limit, bac = D(mine["completion"]["limit"]), D(mine["completion"]["bac"])
    assert limit - bac == D(line["balance"])


@pytest.mark.once
def test_a_draw_that_only_a_draft_allows_waits_for_its_approval(
    night: Path, trueup: Callable[..., Any]
) -> None:
    plan = (night / "plans" / "support-bot.yaml").read_text("utf-8")
    stated = "contingency: {stated_amount: 90000, use: stated}"
    more = re.sub(r"(?m)^contingency: .*$", stated, plan)
    draft = more.replace("version: 1", "version: 2").replace("status: approved", "status: draft")
    (night / "plans" / "more.yaml").write_text(draft, "utf-8")
    (night / "decisions.yaml").write_text(f"draws:\n  - {DRAW.replace('40', '80000')}\n", "utf-8")

    refused = trueup("-C", str(night), "decisions", "--month", "2026-10")
    approve = ("plan", "approve", "support-bot", "--by", "cfo", "--reason", "more")
    approved = trueup("-C", str(night), *approve)
    shown = trueup("-C", str(night), "decisions", "--month", "2026-10", "-f", "json")

    assert refused.code == 5
    assert "decisions.yaml:2:" in refused.err
    assert "80000 USD is more than the" in refused.err
    assert approved.code == 0, approved.err
    assert json.loads(shown.out)["contingency"][0]["balance"] == "10000.00"
