from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from models.currency import Rates
from models.errors import RefusedError
from models.period import Month
from models.plan.plan import load_all
from models.projectfile import load as load_projects
from models.rule.file import load as load_rules
from models.settings import load as load_settings
from models.split.split import Spend, Split
from scheduler.demo import STORIES, create
from scheduler.demo.calendar import Calendar


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_same_day_gives_the_same_bytes(written: Path, today: date, tmp_path: Path) -> None:
    create(tmp_path / "again", today)

    first, again = contents(written), contents(tmp_path / "again")

    assert sorted(first) == sorted(again)
    assert [name for name in first if first[name] != again[name]] == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, today: date) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(RefusedError) as error:
        create(tmp_path, today)

    assert str(error.value) == f"{tmp_path} is not empty; choose another folder with --dir"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_configuration_file_is_valid_and_says_demo(written: Path) -> None:
    settings, _ = load_settings(written, {})
    registry = load_projects(written / settings.projects)
    plans = load_all(sorted(written.glob(settings.plans)), registry)

    assert settings.demo
    bills = {"aws", "research", "google", "labeling", "contractors"}
    others = {"documents", "acceptance", "machines", "slurm", "timesheets", "gateway"}
    assert set(settings.sources) == {*bills, *others}
    assert registry.ids == tuple(story.id for story in STORIES)
    assert len(load_rules(written / settings.rules, registry).rules) == 20
    assert {plan.status for plan in plans} == {"approved"}


def test_editors_find_the_schema_that_each_file_names(written: Path) -> None:
    folders = ("*.yaml", "plans/*.yaml", "commentary/*.yaml")
    files = [path for each in folders for path in written.glob(each)]

    for file in files:
        head = file.read_text().splitlines()[0]
        assert (file.parent / head.partition("$schema=")[2]).resolve().is_file()
    assert len(files) == 8 + 6 + 1
    assert (written / ".trueup").stat().st_mode & 0o777 == 0o700


def test_the_rules_know_every_term_that_a_rule_can_set(written: Path) -> None:
    rules = load_rules(written / "rules.yaml", load_projects(written / "projects.yaml")).rules

    assert {rule.to.category for rule in rules} - {None} == {
        "training_compute",
        "data",
        "labor",
        "infra",
        "inference",
        "ops_overhead",
        "depreciation",
    }


def test_support_is_shared_by_the_lines_that_are_commented_out(
    written: Path, tmp_path: Path
) -> None:
    text = (written / "rules.yaml").read_text()
    whole = (
        "    to: {category: ops_overhead}\n    # to: {category: ops_overhead, split: overhead}\n"
    )
    lines = "# splits:\n#   - id: overhead\n#     spend: {}\n"
    shared = "splits:\n  - id: overhead\n    spend: {}\n"
    assert (text.count(whole), text.count(lines)) == (1, 1)
    text = text.replace(whole, "    to: {category: ops_overhead, split: overhead}\n")
    (tmp_path / "rules.yaml").write_text(text.replace(lines, shared))

    rules = load_rules(tmp_path / "rules.yaml", load_projects(written / "projects.yaml"))

    assert rules.splits == (Split("overhead", Spend()),)
    assert [rule.id for rule in rules.rules if rule.to.split] == ["support-and-tax"]


def test_plans_read_as_the_stories_tell_them(written: Path, calendar: Calendar) -> None:
    registry = load_projects(written / "projects.yaml")
    plans = {plan.project: plan for plan in load_all(sorted(written.glob("plans/*")), registry)}

    for story in STORIES:
        plan = plans[story.id]
        assert (plan.base, plan.contingency) == (story.budget, Decimal(story.contingency))
        assert plan.months[0] == calendar.start
        months = {item.id: item.months for item in story.items}
        assert {item.id: item.phased for item in plan.items} == months


def test_budgets_are_those_of_the_report_that_was_drawn_by_hand() -> None:
    budgets = {story.id: int(story.budget) // 1000 for story in STORIES}

    assert budgets == {
        "legal-summarizer-70b": 1992,
        "search-rerank-1b": 324,
        "kyc-extract-8b": 792,
        "code-assist-33b": 1500,
        "voice-intent-3b": 456,
        "support-triage-8b": 924,
    }
    assert all(story.budget % 1000 == 0 for story in STORIES)


def test_rates_cover_every_month_that_has_bills(written: Path, calendar: Calendar) -> None:
    rates = Rates.load(written / "rates.yaml")

    for month in (calendar.start + -1, *calendar.billed):
        assert rates.entry("EUR", "USD", month).start == month


def test_manifests_name_what_is_there(written: Path) -> None:
    manifests = list(written.glob("exports/*/*/metadata/*/*-Manifest.json"))

    for manifest in manifests:
        content = json.loads(manifest.read_text())
        (address,) = content["dataFiles"]
        export = manifest.parents[2]
        data = export / address.partition(f"/{export.name}/")[2]
        schema = pl.read_parquet_schema(data)
        assert manifest.parent.name == data.parent.name
        assert [column["name"] for column in content["columns"]] == list(schema)
    assert len(manifests) == 2 * 9


def test_executions_differ_by_export_and_month(written: Path) -> None:
    manifests = written.glob("exports/*/*/metadata/*/*-Manifest.json")

    ids = [json.loads(manifest.read_text())["executionId"] for manifest in manifests]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("today", "start", "running"),
    [
        (date(2026, 11, 21), Month(2026, 3), 20),
        (date(2026, 11, 1), Month(2026, 3), 0),
        (date(2026, 11, 2), Month(2026, 3), 1),
        (date(2027, 1, 31), Month(2026, 5), 30),
        (date(2028, 3, 1), Month(2027, 7), 0),
    ],
)
def test_bills_reach_to_the_day_before(today: date, start: Month, running: int) -> None:
    calendar = Calendar(today)

    days = [day for month in calendar.billed for day in calendar.days(month)]

    assert calendar.start == start
    assert len(calendar.days(Month.of(today))) == running
    assert (days[0], max(days) < today) == (start.first, True)
    assert (today - days[0]).days == len(days)


def test_on_the_first_of_a_month_nothing_is_delivered_for_it(tmp_path: Path) -> None:
    create(tmp_path, date(2026, 11, 1))

    periods = {path.name for path in tmp_path.glob("exports/aws/*/metadata/*")}

    assert max(periods) == "BILLING_PERIOD=2026-10"
