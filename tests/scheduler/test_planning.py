"""Which version of a plan counts: files, approvals by command, and months that are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from ingest import closing
from models.errors import ConfigError, RefusedError
from models.ledger import Entry, Ledger
from models.period import Month
from models.plan.plan import Plan, load_all
from models.project import Project as Owner
from models.project import Registry
from scheduler import planning, reapproving
from scheduler.approving import approve, submit
from scheduler.workspace import Project

HEAD: Final = "plan: {{project: legal, id: p, version: {}, currency: USD, start: 2026-01, horizon_months: 3}}\n"  # noqa: E501
YAML: Final = "approval: {status: approved, author: ml, by: cfo, at: 2026-01-01, reason: first}\n"
DRAFT: Final = "approval: {author: ml}\n"
ITEM: Final = "items:\n- {id: a, category: infra, amount: 300}\n"
MORE: Final = "items:\n- {id: a, category: infra, amount: 400, phasing: {method: explicit_amounts, amounts: [100, 150, 150]}}\n"  # noqa: E501
NOW: Final = datetime(2026, 2, 3, tzinfo=UTC)
DAY: Final = date(2026, 2, 3)

Of = Callable[..., Project]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger("sqlite://", lambda: NOW) as opened:
        opened.append(Entry("rules", "rules.yaml", {"hash": "r", "texts": {}}))
        yield opened


@pytest.fixture
def of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Of:
    """Return what makes a project of plan files: name to approval and items."""
    monkeypatch.chdir(tmp_path)
    registry = Registry((Owner(id="legal"), Owner(id="support")))

    def made(**files: str) -> Project:
        for path in Path().glob("*.yaml"):
            path.unlink()
        for name, text in files.items():
            Path(f"{name}.yaml").write_text(HEAD.format(name.lstrip("v")[0]) + text)
        empty: dict[str, Any] = dict.fromkeys(
            ("settings", "rules", "rates", "statements", "purchases")
        )
        plans = load_all(sorted(Path().glob("*.yaml")), registry)
        return Project(folder=tmp_path, registry=registry, plans=plans, sources=(), **empty)

    return made


def close(ledger: Ledger, month: str, *plans: Plan) -> None:
    pins = {plan.project: {"version": plan.version, "hash": plan.fingerprint} for plan in plans}
    closing.close(ledger, Month.parse(month), by="ada", pins=closing.Pins(rules="r", plans=pins))


def night(project: Project, ledger: Ledger) -> tuple[Plan, ...]:
    entries = planning.entries(project, ledger)
    if entries:
        ledger.append(*entries)
    return planning.counting(project, ledger)


def stands(plans: tuple[Plan, ...]) -> list[tuple[int, str]]:
    return [(plan.version, plan.status) for plan in plans]


def test_a_plan_approved_in_its_file_counts_and_is_kept_once(of: Of, ledger: Ledger) -> None:
    project = of(v1=YAML + ITEM)

    assert stands(night(project, ledger)) == [(1, "approved")]
    assert planning.entries(project, ledger) == []
    (record,) = ledger.entries("plan.version", "legal/1")
    assert (record.body["hash"], record.body["approval"]["author"]) == (
        project.plans[0].fingerprint,
        "ml",
    )


def test_the_newest_approved_version_counts_whoever_approved_it(of: Of, ledger: Ledger) -> None:
    project = of(v1=YAML + ITEM, v2=DRAFT + MORE)
    assert stands(night(project, ledger)) == [(1, "approved")]

    found = approve(ledger, project.plans[1], by="cfo", reason="more runs", at=DAY)

    assert (found.approval.by, found.approval.at, found.approval.kind) == ("cfo", DAY, "baseline")
    assert stands(planning.counting(project, ledger)) == [(2, "approved")]
    assert [p.version for p in planning.history(project, ledger)["legal"]] == [1, 2]
    assert stands(planning.versions(project, ledger)) == [(1, "approved"), (2, "approved")]


def test_a_version_approved_by_command_counts_without_its_file(of: Of, ledger: Ledger) -> None:
    project = of(v1=YAML + ITEM, v2=DRAFT + MORE)
    night(project, ledger)
    approve(ledger, project.plans[1], by="cfo", reason="more runs", at=DAY)

    project = of(v1=YAML + ITEM)
    (found,) = planning.counting(project, ledger)

    assert (found.version, found.file, found.approval.reason) == (2, "ledger legal/2", "more runs")
    assert found.base == 400
    standing = planning.standing(project, ledger)
    assert planning.standing(standing, ledger).plans == standing.plans
    assert planning.entries(standing, ledger) == []


def test_a_version_that_the_file_raised_in_place_stays_the_baseline(of: Of, ledger: Ledger) -> None:
    night(of(v1=YAML + ITEM), ledger)

    first, second = planning.history(of(v2=YAML + MORE), ledger)["legal"]

    assert [(each.version, str(each.base)) for each in (first, second)] == [(1, "300"), (2, "400")]


@pytest.mark.failure("F06")
def test_a_version_approved_by_command_may_not_say_anything_else(of: Of, ledger: Ledger) -> None:
    approve(ledger, of(v1=DRAFT + ITEM).plans[0], by="cfo", reason="r", at=DAY)

    with pytest.raises(ConfigError) as caught:
        planning.counting(of(v1=DRAFT + MORE), ledger)

    assert str(caught.value) == (
        "v1.yaml:1:1: plan.version: version 1 of 'legal' says something else since cfo approved it "
        "on 2026-02-03; raise version, or restore the file"
    )


@pytest.mark.failure("F06")
def test_a_version_that_a_month_was_closed_with_may_not_say_anything_else(
    of: Of, ledger: Ledger
) -> None:
    close(ledger, "2026-01", *night(of(v1=YAML + ITEM), ledger))

    with pytest.raises(ConfigError, match=r"says something else since 2026-01 was closed with it;"):
        planning.counting(of(v1=YAML + MORE), ledger)

    assert stands(planning.counting(of(v1=ITEM), ledger)) == [(1, "approved")]  # a draft again
    assert stands(planning.counting(of(), ledger)) == [(1, "approved")]  # and gone


def test_a_reopened_month_holds_no_version(of: Of, ledger: Ledger) -> None:
    close(ledger, "2026-01", *night(of(v1=YAML + ITEM), ledger))
    closing.reopen(ledger, Month(2026, 1), by="ada", reason="late", as_of=NOW)

    assert [plan.base for plan in planning.counting(of(v1=YAML + MORE), ledger)] == [400]


@pytest.mark.failure("F05")
def test_a_new_version_may_change_open_months_alone(of: Of, ledger: Ledger) -> None:
    first = night(of(v1=YAML + ITEM), ledger)
    close(ledger, "2026-01", *first)

    assert stands(night(of(v1=YAML + ITEM, v2=YAML + MORE), ledger)) == [(2, "approved")]

    close(ledger, "2026-02", *first)
    assert stands(night(of(v1=YAML + ITEM, v2=YAML + MORE), ledger)) == [(2, "approved")]


@pytest.mark.failure("F05")
def test_a_new_version_that_changes_a_closed_month_is_a_correction_or_refused(
    of: Of, ledger: Ledger
) -> None:
    first = night(of(v1=YAML + ITEM), ledger)
    close(ledger, "2026-01", *first)
    close(ledger, "2026-02", *first)

    with pytest.raises(ConfigError) as caught:
        planning.counting(of(v1=YAML + ITEM, v2=YAML + MORE), ledger)

    assert str(caught.value) == (
        "v2.yaml:1:1: plan.version: version 2 of 'legal' changes 'a' in 2026-02, 100.00 -> 150.00, "
        "and months are closed through 2026-02; leave closed months as they were, item by item, "
        "or approve it with kind: correction"
    )
    corrected = YAML.replace("}", ", kind: correction}") + MORE
    assert stands(night(of(v1=YAML + ITEM, v2=corrected), ledger)) == [(2, "approved")]


@pytest.mark.failure("F05")
def test_by_command_such_a_version_is_refused_unless_it_is_a_correction(
    of: Of, ledger: Ledger
) -> None:
    first = night(of(v1=YAML + ITEM), ledger)
    close(ledger, "2026-02", *first)
    plan = of(v1=YAML + ITEM, v2=DRAFT + MORE).plans[1]

    with pytest.raises(RefusedError, match=r"through 2026-02; leave .* with --correction$"):
        approve(ledger, plan, by="cfo", reason="r", at=DAY)

    found = approve(ledger, plan, by="cfo", reason="r", at=DAY, kind="correction")
    assert found.approval.kind == "correction"


@pytest.mark.parametrize(
    ("approval", "by", "said"),
    [
        (DRAFT, " ML ", "version 1 of 'legal' was written by ml; another person approves it"),
        ("", "cfo", ("version 1 of 'legal' has no author, whom the approver must not be; write "
         "approval.author in v1.yaml, or `trueup plan submit`")),
        (YAML, "ceo", "version 1 of 'legal' is approved; raise version to change it"),
        ("approval: {status: superseded}\n", "ceo",
         "version 1 of 'legal' is superseded; raise version to change it"),
    ],
)  # fmt: skip
def test_an_approval_that_four_eyes_do_not_see_is_refused(
    approval: str, by: str, said: str, of: Of, ledger: Ledger
) -> None:
    with pytest.raises(RefusedError) as caught:
        approve(ledger, of(v1=approval + ITEM).plans[0], by=by, reason="r", at=DAY)

    assert (str(caught.value), caught.value.exit_code) == (said, 6)


def test_who_submits_a_version_is_its_author(of: Of, ledger: Ledger) -> None:
    project = of(v1=ITEM)
    submit(ledger, project.plans[0], by="ml", reason="ready")

    assert stands(planning.plans(project, ledger)) == [(1, "submitted")]
    assert planning.entries(project, ledger) == []
    with pytest.raises(RefusedError, match="was written by ml"):
        approve(ledger, project.plans[0], by="ml", reason="r", at=DAY)
    approve(ledger, project.plans[0], by="cfo", reason="r", at=DAY)
    assert stands(planning.plans(project, ledger)) == [(1, "approved")]


def test_another_version_is_not_submitted_by_the_first(of: Of, ledger: Ledger) -> None:
    submit(ledger, of(v1=ITEM).plans[0], by="ml", reason="ready")

    assert stands(planning.plans(of(v1=MORE), ledger)) == [(1, "draft")]


def test_nobody_submits_for_another(of: Of, ledger: Ledger) -> None:
    with pytest.raises(RefusedError) as caught:
        submit(ledger, of(v1=DRAFT + ITEM).plans[0], by="jo", reason="ready")

    assert str(caught.value) == (
        "version 1 of 'legal' names ml as its author, not jo; let the author submit it, or change "
        "the file"
    )


def test_a_scenario_never_counts_and_stands_beside_the_plan(of: Of, ledger: Ledger) -> None:
    project = of(v1=YAML + ITEM)
    text = (HEAD.format(1) + YAML + MORE).replace("version: 1,", "version: 1, scenario: lean,")
    Path("v1lean.yaml").write_text(text)
    plans = load_all(sorted(Path().glob("*.yaml")), project.registry)

    found = night(replace(project, plans=plans), ledger)

    assert [(plan.scenario, str(plan.base)) for plan in found] == [(None, "300")]
    assert [each.subject for each in ledger.entries("plan.version")] == ["legal/1", "legal/1/lean"]


def test_a_project_that_is_gone_has_no_plan(of: Of, ledger: Ledger) -> None:
    project = of(v1=DRAFT + ITEM)
    approve(ledger, project.plans[0], by="cfo", reason="r", at=DAY)

    gone = replace(of(), registry=Registry((Owner(id="support"),)))

    assert planning.plans(gone, ledger) == ()


def test_a_closed_month_knows_the_version_it_was_closed_with(of: Of, ledger: Ledger) -> None:
    first = night(of(v1=YAML + ITEM), ledger)
    close(ledger, "2026-01", *first)
    assert planning.closed_plans(of(v1=YAML + ITEM), ledger) == {}

    project = of(v1=YAML + ITEM, v2=YAML + MORE)
    night(project, ledger)
    close(ledger, "2026-02", *planning.counting(project, ledger))

    found = planning.closed_plans(project, ledger)
    assert {key: plan.version for key, plan in found.items()} == {("legal", Month(2026, 1)): 1}


def test_a_project_whose_id_is_an_alias_now_has_one_plan(of: Of, ledger: Ledger) -> None:
    """Its plan would count twice, and the budget of the portfolio with it."""
    project = of(v1=YAML + ITEM)
    close(ledger, "2026-01", *night(project, ledger))
    registry = Registry((Owner(id="legal-70b", aliases=("legal",)),))
    renamed = replace(
        project, registry=registry, plans=load_all(sorted(Path().glob("*.yaml")), registry)
    )

    found = planning.counting(renamed, ledger)

    assert [(plan.project, plan.version, str(plan.base)) for plan in found] == [
        ("legal-70b", 1, "300")
    ]
    gone = planning.counting(replace(renamed, plans=()), ledger)
    assert [(plan.project, plan.file) for plan in gone] == [("legal-70b", "ledger legal/1")]
    with pytest.raises(ConfigError, match=r"says something else since 2026-01 was closed with it;"):
        planning.counting(
            replace(renamed, plans=(replace(found[0], fingerprint="another"),)), ledger
        )


def test_a_project_whose_id_is_an_alias_now_keeps_what_it_was_planned_with(
    of: Of, ledger: Ledger
) -> None:
    """Closed months would change without a correction, and a bridge begin anew."""
    close(ledger, "2026-01", *night(of(v1=YAML + ITEM), ledger))
    moved = MORE.replace("100, 150", "150, 100")
    registry = Registry((Owner(id="legal-70b", aliases=("legal",)),))

    def renamed(**files: str) -> Project:
        plans = load_all([Path(plan.file) for plan in of(**files).plans], registry)
        return replace(of(**files), registry=registry, plans=plans)

    said = r"version 2 of 'legal-70b' changes 'a' in 2026-01, 100\.00 -> 150\.00, and months"
    with pytest.raises(ConfigError, match=said):
        planning.counting(renamed(v1=YAML + ITEM, v2=YAML + moved), ledger)
    draft = renamed(v1=YAML + ITEM, v2=DRAFT + moved)
    with pytest.raises(RefusedError, match=said):
        approve(ledger, draft.plans[1], by="cfo", reason="r", at=DAY, registry=registry)
    assert stands(planning.versions(draft, ledger)) == [(1, "approved"), (2, "draft")]
    (edited,) = reapproving.problems(renamed(v1=YAML + MORE), ledger)
    assert "'legal-70b' says something else since cfo approved it" in edited.detail
    told = planning.history(renamed(v1=YAML + ITEM, v2=YAML + MORE), ledger)
    assert [(plan.project, plan.version) for plan in told["legal-70b"]] == [
        ("legal-70b", 1),
        ("legal-70b", 2),
    ]


@pytest.mark.failure("F06")
def test_a_version_that_was_edited_below_its_approval_is_told(of: Of, ledger: Ledger) -> None:
    night(of(v1=YAML + ITEM), ledger)
    edited = of(v1=YAML + MORE)
    night(edited, ledger)

    (found,) = reapproving.problems(edited, ledger)

    assert str(found) == (
        "plans: v1.yaml:1: version 1 of 'legal' says something else since cfo approved it on "
        "2026-01-01, base 300 -> 400 USD; raise version, or have it approved again [plan_edited]"
    )
    assert found.severity == "warning"
    even = ITEM.replace("amount: 300", "amount: 300, phasing: {method: front_loaded}")
    (same,) = reapproving.problems(of(v1=YAML + even), ledger)
    assert "approved it on 2026-01-01; raise version" in same.detail


def test_a_version_that_is_raised_approved_again_or_restored_is_not_told(
    of: Of, ledger: Ledger
) -> None:
    night(of(v1=YAML + ITEM), ledger)
    night(of(v1=YAML + MORE), ledger)
    again = YAML.replace("2026-01-01", "2026-01-09")

    for project in (of(v1=YAML + ITEM), of(v2=YAML + MORE), of(v1=again + MORE), of(v1=MORE)):
        assert [*reapproving.problems(project, ledger)] == []
