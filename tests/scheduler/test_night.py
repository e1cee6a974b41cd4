from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models import warehouse
from models.errors import InvariantError
from models.lake import Lake
from models.ledger import Ledger
from models.purchase import SOURCE as ACCRUALS
from scheduler import attributing
from scheduler.workspace import now

Trueup = Callable[..., Any]
TODAY = "2026-11-22"


@pytest.fixture
def told(told_demo: tuple[Path, str]) -> Path:
    """Return the demo itself, to be looked at."""
    return told_demo[0]


def figures(folder: Path) -> tuple[str, str]:
    """Return the content hashes of everything derived."""
    state = folder / ".trueup"
    return (
        Lake(state / "lake").digest(),
        warehouse.digest(state / "trueup.duckdb", state / "lake"),
    )


def asked(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    state = folder / ".trueup"
    return warehouse.query(state / "trueup.duckdb", state / "lake", sql)


def run(trueup: Trueup, folder: Path, today: str = TODAY) -> Any:
    return trueup("-q", "-C", str(folder), "run", "--today", today)


def alerts(folder: Path) -> list[str]:
    path = folder / "reports" / "alerts.jsonl"
    events = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [f"{event['id']} {event['type'].rpartition('.')[2]}" for event in events]


def test_a_night_reports_what_was_loaded_and_the_next_command(trueup: Trueup, small: Path) -> None:
    said = run(trueup, small)

    lines = said.out.splitlines()
    assert said.code == 0, said.err
    assert "1 deliveries loaded, 0 unchanged, 0 refused" in lines[0]
    assert lines[1].startswith("month 2026-10: PRELIM, snapshot ")
    assert lines[2:] == [
        "alerts: 0 changed, messages 0 delivered, 0 undelivered",
        f"report: {small}/reports/2026-10.html",
        f"next: trueup -C {small} report --month 2026-10",
    ]


def test_a_night_without_any_plan_publishes_what_was_spent(trueup: Trueup, small: Path) -> None:
    (small / "plans" / "support-bot.yaml").unlink()

    said = run(trueup, small)

    assert said.code == 0, said.err
    assert asked(small, "select count(*) from plan") == [(0,)]
    assert asked(small, "select sum(amount) from actuals where basis = 'billed'") == [
        (Decimal("150.25"),)
    ]


@pytest.mark.failure("A01")
@pytest.mark.failure("C06")
def test_the_same_night_again_changes_no_figure_and_tells_nobody(
    trueup: Trueup, demo: Path
) -> None:
    before, told = figures(demo), alerts(demo)

    said = run(trueup, demo)

    assert said.code == 0, said.err
    assert "0 deliveries loaded, " in said.out
    assert figures(demo) == before
    assert alerts(demo) == told != []


@pytest.mark.failure("C05")
def test_every_cent_of_the_bills_is_on_a_project_or_unallocated(told: Path) -> None:
    charges = "select x_source, billing_currency, sum(billed_cost), sum(x_tco_cost) from charges"
    spend = "select source, currency, sum(billed_cost), sum(tco_cost) from spend"
    of_bills = f"{spend} where source <> '{ACCRUALS}' group by all order by all"
    unallocated = "select sum(billed_cost) from spend where project = 'unallocated'"

    assert asked(told, of_bills) == asked(told, f"{charges} group by all order by all")
    assert asked(told, unallocated)[0][0] > 0


@pytest.mark.failure("C05")
def test_spend_without_a_charge_is_the_accruals_to_the_cent_and_nobody_billed_it(
    told: Path,
) -> None:
    owed = "select project, category, month, currency, sum(amount) from accruals"
    spend = "select project, category, period, currency, sum(tco_cost) from spend"
    without = f"{spend} where source = '{ACCRUALS}' group by all order by all"
    billed = without.replace("tco_cost", "billed_cost")

    found = asked(told, without)

    assert found == asked(told, f"{owed} group by all order by all")
    assert found != []
    assert {row[-1] for row in asked(told, billed)} == {0}


@pytest.mark.failure("C05")
def test_a_broken_sum_stops_the_night_and_the_last_figures_stay(
    trueup: Trueup, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(trueup, small)
    before = figures(small), (small / "reports" / "2026-10.html").read_bytes()
    (small / "invoices" / "november.csv").write_text(
        "Invoice,Date,Line,Net,Currency,From,To,Project\nL-2,2026-11-02,1,1.00,USD,,,support-bot\n"
    )

    def broken(*_: object) -> None:
        raise InvariantError("billed_cost: spend 1 is not the charges' 2; nothing is published")

    monkeypatch.setattr(attributing, "conserved", broken)
    said = run(trueup, small)

    assert (said.code, said.err) == (
        1,
        "trueup: billed_cost: spend 1 is not the charges' 2; nothing is published\n",
    )
    assert figures(small)[1] == before[0][1]
    assert (small / "reports" / "2026-10.html").read_bytes() == before[1]


def test_rebuild_gives_equal_hashes(trueup: Trueup, demo: Path) -> None:
    before = figures(demo)

    said = trueup("-q", "-C", str(demo), "rebuild", "--today", TODAY)

    assert said.code == 0, said.err
    assert figures(demo) == before
    assert said.out == f"lake {before[0]} equal\nwarehouse {before[1]} equal\n"


def test_a_rebuild_is_of_the_month_and_the_day_of_the_last_run(trueup: Trueup, small: Path) -> None:
    folder = ("-q", "-C", str(small))
    trueup(*folder, "run", "--today", "2026-11-10", "--month", "2026-09")

    said = trueup(*folder, "rebuild")

    assert said.code == 0, said.err
    assert [line.split()[-1] for line in said.out.splitlines()] == ["equal", "equal"]


def test_a_rebuild_that_differs_is_told_and_exits_1(trueup: Trueup, small: Path) -> None:
    run(trueup, small)
    before = figures(small)
    [file] = (small / ".trueup" / "lake" / "facts").glob("*.parquet")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"x")

    said = trueup("-q", "-C", str(small), "rebuild", "--today", TODAY)

    assert said.code == 1
    assert figures(small) == before
    assert said.err == (
        "trueup: the figures are equal, but files of the lake had other bytes: another release of "
        "polars wrote them, or one was altered; they are as this release writes them now\n"
    )
    with duckdb.connect(str(small / ".trueup" / "trueup.duckdb")) as session:
        session.execute("DELETE FROM plan")
    said = trueup("-q", "-C", str(small), "rebuild", "--today", TODAY)
    assert said.code == 1
    assert said.err == (
        "trueup: rebuilt figures differ from the ones before; see the hashes above\n"
    )


@pytest.mark.failure("A03")
def test_a_missing_object_is_named_and_the_last_good_figures_stay(
    trueup: Trueup, demo: Path
) -> None:
    before = asked(demo, "select sum(billed_cost), count(*) from charges")
    [manifest] = (demo / "exports/aws").rglob("metadata/BILLING_PERIOD=2026-10/*Manifest.json")
    stated = json.loads(manifest.read_text())
    lost = stated["dataFiles"][0].replace("-00001", "-00002")
    manifest.write_text(
        json.dumps({**stated, "executionId": "later", "dataFiles": [*stated["dataFiles"], lost]})
    )

    said = run(trueup, demo)

    assert said.code == 4
    assert "fine-tuning-cur2-00002.snappy.parquet" in said.err
    assert asked(demo, "select sum(billed_cost), count(*) from charges") == before
    assert asked(demo, "select state from sources where source = 'aws'") == [("broken",)]
    manifest.write_text(json.dumps(stated))
    assert run(trueup, demo).code == 0


@pytest.mark.failure("I04")
def test_a_run_beside_a_run_is_refused(trueup: Trueup, small: Path) -> None:
    state = small / ".trueup"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        said = run(trueup, small)
        holder.kill()

    assert said.code == 6
    assert f"{state}/lock: another run holds the lock (process {holder.pid})" in said.err


@pytest.mark.failure("J01")
def test_a_killed_load_leaves_the_figures_of_before_or_of_after(
    trueup: Trueup, small: Path
) -> None:
    run(trueup, small)
    before = loaded(small)
    (small / "invoices" / "more.csv").write_text(
        "Invoice,Date,Line,Net,Currency,From,To,Project\nL-9,2026-10-30,1,9.00,USD,,,support-bot\n"
    )
    seen = set()

    for written in (1, 3, 5, 1000):  # files that are new when it is killed
        command = [sys.executable, "-m", "scheduler", "-q", "-C", str(small), "ingest"]
        there = files(small)
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while process.poll() is None and len(files(small) - there) < written:
                time.sleep(0.002)
            process.kill()
        seen.add(loaded(small))

    after = loaded(small)
    assert after != before
    assert seen <= {before, after}
    assert run(trueup, small).code == 0
    assert asked(small, "select sum(billed_cost) from charges") == [(Decimal("159.25"),)]


def files(folder: Path) -> set[str]:
    """Return every file of the stores, half-written ones included."""
    return {f"{where}/{name}" for where, _, names in os.walk(folder / ".trueup") for name in names}


def loaded(folder: Path) -> str:
    """Return which deliveries count, as the ledger says; it must always verify."""
    with Ledger(f"sqlite:///{folder / '.trueup' / 'ledger.sqlite'}", now) as ledger:
        ledger.verify()
        bodies = {scope: record.body for scope, record in ledger.latest("delivery.loaded").items()}
    lake = Lake(folder / ".trueup" / "lake")
    for body in bodies.values():
        for document in body["documents"]:
            assert all(
                lake.path(table, document[table]).exists() for table in ("charges", "keys", "facts")
            )
    return json.dumps({scope: body["delivery"] for scope, body in bodies.items()}, sort_keys=True)


def test_an_alert_is_told_once_and_again_when_it_is_over(trueup: Trueup, demo: Path) -> None:
    opened = alerts(demo)
    plan = demo / "plans" / "legal-summarizer-70b.yaml"
    text = plan.read_text()
    assert "stated_amount: 180000" in text

    run(trueup, demo)
    silent = alerts(demo)
    plan.write_text(text.replace("stated_amount: 180000", "stated_amount: 400000"))
    run(trueup, demo)
    run(trueup, demo)

    assert opened == silent == ["A-1:1 opened", "A-2:1 opened"]
    assert alerts(demo) == [*opened, "A-1:2 resolved"]


@pytest.mark.failure("L01")
def test_an_alert_waits_in_the_ledger_until_its_receiver_is_back(
    trueup: Trueup, demo: Path, webhooks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = webhooks(503)
    monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{receiver.server_port}/in")
    monkeypatch.setenv("HOOK_SECRET", "whsec_a2V5")
    settings = demo / "trueup.yaml"
    channel = (
        "  - {kind: webhook, url: '${HOOK_URL}', secret: '${HOOK_SECRET}',"
        " allow_hosts: [127.0.0.1], allow_http_loopback: true}\n"
    )
    settings.write_text(settings.read_text().replace("channels:\n", "channels:\n" + channel))
    plan = demo / "plans" / "kyc-extract-8b.yaml"
    text = plan.read_text()
    plan.write_text(re.sub(r"stated_amount: \d+", "stated_amount: 1", text))

    first = run(trueup, demo)
    receiver.status = 204
    second = run(trueup, demo)
    third = run(trueup, demo)

    assert "messages 1 delivered, 1 undelivered" in first.out
    assert "messages 1 delivered, 0 undelivered" in second.out
    assert "messages 0 delivered, 0 undelivered" in third.out
    ids = [json.loads(body)["id"] for _, _, body in receiver.received]
    assert ids == ["A-3:1", "A-3:1"]


HOLDER = """
import sys, time
from pathlib import Path
from scheduler.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_gate_is_exit_code_3_and_only_when_asked_for(trueup: Trueup, told: Path) -> None:
    report = ("-C", str(told), "report", "--today", TODAY)

    assert trueup(*report).code == 0
    assert trueup(*report, "--fail-on", "limit").code == 3
    assert trueup(*report, "--fail-on", "data").code == 0


def test_a_report_can_be_written_to_a_file(trueup: Trueup, told: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"

    said = trueup("-C", str(told), "report", "--today", TODAY, "-f", "json", "-o", str(out))

    assert (said.code, said.out) == (0, "")
    assert json.loads(out.read_text())["schema_version"]


def test_status_names_sources_and_open_alerts(trueup: Trueup, told: Path) -> None:
    said = trueup("-C", str(told), "status")

    assert "source     aws: loaded, newest delivery 2026-11, " in said.out
    assert "alert      A-1 legal-summarizer-70b: over its limit since 2026-11-22" in said.out
    assert "plans      6, projects 6" in said.out


def test_status_of_a_fresh_project_says_that_nothing_ran(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "status")

    assert said.code == 4
    assert "last run   never  LATE: run `trueup run`\n" in said.out
    assert "source     labeling: absent, nothing loaded yet; run `trueup run`\n" in said.out


def test_ingest_of_an_unknown_source_names_the_nearest(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "ingest", "labelling")

    assert said.code == 5
    assert "sources: no source 'labelling'. Did you mean 'labeling'?" in said.err


def test_ingest_lists_what_it_loaded(trueup: Trueup, small: Path) -> None:
    said = trueup("-q", "-C", str(small), "ingest", "--today", TODAY)

    assert (said.code, said.out.splitlines()[-1]) == (0, "1 loaded, 0 unchanged, 0 refused")
    assert "loaded labeling/2026-10" in said.out


def test_a_source_that_fails_is_exit_code_4_and_says_where(trueup: Trueup, small: Path) -> None:
    (small / "invoices" / "october.csv").write_text("Invoice,Date\n")

    said = trueup("-q", "-C", str(small), "ingest", "--today", TODAY)

    assert said.code == 4
    assert "labeling: october.csv:1:" in said.err


def test_plans_can_be_checked_alone(trueup: Trueup) -> None:
    plans = Path(__file__).parents[2] / "config" / "plans"

    said = trueup("plan", "validate", str(plans / "seed-naive.yaml"))

    assert said.code == 0
    assert "base 21550.00 + contingency 3100.00 = 24650.00 USD" in said.out
    assert "  warning: contingency stated 3100.00 != 0.15 x base 21550.00 = 3232.50" in said.out
    assert said.out.endswith("1 plans valid\n")


def test_a_plan_is_shown_by_item_and_month(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "plan", "show", "support-bot")

    title, head, row, *_ = said.out.splitlines()
    assert title == "support-bot version 1 (approved), 2026-09 to 2027-02, in USD"
    assert head.split() == ["item", "category", *(f"2026-{m:02}" for m in range(9, 13)),
                            "2027-01", "2027-02", "total"]  # fmt: skip
    assert row.split()[:2] == ["train", "training_compute"]
    assert row.split()[-1] == "2000.00"


def test_charges_are_exported_as_focus(trueup: Trueup, small: Path, tmp_path: Path) -> None:
    run(trueup, small)
    out = tmp_path / "focus.parquet"

    said = trueup("-C", str(small), "export", "focus", "--version", "1.2", "-o", str(out))

    assert (said.code, said.out) == (0, f"wrote {out} from 1 documents\n")
    assert out.stat().st_size > 0
