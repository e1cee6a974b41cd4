"""`trueup plan`: list, show, diff, lint, submit, approve and import, as a person uses them."""

# ruff: noqa: E501 - a file and what is said of it are one line

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from scheduler.lock import held

Trueup = Callable[..., Any]

LEAN: Final = """\
plan: {project: support-bot, id: lean, version: 1, scenario: lean, extends: support-bot.yaml}
override: {train: {quantity: {runs: 2, gpu_hours_per_run: 100}}}
"""
PLAN: Final = """\
plan:
  project: support-bot
  id: support-bot
  version: 1
  currency: USD
  start: 2026-09
  horizon_months: 3
approval: {status: approved, author: ml, by: cfo, at: 2026-08-20, reason: first}
contingency: {rate: 0.1, stated_amount: 250.00, use: stated}
items:
  - {id: train, category: training_compute, quantity: {runs: 4, gpu_hours_per_run: 100}, unit: gpu-hour, unit_price: 2.50}
  - {id: ci, category: infra, amount: 1200.00}
"""
BUDGET: Final = "Item,Category,2026-09,2026-10\nGPU,Compute,100.50,200\nLabels,Annotation,50,\n"


@pytest.fixture
def folder(fresh: Path) -> Path:
    (fresh / "plans" / "support-bot.yaml").write_text(PLAN)
    (fresh / "plans" / "lean.yaml").write_text(LEAN)
    return fresh


@pytest.fixture
def plan(folder: Path, trueup: Trueup) -> Trueup:
    def call(*arguments: str) -> Any:
        return trueup("-C", str(folder), "plan", *arguments)

    return call


def second(folder: Path, author: str = "ml") -> Path:
    path = folder / "plans" / "v2.yaml"
    text = PLAN.replace("version: 1", "version: 2").replace("1200.00", "1300.00")
    head, _, tail = text.partition("approval:")
    path.write_text(f"{head}approval: {{author: {author}}}\n{tail.partition(chr(10))[2]}")
    return path


def test_every_plan_is_listed_and_one_of_each_project_counts(plan: Trueup) -> None:
    rows = [line.split() for line in plan("list").out.splitlines()]
    said = json.loads(plan("list", "-f", "json").out)

    assert rows[1][:7] == ["support-bot", "1", "approved", "yes", "2200.00", "250.00", "2450.00"]
    assert rows[2][:5] == ["support-bot", "/", "lean", "1", "draft"]
    assert [(each["scenario"], each["counts"], each["bac"]) for each in said] == [
        (None, True, "2200.00"),
        ("lean", False, "1700.00"),
    ]


def test_a_plan_is_shown_by_item_and_month_with_both_contingencies(plan: Trueup) -> None:
    lines = plan("show", "support-bot").out.splitlines()
    said = json.loads(plan("show", "support-bot", "-f", "json").out)

    assert lines[0] == "support-bot version 1 (approved), 2026-09 to 2026-11, in USD"
    assert lines[4].split() == ["base", "733.33", "733.34", "733.33", "2200.00"]
    assert lines[5] == (
        "contingency 250.00 USD (stated counts: computed 220.00, stated 250.00), in no month"
    )
    assert lines[6] == "total 2450.00 USD"
    assert [line.split() for line in lines[8:11]] == [
        ["item", "quantity", "unit", "price"],
        ["train", "4", "runs", "x", "100", "gpu_hours_per_run", "2.5", "per", "gpu-hour"],
        ["ci", "stated", "as", "an", "amount"],
    ]
    assert lines[-1].split()[:2] == ["1", "approved"]
    assert lines[-1].split()[3:] == ["ml", "cfo", "2026-08-20", "first"]
    assert said["contingency"] == {
        "use": "stated",
        "computed": "220.00",
        "stated": "250.00",
        "counts": "250.00",
    }
    assert said["versions"][0]["approver"] == "cfo"
    assert said["items"][0]["by_month"] == ["333.33", "333.34", "333.33"]


