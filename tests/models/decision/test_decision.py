from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decision.decision import load
from models.decision.draw import applied, doubts, with_draws
from models.decision.file import DecisionFile, Draw
from models.errors import ConfigError
from models.field import day
from models.plan.plan import Plan
from models.plan.plan import load as load_plan
from models.project import Project, Registry

D = Decimal
MONTHS = (
    "2026-06 is not a month of plans/bot.yaml, which has 2026-03 to 2026-05; give a day in them"
)
REGISTRY = Registry(
    (Project(id="bot", owner="owner@example.com"), Project(id="idle"), Project(id="other"))
)
PLAN = """\
plan: {project: bot, id: bot-1, version: 2, currency: USD, start: 2026-03, horizon_months: 3}
approval: {status: approved, author: author@example.com, by: cfo@example.com, at: 2026-02-20,
           reason: initial}
contingency: {rate: 0.10}
items:
  - {id: train, category: training_compute, amount: 3000.00}
  - {id: label, category: data, amount: 1000.00, phasing: {method: front_loaded}}
"""


@pytest.fixture(name="plan", scope="module")
def plan_fixture(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("plans") / "bot.yaml"
    path.write_text(PLAN, "utf-8")
    return replace(load_plan(path), file="plans/bot.yaml")


@pytest.fixture(name="said_of")
def said_of_fixture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Iterable[Plan]], DecisionFile]:
    """Return `decisions.yaml` with a text, read beside some plans."""
    monkeypatch.chdir(tmp_path)

    def read(text: str, plans: Iterable[Plan]) -> DecisionFile:
        path = Path("decisions.yaml")
        path.write_text(text, "utf-8")
        return load(path, REGISTRY, plans)

    return read


@pytest.fixture(name="said")
def said_fixture(
    said_of: Callable[[str, Iterable[Plan]], DecisionFile], plan: Plan
) -> Callable[[str], DecisionFile]:
    """Return `decisions.yaml` with a text, read."""
    return lambda text: said_of(text, [plan])


def draw(amount: str = "100", on: str = "2026-04-15", **said: object) -> Draw:
    base = {"project": "bot", "item": "train", "by": "cfo", "reason": "more runs"}
    return Draw.model_validate({**base, "on": on, "amount": amount, **said})


def drawn(*entries: str) -> str:
    lines = (f"  - {{project: bot, by: cfo@example.com, reason: r, {each}}}" for each in entries)
    return "\n".join(["draws:", *lines, ""])


@pytest.mark.failure("F04")
def test_a_draw_moves_contingency_into_the_item_and_the_total_stays(plan: Plan) -> None:
    found = with_draws(plan, [draw()])

    train, label = found.items
    assert train.phased == (D("1000.00"), D("1100.00"), D("1000.00"))
    assert train.amount == D(3100)
    assert label == plan.items[1]
    assert (plan.contingency, found.contingency) == (D("400.00"), D("300.00"))
    assert found.total == plan.total
    assert (train.shares, train.quantity) == (plan.items[0].shares, plan.items[0].quantity)


def test_a_draw_is_spread_over_its_months_to_the_cent(plan: Plan) -> None:
    found = with_draws(plan, [draw("0.05", on="2026-03-31", through="2026-05")])

    assert found.items[0].phased == (D("1000.02"), D("1000.01"), D("1000.02"))


def test_what_is_given_back_is_contingency_again(plan: Plan) -> None:
    found = with_draws(plan, [draw("100"), draw("-40", on="2026-05-02")])

    assert found.items[0].phased == (D("1000.00"), D("1100.00"), D("960.00"))
    assert found.contingency == D("340.00")


@pytest.mark.parametrize(("version", "counts"), [(None, True), (3, True), (2, False), (1, False)])
def test_a_draw_that_the_plan_has_already_is_not_added_again(
    plan: Plan, version: int | None, *, counts: bool
) -> None:
    assert bool(applied(plan, [draw(in_version=version)])) is counts