def test_two_plans_differ_by_category_item_and_driver(plan: Trueup) -> None:
    lines = plan("diff", "support-bot", "support-bot/lean").out.splitlines()
    said = json.loads(plan("diff", "support-bot/1", "support-bot/1/lean", "-f", "json").out)

    assert lines[2] == (
        "budget 2200.00 -> 1700.00 (-500.00), contingency 250.00 -> 250.00, total 2450.00 -> 1950.00"
    )
    assert lines[5].split() == ["training_compute", "-166.66", "-166.68", "-166.66", "-500.00"]
    assert lines[8].split() == ["train", "training_compute", "quantity", "-500.00"]
    assert lines[12].split() == ["train", "runs", "4", "2"]
    assert said["sums"]["quantity"] == "-500.00"
    assert said["drivers"] == [{"item": "train", "driver": "runs", "before": "4", "after": "2"}]


def test_plans_in_two_currencies_have_no_difference(folder: Path, plan: Trueup) -> None:
    second(folder).write_text(second(folder).read_text().replace("USD", "EUR"))
    done = plan("diff", "support-bot", "support-bot/2")

    assert done.code == 2
    assert (
        "support-bot is in USD, support-bot/2 in EUR; amounts of two currencies have no difference"
        in done.err
    )


def test_what_is_odd_is_told(plan: Trueup) -> None:
    lines = plan("lint", "support-bot").out.splitlines()
    said = json.loads(plan("lint", "-f", "json").out)

    assert (
        "  warning: contingency stated 250.00 != 0.1 x base 2200.00 = 220.00 "
        "(diff 30.00; effective rate 0.113636)"
    ) in lines
    assert lines[-1].endswith("findings in 2 plans")
    assert {each["severity"] for one in said for each in one["findings"]} == {"warning", "info"}


def test_plan_files_are_checked_alone(folder: Path, plan: Trueup) -> None:
    done = plan("validate", str(folder / "plans" / "lean.yaml"))

    assert done.out.splitlines()[-1] == "1 plans valid"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "suport-bot"), "no project 'suport-bot'. Did you mean 'support-bot'?"),
        (("show", "support-bot", "--version", "7"),
         "no plan of support-bot version 7; there are support-bot/1/lean, support-bot/1"),
        (("show", "support-bot", "--scenario", "fat"),
         "no plan of support-bot scenario 'fat'; there are support-bot/1/lean, support-bot/1"),
        (("import", "x.csv", "--project", "support-bot", "--start", "2026-12"), "'x.csv' does not exist."),
    ],
)  # fmt: skip
def test_a_plan_that_is_not_there_is_a_usage_error(
    arguments: tuple[str, ...], said: str, plan: Trueup
) -> None:
    done = plan(*arguments)

    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_a_version_is_submitted_approved_by_another_and_counts(folder: Path, plan: Trueup) -> None:
    second(folder)
    submitted = plan("submit", "support-bot", "--by", "ml", "--reason", "more CI")
    own = plan("approve", "support-bot", "--by", "ml", "--reason", "r")
    empty = plan("approve", "support-bot", "--by", " ", "--reason", "r")
    done = plan("approve", "support-bot", "--by", "cfo", "--reason", "more CI", "--today", "2026-10-02")  # fmt: skip
    again = plan("approve", "support-bot", "--by", "cfo", "--reason", "more CI")

    assert submitted.out.startswith("submitted support-bot version 2, ")
    assert (own.code, own.err) == (
        6,
        "trueup: version 2 of 'support-bot' was written by ml; another person approves it\n",
    )
    assert (empty.code, empty.err) == (
        6,
        "trueup: an approval needs a name and a reason; fill --by and --reason\n",
    )
    assert done.out.startswith(
        "approved support-bot version 2: base 2300.00 + contingency 250.00 = 2550.00 USD, "
    )
    assert again.code == 6
    row = plan("show", "support-bot").out.splitlines()[-1].split()
    assert (row[:2], row[3:6]) == (["2", "approved"], ["ml", "cfo", "2026-10-02"])


@pytest.mark.failure("F06")
def test_an_approved_version_that_is_edited_stops_everything_with_its_place(
    folder: Path, plan: Trueup, trueup: Trueup
) -> None:
    path = second(folder)
    plan("approve", "support-bot", "--by", "cfo", "--reason", "r", "--today", "2026-10-02")
    path.write_text(path.read_text().replace("1300.00", "1400.00"))

    done = trueup("-C", str(folder), "run", "--today", "2026-11-22")

    assert done.code == 5
    assert done.err.splitlines()[-1] == (
        f"trueup: {path}:4:1: plan.version: version 2 of 'support-bot' says something else since "
        "cfo approved it on 2026-10-02; raise version, or restore the file"
    )


def test_an_import_shows_how_it_reads_before_it_writes(folder: Path, plan: Trueup) -> None:
    sheet = folder / "budget.csv"
    sheet.write_text(BUDGET)
    arguments = ("import", str(sheet), "--project", "support-bot", "--start", "2026-09")
    done = plan(*arguments)
    lines = done.out.splitlines()

    assert done.err == "nothing written; -o FILE or --yes writes the plan\n"
    assert [line.split() for line in lines[2:6]] == [
        ["A", "Item", "id"],
        ["B", "Category", "category"],
        ["C", "2026-09", "2026-09"],
        ["D", "2026-10", "2026-10"],
    ]
    assert lines[8].split() == ["2", "GPU", "gpu", "training_compute", "300.50"]
    assert lines[-1] == "total 350.50 USD in 2 items, 2026-09 to 2026-10; contingency none"
    assert json.loads(plan(*arguments, "-f", "json").out)["base"] == "350.50"


def test_an_import_writes_a_draft_of_the_next_version_once(folder: Path, plan: Trueup) -> None:
    sheet, path = folder / "budget.csv", folder / "plans" / "v2.yaml"
    sheet.write_text(BUDGET)
    arguments = ("import", str(sheet), "--project", "support-bot", "--start", "2026-09", "-o", str(path))  # fmt: skip

    first, again = plan(*arguments), plan(*arguments)
    over = plan(*arguments, "--yes", "--category", "labels=ops_overhead", "--author", "jo")

    assert first.err == f"written {path}: support-bot version 2, 350.50 USD\n"
    assert (again.code, again.err) == (
        6,
        f"trueup: {path} is there already; choose another name, or use --yes\n",
    )
    assert over.code == 0
    assert "category: ops_overhead" in path.read_text()
    assert [line.split()[1:3] for line in plan("list").out.splitlines()[1:3]] == [
        ["1", "approved"],
        ["2", "draft"],
    ]


def test_an_import_takes_categories_by_name_alone(folder: Path, plan: Trueup) -> None:
    (folder / "budget.csv").write_text(BUDGET)
    done = plan("import", str(folder / "budget.csv"), "--project", "support-bot", "--start",
                "2026-09", "--category", "labels=opps")  # fmt: skip

    assert done.code == 2
    assert "'labels=opps' is not TEXT=TERM with a category as TERM." in " ".join(done.err.split())


SECTIONS: Final = """\
FY26,,
Item,Category,Amount
GPU,Compute,60
GPU spot,Compute,40
Total compute,,100
Labels,Annotation,50
Subtotal data,,60
Grand total,,150
"""


def test_totals_of_a_workbook_are_left_out_and_compared(folder: Path, plan: Trueup) -> None:
    (folder / "budget.csv").write_text(SECTIONS)
    arguments = ("import", str(folder / "budget.csv"), "--project", "support-bot", "--start",
                 "2026-09", "--months", "2")  # fmt: skip

    lines = plan(*arguments).out.splitlines()
    said = json.loads(plan(*arguments, "-f", "json").out)

    assert lines[-6:] == [
        "left out: row 1 'FY26' stands above the headings",
        "left out: row 5 'Total compute' is a total, 100",
        "left out: row 7 'Subtotal data' is a total, 60",
        "left out: row 8 'Grand total' is a total, 150",
        "total 150.00 USD in 3 items, 2026-09 to 2026-10; contingency none",
        "! row 7 states a total of 60; all of it is 150.00, the lines since the total before are 50.00",
    ]
    assert said["stated_totals"][1] == {"row": 7, "name": "Subtotal data", "amount": "60"}
    assert said["left_out"] == [{"row": 1, "why": "'FY26' stands above the headings"}]
    assert {each["why"] for each in said["columns"]} == {None}