def test_draws_of_another_project_change_nothing(plan: Plan) -> None:
    assert with_draws(plan, [draw(project="other")]) is plan


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(1, 4000), st.integers(3, 5), st.booleans()), min_size=1, max_size=6
    )
)
def test_no_draw_changes_the_total(plan: Plan, draws: list[tuple[int, int, bool]]) -> None:
    made = [
        draw(
            str(D(cents).scaleb(-2)),
            on=f"2026-0{month}-10",
            through="2026-05" if spread else None,
        )
        for cents, month, spread in draws
    ]

    found = with_draws(plan, made)

    assert found.total == plan.total
    assert all(sum(item.phased) == item.amount for item in found.items)


def test_the_file_is_read_with_its_defaults(said: Callable[[str], DecisionFile]) -> None:
    found = said("")

    assert (found.draws, found.hosting, found.endpoints.days, found.endpoints.grace) == (
        (),
        (),
        14,
        7,
    )
    assert ("purpose", "standby") in found.standby
    assert ("standby", "true") in found.standby
    assert found.fingerprint != said("endpoints: {days: 15}").fingerprint


def test_a_draw_says_its_months(said: Callable[[str], DecisionFile]) -> None:
    text = drawn("on: 2026-03-12, amount: 5, item: label, through: 2026-04")

    (found,) = said(text).draws

    assert (found.on, [str(month) for month in found.months]) == (
        day("2026-03-12"),
        ["2026-03", "2026-04"],
    )
    assert found.fingerprint != draw().fingerprint