def test_an_import_replaces_no_version_but_a_draft(folder: Path, plan: Trueup) -> None:
    (folder / "budget.csv").write_text(BUDGET)
    path = folder / "plans" / "support-bot.yaml"
    before = path.read_text()
    arguments = ("import", str(folder / "budget.csv"), "--project", "support-bot", "--start",
                 "2026-09", "--yes")  # fmt: skip

    done = plan(*arguments)

    assert (done.code, done.err) == (
        6,
        f"trueup: {path} holds version 1 of 'support-bot', which is approved; write another file with -o\n",
    )
    assert path.read_text() == before


@pytest.mark.parametrize("name", ["trueup.yaml", "old.yaml"])
def test_an_import_writes_over_nothing_but_a_draft(folder: Path, plan: Trueup, name: str) -> None:
    (folder / "budget.csv").write_text(BUDGET)
    (folder / "old.yaml").write_text(PLAN)  # where no plan is read
    path = folder / name
    before = path.read_bytes()

    done = plan("import", str(folder / "budget.csv"), "--project", "support-bot", "--start",
                "2026-09", "--yes", "-o", str(path))  # fmt: skip

    assert (done.code, done.err) == (
        6,
        f"trueup: {path} is there already, and is no draft of a plan; choose another name\n",
    )
    assert path.read_bytes() == before


def test_an_import_tells_that_what_it_wrote_is_not_read(folder: Path, plan: Trueup) -> None:
    (folder / "budget.csv").write_text(BUDGET)
    path = folder / "budget" / "v2.yaml"

    done = plan("import", str(folder / "budget.csv"), "--project", "support-bot", "--start",
                "2026-09", "-o", str(path))  # fmt: skip

    assert done.code == 0
    assert done.err.splitlines() == [
        f"written {path}: support-bot version 2, 350.50 USD",
        "not read: plans are plans/*.yaml by trueup.yaml; move the file there",
    ]


def test_an_import_goes_on_from_versions_that_the_ledger_alone_has(
    folder: Path, plan: Trueup
) -> None:
    path = second(folder)
    plan("approve", "support-bot", "--by", "cfo", "--reason", "r", "--today", "2026-10-02")
    path.unlink()
    (folder / "budget.csv").write_text(BUDGET)
    again = folder / "plans" / "v3.yaml"

    done = plan("import", str(folder / "budget.csv"), "--project", "support-bot", "--start",
                "2026-09", "-o", str(again))  # fmt: skip

    assert done.err == f"written {again}: support-bot version 3, 350.50 USD\n"


def test_a_person_who_approves_waits_for_a_run_before_anything_is_read(
    folder: Path, plan: Trueup
) -> None:
    second(folder)
    (folder / ".trueup").mkdir(exist_ok=True)
    with held(folder / ".trueup"):
        approved = plan("approve", "support-bot", "--by", "cfo", "--reason", "r")
        submitted = plan("submit", "support-bot", "--by", "ml", "--reason", "r")

    assert (approved.code, submitted.code) == (6, 6)
    assert "another run holds the lock" in approved.err
    assert not (folder / ".trueup" / "ledger.sqlite").exists()


@pytest.mark.parametrize("command", [("show", "support-bot"), ("list",)])
def test_a_plan_as_of_a_day_without_a_run_is_refused(
    command: tuple[str, ...], plan: Trueup
) -> None:
    done = plan(*command, "--as-of", "2026-10-01")

    assert (done.code, done.err) == (
        6,
        "trueup: as of 2026-10-01: no run has finished yet; use `trueup run`\n",
    )