@pytest.mark.failure("F04")
@pytest.mark.parametrize(
    ("entries", "at", "said_so"),
    [
        (
            ["on: 2026-03-12, amount: 400.01, item: train"],
            "2:76: draws.0.amount",
            (
                "400.01 USD is more than the 400 that is left of the contingency of bot; "
                "lower it, or approve a plan with more"
            ),
        ),
        (
            [
                "on: 2026-04-12, amount: 300, item: train",
                "on: 2026-03-12, amount: 100.01, item: label",
            ],
            "2:76: draws.0.amount",
            (
                "300 USD is more than the 299.99 that is left of the contingency of bot; "
                "lower it, or approve a plan with more"
            ),
        ),
        (
            [
                "on: 2026-03-12, amount: 10, item: train",
                "on: 2026-04-12, amount: -10.01, item: train",
            ],
            "3:76: draws.1.amount",
            "10.01 USD is more than the 10 that was drawn for train; give back at most that",
        ),
        (
            ["on: 2026-06-01, amount: 1, item: train"],
            "2:56: draws.0.on",
            MONTHS,
        ),
        (
            ["on: 2026-05-01, amount: 1, item: train, through: 2026-06"],
            "2:101: draws.0.through",
            MONTHS,
        ),
        (
            ["on: 2026-03-12, amount: 1, item: trian"],
            "2:85: draws.0.item",
            "'trian' is not an item of plans/bot.yaml. Did you mean 'train'?",
        ),
        (
            ["on: 2026-03-12, amount: 0, item: train"],
            "2:76: draws.0.amount",
            "0 draws nothing; give an amount, or remove the draw",
        ),
        (
            ["on: 2026-03-12, amount: 0.001, item: train"],
            "2:76: draws.0.amount",
            "0.001 has more than 2 decimals; a draw is whole cents",
        ),
        (
            ["on: 2026-04-12, amount: 1, item: train, through: 2026-03"],
            "2:5: draws.0",
            "through 2026-03 is before 2026-04; give a later month",
        ),
    ],
)
def test_a_draw_that_cannot_be_is_refused_with_its_place(
    said: Callable[[str], DecisionFile], entries: list[str], at: str, said_so: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        said(drawn(*entries))

    assert str(caught.value) == f"decisions.yaml:{at}: {said_so}"


def test_all_of_the_contingency_can_be_drawn(
    said: Callable[[str], DecisionFile], plan: Plan
) -> None:
    found = said(drawn("on: 2026-03-12, amount: 400.00, item: train"))

    assert with_draws(plan, found.draws).contingency == 0


@pytest.mark.failure("F04")
@pytest.mark.parametrize(
    ("by", "role"),
    [
        ("Owner@Example.com", "owner of the project"),
        ("author@example.com", "author of the plan"),
    ],
)
def test_nobody_approves_what_is_his_own(
    said: Callable[[str], DecisionFile], by: str, role: str
) -> None:
    entry = f"project: bot, on: 2026-03-12, amount: 1, item: train, by: {by}, reason: r"
    text = f"draws:\n  - {{{entry}}}\n"

    with pytest.raises(ConfigError) as caught:
        said(text)

    assert str(caught.value) == (
        f"decisions.yaml:2:64: draws.0.by: {by} is the {role}; another person approves a draw"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "draws:\n  - {project: idle, on: 2026-03-12, amount: 1, item: x, by: c, reason: r}\n",
            (
                "decisions.yaml:2:15: draws.0.project: 'idle' has no approved plan, whose "
                "contingency could be drawn; approve a plan first"
            ),
        ),
        (
            "quality:\n  - {project: bott, item: x, kpi: k}\n",
            "decisions.yaml:2:15: quality.0.project: 'bott' is not a project. Did you mean 'bot'?",
        ),
        (
            "data_prep:\n  - {project: bot, items: [train, labels]}\n",
            (
                "decisions.yaml:2:35: data_prep.0.items.1: 'labels' is not an item of "
                "plans/bot.yaml. Did you mean 'label'?"
            ),
        ),
        (
            (
                "hosting:\n  - {id: a, project: bot, api: {price: {low: 1, high: 2}}}\n"
                "  - {id: a, project: bot, api: {price: {low: 1, high: 2}}}\n"
            ),
            "decisions.yaml:3:10: hosting.1.id: 'a' is already asked in line 2; give it another id",
        ),
        (
            "hosting:\n  - {id: a, project: bot, api: {price: {low: 3, high: 2}}}\n",
            "decisions.yaml:2:40: hosting.0.api.price: low 3 is above high 2; swap them",
        ),
        (
            "hosting:\n  - {id: a, project: bot, api: {input: {low: 1, high: 2}}}\n",
            "decisions.yaml:2:32: hosting.0.api: give price, or input and output",
        ),
        (
            "hosting:\n  - {id: a, project: bot, ops_share: 1.5, api: {price: {low: 1, high: 1}}}",
            (
                "decisions.yaml:2:38: hosting.0.ops_share: 1.5 is more than the whole; write 0.5 "
                "for half"
            ),
        ),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(
    said: Callable[[str], DecisionFile], text: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        said(text)

    assert str(caught.value) == told


def test_an_item_of_a_project_without_a_plan_is_believed(
    said: Callable[[str], DecisionFile],
) -> None:
    text = "hosting:\n  - {id: a, project: idle, items: [x], api: {price: {low: 1, high: 1}}}\n"

    assert said(text).hosting[0].items == ("x",)


def test_the_same_draw_twice_is_refused_since_one_could_go_unseen(
    said: Callable[[str], DecisionFile],
) -> None:
    entry = "on: 2026-03-12, amount: 5, item: train"

    with pytest.raises(ConfigError) as caught:
        said(drawn(entry, entry))

    assert str(caught.value) == (
        "decisions.yaml:3:5: draws.1: the same draw is in line 2; remove one, or say in its reason "
        "what it is for"
    )


def test_a_draw_stays_the_same_when_a_later_version_has_it() -> None:
    assert draw().fingerprint == draw(in_version=3).fingerprint
    assert draw().fingerprint != draw("101").fingerprint


def test_a_version_that_was_approved_before_a_draw_cannot_have_it(
    said: Callable[[str], DecisionFile],
) -> None:
    with pytest.raises(ConfigError) as caught:
        said(drawn("on: 2026-03-12, amount: 5, item: train, in_version: 2"))

    assert str(caught.value) == (
        "decisions.yaml:2:104: draws.0.in_version: version 2 of the plan of bot was approved on "
        "2026-02-20, before the draw of 2026-03-12; name the version that has it, or none"
    )
    assert said(drawn("on: 2026-03-12, amount: 5, item: train, in_version: 3")).draws


def test_a_version_may_have_a_draw_of_the_day_of_its_approval(
    said_of: Callable[..., DecisionFile], plan: Plan
) -> None:
    other = standing(plan, approval={"at": day("2026-03-12")})

    assert said_of(drawn("on: 2026-03-12, amount: 5, item: train, in_version: 2"), [other]).draws


def test_a_scenario_has_no_draw(said_of: Callable[..., DecisionFile], plan: Plan) -> None:
    """It has the version of the plan that it extends, and would stand in its place."""
    text = drawn("on: 2026-03-12, amount: 5, item: train, in_version: 2")
    lean = standing(plan, scenario="lean", approval={"status": "draft", "at": None})

    for plans in ([plan, lean], [lean, plan]):
        with pytest.raises(ConfigError, match="version 2 of the plan of bot was approved on"):
            said_of(text, plans)


def standing(plan: Plan, **said: Any) -> Plan:
    """Return a plan with another approval, or other items."""
    approval = plan.approval.model_copy(update=said.pop("approval", {}))
    return replace(plan, approval=approval, **said)


def test_a_draw_that_a_plan_allows_which_a_command_may_have_approved_is_read(
    said_of: Callable[..., DecisionFile], plan: Plan
) -> None:
    text = drawn("on: 2026-03-12, amount: 500, item: train")
    more = plan.reserve.model_copy(update={"stated_amount": D(600), "use": "stated"})
    draft = standing(plan, version=3, reserve=more, approval={"status": "draft"})

    assert said_of(text, [draft]).draws
    assert said_of(text, [plan, draft]).draws
    for other in (
        [plan, standing(draft, version=1)],
        [plan, standing(draft, version=2)],
        [plan, replace(draft, scenario="naive")],
        [plan, standing(draft, approval={"status": "superseded"})],
    ):
        with pytest.raises(ConfigError, match="500 USD is more than the 400 that is left"):
            said_of(text, other)


def test_once_approvals_are_known_draws_are_judged_by_the_plan_that_counts(plan: Plan) -> None:
    draft = standing(plan, approval={"status": "draft"})
    draws = [draw("5", project="other"), draw("401")]

    assert [*doubts([draw()], REGISTRY, [plan])] == []
    assert [*doubts(draws, REGISTRY, [plan])] == [
        (
            0,
            "project",
            "'other' has no approved plan, whose contingency could be drawn; approve a plan first",
        ),
        (
            1,
            "amount",
            (
                "401 USD is more than the 400 that is left of the contingency of bot; "
                "lower it, or approve a plan with more"
            ),
        ),
    ]
    assert [each.key for each in doubts([draw("1")], REGISTRY, [draft])] == ["project"]


def test_projects_may_be_called_by_their_old_ids(tmp_path: Path, plan: Plan) -> None:
    path = tmp_path / "decisions.yaml"
    path.write_text(
        drawn("on: 2026-03-12, amount: 5, item: train").replace("bot", "old-bot", 1)
        + "quality:\n  - {project: old-bot, item: label, kpi: k}\n",
        "utf-8",
    )

    found = load(path, Registry((Project(id="bot", aliases=("old-bot",)),)), [plan])

    assert (found.draws[0].project, found.quality[0].project) == ("bot", "bot")
    assert found.model_fields_set == {"draws", "quality"}


def test_an_item_that_a_later_version_left_out_may_have_been_drawn_for(
    said_of: Callable[..., DecisionFile], plan: Plan
) -> None:
    """The draw is in version 2 already, which has another name for the item."""
    other = standing(plan, version=5, items=plan.items[1:], approval={"at": day("2026-03-20")})
    text = drawn("on: 2026-03-12, amount: 5, item: train, in_version: 5")

    assert said_of(text, [other]).draws
    with pytest.raises(ConfigError, match=r"'train' is not an item of plans/bot\.yaml"):
        said_of(drawn("on: 2026-03-12, amount: 5, item: train"), [other])
